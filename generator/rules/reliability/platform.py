"""What a cluster's operators declare once: priorities, node pools, backups of namespaces."""

from collections.abc import Iterator

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.rules.reliability.amounts import seconds
from generator.rules.reliability.cron import interval_seconds
from generator.rules.reliability.placement import contradiction, invalid_expression
from generator.rules.reliability.scale import behind_services, scale_of, scalers
from generator.rules.rule import Mistake, rule

_HIGHEST = 1_000_000_000


@rule("reliability/priority-class")
def priority_class(cluster: Cluster) -> Iterator[Mistake]:
    """Find priorities that the API server refuses."""
    default = ""
    for item in cluster.of("PriorityClass", "scheduling.k8s.io"):
        number = item.integer("value")
        if number is not None and number > _HIGHEST and not item.name.startswith("system-"):
            message = f"{number} is above {_HIGHEST}, the highest that is not the system's own."
            yield Mistake(item, ("value",), message, f"Set {_HIGHEST} at most.")
        elif item.name.startswith("system-") and item.name not in {"system-cluster-critical", "system-node-critical"}:
            message = "names that begin with 'system-' are the system's own; the API server refuses it."
            yield Mistake(item, ("metadata", "name"), message, "Give it another name.")
        if item.dig("globalDefault") is True:
            if default not in {"", item.name}:
                message = f"PriorityClass/{default} is the default of the cluster already."
                yield Mistake(item, ("globalDefault",), message, "Keep one default.")
            default = default or item.name


@rule("reliability/node-pool", Severity.WARNING)
def node_pool(cluster: Cluster) -> Iterator[Mistake]:
    """Find Karpenter's pools without a bound, or that never make a node."""
    for item in cluster.of("NodePool", "karpenter.sh"):
        if not item.mapping("spec", "limits"):
            message = "no limits: a runaway scaler buys nodes without end."
            yield Mistake(item, ("spec",), message, "Set limits of cpu and memory.")
        path = ("spec", "template", "spec", "requirements")
        requirements = item.mappings(*path)
        for index, entry in requirements:
            for message, hint in invalid_expression(entry):
                yield Mistake(item, (*path, index), message, hint, Severity.ERROR)
        labels = values.labels(item.value, "spec", "template", "metadata", "labels")
        why = contradiction([entry for _, entry in requirements], labels)
        if why:
            yield Mistake(item, path, f"no node can be made: {why}.", "Mend the requirements.", Severity.ERROR)
        expire = seconds(item.dig("spec", "template", "spec", "expireAfter"))
        grace = seconds(item.dig("spec", "template", "spec", "terminationGracePeriod"))
        if expire and grace and expire < grace:
            message = "a node expires before its terminationGracePeriod could pass."
            yield Mistake(item, ("spec", "template", "spec", "expireAfter"), message, "Raise expireAfter.")
        for index, budget in item.mappings("spec", "disruption", "budgets"):
            at = ("spec", "disruption", "budgets", index)
            if values.text(budget, "nodes") in {"0", "0%"} and "schedule" not in budget and "reasons" not in budget:
                message = "a budget of 0 nodes at all times: no node is ever consolidated or renewed."
                yield Mistake(item, (*at, "nodes"), message, "Give it a schedule and a duration.")
            if ("schedule" in budget) != ("duration" in budget):
                message = "schedule and duration go together only; the API server refuses one alone."
                yield Mistake(item, at, message, "Set both.", Severity.ERROR)


@rule("reliability/velero-backup", Severity.WARNING)
def velero_backup(cluster: Cluster) -> Iterator[Mistake]:
    """Find backups that are gone before the next one, or that hold nothing."""
    bases: tuple[tuple[str, values.Path], ...] = (("Schedule", ("spec", "template")), ("Backup", ("spec",)))
    for kind, base in bases:
        for item in cluster.of(kind, "velero.io"):
            ttl, every = seconds(item.dig(*base, "ttl")), interval_seconds(item.text("spec", "schedule"))
            if ttl is not None and every and ttl < every:
                message = f"a backup is kept {item.dig(*base, 'ttl')}, less than the time to the next one."
                yield Mistake(item, (*base, "ttl"), message, "Keep several backups.", Severity.ERROR)
            elif ttl is None and "ttl" not in item.mapping(*base):
                message = "no ttl: backups are kept for Velero's default of 30 days."
                yield Mistake(item, base, message, "Say how long they are kept.", Severity.INFO)
            both = set(item.strings(*base, "includedNamespaces")) & set(item.strings(*base, "excludedNamespaces"))
            if both:
                message = f"namespace '{min(both)}' is included and excluded."
                path = (*base, "excludedNamespaces")
                yield Mistake(item, path, message, "Remove it from one of the lists.", Severity.ERROR)


@rule("reliability/single-replica", Severity.INFO)
def single_replica(cluster: Cluster) -> Iterator[Mistake]:
    """Find the one Deployment of a tree that runs a single pod while all around it run more."""
    ranges = scalers(cluster)
    found, several, seen = [], 0, set()
    for service, pods in behind_services(cluster):
        scale = scale_of(pods, ranges)
        if scale is None or id(pods.object) in seen or not pods.complete:
            continue
        seen.add(id(pods.object))
        several += scale.least > 1
        if scale.most == 1:
            found.append((service, pods.object))
    for service, item in found if several else ():
        message = f"Service/{service.name} has this one pod behind it: each drain and each crash is an outage."
        at = ("spec", "replicas") if "replicas" in item.mapping("spec") else ("spec",)
        yield Mistake(item, at, message, "Run two replicas at least.")
