"""NetworkPolicy rules with ports but for every caller, where the tree says who the callers are."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.selectors import selects, selects_map
from generator.manifests.workload import Workload
from generator.rules.rule import Mistake, rule
from generator.rules.security.network_isolation import isolates
from generator.rules.security.network_policies import GROUP, everybody, is_front

_DATABASES = frozenset(
    (1433, 1521, 2181, 2379, 3306, 5432, 6379, 9042, 9092, 9093, 9200, 9300, 11211, 26257, 26379, 27017)
)
_OPERATED = frozenset(
    ("Cluster", "Kafka", "KafkaNodePool", "Elasticsearch", "RabbitmqCluster", "Redis", "RedisCluster")
)
# The API server calls webhooks and extensions; no selector names it. Scrapers and probes may come from anywhere.
_FROM_ANYWHERE = frozenset((443, 6443, 8443, 9443, 10250, 10260, 15017, 15021))
_SCRAPED = ("metrics", "prom", "health", "webhook", "exporter", "probe")


@rule("security/network-policy-any-caller", Severity.WARNING)
def network_policy_any_caller(cluster: Cluster) -> Iterator[Mistake]:
    """Find rules that open ports to everybody, on databases and on pods whose callers are known by name."""
    policies: dict[str, list[Object]] = defaultdict(list)
    for item in cluster.of("NetworkPolicy", GROUP):
        policies[item.namespace].append(item)
    for namespace, own in policies.items():
        for item in own:
            if any(map(_open, _ingress(item))) and isolates(item, "Ingress") and not is_front(item):
                pods = cluster.selected(namespace, item.mapping("spec", "podSelector"))
                for index, one in item.mappings("spec", "ingress"):
                    yield from _judge(cluster, item, index, one, pods, own)


def _ingress(item: Object) -> list[Mapping[str, Any]]:
    return [one for _, one in item.mappings("spec", "ingress")]


def _open(one: Mapping[str, Any]) -> bool:
    if not values.mappings(one, "ports"):
        return False  # with no port either it is a policy that allows everything
    return not one.get("from") or any(everybody(peer) for _, peer in values.mappings(one, "from"))


def _judge(
    cluster: Cluster,
    item: Object,
    index: int,
    one: Mapping[str, Any],
    pods: Sequence[Workload],
    own: Sequence[Object],
) -> Iterator[Mistake]:
    ports = [port.get("port") for _, port in values.mappings(one, "ports")]
    if not _open(one) or any(_is_outward(port) for port in ports) or any(_served(cluster, pod) for pod in pods):
        return
    emptied = "from" in one and one["from"] == []
    why = _why(item, one, ports, pods, own)
    if not why and not emptied:
        return
    path: values.Path = ("spec", "ingress", index, *(("from",) if "from" in one else ()))
    shown = ", ".join(str(port) for port in ports)
    message = f"Everybody may call port {shown}" + (f", and {why}." if why else ": `from` is an empty list.")
    severity = Severity.ERROR if emptied and why else None
    yield Mistake(item, path, message, "Name the callers in from.", severity)


def _is_outward(port: values.Value) -> bool:
    return port in _FROM_ANYWHERE if isinstance(port, int) else any(word in str(port).lower() for word in _SCRAPED)


def _served(cluster: Cluster, pod: Workload) -> bool:
    """Say whether pods are meant for callers outside of the cluster: a load balancer or an Ingress leads to them."""
    for service in cluster.of("Service", ""):
        selector = service.mapping("spec", "selector")
        if service.namespace == pod.namespace and selector and selects_map(selector, pod.labels):
            if service.text("spec", "type") in {"LoadBalancer", "NodePort"}:
                return True
            if any(service.name in item.flat for item in cluster.of("Ingress") if item.namespace == pod.namespace):
                return True
    return False


def _why(
    item: Object,
    one: Mapping[str, Any],
    ports: Sequence[values.Value],
    pods: Sequence[Workload],
    own: Sequence[Object],
) -> str:
    """Say what shows that not everybody is meant; "" when nothing does."""
    if any(pod.object.kind in _OPERATED for pod in pods) or any(
        isinstance(port, int) and port in _DATABASES for port in ports
    ):
        return "it is a database"
    for other in own:
        holds = any(selects(other.mapping("spec", "podSelector"), pod.labels) for pod in pods)
        for rule_ in _ingress(other) if holds and isolates(other, "Ingress") else ():
            if rule_ is not one and rule_.get("from") and not _open(rule_) and _share(rule_, ports):
                return f"{other} names who may" if other is not item else "another rule names who may"
        for _, rule_ in other.mappings("spec", "egress"):
            for _, peer in values.mappings(rule_, "to"):
                wanted = values.mapping(peer, "podSelector")
                known = "namespaceSelector" not in peer and any(wanted.values()) and _share(rule_, ports)
                if known and other is not item and any(selects(wanted, pod.labels) for pod in pods):
                    return f"{other} names a caller"
    return ""


def _share(one: Mapping[str, Any], ports: Sequence[values.Value]) -> bool:
    return any(port.get("port") in ports for _, port in values.mappings(one, "ports"))
