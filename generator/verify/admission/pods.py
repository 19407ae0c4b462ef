"""The Pod that a workload's controller would make: Pod Security, limits and quotas act on it, not on the workload."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from generator.manifests.object import Object
from generator.manifests.values import Path, dig, items, mapping, mappings, text

_PLACES: tuple[Path, ...] = (
    ("spec", "template"),  # Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, Rollout...
    ("spec", "jobTemplate", "spec", "template"),  # CronJob
    ("spec", "jobTargetRef", "template"),  # ScaledJob
    ("template",),  # PodTemplate
)
_NATIVE = frozenset({"", "apps", "batch"})


@dataclass(frozen=True, slots=True)
class PodOfTemplate:
    """A Pod, and the path of the template in the object that it is made from."""

    path: Path
    manifest: Mapping[str, Any]


def pod_of(object: Object) -> PodOfTemplate | None:  # noqa: A002  (what Kubernetes calls it)
    """Return the Pod of an object's template, or None when it has none of a Pod's shape."""
    for path in _PLACES:
        template = dig(object.value, *path)
        if isinstance(template, dict) and _is_pod(template, native=is_native(object)):
            return PodOfTemplate(path, _pod(object, template))
    return None


def is_native(object: Object) -> bool:  # noqa: A002
    """Say whether Kubernetes itself knows the object's kind, and so validates the template in it as a Pod's."""
    return object.group in _NATIVE


def _is_pod(template: Mapping[str, Any], *, native: bool) -> bool:
    """Say whether a template is a whole Pod; other operators' are only if nothing that a Pod needs is left to them."""
    containers = mappings(template, "spec", "containers")
    return bool(containers) and (native or all(text(each, "name") and text(each, "image") for _, each in containers))


def _pod(object: Object, template: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: A002
    metadata = mapping(template, "metadata")
    kept = {key: metadata[key] for key in ("labels", "annotations", "finalizers") if key in metadata}
    spec = dict(mapping(template, "spec"))
    claimed = [text(claim, "metadata", "name") for _, claim in object.mappings("spec", "volumeClaimTemplates")]
    if claimed and object.kind == "StatefulSet":
        # As the StatefulSet controller does: a claim's volume takes the place of the template's of the same name.
        own = [volume for volume in items(spec, "volumes") if dig(volume, "name") not in claimed]
        made = [{"name": name, "persistentVolumeClaim": {"claimName": f"{name}-0"}} for name in claimed]
        spec["volumes"] = [*own, *made]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**kept, "generateName": "pod-", "namespace": object.namespace or "default"},
        "spec": spec,
    }
