"""What NetworkPolicies do together: pods that may call but not resolve names, namespaces that were forgotten."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.selectors import selects
from generator.rules.rule import Mistake, rule
from generator.rules.security.network_policies import GROUP

_DNS_NAMESPACES = frozenset(("kube-system", "openshift-dns", "kube-dns", "dns", "coredns"))
_DNS_PORTS = frozenset(("dns", "dns-tcp", "domain"))
_DNS_APPS = frozenset(("kube-dns", "coredns", "node-local-dns", "kube-dns-upstream", "nodelocaldns", "rke2-coredns"))
_NAME = "kubernetes.io/metadata.name"


def isolates(item: Object, direction: str) -> bool:
    """Say whether a policy shuts a direction ("Ingress", "Egress") but for its rules."""
    types = item.strings("spec", "policyTypes")
    if types:
        return direction in types
    return direction == "Ingress" or bool(item.dig("spec", "egress"))


@rule("security/egress-without-dns")
def egress_without_dns(cluster: Cluster) -> Iterator[Mistake]:
    """Find pods that may call others and may not ask DNS for them."""
    others = {item.namespace for item in cluster.of("CiliumNetworkPolicy")}
    if cluster.of("CiliumClusterwideNetworkPolicy") or cluster.of("GlobalNetworkPolicy"):
        return
    policies: dict[str, list[Object]] = defaultdict(list)
    for item in cluster.of("NetworkPolicy", GROUP):
        if isolates(item, "Egress"):
            policies[item.namespace].append(item)
    reported: set[int] = set()
    for namespace, own in sorted(policies.items()):
        if namespace in others:
            continue
        for pod in cluster.workloads(namespace):
            if not pod.complete or pod.spec.get("hostNetwork") is True:
                continue
            hold = [item for item in own if selects(item.mapping("spec", "podSelector"), pod.labels)]
            rules = [one for item in hold for _, one in item.mappings("spec", "egress")]
            if not hold or any(_dns(one) for one in rules) or not _calls(rules):
                continue
            blamed = next((item for item in hold if item.mappings("spec", "egress")), hold[0])
            blamed = next((item for item in hold if any(_meant_for_dns(one) for one in _egress(item))), blamed)
            if id(blamed) not in reported:
                reported.add(id(blamed))
                message = f"{pod.object} may call others, but no policy lets it ask DNS (port 53) for their names."
                hint = "Allow UDP and TCP 53 to the DNS of kube-system, here or in a policy for the whole namespace."
                yield Mistake(blamed, ("spec", "egress"), message, hint)


def _calls(rules: list[Mapping[str, Any]]) -> bool:
    """Say whether rules let pods call something by its name; an address needs no DNS."""
    peers = [peer for one in rules for _, peer in values.mappings(one, "to")]
    wide = any("ipBlock" in peer and values.text(peer, "ipBlock", "cidr").endswith("/0") for peer in peers)
    return wide or any("ipBlock" not in peer for peer in peers) or any(not one.get("to") for one in rules)


def _egress(item: Object) -> list[Mapping[str, Any]]:
    return [one for _, one in item.mappings("spec", "egress")]


def _meant_for_dns(one: Mapping[str, Any]) -> bool:
    """Say whether a rule seems to be the one for DNS: by its ports or by whom it leads to."""
    if any(port.get("port") in (53, 5353, *_DNS_PORTS) for _, port in values.mappings(one, "ports")):
        return True
    return any("dns" in str(_pods(peer)) for _, peer in values.mappings(one, "to"))


def _dns(one: Mapping[str, Any]) -> bool:
    peers = [peer for _, peer in values.mappings(one, "to")]
    if not one.get("to"):
        return _port_53(one, openshift=True)
    return any(_leads_to_dns(peer) and _port_53(one, openshift=_may_be_openshift(peer)) for peer in peers)


def _may_be_openshift(peer: Mapping[str, Any]) -> bool:
    wanted = values.text(peer, "namespaceSelector", "matchLabels", _NAME)
    return wanted != "kube-system" and _pods(peer).get("k8s-app") != "kube-dns"


def _pods(peer: Mapping[str, Any]) -> Mapping[str, str]:
    return values.labels(peer, "podSelector", "matchLabels")


def _port_53(one: Mapping[str, Any], *, openshift: bool) -> bool:
    if not one.get("ports"):
        return True
    for _, port in values.mappings(one, "ports"):
        first = port.get("port")
        last = values.integer(port, "endPort")
        if port.get("protocol") != "UDP":
            continue
        if first is None or first == 53 or (isinstance(first, str) and first.lower() in _DNS_PORTS):
            return True
        # CoreDNS of OpenShift listens on 5353 behind its Service.
        if (openshift and first == 5353) or (isinstance(first, int) and last is not None and first <= 53 <= last):
            return True
    return False


def _leads_to_dns(peer: Mapping[str, Any]) -> bool:
    if "ipBlock" in peer:
        return True
    if "namespaceSelector" not in peer:
        return False
    wanted = values.text(peer, "namespaceSelector", "matchLabels", _NAME)
    app = _pods(peer).get("k8s-app", "")
    return (not wanted or wanted in _DNS_NAMESPACES) and (not app or app in _DNS_APPS)


@rule("security/dns-peer-unknown", Severity.WARNING)
def dns_peer_unknown(cluster: Cluster) -> Iterator[Mistake]:
    """Find a peer on port 53 that names pods of kube-system which no cluster has, beside others that are right."""
    for item in cluster.of("NetworkPolicy", GROUP):
        for number, one in item.mappings("spec", "egress"):
            if not one.get("ports") or not _dns(one):
                continue
            for index, peer in values.mappings(one, "to"):
                app = _pods(peer).get("k8s-app", "")
                space = values.text(peer, "namespaceSelector", "matchLabels", _NAME)
                if app and app not in _DNS_APPS and space == "kube-system":
                    message = f"No pod of the cluster's DNS carries k8s-app: {app}; CoreDNS has kube-dns too."
                    hint = did_you_mean(app, _DNS_APPS) or "Write k8s-app: kube-dns."
                    place: values.Path = (
                        "spec",
                        "egress",
                        number,
                        "to",
                        index,
                        "podSelector",
                        "matchLabels",
                        "k8s-app",
                    )
                    yield Mistake(item, place, message, hint)


@rule("security/namespace-without-default-deny", Severity.WARNING)
def namespace_without_default_deny(cluster: Cluster) -> Iterator[Mistake]:
    """Find namespaces with pods that no policy shuts, while other namespaces are shut."""
    shut = {item.namespace for item in cluster.of("NetworkPolicy", GROUP) if _for_all(item)}
    if not shut:
        return
    for namespace in cluster.namespaces():
        # No NetworkPolicy reaches pods in the network of their node.
        pods = [pod for pod in cluster.workloads(namespace) if pod.complete and pod.spec.get("hostNetwork") is not True]
        if namespace in shut or namespace.startswith("kube-") or not pods:
            continue
        declared = cluster.get("", "Namespace", "", namespace)
        where = declared or pods[0].object
        message = f"Namespace {namespace} has no NetworkPolicy for all of its pods, as {min(shut)} has: they are open."
        hint = "Add one with an empty podSelector and no rules."
        yield Mistake(where, ("metadata", "name" if declared else "namespace"), message, hint)


def _for_all(item: Object) -> bool:
    selector = item.mapping("spec", "podSelector")
    return not any(selector.values()) and isolates(item, "Ingress")
