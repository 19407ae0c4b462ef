"""The checks of the baseline Pod Security Standard. Source: k8s.io/pod-security-admission/policy of Kubernetes 1.36."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from generator.manifests import values
from generator.manifests.workload import CONTAINER_LISTS, Workload

HOST_PATH_HINT = "Use a volume of the cluster (persistentVolumeClaim, emptyDir, configMap) instead."
_CAPABILITIES_NAMES = (
    "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT"
)
CAPABILITIES = frozenset(_CAPABILITIES_NAMES.split())
"""What the baseline level lets a container add."""

_NEVER = 10_000  # the minor version in which a sysctl that is not listed becomes allowed
_SYSCTLS = {  # name → the minor version that allows it
    "kernel.shm_rmid_forced": 0,
    "net.ipv4.ip_local_port_range": 0,
    "net.ipv4.tcp_syncookies": 0,
    "net.ipv4.ping_group_range": 0,
    "net.ipv4.ip_unprivileged_port_start": 0,
    "net.ipv4.ip_local_reserved_ports": 27,
    "net.ipv4.tcp_keepalive_time": 29,
    "net.ipv4.tcp_fin_timeout": 29,
    "net.ipv4.tcp_keepalive_intvl": 29,
    "net.ipv4.tcp_keepalive_probes": 29,
    "net.ipv4.tcp_rmem": 32,
    "net.ipv4.tcp_wmem": 32,
}
_SELINUX = frozenset({"", "container_t", "container_init_t", "container_kvm_t"})
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
_SENSITIVE = ("/var/run/docker.sock", "/run/docker.sock", "/run/containerd", "/var/run/containerd", "/run/crio")
_SENSITIVE_TREES = (
    "/etc",
    "/root",
    "/boot",
    "/var/lib/kubelet",
    "/var/lib/docker",
    "/var/lib/etcd",
    "/var/run",
    "/run",
)


@dataclass(frozen=True, slots=True)
class Violation:
    """A field that a level refuses: check is upstream's id of the check; path leads to the field in the object.

    weight says how dangerous it is where nothing enforces the level: 2 hands over the node, 1 is a risk in itself,
    0 only a departure from the standard. missing is set where a field is absent, not wrong.
    """

    check: str
    path: values.Path
    message: str
    hint: str
    weight: int = 1
    missing: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Pod:
    """A pod template and the minor version of the standard that it is held against."""

    workload: Workload
    minor: int

    @property
    def spec(self) -> Mapping[str, Any]:
        """The pod spec."""
        return self.workload.spec

    @property
    def path(self) -> values.Path:
        """The path of the pod spec."""
        return self.workload.spec_path

    @property
    def windows(self) -> bool:
        """Say whether the pod runs on Windows, where the checks of Linux fields do not apply (from 1.25)."""
        return self.minor >= 25 and values.text(self.spec, "os", "name") == "windows"

    @property
    def user_namespace(self) -> bool:
        """Say whether the pod has a user namespace of its own, which relaxes some checks (from 1.35)."""
        return self.minor >= 35 and self.spec.get("hostUsers") is False

    def containers(self) -> Iterator[tuple[values.Path, Mapping[str, Any], str]]:
        """Yield (path, container, how a message names it)."""
        for path, container in self.workload.containers():
            kind = "container" if path[-2] == CONTAINER_LISTS[1] else "init container"
            if path[-2] == CONTAINER_LISTS[2]:
                kind = "ephemeral container"
            yield path, container, f"{kind} '{values.text(container, 'name')}'"

    def contexts(self) -> Iterator[tuple[values.Path, Mapping[str, Any], str]]:
        """Yield (path, securityContext, whose it is) of the pod and of every container that has one."""
        yield (*self.path, "securityContext"), values.mapping(self.spec, "securityContext"), "the pod"
        for path, container, name in self.containers():
            yield (*path, "securityContext"), values.mapping(container, "securityContext"), name


def baseline(pod: Pod) -> Iterator[Violation]:
    """Yield what the baseline level refuses in a pod."""
    for check in _CHECKS:
        yield from check(pod)


def _privileged(pod: Pod) -> Iterator[Violation]:
    for path, container, name in pod.containers():
        if values.flag(container, "securityContext", "privileged"):
            message = f"{name} is privileged: root in it is root on the node."
            yield Violation("privileged", (*path, "securityContext", "privileged"), message, "Remove privileged.", 2)


def _host_namespaces(pod: Pod) -> Iterator[Violation]:
    meanings = {"hostPID": "processes", "hostIPC": "shared memory", "hostNetwork": "network"}
    for field, what in meanings.items():
        if pod.spec.get(field) is True:
            message = f"{field} is true: the pod shares the {what} of its node."
            yield Violation("hostNamespaces", (*pod.path, field), message, f"Remove {field}.")


def _host_paths(pod: Pod) -> Iterator[Violation]:
    for index, volume in values.mappings(pod.spec, "volumes"):
        if isinstance(volume.get("hostPath"), dict):
            where = values.text(volume, "hostPath", "path")
            message = f"volume '{values.text(volume, 'name')}' mounts {where or 'a folder'} of the node."
            path = (*pod.path, "volumes", index, "hostPath")
            yield Violation("hostPathVolumes", path, message, HOST_PATH_HINT, _weight(pod, volume, where))


def _weight(pod: Pod, volume: Mapping[str, Any], where: str) -> int:
    where = where.rstrip("/") or "/"
    if where.startswith(_SENSITIVE):
        return 2
    if where == "/" or any(where == tree or where.startswith(f"{tree}/") for tree in _SENSITIVE_TREES):
        mounts = [
            mount
            for _, container, _ in pod.containers()
            for _, mount in values.mappings(container, "volumeMounts")
            if mount.get("name") == volume.get("name")
        ]
        return 1 if mounts and all(mount.get("readOnly") is True for mount in mounts) else 2
    return 1


def _host_ports(pod: Pod) -> Iterator[Violation]:
    for path, container, name in pod.containers():
        for index, port in values.mappings(container, "ports"):
            number = values.integer(port, "hostPort")
            if number and pod.spec.get("hostNetwork") is not True:
                message = f"{name} takes port {number} of the node: one pod a node, past every Service and policy."
                path_to = (*path, "ports", index, "hostPort")
                yield Violation("hostPorts", path_to, message, "Remove hostPort; a Service reaches the pod.", 0)


def _capabilities(pod: Pod) -> Iterator[Violation]:
    for path, context, name in pod.contexts():
        for index, item in enumerate(values.items(context, "capabilities", "add")):
            if isinstance(item, str) and item not in CAPABILITIES:
                message = f"{name} adds the capability {item}, which the baseline level refuses."
                grave = 2 if item in {"ALL", "SYS_ADMIN", "SYS_PTRACE", "SYS_MODULE"} else 1
                path_to = (*path, "capabilities", "add", index)
                yield Violation("capabilities_baseline", path_to, message, f"Remove {item} from add.", grave)


def _proc_mount(pod: Pod) -> Iterator[Violation]:
    for path, context, name in pod.contexts():
        if values.text(context, "procMount") not in {"", "Default"} and not pod.user_namespace:
            message = f"{name} sets procMount to {context['procMount']}, which uncovers the node's /proc."
            yield Violation("procMount", (*path, "procMount"), message, "Remove procMount.")


def _seccomp(pod: Pod) -> Iterator[Violation]:
    for path, context, name in pod.contexts():
        kind = values.text(context, "seccompProfile", "type")
        if kind and kind not in {"RuntimeDefault", "Localhost"}:
            message = f"{name} runs with the seccomp profile {kind}: no system call is refused."
            path_to = (*path, "seccompProfile", "type")
            yield Violation("seccompProfile", path_to, message, "Write RuntimeDefault.")


def _apparmor(pod: Pod) -> Iterator[Violation]:
    for path, context, name in pod.contexts():
        kind = values.text(context, "appArmorProfile", "type")
        if kind and kind not in {"RuntimeDefault", "Localhost"}:
            message = f"{name} runs with the AppArmor profile {kind}."
            yield Violation("appArmorProfile", (*path, "appArmorProfile", "type"), message, "Write RuntimeDefault.")
    template = pod.path[:-1]
    annotations = values.labels(pod.workload.object.value, *template, "metadata", "annotations")
    for key, profile in annotations.items():
        if (
            key.startswith(_APPARMOR)
            and profile not in {"", "runtime/default"}
            and not profile.startswith("localhost/")
        ):
            message = f"the annotation takes the AppArmor profile away: {profile}."
            path_to = (*template, "metadata", "annotations", key)
            yield Violation("appArmorProfile", path_to, message, "Write runtime/default, or remove it.")


def _selinux(pod: Pod) -> Iterator[Violation]:
    allowed = _SELINUX | ({"container_engine_t"} if pod.minor >= 31 else frozenset())
    for path, context, name in pod.contexts():
        options = values.mapping(context, "seLinuxOptions")
        for field in ("type", "user", "role"):
            value = values.text(options, field)
            if value and not (field == "type" and value in allowed):
                message = f"{name} sets the SELinux {field} {value}, which the baseline level refuses."
                yield Violation("seLinuxOptions", (*path, "seLinuxOptions", field), message, f"Remove {field}.", 0)


def _sysctls(pod: Pod) -> Iterator[Violation]:
    for index, item in values.mappings(pod.spec, "securityContext", "sysctls"):
        name = values.text(item, "name").replace("/", ".")
        if name and _SYSCTLS.get(name, _NEVER) > pod.minor:
            message = f"the sysctl {name} is not among those that the baseline level lets a pod set."
            path = (*pod.path, "securityContext", "sysctls", index, "name")
            yield Violation("sysctls", path, message, "Remove it, or set it on the nodes.")


def _windows_host_process(pod: Pod) -> Iterator[Violation]:
    for path, context, name in pod.contexts():
        if values.flag(context, "windowsOptions", "hostProcess"):
            message = f"{name} is a HostProcess container: it runs on the node itself."
            path_to = (*path, "windowsOptions", "hostProcess")
            yield Violation("windowsHostProcess", path_to, message, "Remove hostProcess.", 2)


_HANDLERS = (
    ("livenessProbe",),
    ("readinessProbe",),
    ("startupProbe",),
    ("lifecycle", "postStart"),
    ("lifecycle", "preStop"),
)


def _probe_hosts(pod: Pod) -> Iterator[Violation]:
    if pod.minor < 34:
        return
    for path, container, name in pod.containers():
        for handler in _HANDLERS:
            for action in ("httpGet", "tcpSocket"):
                host = values.text(container, *handler, action, "host")
                if host:
                    message = f"{name} has its {handler[-1]} ask the host {host} instead of the pod."
                    path_to = (*path, *handler, action, "host")
                    yield Violation("hostProbesAndHostLifecycle", path_to, message, "Remove host.", 0)


_CHECKS: tuple[Callable[[Pod], Iterator[Violation]], ...] = (
    _privileged,
    _host_namespaces,
    _host_paths,
    _host_ports,
    _capabilities,
    _proc_mount,
    _seccomp,
    _apparmor,
    _selinux,
    _sysctls,
    _windows_host_process,
    _probe_hosts,
)
