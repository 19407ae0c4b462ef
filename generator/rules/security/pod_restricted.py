"""The checks of the restricted Pod Security Standard, from k8s.io/pod-security-admission/policy of Kubernetes 1.36."""

from collections.abc import Callable, Iterator

from generator.manifests import values
from generator.rules.security.pod_baseline import CAPABILITIES, Pod, Violation

_REFUSED_VOLUMES_NAMES = (
    "gcePersistentDisk awsElasticBlockStore gitRepo nfs iscsi glusterfs rbd flexVolume cinder cephfs flocker fc "
    "azureFile vsphereVolume quobyte azureDisk portworxVolume photonPersistentDisk scaleIO storageos"
)
_REFUSED_VOLUMES = frozenset(_REFUSED_VOLUMES_NAMES.split())


def restricted(pod: Pod) -> Iterator[Violation]:
    """Yield what the restricted level refuses in a pod beyond the baseline level."""
    for check in _CHECKS:
        yield from check(pod)


def _run_as_non_root(pod: Pod) -> Iterator[Violation]:
    if pod.user_namespace:
        return
    whole = values.dig(pod.spec, "securityContext", "runAsNonRoot")
    if whole is False:
        path = (*pod.path, "securityContext", "runAsNonRoot")
        yield Violation("runAsNonRoot", path, "the pod sets runAsNonRoot to false.", "Write true.")
    for path, container, name in pod.containers():
        own = values.dig(container, "securityContext", "runAsNonRoot")
        if own is False:
            message = f"{name} sets runAsNonRoot to false."
            yield Violation("runAsNonRoot", (*path, "securityContext", "runAsNonRoot"), message, "Write true.")
        elif own is None and whole is None:
            message = f"neither the pod nor {name} sets runAsNonRoot to true."
            hint = "Write runAsNonRoot: true in the pod's securityContext."
            yield Violation("runAsNonRoot", path, message, hint, missing=True)


def _run_as_user(pod: Pod) -> Iterator[Violation]:
    if pod.user_namespace or pod.minor < 23:
        return
    for path, context, name in pod.contexts():
        if values.integer(context, "runAsUser") == 0:
            message = f"{name} runs as user 0, root."
            yield Violation("runAsUser", (*path, "runAsUser"), message, "Write a user other than 0, or remove it.")


def _privilege_escalation(pod: Pod) -> Iterator[Violation]:
    if pod.windows or pod.minor < 8:
        return
    for path, container, name in pod.containers():
        own = values.dig(container, "securityContext", "allowPrivilegeEscalation")
        hint = "Write allowPrivilegeEscalation: false in its securityContext."
        if own is True:
            message = f"{name} sets allowPrivilegeEscalation to true."
            path_to = (*path, "securityContext", "allowPrivilegeEscalation")
            yield Violation("allowPrivilegeEscalation", path_to, message, hint)
        elif own is None:
            message = f"{name} does not set allowPrivilegeEscalation to false."
            yield Violation("allowPrivilegeEscalation", path, message, hint, missing=True)


def _capabilities(pod: Pod) -> Iterator[Violation]:
    if pod.windows or pod.minor < 22:
        return
    for path, container, name in pod.containers():
        at = ("securityContext", "capabilities")
        if "ALL" not in values.strings(container, *at, "drop"):
            there = (*path, *at, "drop") if values.dig(container, *at, "drop") is not None else path
            message = f"{name} does not drop ALL capabilities."
            hint = "Write capabilities: {drop: [ALL]} in its securityContext."
            yield Violation("capabilities_restricted", there, message, hint, missing=there == path)
        for index, item in enumerate(values.items(container, *at, "add")):
            # What the baseline level refuses too is reported there.
            if isinstance(item, str) and item != "NET_BIND_SERVICE" and item in CAPABILITIES:
                message = f"{name} adds the capability {item}; the restricted level allows NET_BIND_SERVICE only."
                yield Violation("capabilities_restricted", (*path, *at, "add", index), message, f"Remove {item}.")


def _seccomp(pod: Pod) -> Iterator[Violation]:
    if pod.windows or pod.minor < 19:
        return
    whole = values.text(pod.spec, "securityContext", "seccompProfile", "type")
    if whole:
        return  # a value that is wrong is reported by the baseline level
    for path, container, name in pod.containers():
        if not values.text(container, "securityContext", "seccompProfile", "type"):
            message = f"neither the pod nor {name} sets a seccomp profile."
            hint = "Write seccompProfile: {type: RuntimeDefault} in the pod's securityContext."
            yield Violation("seccompProfile_restricted", path, message, hint, missing=True)


def _volumes(pod: Pod) -> Iterator[Violation]:
    for index, volume in values.mappings(pod.spec, "volumes"):
        for kind in sorted(_REFUSED_VOLUMES.intersection(volume)):
            if isinstance(volume[kind], dict):
                message = f"volume '{values.text(volume, 'name')}' is of the type {kind}."
                hint = "Use a persistentVolumeClaim, or an ephemeral volume of a storage driver."
                yield Violation("restrictedVolumes", (*pod.path, "volumes", index, kind), message, hint)


_CHECKS: tuple[Callable[[Pod], Iterator[Violation]], ...] = (
    _run_as_non_root,
    _run_as_user,
    _privilege_escalation,
    _capabilities,
    _seccomp,
    _volumes,
)
