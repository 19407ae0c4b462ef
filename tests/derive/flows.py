"""What rendered policies allow, worked out from the manifests alone as the cluster and the mesh would."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

from rendering import Manifest

NAMESPACE_LABEL = "kubernetes.io/metadata.name"


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod, or an address outside the cluster (namespace ""), with the TCP ports that it listens on."""

    name: str
    namespace: str
    labels: Mapping[str, str] = field(hash=False)
    ports: tuple[int, ...] = ()
    account: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Connection:
    """A TCP connection from one pod to a port of another."""

    source: str
    target: str
    port: int


def pods(objects: Iterable[Manifest]) -> list[Pod]:
    """Return a pod of each workload."""
    found = []
    for workload in objects:
        if workload["kind"] not in {"Deployment", "StatefulSet"}:
            continue
        template = workload["spec"]["template"]
        ports = [port["containerPort"] for c in template["spec"]["containers"] for port in c["ports"]]
        meta, account = workload["metadata"], template["spec"]["serviceAccountName"]
        found.append(Pod(meta["name"], meta["namespace"], template["metadata"]["labels"], tuple(ports), account))
    return found


def network_connections(objects: Iterable[Manifest], pods: Iterable[Pod]) -> set[Connection]:
    """Return the connections that both the source's egress and the target's ingress policies let through."""
    policies = [o for o in objects if o["kind"] == "NetworkPolicy"]
    everybody = list(pods)
    return {
        Connection(source.name, target.name, port)
        for source in everybody
        for target in everybody
        if source != target
        for port in target.ports
        if _lets(policies, "Egress", source, target, port) and _lets(policies, "Ingress", target, source, port)
    }


def _lets(policies: list[Manifest], direction: str, subject: Pod, peer: Pod, port: int) -> bool:
    selecting = [p for p in policies if _selects(p, subject) and direction in p["spec"]["policyTypes"]]
    rules = [rule for policy in selecting for rule in policy["spec"].get(direction.lower(), ())]
    return not selecting or any(_matches(rule, direction, peer, port) for rule in rules)


def _selects(policy: Manifest, pod: Pod) -> bool:
    return policy["metadata"]["namespace"] == pod.namespace and _labelled(policy["spec"]["podSelector"], pod.labels)


def _matches(rule: Mapping[str, Any], direction: str, peer: Pod, port: int) -> bool:
    peers = rule.get("from" if direction == "Ingress" else "to")
    ports = rule.get("ports")
    tcp = [p["port"] for p in ports or () if p.get("protocol", "TCP") == "TCP"]
    return (peers is None or any(_is(p, peer) for p in peers)) and (ports is None or port in tcp)


def _is(selected: Mapping[str, Any], peer: Pod) -> bool:
    if "ipBlock" in selected:
        block = selected["ipBlock"]
        outside = bool(peer.address) and ip_address(peer.address) in ip_network(block["cidr"])
        return outside and not any(ip_address(peer.address) in ip_network(part) for part in block.get("except", ()))
    return (
        not peer.address
        and _labelled(selected["namespaceSelector"], {NAMESPACE_LABEL: peer.namespace})
        and _labelled(selected["podSelector"], peer.labels)
    )


def _labelled(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    assert selector.keys() <= {"matchLabels"}, f"this evaluator does not know {sorted(selector)}"
    wanted: Mapping[str, str] = selector.get("matchLabels", {})
    return wanted.items() <= labels.items()


def authorized(objects: Iterable[Manifest], pods: Iterable[Pod], principals: Iterable[str]) -> set[Connection]:
    """Return the connections, from principals ("": plain text), that the mesh lets through for any request."""
    policies = [o for o in objects if o["kind"] == "AuthorizationPolicy"]
    callers = list(principals)
    return {
        Connection(principal, pod.name, port)
        for pod in pods
        for port in pod.ports
        for principal in callers
        if _authorizes(policies, pod, port, principal, whole=True)
    }


def partly_authorized(objects: Iterable[Manifest], pods: Iterable[Pod]) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
    """Yield (pod, port, operation) of what anybody, plain text included, may ask for."""
    policies = [o for o in objects if o["kind"] == "AuthorizationPolicy"]
    for pod in pods:
        for policy in _applying(policies, pod):
            for rule in policy.get("spec", {}).get("rules", ()):
                if "from" not in rule:
                    for to in rule["to"]:
                        (port,) = to["operation"]["ports"]
                        yield pod.name, int(port), {k: v for k, v in to["operation"].items() if k != "ports"}


def _applying(policies: list[Manifest], pod: Pod) -> list[Manifest]:
    return [
        policy
        for policy in policies
        if policy["metadata"]["namespace"] == pod.namespace
        and _labelled(policy.get("spec", {}).get("selector", {}), pod.labels)
    ]


def _authorizes(policies: list[Manifest], pod: Pod, port: int, principal: str, *, whole: bool) -> bool:
    applying = _applying(policies, pod)
    if not applying:
        return True
    for policy in applying:
        for rule in policy.get("spec", {}).get("rules", ()):
            sources = [p for source in rule.get("from", ()) for p in source["source"]["principals"]]
            operations = [to["operation"] for to in rule["to"]]
            fits = [o for o in operations if str(port) in o["ports"] and not (whole and o.keys() - {"ports"})]
            if ("from" not in rule or principal in sources) and fits:
                return True
    return False
