"""NetworkPolicies that allow more than they seem to, or that say what the API server or the network ignores."""

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.rule import Mistake, rule

GROUP = "networking.k8s.io"
_FRONT = ("ingress", "gateway", "proxy", "frontend", "front-end", "edge", "envoy", "nginx", "traefik", "argocd-server")
_METADATA = ipaddress.ip_address("169.254.169.254")
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def rules_of(item: Object) -> Iterator[tuple[str, values.Path, Mapping[str, Any], str]]:
    """Yield (ingress or egress, path, rule, key of its peers) of a policy's rules."""
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for index, one in item.mappings("spec", direction):
            yield direction, ("spec", direction, index), one, peers


def _network(text: values.Value) -> _Network | None:
    try:
        return ipaddress.ip_network(text, strict=False) if isinstance(text, str) and "/" in text else None
    except ValueError:
        return None


@rule("security/network-policy-allows-all", Severity.WARNING)
def network_policy_allows_all(cluster: Cluster) -> Iterator[Mistake]:
    """Find rules that let everything in or out."""
    for item in cluster.of("NetworkPolicy", GROUP):
        for direction, path, one, peers in rules_of(item):
            if one.get("ports"):
                continue
            who = "anybody in" if direction == "ingress" else "the pods out to anywhere"
            if not one.get(peers):
                message = f"The rule names neither peers nor ports, so it lets {who}, on every port."
                severity = Severity.ERROR if direction == "ingress" and not is_front(item) else None
                yield Mistake(item, path, message, f"Name the peers in {peers}, and the ports.", severity)
            for index, peer in values.mappings(one, peers):
                if everybody(peer):
                    message = f"The peer is everybody and no port is named, so the rule lets {who}."
                    yield Mistake(item, (*path, peers, index), message, "Name labels or networks, and the ports.")


def is_front(item: Object) -> bool:
    """Say whether a policy is for the pods that everybody is meant to reach: gateways, proxies, front ends."""
    wanted = values.labels(item.value, "spec", "podSelector", "matchLabels").values()
    return any(word in text for text in wanted for word in _FRONT)


def everybody(peer: Mapping[str, Any]) -> bool:
    """Say whether a peer is every address, or every pod of every namespace."""
    block = _network(values.text(peer, "ipBlock", "cidr"))
    if block is not None:
        return block.prefixlen == 0 and not values.items(peer, "ipBlock", "except")
    space, pods = peer.get("namespaceSelector"), peer.get("podSelector")
    return isinstance(space, dict) and not any(space.values()) and not (isinstance(pods, dict) and any(pods.values()))


@rule("security/metadata-reachable", Severity.WARNING)
def metadata_reachable(cluster: Cluster) -> Iterator[Mistake]:
    """Find rules that let pods ask the cloud for the node's credentials."""
    for item in cluster.of("NetworkPolicy", GROUP):
        for direction, path, one, peers in rules_of(item):
            if direction != "egress" or not _includes(one, 80):
                continue
            for index, peer in values.mappings(one, peers):
                block = _network(values.text(peer, "ipBlock", "cidr"))
                spared = [_network(text) for text in values.strings(peer, "ipBlock", "except")]
                # A rule for everything, with no port named, is reported as that; one for this very address is meant,
                # as on Google Cloud, where the server there gives each pod its own identity.
                if block is None or block.prefixlen == block.max_prefixlen or not _holds(block):
                    continue
                if any(other and _holds(other) for other in spared):
                    continue
                if one.get("ports") or not everybody(peer):
                    message = "The pods reach 169.254.169.254, where the cloud gives out the node's credentials."
                    yield Mistake(item, (*path, peers, index, "ipBlock"), message, "Write it under except.")


def _holds(network: _Network) -> bool:
    return network.version == 4 and _METADATA in network


def _includes(one: Mapping[str, Any], number: int) -> bool:
    ports = values.mappings(one, "ports")
    if not one.get("ports"):
        return True
    for _, port in ports:
        first = port.get("port")
        last = port.get("endPort", first)
        if first is None or (isinstance(first, int) and isinstance(last, int) and first <= number <= last):
            return True
    return False


