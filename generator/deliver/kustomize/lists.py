"""Which lists kustomize merges by a key, from the Kubernetes schema (1.21) that it carries; it replaces all others.

The schema knows no custom resource. What it merges it also tidies, even where a patch changes nothing: elements with
the same key become one.
"""

from collections.abc import Mapping

# Where a pod's spec stands.
_POD_SPECS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("v1", "Pod"): ("spec",),
    ("v1", "PodTemplate"): ("template", "spec"),
    ("v1", "ReplicationController"): ("spec", "template", "spec"),
    ("apps/v1", "DaemonSet"): ("spec", "template", "spec"),
    ("apps/v1", "Deployment"): ("spec", "template", "spec"),
    ("apps/v1", "ReplicaSet"): ("spec", "template", "spec"),
    ("apps/v1", "StatefulSet"): ("spec", "template", "spec"),
    ("batch/v1", "CronJob"): ("spec", "jobTemplate", "spec", "template", "spec"),
    ("batch/v1", "Job"): ("spec", "template", "spec"),
}
# List below a pod's spec ("*" is an element) → its merge key. Lists with two keys (a container's ports, the topology
# spread constraints) are merged by rules that depend on which keys are there: they are left to JSON patches.
_MERGE_KEYS: Mapping[tuple[str, ...], str] = {
    ("containers",): "name",
    ("initContainers",): "name",
    ("volumes",): "name",
    ("imagePullSecrets",): "name",
    ("hostAliases",): "ip",
    **{
        (containers, "*", field): key
        for containers in ("containers", "initContainers")
        for field, key in (("env", "name"), ("volumeMounts", "mountPath"), ("volumeDevices", "devicePath"))
    },
}
# Field → the keys by which its elements are told apart, in any object, in those with a pod, and in some others.
_EVERYWHERE: Mapping[str, tuple[str, ...]] = {"ownerReferences": ("uid",)}
_IN_PODS: Mapping[str, tuple[str, ...]] = {
    **{path[-1]: (key,) for path, key in _MERGE_KEYS.items()},
    "ephemeralContainers": ("name",),
    "ports": ("containerPort", "protocol"),
    "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
}
_IN_OTHERS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "MutatingWebhookConfiguration": {"webhooks": ("name",)},
    "Service": {"ports": ("port", "protocol")},
    "ServiceAccount": {"secrets": ("name",)},
    "ValidatingWebhookConfiguration": {"webhooks": ("name",)},
}
# Lists of scalars that are merged as sets, in metadata and in a node's spec.
SETS = frozenset({"finalizers", "podCIDRs"})


class MergedLists:
    """The lists of one kind that kustomize merges."""

    def __init__(self, api_version: str, kind: str) -> None:
        self._pod_spec = _POD_SPECS.get((api_version, kind))
        others = _IN_OTHERS.get(kind, {}) if self._pod_spec is None else _IN_PODS
        self._keys = {**_EVERYWHERE, **others}

    def merge_key(self, path: tuple[str, ...]) -> str | None:
        """Return the one key by which the elements of the list at a path are merged; None for all other lists."""
        if self._pod_spec is None or path[: len(self._pod_spec)] != self._pod_spec:
            return None
        return _MERGE_KEYS.get(path[len(self._pod_spec) :])

    def are_tidy(self, value: object) -> bool:
        """Say whether a merge leaves every list in the value as it is: each element has a key of its own."""
        if isinstance(value, dict):
            return all(self._is_tidy(field, inner) and self.are_tidy(inner) for field, inner in value.items())
        return not isinstance(value, list) or all(map(self.are_tidy, value))

    def _is_tidy(self, field: str, value: object) -> bool:
        if not isinstance(value, list):
            return True
        if field in SETS:
            return len(set(map(str, value))) == len(value)
        keys = self._keys.get(field)
        if keys is None:
            return True
        if not all(isinstance(element, dict) for element in value):
            return False
        # A second key has a default: it is safe to tell apart by it only what all or none of the elements have.
        present = [key for key in keys if any(key in element for element in value)]
        found = {tuple(str(element.get(key, "")) for key in present) for element in value}
        return len(found) == len(value) and not any("" in each for each in found) and (not value or keys[0] in present)
