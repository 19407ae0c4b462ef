"""Keys without a value where a string is meant: the API server makes an empty string of them, or drops them."""

from collections.abc import Iterator

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.rule import Mistake, rule

_MAPS: tuple[values.Path, ...] = (
    ("metadata", "labels"),
    ("metadata", "annotations"),
    ("spec", "template", "metadata", "labels"),
    ("spec", "template", "metadata", "annotations"),
)
_DATA: tuple[values.Path, ...] = (("data",), ("stringData",))


@rule("drift/null-value", Severity.WARNING)
def null_value(cluster: Cluster) -> Iterator[Mistake]:
    """Find entries of ConfigMaps, Secrets, labels and annotations, and variables, whose value is null."""
    for item in cluster.objects:
        for at in (*_MAPS, *(_DATA if item.kind in {"ConfigMap", "Secret"} and not item.group else ())):
            for key, value in item.mapping(*at).items():
                if value is None:
                    yield _null(item, (*at, key), f"'{key}'")
    for pod in cluster.templates():
        for path, container in pod.containers():
            for index, variable in values.mappings(container, "env"):
                if "value" in variable and variable["value"] is None and not variable.get("valueFrom"):
                    name = values.text(variable, "name")
                    yield _null(pod.object, (*path, "env", index, "value"), f"the variable '{name}'")


def _null(item: Object, path: values.Path, what: str) -> Mistake:
    message = f"{what[0].upper()}{what[1:]} has no value: null is taken for an empty string, or dropped."
    return Mistake(item, path, message, 'Write the value, or "" if it is meant to be empty.')