@rule("security/network-policy-either-selector", Severity.WARNING)
def network_policy_either_selector(cluster: Cluster) -> Iterator[Mistake]:
    """Find two peers, one by pod and one by namespace, where one peer with both was meant."""
    for item in cluster.of("NetworkPolicy", GROUP):
        for _, path, one, peers in rules_of(item):
            listed = values.mappings(one, peers)
            if len(listed) != 2:
                continue
            keys = {next(iter(peer)): index for index, peer in listed if len(peer) == 1}
            if set(keys) == {"podSelector", "namespaceSelector"}:
                # Labels of pods beside the policy: then "or" is what was meant.
                wanted = values.mapping(listed[keys["podSelector"]][1], "podSelector")
                beside = any(wanted.values()) and cluster.selected(item.namespace, wanted)
                message = (
                    "The two peers are joined by or: every pod of those namespaces, and those pods of this namespace."
                )
                place = (*path, peers, max(keys.values()))
                severity = Severity.INFO if beside else None
                yield Mistake(item, place, message, "Remove the hyphen before the second, if both must hold.", severity)


@rule("security/network-policy-cidr")
def network_policy_cidr(cluster: Cluster) -> Iterator[Mistake]:
    """Find networks that are none, and exceptions outside their network."""
    for item in cluster.of("NetworkPolicy", GROUP):
        for _, path, one, peers in rules_of(item):
            for index, peer in values.mappings(one, peers):
                if "ipBlock" in peer:
                    place = (*path, peers, index, "ipBlock")
                    yield from _block(item, place, values.mapping(peer, "ipBlock"))
                    others = [key for key in ("podSelector", "namespaceSelector") if key in peer]
                    if others:
                        message = f"A peer with an ipBlock may not have a {others[0]}; the API server refuses it."
                        yield Mistake(item, (*path, peers, index, others[0]), message, "Write two peers.")


def _block(item: Object, place: values.Path, block: Mapping[str, Any]) -> Iterator[Mistake]:
    cidr = values.text(block, "cidr")
    whole = _network(cidr)
    if whole is None:
        yield Mistake(item, (*place, "cidr"), f"'{cidr}' is no network.", "Write address/bits, such as 10.0.0.0/8.")
        return
    address = cidr.partition("/")[0]
    if str(whole.network_address) != str(ipaddress.ip_address(address)):
        message = f"'{cidr}' has bits set beyond its mask; it means {whole}."
        yield Mistake(item, (*place, "cidr"), message, f"Write {whole}.", Severity.WARNING)
    for index, text in enumerate(values.strings(block, "except")):
        part = _network(text)
        inside = part is not None and part.version == whole.version and part != whole
        if part is None or not inside or not part.subnet_of(whole):  # type: ignore[arg-type]
            message = f"The exception '{text}' is no part of {cidr}; the API server refuses it."
            yield Mistake(item, (*place, "except", index), message, f"Write a network inside {cidr}.")


@rule("security/network-policy-ports")
def network_policy_ports(cluster: Cluster) -> Iterator[Mistake]:
    """Find ranges of ports that the API server refuses."""
    for item in cluster.of("NetworkPolicy", GROUP):
        for _, path, one, _ in rules_of(item):
            for index, port in values.mappings(one, "ports"):
                first, last = port.get("port"), values.integer(port, "endPort")
                place = (*path, "ports", index)
                if last is not None and not isinstance(first, int):
                    message = "endPort needs a port by number beside it."
                    yield Mistake(item, (*place, "endPort"), message, "Write the first port of the range as port.")
                elif last is not None and isinstance(first, int) and last < first:
                    message = f"endPort {last} is below port {first}."
                    yield Mistake(item, (*place, "endPort"), message, "Write the last port of the range as endPort.")
                if isinstance(first, int) and not 1 <= first <= 65535:
                    yield Mistake(item, (*place, "port"), f"{first} is no port.", "Write a port from 1 to 65535.")


@rule("security/network-policy-types")
def network_policy_types(cluster: Cluster) -> Iterator[Mistake]:
    """Find rules of a direction that the policy does not speak about."""
    for item in cluster.of("NetworkPolicy", GROUP):
        types = item.strings("spec", "policyTypes")
        for direction in ("Ingress", "Egress"):
            if types and direction not in types and item.dig("spec", direction.lower()):
                message = f"policyTypes leaves {direction} out, so the {direction.lower()} rules do nothing."
                yield Mistake(item, ("spec", "policyTypes"), message, f"Add {direction} to policyTypes.")
