"""Where pods may run: spread constraints and affinities that mean something and can be met."""

import difflib
from collections.abc import Iterator, Mapping

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.selectors import selects
from generator.manifests.workload import Workload
from generator.rules.reliability.scale import scale_of, scalers
from generator.rules.rule import Mistake, rule

_TOPOLOGY = frozenset(
    {"topology.kubernetes.io/zone", "topology.kubernetes.io/region", "kubernetes.io/hostname", "kubernetes.io/os"}
    | {"kubernetes.io/arch", "node.kubernetes.io/instance-type", "node.kubernetes.io/windows-build"}
)
_FORMER = {
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    "failure-domain.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.kubernetes.io/region": "topology.kubernetes.io/region",
    "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
    "beta.kubernetes.io/os": "kubernetes.io/os",
    "beta.kubernetes.io/arch": "kubernetes.io/arch",
}
_SHORT = {
    "zone": "topology.kubernetes.io/zone",
    "region": "topology.kubernetes.io/region",
    "hostname": "kubernetes.io/hostname",
}
_TERMS = (
    ("podAffinity", "requiredDuringSchedulingIgnoredDuringExecution", ()),
    ("podAffinity", "preferredDuringSchedulingIgnoredDuringExecution", ("podAffinityTerm",)),
    ("podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution", ()),
    ("podAntiAffinity", "preferredDuringSchedulingIgnoredDuringExecution", ("podAffinityTerm",)),
)
_Term = tuple[values.Path, str, bool, Mapping[str, values.Value]]


# What each controller tells the pods of its versions apart by.
_VERSIONS = {
    "DaemonSet": "controller-revision-hash",
    "Deployment": "pod-template-hash",
    "Rollout": "rollouts-pod-template-hash",
    "StatefulSet": "controller-revision-hash",
}


def _constraints(pods: Workload) -> Iterator[tuple[values.Path, Mapping[str, values.Value]]]:
    for index, item in values.mappings(pods.spec, "topologySpreadConstraints"):
        yield (*pods.spec_path, "topologySpreadConstraints", index), item


def _terms(pods: Workload) -> Iterator[_Term]:
    """Yield (path, podAffinity or podAntiAffinity, required, term)."""
    for kind, when, inner in _TERMS:
        for index, item in values.mappings(pods.spec, "affinity", kind, when):
            path = (*pods.spec_path, "affinity", kind, when, index, *inner)
            yield path, kind, not inner, values.mapping(item, *inner)


@rule("reliability/spread-unmatched")
def spread_unmatched(cluster: Cluster) -> Iterator[Mistake]:
    """Find spread constraints that do not select the pods that they stand in."""
    for pods in cluster.templates():
        for path, item in _constraints(pods):
            selector = item.get("labelSelector")
            if not isinstance(selector, dict) or not selector:
                message = "the constraint selects no pods, so it spreads nothing."
                at = path if selector is None else (*path, "labelSelector")
                yield Mistake(pods.object, at, message, "Select the pod's own labels.", Severity.WARNING)
            elif not selects(selector, pods.labels):
                key = next((key for key, value in values.labels(selector, "matchLabels").items()
                            if pods.labels.get(key) != value), "")  # fmt: skip
                message = "the constraint does not select the pod's own labels, so its pods are not spread."
                deepest = (*path, "labelSelector", "matchLabels", key) if key else (*path, "labelSelector")
                yield Mistake(pods.object, deepest, message, "Select the labels of this pod template.")
            for index, key in enumerate(values.strings(item, "matchLabelKeys")):
                if key not in pods.labels and pods.object.kind in _VERSIONS:
                    message = f"the pods have no label '{key}', so those of all versions are counted together."
                    hint = f"Write {_VERSIONS[pods.object.kind]}."
                    yield Mistake(pods.object, (*path, "matchLabelKeys", index), message, hint, Severity.WARNING)


@rule("reliability/spread-invalid")
def spread_invalid(cluster: Cluster) -> Iterator[Mistake]:
    """Find spread constraints that the API server refuses."""
    for pods in cluster.templates():
        seen: set[tuple[str, str]] = set()
        for path, item in _constraints(pods):
            skew, domains = values.integer(item, "maxSkew"), values.integer(item, "minDomains")
            when, topology = values.text(item, "whenUnsatisfiable"), values.text(item, "topologyKey")
            if skew is not None and skew < 1:
                yield Mistake(pods.object, (*path, "maxSkew"), f"maxSkew {skew} is below 1.", "Set 1.")
            if domains is not None and (domains < 1 or when == "ScheduleAnyway"):
                why = "is below 1" if domains < 1 else "goes with DoNotSchedule only"
                yield Mistake(pods.object, (*path, "minDomains"), f"minDomains {domains} {why}.", "Remove it.")
            if (topology, when) in seen:
                message = f"a second constraint on {topology} with {when}; the API server takes one."
                yield Mistake(pods.object, (*path, "topologyKey"), message, "Keep one of them.")
            seen.add((topology, when))
            both = set(values.strings(item, "matchLabelKeys")) & set(
                values.mapping(item, "labelSelector", "matchLabels")
            )
            if both:
                message = f"'{min(both)}' is in matchLabelKeys and in labelSelector."
                yield Mistake(pods.object, (*path, "matchLabelKeys"), message, "Keep it in one of them.")


