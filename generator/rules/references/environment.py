"""The environment of containers: variables that refer to others, and sources that the API server does not know."""

import re
from collections.abc import Iterator, Mapping

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.workload import Workload
from generator.rules.references.configuration import data_keys
from generator.rules.references.lookup import is_near
from generator.rules.rule import Mistake, rule

_REFERENCE = re.compile(r"(?<!\$)\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)")
_FIELD_NAMES = (
    "metadata.name metadata.namespace metadata.uid metadata.labels metadata.annotations spec.nodeName "
    "spec.serviceAccountName status.hostIP status.hostIPs status.podIP status.podIPs"
)
_FIELDS = frozenset(_FIELD_NAMES.split())
_SUBSCRIPT = re.compile(r"^metadata\.(labels|annotations)\['([^']+)'\]$")


@rule("references/variable-undefined", Severity.WARNING)
def variable_undefined(cluster: Cluster) -> Iterator[Mistake]:
    """Find $(NAME) in a variable, a command or an argument where no such variable is defined before."""
    for pod in cluster.templates():
        for path, container in pod.containers():
            known = _sources(cluster, pod, container)
            # Kubernetes puts the Services of the namespace into the environment too.
            services = values.dig(pod.spec, "enableServiceLinks") is not False
            for index, variable in values.mappings(container, "env"):
                at = (*path, "env", index, "value")
                for name in _REFERENCE.findall(values.text(variable, "value")) if known is not None else ():
                    yield from _undefined(pod, at, name, known or set(), services)
                if known is not None:
                    known.add(values.text(variable, "name"))
            for key in ("command", "args"):
                for index, word in enumerate(values.items(container, key)):
                    found = _REFERENCE.findall(word) if isinstance(word, str) and known is not None else ()
                    for name in found:
                        if name.isupper() and not _is_script(container):
                            yield from _undefined(pod, (*path, key, index), name, known or set(), services)


def _is_script(container: Mapping[str, values.Value]) -> bool:
    """Say whether a shell reads the arguments, for which $(NAME) is a command of its own."""
    words = [*values.strings(container, "command"), *values.strings(container, "args")]
    return any(word in {"-c", "-ec", "-lc", "-ce", "-exc", "-euc"} for word in words)


def _sources(cluster: Cluster, pod: Workload, container: Mapping[str, values.Value]) -> set[str] | None:
    """Return the names that envFrom defines, or None when they are not known."""
    found: set[str] = set()
    for _, item in values.mappings(container, "envFrom"):
        for kind, key in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
            name = values.text(item, key, "name")
            keys = data_keys(cluster, kind, pod.namespace, name) if name else frozenset[str]()
            if keys is None:
                return None
            found |= {values.text(item, "prefix") + entry for entry in keys}
    return found


def _undefined(pod: Workload, path: values.Path, name: str, known: set[str], services: bool) -> Iterator[Mistake]:
    if name in known or (services and re.search(r"_(SERVICE_HOST|SERVICE_PORT|PORT)", name)):
        return
    message = f"$({name}) is replaced by nothing: no variable '{name}' is defined before it."
    near = did_you_mean(name, known)
    yield Mistake(pod.object, path, message, near or "Define it above, or write $$ for a plain dollar.")


@rule("references/variable-refused")
def variable_refused(cluster: Cluster) -> Iterator[Mistake]:
    """Find a variable with a source that the API server refuses: two sources, or a field that pods don't have."""
    for pod in cluster.templates():
        names = {values.text(container, "name") for _, container in pod.containers()}
        for path, container in pod.containers():
            for index, variable in values.mappings(container, "env"):
                source = values.mapping(variable, "valueFrom")
                if source:
                    yield from _source(pod, (*path, "env", index), variable, source, names)


def _source(
    pod: Workload,
    path: values.Path,
    variable: Mapping[str, values.Value],
    source: Mapping[str, values.Value],
    names: set[str],
) -> Iterator[Mistake]:
    if values.text(variable, "value"):
        message = f"The variable '{values.text(variable, 'name')}' has a value and a valueFrom."
        yield Mistake(pod.object, (*path, "value"), message, "Remove one of the two.")
    if len(source) > 1:
        message = f"valueFrom has one source, not {' and '.join(sorted(map(str, source)))}."
        yield Mistake(pod.object, (*path, "valueFrom"), message, "Keep one of them.")
    field = values.text(source, "fieldRef", "fieldPath")
    subscript = _SUBSCRIPT.match(field)
    at = (*path, "valueFrom", "fieldRef", "fieldPath")
    if field and not subscript and (field not in _FIELDS or field.endswith(("labels", "annotations"))):
        hint = did_you_mean(field, _FIELDS) or "Name a field that the downward API has."
        yield Mistake(pod.object, at, f"A variable can't take the field '{field}'.", hint)
    elif subscript and subscript[1] == "labels" and subscript[2] not in pod.labels:
        near = [key for key in pod.labels if is_near(subscript[2], (key,))]
        message = f"The pods have no label '{subscript[2]}': the variable is empty."
        yield Mistake(pod.object, at, message, did_you_mean(subscript[2], near) or "Add the label.", Severity.WARNING)
    name = values.text(source, "resourceFieldRef", "containerName")
    if name and name not in names:
        message = f"The pod has no container '{name}'."
        hint = did_you_mean(name, names) or "Name a container of the pod."
        yield Mistake(pod.object, (*path, "valueFrom", "resourceFieldRef", "containerName"), message, hint)
