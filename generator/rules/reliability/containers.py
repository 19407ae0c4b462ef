"""What the API server refuses in pod templates: names and ports twice, ports that are none, restart policies."""

from collections.abc import Iterator, Mapping

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.workload import CONTAINER_LISTS, Workload
from generator.rules.reliability.names import port_name_mistake
from generator.rules.reliability.scale import scale_of, scalers
from generator.rules.rule import Mistake, rule

_ALWAYS = frozenset({"DaemonSet", "Deployment", "ReplicaSet", "ReplicationController", "Rollout", "StatefulSet"})
_ENDS = frozenset({"Job", "CronJob", "ScaledJob"})
_Port = Mapping[str, values.Value]


@rule("reliability/container-duplicate")
def container_duplicate(cluster: Cluster) -> Iterator[Mistake]:
    """Find containers of one pod that share a name."""
    for pods in cluster.templates():
        seen: set[str] = set()
        for path, container in pods.containers():
            name = values.text(container, "name")
            if name and name in seen:
                message = f"a second container '{name}' in one pod; the API server refuses it."
                yield Mistake(pods.object, (*path, "name"), message, "Give it another name.")
            seen.add(name)
        if pods.spec and not values.items(pods.spec, "containers") and pods.object.group != "argoproj.io":
            message = "the pod has no containers; the API server refuses it."
            yield Mistake(pods.object, pods.spec_path, message, "Write a container.")


@rule("reliability/container-port-duplicate")
def container_port_duplicate(cluster: Cluster) -> Iterator[Mistake]:
    """Find ports that stand twice in a container, or names of ports that stand twice in a pod."""
    for pods in cluster.templates():
        everywhere: dict[str, str] = {}
        for path, port in _ports(pods):
            container = ".".join(str(step) for step in path[:-2])
            name = values.text(port, "name")
            if name and name in everywhere:
                same = everywhere[name] == container
                message = f"a second port '{name}' in one {'container' if same else 'pod'}"
                message += "; the API server refuses it." if same else ": a Service finds only the first."
                hint = "Give it another name."
                yield Mistake(pods.object, (*path, "name"), message, hint, None if same else Severity.WARNING)
            everywhere.setdefault(name, container)
        seen: set[tuple[str, int, str]] = set()
        for path, port in _ports(pods):
            number = values.integer(port, "containerPort")
            key = (".".join(map(str, path[:-2])), number or 0, values.text(port, "protocol") or "TCP")
            if number is not None and key in seen:
                message = f"port {number} ({key[2]}) stands twice in one container; a server-side apply refuses it."
                yield Mistake(pods.object, (*path, "containerPort"), message, "Keep one of them.")
            seen.add(key)


def _ports(pods: Workload) -> Iterator[tuple[values.Path, _Port]]:
    for path, container in pods.containers():
        for index, port in values.mappings(container, "ports"):
            yield (*path, "ports", index), port


@rule("reliability/container-port-invalid")
def container_port_invalid(cluster: Cluster) -> Iterator[Mistake]:
    """Find ports of containers that the API server refuses."""
    for pods in cluster.templates():
        host = values.flag(pods.spec, "hostNetwork")
        for path, port in _ports(pods):
            name, wrong = values.text(port, "name"), port_name_mistake(values.text(port, "name"))
            if name and wrong:
                hint = "Use at most 15 of a-z, 0-9 and '-', with a letter among them."
                yield Mistake(pods.object, (*path, "name"), f"the port name '{name}' {wrong}.", hint)
            for key in ("containerPort", "hostPort"):
                number = values.integer(port, key)
                if number is not None and not (1 <= number <= 65535 or (key == "hostPort" and number == 0)):
                    yield Mistake(pods.object, (*path, key), f"{number} is no port.", "Ports are 1 to 65535.")
            outer, inner = values.integer(port, "hostPort"), values.integer(port, "containerPort")
            if host and outer and inner and outer != inner:
                message = f"with hostNetwork, hostPort {outer} has to be the containerPort {inner}."
                yield Mistake(pods.object, (*path, "hostPort"), message, "Remove hostPort.")