@rule("reliability/topology-key")
def topology_key(cluster: Cluster) -> Iterator[Mistake]:
    """Find topology keys that no node has as a label."""
    for pods in cluster.templates():
        for path, item in _constraints(pods):
            yield from _bad_key(pods, (*path, "topologyKey"), values.text(item, "topologyKey"))
        for path, _, required, term in _terms(pods):
            key = values.text(term, "topologyKey")
            if not key and required:
                message = "the term has no topologyKey; the API server refuses it."
                yield Mistake(pods.object, path, message, "Set topologyKey: kubernetes.io/hostname.")
            yield from _bad_key(pods, (*path, "topologyKey"), key)
    for kind, group, at in _OPERATED:
        for of in cluster.of(kind, group):
            for message, hint, severity in _judge(of.text(*at)):
                yield Mistake(of, at, message, hint, severity)


_OPERATED: tuple[tuple[str, str, values.Path], ...] = (
    ("Kafka", "kafka.strimzi.io", ("spec", "kafka", "rack", "topologyKey")),
    ("KafkaConnect", "kafka.strimzi.io", ("spec", "rack", "topologyKey")),
    ("Cluster", "postgresql.cnpg.io", ("spec", "affinity", "topologyKey")),
)


def _bad_key(pods: Workload, path: values.Path, key: str) -> Iterator[Mistake]:
    for message, hint, severity in _judge(key):
        yield Mistake(pods.object, path, message, hint, severity)


def _judge(key: str) -> Iterator[tuple[str, str, Severity | None]]:
    if not key or key in _TOPOLOGY:
        return
    if key in _FORMER:
        yield f"'{key}' is deprecated.", f"Use {_FORMER[key]}.", Severity.WARNING
    elif key in _SHORT:
        yield f"no node has a label '{key}' by itself.", f"Did you mean '{_SHORT[key]}'?", Severity.WARNING
    else:
        domain, _, name = key.rpartition("/")
        near = difflib.get_close_matches(key, sorted(_TOPOLOGY), n=1, cutoff=0.9)
        # A provider's own key, such as topology.ebs.csi.aws.com/zone, is of another domain.
        if name in _SHORT and domain in {"kubernetes.io", "k8s.io", "topology.k8s.io", "topology.kubernetes.io"}:
            near = [_SHORT[name]]
        if near:
            yield f"no node has a label '{key}'.", f"Did you mean '{near[0]}'?", None


@rule("reliability/affinity-unmet")
def affinity_unmet(cluster: Cluster) -> Iterator[Mistake]:
    """Find required affinities between pods that can never be met."""
    ranges = scalers(cluster)
    everyone = cluster.workloads()
    for pods in cluster.templates():
        for path, kind, required, term in _terms(pods):
            selector = values.mapping(term, "labelSelector")
            if not required or not selector:
                continue
            elsewhere = values.strings(term, "namespaces") or "namespaceSelector" in term
            own = selects(selector, pods.labels) and (
                not elsewhere or pods.namespace in values.items(term, "namespaces")
            )
            if kind == "podAffinity" and not own:
                spaces = values.strings(term, "namespaces") or [pods.namespace]
                among = everyone if "namespaceSelector" in term else [
                    one for name in spaces for one in cluster.workloads(name)]  # fmt: skip
                if not any(selects(selector, one.labels) for one in among):
                    message = "the pod has to run beside pods with these labels, but nothing in the cluster has them."
                    severity = Severity.WARNING if any(cluster.unseen(name) for name in spaces) else None
                    yield Mistake(pods.object, (*path, "labelSelector"), message, "Mend the labels.", severity)
            scale = scale_of(pods, ranges)
            key = values.text(term, "topologyKey")
            if kind == "podAntiAffinity" and own and scale is not None:
                if key == "topology.kubernetes.io/region" and scale.least > 1:
                    message = f"no two of the {scale.least} pods may run in one region, and a cluster lies in one."
                    hint = "Use kubernetes.io/hostname, or topologySpreadConstraints."
                    yield Mistake(pods.object, (*path, "topologyKey"), message, hint)
                elif key == "topology.kubernetes.io/zone" and scale.most > 3:
                    message = f"no two of up to {scale.most} pods may run in one zone, and a region has three or so."
                    hint = "Use topologySpreadConstraints with maxSkew 1."
                    yield Mistake(pods.object, (*path, "topologyKey"), message, hint, Severity.WARNING)
