"""What a committed manifest must not hold: a server's own fields, placeholders, more than the API server stores."""

import re
from collections.abc import Iterator

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.identity.left_open import left_open
from generator.rules.rule import Mistake, rule

_SERVER = (
    "resourceVersion",
    "uid",
    "creationTimestamp",
    "managedFields",
    "deletionTimestamp",
    "generation",
    "selfLink",
)
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
SIZE_LIMIT = 1024 * 1024
"""Bytes that the data of a ConfigMap or Secret may have. Source: Kubernetes, MaxSecretSize in core/v1."""

_DATA_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_PLACEHOLDER = re.compile(
    r"\{\{.*?\}\}|\[\[.*?\]\]|\$\{[A-Za-z_][A-Za-z0-9_:-]*\}|__[A-Z][A-Z_]+__|<[A-Z][A-Z_-]+>|%\([a-z_]+\)s"
)
_SCALARS = frozenset({
    "name", "namespace", "image", "host", "hostname", "serviceName", "serviceAccountName", "secretName", "claimName",
    "storageClassName", "gatewayClassName", "ingressClassName", "priorityClassName", "credentialName",
})  # fmt: skip
_LISTS = frozenset({"hosts", "hostnames", "dnsNames", "gateways"})
_FREE = frozenset(
    {"annotations", "args", "command", "config", "data", "stringData", "binaryData", "env", "expr", "description"}
)
# Kinds that are templates themselves, of Argo CD, Rollouts, Kyverno, Tekton and the like.
_TEMPLATES = re.compile(
    r"ApplicationSet|.*Template|.*Policy|ClusterPolicy|Workflow|CronWorkflow|Pipeline|Task|Composition|Template|"
    r"ConfigMap|Secret|SealedSecret|ExternalSecret|PrometheusRule|GrafanaDashboard|Alertmanager.*|VMRule|Sensor|"
    r"HelmRelease|HelmChart|ConstraintTemplate|Stage|Warehouse|CustomResourceDefinition|EnvoyFilter|Kustomization"
)


@rule("identity/server-field", Severity.WARNING)
def server_field(cluster: Cluster) -> Iterator[Mistake]:
    """Find fields that only a server writes, left over from an export."""
    for item in cluster.objects:
        metadata = item.mapping("metadata")
        found: list[values.Path] = [("metadata", key) for key in _SERVER if metadata.get(key) is not None]
        if _APPLIED in item.mapping("metadata", "annotations"):
            found.append(("metadata", "annotations", _APPLIED))
        if item.dig("status") not in (None, {}) and item.kind != "CustomResourceDefinition":
            found.append(("status",))
        if found:
            shown = ", ".join(str(path[-1]) for path in found)
            message = f"The manifest holds what only the API server writes ({shown})."
            yield Mistake(item, found[0], message, "Remove it: the manifest says what is wanted.")


@rule("identity/data-refused")
def data_refused(cluster: Cluster) -> Iterator[Mistake]:
    """Find data of ConfigMaps and Secrets that the API server refuses: keys, encoding, size."""
    for kind in ("ConfigMap", "Secret"):
        for item in cluster.of(kind, ""):
            size = 0
            for key in ("data", "binaryData", "stringData"):
                encoded = key == "binaryData" or (kind, key) == ("Secret", "data")
                found = values.labels(item.value, key)
                size += sum(_size(text, encoded) for text in found.values())
                for name, text in found.items():
                    yield from _entry(item, (key, name), name, text if encoded else "")
            if size > SIZE_LIMIT:
                message = f"The data of the {kind} has {size} bytes; 1048576 is the most."
                yield Mistake(item, ("data",), message, "Split it, or keep it outside the cluster.")


def _entry(item: Object, path: values.Path, name: str, encoded: str) -> Iterator[Mistake]:
    if "{{" in name + encoded or "${" in name + encoded:
        return
    if not _DATA_KEY.fullmatch(name) or len(name) > 253 or name in {".", ".."}:
        message = f"'{name}' is no key of a {item.kind}: letters, digits, '-', '_' and '.' only."
        yield Mistake(item, path, message, "Rename the key, and where it is read.")
    elif encoded and not _BASE64.fullmatch(re.sub(r"\s", "", encoded)):
        message = f"The value of '{name}' is not base64, and the API server refuses it."
        hint = (
            "Write it under stringData, or encode it."
            if item.kind == "Secret"
            else "Encode it, or write it under data."
        )
        yield Mistake(item, path, message, hint)


def _size(text: str, encoded: bool) -> int:
    if len(text) < 1000:
        return len(text)
    if encoded:
        return len(text) * 3 // 4
    return len(text.encode("utf-8", "surrogatepass"))


@rule("identity/placeholder")
def placeholder(cluster: Cluster) -> Iterator[Mistake]:
    """Find placeholders of a template that nobody filled in: in names, images, hosts and namespaces."""
    # Flux fills ${...} in itself where a Kustomization says so.
    flux = any(item.mapping("spec", "postBuild") for item in cluster.of("Kustomization"))
    for item in cluster.objects:
        if _PLACEHOLDER.search(item.flat) and not _TEMPLATES.fullmatch(item.kind):
            found = _left(item, item.value, (), ())
            yield from (mistake for mistake in found if not (flux and "'${" in mistake.message))
    yield from left_open(cluster, _TEMPLATES)


def _left(item: Object, value: values.Value, at: values.Path, above: values.Path) -> Iterator[Mistake]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in _FREE:
                continue
            if isinstance(inner, dict | list):
                yield from _left(item, inner, (*at, key), (key,))
            elif isinstance(inner, str) and (key in _SCALARS or at[-1:] == ("labels",)):
                yield from _filled(item, (*at, key), inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            if isinstance(inner, str):
                if above and above[-1] in _LISTS:
                    yield from _filled(item, (*at, index), inner)
            else:
                yield from _left(item, inner, (*at, index), above)


def _filled(item: Object, path: values.Path, text: str) -> Iterator[Mistake]:
    # Images with a placeholder are told by a rule of their own.
    found = _PLACEHOLDER.search(text) if path[-1] != "image" and len(text) < 2000 else None
    if found:
        message = f"The placeholder '{found[0]}' was not filled in."
        yield Mistake(item, path, message, "Render the template, and commit what comes out.")
