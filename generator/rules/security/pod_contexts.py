"""Security contexts that contradict themselves, name what does not exist, or leave a container more than it needs."""

from collections.abc import Iterator

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.rules.rule import Mistake, rule
from generator.rules.security.pod_baseline import Pod
from generator.rules.security.pod_security_level import LATEST

_CAPABILITIES_NAMES = (
    "ALL AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE DAC_READ_SEARCH "
    "FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN "
    "NET_BIND_SERVICE NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT "
    "SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG WAKE_ALARM"
)
_CAPABILITIES = frozenset(_CAPABILITIES_NAMES.split())
"""Source: capabilities(7) of Linux 6.x, without the prefix CAP_, as the API writes them."""


@rule("security/writable-root-filesystem", Severity.WARNING)
def writable_root_filesystem(cluster: Cluster) -> Iterator[Mistake]:
    """Find containers that may write to their own image."""
    for item in cluster.templates():
        pod = Pod(item, LATEST)
        for path, container, name in pod.containers():
            own = values.dig(container, "securityContext", "readOnlyRootFilesystem")
            if own is not True and not pod.windows and "ephemeralContainers" not in path:
                where = (*path, "securityContext", "readOnlyRootFilesystem") if own is False else path
                message = f"The root file system of {name} can be written to."
                hint = "Write readOnlyRootFilesystem: true, and mount an emptyDir where it must write."
                yield Mistake(item.object, where, message, hint)


@rule("security/unknown-capability")
def unknown_capability(cluster: Cluster) -> Iterator[Mistake]:
    """Find a capability that Linux doesn't have under that name."""
    for item in cluster.templates():
        for path, context, name in Pod(item, LATEST).contexts():
            for verb in ("add", "drop"):
                for index, word in enumerate(values.items(context, "capabilities", verb)):
                    if not isinstance(word, str) or word.upper() in _CAPABILITIES:
                        continue
                    bare = word.upper().removeprefix("CAP_")
                    near = f"Did you mean '{bare}'?" if bare in _CAPABILITIES else did_you_mean(bare, _CAPABILITIES)
                    message = f"'{word}', which {name} is to {verb}, is no capability: nothing happens."
                    hint = near or "Names are those of capabilities(7) without CAP_."
                    yield Mistake(item.object, (*path, "capabilities", verb, index), message, hint)


@rule("security/contradictory-security-context")
def contradictory_security_context(cluster: Cluster) -> Iterator[Mistake]:
    """Find fields that the API server or the kubelet refuse together."""
    for item in cluster.templates():
        pod = Pod(item, LATEST)
        for path, message, hint in (*_of_pod(pod), *_of_containers(pod), *_profiles(pod)):
            yield Mistake(item.object, path, message, hint)


_Found = tuple[values.Path, str, str]


def _of_pod(pod: Pod) -> Iterator[_Found]:
    if pod.spec.get("shareProcessNamespace") is True and pod.spec.get("hostPID") is True:
        message = "shareProcessNamespace and hostPID are both true, which the API server refuses."
        yield (*pod.path, "shareProcessNamespace"), message, "Remove one of them."
    if pod.spec.get("hostUsers") is False:
        for field in ("hostNetwork", "hostPID", "hostIPC"):
            if pod.spec.get(field) is True:
                message = f"hostUsers is false and {field} true, which the API server refuses."
                yield (*pod.path, "hostUsers"), message, f"Remove hostUsers or {field}."
    if pod.spec.get("hostNetwork") is True:
        for path, container, name in pod.containers():
            for index, port in values.mappings(container, "ports"):
                host, own = port.get("hostPort"), port.get("containerPort")
                if host and host != own:
                    message = f"{name} is on the node's network, where hostPort {host} must be containerPort {own}."
                    yield (*path, "ports", index, "hostPort"), message, f"Write {own}, or remove hostPort."


def _of_containers(pod: Pod) -> Iterator[_Found]:
    whole = values.mapping(pod.spec, "securityContext")
    reported = False
    for path, container, name in pod.containers():
        own = values.mapping(container, "securityContext")
        if own.get("privileged") is True and own.get("allowPrivilegeEscalation") is False:
            message = f"{name} is privileged and forbids privilege escalation, which the API server refuses."
            yield (*path, "securityContext", "allowPrivilegeEscalation"), message, "Remove privileged."
        if own.get("runAsNonRoot", whole.get("runAsNonRoot")) is not True:
            continue
        user = own.get("runAsUser", whole.get("runAsUser"))
        if user == 0 and not isinstance(user, bool):
            here = "runAsUser" in own
            if here or not reported:
                message = f"{name} must not run as root and has the user 0: the kubelet never starts it."
                where = path if here else pod.path
                yield (*where, "securityContext", "runAsUser"), message, "Write the user of the image, such as 65532."
            reported = reported or not here


def _profiles(pod: Pod) -> Iterator[_Found]:
    for path, context, name in pod.contexts():
        for field in ("seccompProfile", "appArmorProfile"):
            profile = values.mapping(context, field)
            local = profile.get("type") == "Localhost"
            if local and not profile.get("localhostProfile"):
                message = f"{name} has a {field} of the type Localhost without localhostProfile."
                yield (*path, field), message, "Write localhostProfile, or the type RuntimeDefault."
            elif profile.get("type") and not local and profile.get("localhostProfile"):
                message = f"{name} has a {field} with a localhostProfile, which only the type Localhost may have."
                yield (*path, field, "localhostProfile"), message, "Remove it, or write the type Localhost."


@rule("security/root-group", Severity.WARNING)
def root_group(cluster: Cluster) -> Iterator[Mistake]:
    """Find processes and volumes that belong to the group root."""
    hint = "Write a group other than 0."
    for item in cluster.templates():
        for path, context, name in Pod(item, LATEST).contexts():
            for field in ("fsGroup", "runAsGroup"):
                if values.integer(context, field) == 0:
                    yield Mistake(item.object, (*path, field), f"{field} of {name} is 0, the group of root.", hint)
            for index, group in enumerate(values.items(context, "supplementalGroups")):
                if group == 0 and not isinstance(group, bool):
                    message = f"{name} is in the group 0, that of root."
                    yield Mistake(item.object, (*path, "supplementalGroups", index), message, hint)


@rule("security/shared-processes", Severity.WARNING)
def shared_processes(cluster: Cluster) -> Iterator[Mistake]:
    """Find pods whose containers see each other's processes."""
    for item in cluster.templates():
        if item.spec.get("shareProcessNamespace") is True and item.spec.get("hostPID") is not True:
            message = "The containers share a process namespace: each can read the others' environment and files."
            yield Mistake(item.object, (*item.spec_path, "shareProcessNamespace"), message, "Remove it.")
