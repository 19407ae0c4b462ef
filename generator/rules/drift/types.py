"""Numbers and booleans where a string is meant, in places that no schema describes."""

import re
from collections.abc import Iterator

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.read import read_documents, walk_scalars
from generator.rules.drift.helm import value_objects, value_texts
from generator.rules.rule import Mistake, rule

# Groups whose resources a schema describes down to the last field.
_DESCRIBED = ("k8s.io", "argoproj.io", "keda.sh", "cnpg.io", "strimzi.io", "istio.io", "coreos.com", "cert-manager.io")
_STRING_MAPS = frozenset({"labels", "annotations", "matchLabels", "nodeSelector"})
_VERSIONS = re.compile(r"(?:^|[a-z_-])(?:tag|version|revision|sha|commit|digest)$", re.IGNORECASE).search
_HELM_INTEGER = 1_000_000  # from here on Helm prints an integer of its values with an exponent


def _open_resources(cluster: Cluster) -> Iterator[Object]:
    for item in cluster.objects:
        if "." in item.group and not item.group.endswith(_DESCRIBED):
            yield item


@rule("drift/not-a-string")
def not_a_string(cluster: Cluster) -> Iterator[Mistake]:
    """Find labels, annotations and variables with values that are no strings, where no schema says so."""
    for item in _open_resources(cluster):
        for path, value in walk_scalars(item.value.get("spec"), ("spec",)):
            if value is None or isinstance(value, str):
                continue
            if len(path) > 2 and path[-2] in _STRING_MAPS and path[-3] in {"metadata", "selector", "spec"}:
                message = f"{path[-2]} '{path[-1]}' has the value {_shown(value)}, which is no string."
                yield Mistake(item, path, message, "Quote it.")
            elif path[-1] == "value" and len(path) > 3 and path[-3] == "env":
                message = f"the variable has the value {_shown(value)}, which is no string."
                yield Mistake(item, path, message, "Quote it.")


def _shown(value: values.Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@rule("drift/number-loses-digits")
def number_loses_digits(cluster: Cluster) -> Iterator[Mistake]:
    """Find versions and tags that are read as numbers."""
    for item, base, found in value_objects(cluster):
        for path, value in walk_scalars(found, base):
            yield from _number(item, path, path, value)
    for item, base, text in value_texts(cluster):
        for document in read_documents(text.encode("utf-8", "replace")).documents:
            for path, value in walk_scalars(document):
                yield from _number(item, base, path, value)
    for item in _open_resources(cluster):
        if item.kind not in {"HelmRelease", "HelmChart"}:
            for path, value in walk_scalars(item.value.get("spec"), ("spec",)):
                if isinstance(value, float):
                    yield from _number(item, path, path, value)


def _number(item: Object, at: values.Path, path: values.Path, value: values.Value) -> Iterator[Mistake]:
    if isinstance(value, bool) or not isinstance(value, int | float) or not path or not _VERSIONS(str(path[-1])):
        return
    name = ".".join(str(step) for step in path[-2:])
    if isinstance(value, float):
        message = f"{name} is the number {value}: a zero at its end, as in 1.10, is lost."
        yield Mistake(item, at, message, "Quote it.")
    elif _HELM_INTEGER <= value < 2**63:
        message = f"{name} is the number {value}, which Helm prints as {value:.6e}."
        yield Mistake(item, at, message, "Quote it.", Severity.ERROR)
