"""What rendered policies allow, worked out from the manifests alone as the cluster and the mesh would."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

from rendering import Manifest
from running import running

NAMESPACE_LABEL = "kubernetes.io/metadata.name"


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod, or an address outside the cluster (namespace ""), with the TCP ports that it listens on.

    unit is the service or the instance that it belongs to. A label without a value is known only at run time.
    """

    name: str
    namespace: str
    labels: Mapping[str, str | None] = field(hash=False)
    ports: tuple[int, ...] = ()
    account: str = ""
    address: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Connection:
    """A TCP connection from one pod to a port of another."""

    source: str
    target: str
    port: int


def pods(objects: Iterable[Manifest]) -> list[Pod]:
    """Return a pod of each workload of the tree, and of each kind that an operator makes of its resources."""
    found = []
    for number, pod in enumerate(running(objects).workloads()):
        meta = pod.object.value["metadata"]
        whole = pod.object.kind in {"Deployment", "Prometheus", "Rollout", "StatefulSet"}
        name = pod.object.name if whole else f"{pod.object.kind} {pod.object.name} {number}"
        account = str(pod.spec.get("serviceAccountName", ""))
        ports = tuple(port for _, port, protocol in pod.ports() if protocol == "TCP")
        unit = meta.get("labels", {}).get("app.kubernetes.io/name", "")
        found.append(Pod(name, pod.namespace, pod.labels, ports, account, unit=unit))
    return found


def network_connections(objects: Iterable[Manifest], pods: Iterable[Pod]) -> set[Connection]:
    """Return the connections that both the source's egress and the target's ingress policies let through."""
    policies = [o for o in objects if o["kind"] == "NetworkPolicy"]
    everybody = [(pod, _rules(policies, "Egress", pod), _rules(policies, "Ingress", pod)) for pod in pods]
    return {
        Connection(source.name, target.name, port)
        for source, egress, _ in everybody
        for target, _, ingress in everybody
        if source != target
        for port in target.ports
        if _lets(egress, "Egress", source, target, port) and _lets(ingress, "Ingress", target, source, port)
    }


def admitted(objects: Iterable[Manifest], pods: Iterable[Pod]) -> set[Connection]:
    """Return the connections that the target's ingress policies let through, whatever its source may do."""
    policies = [o for o in objects if o["kind"] == "NetworkPolicy"]
    everybody = list(pods)
    return {
        Connection(source.name, target.name, port)
        for target in everybody
        for ingress in [_rules(policies, "Ingress", target)]
        for source in everybody
        if source != target
        for port in target.ports
        if _lets(ingress, "Ingress", target, source, port)
    }


def _rules(policies: list[Manifest], direction: str, subject: Pod) -> list[Mapping[str, Any]] | None:
    """Return the rules of all policies that select a pod, None if there is no policy."""
    selecting = [p for p in policies if _selects(p, subject) and direction in p["spec"]["policyTypes"]]
    return [rule for policy in selecting for rule in policy["spec"].get(direction.lower(), ())] if selecting else None


def _lets(rules: list[Mapping[str, Any]] | None, direction: str, own: Pod, peer: Pod, port: int) -> bool:
    return rules is None or any(_matches(rule, direction, own, peer, port) for rule in rules)


def _selects(policy: Manifest, pod: Pod) -> bool:
    return policy["metadata"]["namespace"] == pod.namespace and _labelled(policy["spec"]["podSelector"], pod.labels)


def _matches(rule: Mapping[str, Any], direction: str, own: Pod, peer: Pod, port: int) -> bool:
    peers = rule.get("from" if direction == "Ingress" else "to")
    ports = rule.get("ports")
    tcp = [(p["port"], p.get("endPort", p["port"])) for p in ports or () if p.get("protocol", "TCP") == "TCP"]
    return (peers is None or any(_is(p, own, peer) for p in peers)) and (
        ports is None or any(first <= port <= last for first, last in tcp)
    )


def _is(selected: Mapping[str, Any], own: Pod, peer: Pod) -> bool:
    if "ipBlock" in selected:
        block = selected["ipBlock"]
        outside = bool(peer.address) and ip_address(peer.address) in ip_network(block["cidr"])
        return outside and not any(ip_address(peer.address) in ip_network(part) for part in block.get("except", ()))
    if peer.address or not _labelled(selected.get("podSelector", {}), peer.labels):
        return False
    if "namespaceSelector" not in selected:
        return peer.namespace == own.namespace
    return _labelled(selected["namespaceSelector"], {NAMESPACE_LABEL: peer.namespace})


def _labelled(selector: Mapping[str, Any], labels: Mapping[str, str | None]) -> bool:
    known = {"matchLabels", "matchExpressions"}
    assert selector.keys() <= known, f"this evaluator does not know {sorted(selector)}"
    wanted: Mapping[str, str] = selector.get("matchLabels", {})
    return carries(labels, wanted) and all(_fits(e, labels) for e in selector.get("matchExpressions", ()))


def carries(labels: Mapping[str, str | None], wanted: Mapping[str, str]) -> bool:
    """Say whether a pod has labels; one whose value only an operator knows (a node's roles) may be the wanted one."""
    return all(key in labels and labels[key] in {None, value} for key, value in wanted.items())


def _fits(expression: Mapping[str, Any], labels: Mapping[str, str | None]) -> bool:
    operator = expression["operator"]
    assert operator in {"In", "NotIn"}, f"this evaluator does not know {operator}"
    found = labels.get(expression["key"], "")
    return found is None or (found in expression["values"]) == (operator == "In")


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