@rule("reliability/host-port-taken", Severity.WARNING)
def host_port_taken(cluster: Cluster) -> Iterator[Mistake]:
    """Find ports of the node that two pods want."""
    ranges = scalers(cluster)
    owners: dict[tuple[int, str], Workload] = {}
    for pods in cluster.templates():
        for path, port in _ports(pods):
            number = values.integer(port, "hostPort")
            if values.flag(pods.spec, "hostNetwork"):
                number = number or values.integer(port, "containerPort")
            if not number or port.get("hostIP"):
                continue
            key = (number, values.text(port, "protocol") or "TCP")
            other = owners.setdefault(key, pods)
            same = other.object.name == pods.object.name and other.namespace == pods.namespace
            if not same and pods.object.kind == other.object.kind == "DaemonSet":
                message = f"port {number} of the node is taken by DaemonSet/{other.object.name}, which runs on it too."
                apart = _placed(pods) != _placed(other)
                severity = None if apart else Severity.ERROR
                yield Mistake(pods.object, path, message, "Use another port.", severity)
            scale = scale_of(pods, ranges)
            if scale is not None and scale.most > 1 and pods.object.kind != "DaemonSet":
                message = f"port {number} of the node allows one of the {scale.most} pods a node."
                yield Mistake(pods.object, path, message, "Use a Service instead of a port of the node.")


def _placed(pods: Workload) -> object:
    return pods.spec.get("nodeSelector"), values.dig(pods.spec, "affinity", "nodeAffinity")


@rule("reliability/env-duplicate", Severity.WARNING)
def env_duplicate(cluster: Cluster) -> Iterator[Mistake]:
    """Find variables that a container sets twice."""
    for pods in cluster.templates():
        for path, container in pods.containers():
            seen: set[str] = set()
            for index, item in values.mappings(container, "env"):
                name = values.text(item, "name")
                if name and name in seen:
                    message = f"{name} is set twice: the last wins, and a server-side apply refuses it."
                    yield Mistake(pods.object, (*path, "env", index, "name"), message, "Keep one of them.")
                seen.add(name)
                if "value" in item and item["value"] and "valueFrom" in item:
                    message = f"{name} has a value and a valueFrom; the API server refuses it."
                    yield Mistake(pods.object, (*path, "env", index), message, "Keep one of them.", Severity.ERROR)


@rule("reliability/restart-policy")
def restart_policy(cluster: Cluster) -> Iterator[Mistake]:
    """Find restart policies that the API server refuses for a kind."""
    for pods in cluster.templates():
        of, policy = pods.object, values.text(pods.spec, "restartPolicy")
        path = (*pods.spec_path, "restartPolicy")
        if of.kind in _ALWAYS and policy not in {"", "Always"}:
            message = f"a {of.kind} restarts its pods always; the API server refuses '{policy}'."
            yield Mistake(of, path, message, "Remove restartPolicy, or make it a Job.")
        elif of.kind in _ENDS and policy not in {"OnFailure", "Never"} and pods.spec:
            shown = f"'{policy}'" if policy else "the default, Always"
            message = f"a job's pods end: restartPolicy has to be OnFailure or Never, and it is {shown}."
            yield Mistake(of, path, message, "Set restartPolicy: OnFailure.")
        elif of.kind == "Pod" and policy not in {"", "Always", "OnFailure", "Never"}:
            yield Mistake(of, path, f"'{policy}' is no restart policy.", "Use Always, OnFailure or Never.")
        for path, container in pods.containers():
            own = values.text(container, "restartPolicy")
            if CONTAINER_LISTS[0] in path and own not in {"", "Always"}:
                message = f"an init container takes restartPolicy Always (a sidecar) or none, not '{own}'."
                yield Mistake(of, (*path, "restartPolicy"), message, "Remove it.", Severity.WARNING)
