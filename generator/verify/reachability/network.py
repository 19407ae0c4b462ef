"""What NetworkPolicies let through. Source: Kubernetes, "Network Policies", and the API reference of networking/v1."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.selectors import selects
from generator.verify.reachability.endpoint import Endpoint

INGRESS, EGRESS = "Ingress", "Egress"


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a layer lets a connection through, and the policies that decide it, with the path of the rule if any."""

    allowed: bool
    by: tuple[tuple[Object, values.Path], ...]

    def __str__(self) -> str:
        if not self.by:
            return "no policy selects it"
        return " and ".join(sorted({str(item) for item, _ in self.by}))


class Selecting:
    """Policies by what they select, so that those of a pod are found without asking all."""

    def __init__(self, policies: Iterable[tuple[Object, Mapping[str, Any]]]) -> None:
        self.labelled: dict[tuple[str, str, str], list[tuple[Object, Mapping[str, Any]]]] = defaultdict(list)
        self.general: dict[str, list[tuple[Object, Mapping[str, Any]]]] = defaultdict(list)
        for policy, selector in policies:
            labels = sorted(values.labels(selector, "matchLabels").items())
            if labels:
                self.labelled[policy.namespace, *labels[0]].append((policy, selector))
            else:
                self.general[policy.namespace].append((policy, selector))

    def of(self, namespace: str, pod: Endpoint) -> list[Object]:
        """Return the policies of a namespace that select a pod by its labels."""
        found = list(self.general.get(namespace, ()))
        for key, value in pod.labels.items():
            found += self.labelled.get((namespace, key, value or ""), ())
        return [policy for policy, selector in found if selects(selector, pod.labels)]


class Network:
    """The NetworkPolicies of a cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        policies = cluster.of("NetworkPolicy", "networking.k8s.io")
        self.selecting = Selecting((policy, policy.mapping("spec", "podSelector")) for policy in policies)
        self.asked: dict[tuple[str, str], list[Object]] = {}  # (direction, endpoint) → its policies
        self.namespaces: dict[str, Mapping[str, str]] = {}  # namespace → its labels

    def of(self, direction: str, pod: Endpoint) -> list[Object]:
        """Return the policies that stand between a pod and its peers in a direction."""
        key = (direction, pod.name)
        if key not in self.asked:
            found = self.selecting.of(pod.namespace, pod)
            self.asked[key] = [policy for policy in found if direction in _directions(policy)]
        return self.asked[key]

    def peers(self, pod: Endpoint, endpoints: "Peers") -> Iterable[Endpoint]:
        """Return a superset of the endpoints that the policies on a pod let in."""
        policies = self.of(INGRESS, pod)
        found: dict[str, Endpoint] = {}
        for policy in policies:
            for _, rule in policy.mappings("spec", "ingress"):
                if not values.items(rule, "from"):
                    return endpoints.all
                for _, selected in values.mappings(rule, "from"):
                    found |= {peer.name: peer for peer in endpoints.candidates(selected, policy.namespace)}
        return found.values() if policies else endpoints.all

    def egress_ports(self, pod: Endpoint) -> frozenset[int]:
        """Return the numbers of the ports that the policies on a pod name for what it may open."""
        rules = [rule for policy in self.of(EGRESS, pod) for _, rule in policy.mappings("spec", "egress")]
        named = [values.integer(port, "port") for rule in rules for _, port in values.mappings(rule, "ports")]
        return frozenset(number for number in named if number is not None)

    def judge(self, direction: str, subject: Endpoint, peer: Endpoint, port: int, protocol: str = "TCP") -> Judgement:
        """Say whether the policies on `subject` let it talk with `peer` in a direction; port is the target's."""
        selecting = self.of(direction, subject)
        target = subject if direction == INGRESS else peer
        for policy in selecting:
            for index, rule in policy.mappings("spec", direction.lower()):
                if self._matches(rule, direction, policy, peer) and _ports(rule, target, port, protocol):
                    return Judgement(True, ((policy, ("spec", direction.lower(), index)),))
        return Judgement(not selecting, tuple((policy, ("spec",)) for policy in selecting))

    def _matches(self, rule: Mapping[str, Any], direction: str, policy: Object, peer: Endpoint) -> bool:
        key = "from" if direction == INGRESS else "to"
        # Missing or empty: everybody.
        return not values.items(rule, key) or any(
            self._is(selected, policy.namespace, peer) for _, selected in values.mappings(rule, key)
        )

    def _is(self, selected: Mapping[str, Any], namespace: str, peer: Endpoint) -> bool:
        if "ipBlock" in selected:
            return bool(peer.address) and _within(values.mapping(selected, "ipBlock"), peer.address)
        if peer.address:
            return False
        if "namespaceSelector" in selected:
            if peer.namespace not in self.namespaces:
                self.namespaces[peer.namespace] = self.cluster.namespace_labels(peer.namespace)
            if not selects(values.mapping(selected, "namespaceSelector"), self.namespaces[peer.namespace]):
                return False
        elif peer.namespace != namespace:
            return False
        return selects(values.mapping(selected, "podSelector"), peer.labels)


class Peers:
    """Endpoints, found by what a policy's peer selects."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self.all = tuple(endpoints)
        self.addresses = [endpoint for endpoint in self.all if endpoint.address]
        self.labelled: dict[tuple[str, str], list[Endpoint]] = defaultdict(list)
        for endpoint in self.all:
            for key, value in endpoint.labels.items():
                self.labelled[key, value or ""].append(endpoint)

    def candidates(self, selected: Mapping[str, Any], namespace: str) -> Iterable[Endpoint]:
        """Return a superset of what a peer selects, for a policy of a namespace."""
        if "ipBlock" in selected:
            return self.addresses
        labels = sorted(values.labels(selected, "podSelector", "matchLabels").items())
        found = self.labelled.get(labels[0], ()) if labels else self.all
        if "namespaceSelector" in selected:
            return found
        return [endpoint for endpoint in found if endpoint.namespace == namespace]


def _directions(policy: Object) -> Sequence[str]:
    written = policy.strings("spec", "policyTypes")
    # Without policyTypes: ingress always, egress when there are rules for it.
    return written or [INGRESS, *([EGRESS] if policy.dig("spec", "egress") else [])]


def _ports(rule: Mapping[str, Any], target: Endpoint, port: int, protocol: str) -> bool:
    wanted = values.mappings(rule, "ports")
    return not wanted or any(_port(item, target, port, protocol) for _, item in wanted)


def _port(item: Mapping[str, Any], target: Endpoint, port: int, protocol: str) -> bool:
    if (values.text(item, "protocol") or "TCP") != protocol:
        return False
    first = item.get("port")
    if first is None:
        return True
    if isinstance(first, str):
        return target.ports.get(port) == first
    last = values.integer(item, "endPort")
    return first == port if last is None else isinstance(first, int) and first <= port <= last


def _within(block: Mapping[str, Any], address: str) -> bool:
    try:
        inside = ip_address(address) in ip_network(values.text(block, "cidr"), strict=False)
        return inside and not any(
            ip_address(address) in ip_network(part, strict=False) for part in values.strings(block, "except")
        )
    except ValueError:  # no CIDR: another rule says so
        return False
