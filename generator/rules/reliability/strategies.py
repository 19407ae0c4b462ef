"""How workloads replace their pods: updates that cannot begin or end, or that stop the service."""

from collections.abc import Iterator, Mapping

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.reliability.amounts import percentage, share
from generator.rules.reliability.scale import Scale, behind_services, scale_of, scalers
from generator.rules.rule import Mistake, rule

_WHERE: Mapping[str, values.Path] = {
    "Deployment": ("spec", "strategy", "rollingUpdate"),
    "Rollout": ("spec", "strategy", "canary"),
    "DaemonSet": ("spec", "updateStrategy", "rollingUpdate"),
    "StatefulSet": ("spec", "updateStrategy", "rollingUpdate"),
}
_GROUPS = {"Rollout": "argoproj.io"}
_DEADLINE = 600  # seconds; what Deployment and Rollout have unless they say otherwise


def _workloads(cluster: Cluster) -> Iterator[Object]:
    for kind in _WHERE:
        yield from cluster.of(kind, _GROUPS.get(kind, "apps"))


@rule("reliability/update-stuck")
def update_stuck(cluster: Cluster) -> Iterator[Mistake]:
    """Find updates that may neither add a pod nor take one away, and deadlines that pass before a pod counts."""
    for item in _workloads(cluster):
        path = _WHERE[item.kind]
        surge, lost = item.dig(*path, "maxSurge"), item.dig(*path, "maxUnavailable")
        for name in ("replicas", "minReadySeconds", "revisionHistoryLimit"):
            number = item.integer("spec", name)
            if number is not None and number < 0:
                message = f"{name} {number} is below 0; the API server refuses it."
                yield Mistake(item, ("spec", name), message, "Set 0 at least.")
        for name, value in (("maxSurge", surge), ("maxUnavailable", lost)):
            yield from _bad_share(item, (*path, name), value)
        both = item.kind in {"Deployment", "Rollout"}
        # A Deployment adds 25 % unless told otherwise, a DaemonSet or StatefulSet nothing.
        added = share(surge, 100) if surge is not None else 25 if both else 0
        if share(lost, 100) == 0 and added == 0:
            message = "no pod may be added and none may be missing, so an update can never replace one."
            yield Mistake(item, (*path, "maxUnavailable"), message, "Set maxSurge or maxUnavailable to 1 at least.")
        ready, deadline = item.integer("spec", "minReadySeconds") or 0, item.integer("spec", "progressDeadlineSeconds")
        if both and ready and (_DEADLINE if deadline is None else deadline) <= ready:
            at = "minReadySeconds" if deadline is None else "progressDeadlineSeconds"
            known = _DEADLINE if deadline is None else deadline
            message = f"progressDeadlineSeconds {known} is not above minReadySeconds {ready}: every update fails."
            yield Mistake(item, ("spec", at), message, f"Set progressDeadlineSeconds above {ready}.")
        elif both and deadline is not None and deadline < 1:
            message = f"a deadline of {deadline} s has passed before a pod can start."
            yield Mistake(item, ("spec", "progressDeadlineSeconds"), message, "Set it to some minutes.")


def _bad_share(item: Object, path: values.Path, value: values.Value) -> Iterator[Mistake]:
    number = percentage(value)
    if isinstance(value, str) and number is None:
        message = f"{path[-1]} '{value}' is neither a number nor a percentage."
        yield Mistake(item, path, message, "Write a number without quotes, or a percentage such as '25%'.")
    elif (number or 0) > 100 and path[-1] == "maxUnavailable":
        yield Mistake(item, path, f"{path[-1]} {value} is more than all pods.", "Write 100% at most.")
    elif isinstance(value, int) and value < 0:
        yield Mistake(item, path, f"{path[-1]} {value} is below 0.", "Write 0 at least.")


@rule("reliability/update-takes-all", Severity.WARNING)
def update_takes_all(cluster: Cluster) -> Iterator[Mistake]:
    """Find updates of a Service's pods that stop all of them at once."""
    ranges, seen = scalers(cluster), set()
    for service, pods in behind_services(cluster):
        item = pods.object
        if id(item) in seen or not pods.complete:
            continue
        seen.add(id(item))
        scale = scale_of(pods, ranges)
        if item.kind == "Deployment" and item.text("spec", "strategy", "type") == "Recreate" and _many(scale):
            message = f"Recreate stops every pod before a new one starts: Service/{service.name} has none meanwhile."
            yield Mistake(item, ("spec", "strategy", "type"), message, "Use RollingUpdate.")
        lost = item.dig(*_WHERE.get(item.kind, ("spec", "strategy", "rollingUpdate")), "maxUnavailable")
        if scale is not None and scale.most > 1 and item.kind in _WHERE:
            number = share(lost, max(scale.least, 1))
            if number is not None and number >= max(scale.least, 1) and (percentage(lost) == 100 or scale.least > 1):
                message = (
                    f"maxUnavailable {lost} takes all {max(scale.least, 1)} pods of Service/{service.name} at once."
                )
                path = (*_WHERE[item.kind], "maxUnavailable")
                yield Mistake(item, path, message, "Set maxUnavailable to 0 or 1, and maxSurge to 1.")


def _many(scale: Scale | None) -> bool:
    return scale is not None and scale.most > 1


@rule("reliability/no-rollback", Severity.WARNING)
def no_rollback(cluster: Cluster) -> Iterator[Mistake]:
    """Find workloads that keep no earlier revision."""
    for item in _workloads(cluster):
        if item.integer("spec", "revisionHistoryLimit") == 0:
            message = "revisionHistoryLimit 0 keeps no earlier revision to roll back to."
            yield Mistake(item, ("spec", "revisionHistoryLimit"), message, "Keep 3 at least.")


_SWITCHES: Mapping[tuple[str, str], values.Path] = {
    ("apps", "Deployment"): ("spec", "paused"),
    ("argoproj.io", "Rollout"): ("spec", "paused"),
    ("batch", "CronJob"): ("spec", "suspend"),
    ("batch", "Job"): ("spec", "suspend"),
    ("postgresql.cnpg.io", "ScheduledBackup"): ("spec", "suspend"),
    ("velero.io", "Schedule"): ("spec", "paused"),
    ("monitoring.coreos.com", "Prometheus"): ("spec", "paused"),
    ("monitoring.coreos.com", "Alertmanager"): ("spec", "paused"),
    ("kafka.strimzi.io", "KafkaConnector"): ("spec", "pause"),
}
_PAUSED_BY_ANNOTATION = {
    "autoscaling.keda.sh/paused": "true",
    "strimzi.io/pause-reconciliation": "true",
    "cnpg.io/hibernation": "on",
    "common.k8s.elastic.co/managed": "false",
    "eck.k8s.elastic.co/managed": "false",
}


@rule("reliability/paused", Severity.WARNING)
def paused(cluster: Cluster) -> Iterator[Mistake]:
    """Find what somebody stopped by hand and left so."""
    for (group, kind), path in _SWITCHES.items():
        for item in cluster.of(kind, group):
            if item.dig(*path) is True:
                message = f"{path[-1]}: true stops this {kind}: no change or run takes place."
                severity = Severity.INFO if group == "batch" else None
                yield Mistake(item, path, message, "Remove it, or say in a comment who ends it when.", severity)
    for item in cluster.objects:
        for name, value in _PAUSED_BY_ANNOTATION.items():
            if item.annotations.get(name) == value:
                message = f"{name}: '{value}' stops the operator from looking after this {item.kind}."
                yield Mistake(item, ("metadata", "annotations", name), message, "Remove the annotation.")


@rule("reliability/update-never-comes", Severity.WARNING)
def update_never_comes(cluster: Cluster) -> Iterator[Mistake]:
    """Find StatefulSets and DaemonSets whose pods keep their old version."""
    ranges = scalers(cluster)
    for pods in cluster.workloads():
        item = pods.object
        if item.kind not in {"StatefulSet", "DaemonSet"} or not pods.complete:
            continue
        if item.text("spec", "updateStrategy", "type") == "OnDelete":
            message = "OnDelete: pods keep their old version until somebody deletes them."
            yield Mistake(item, ("spec", "updateStrategy", "type"), message, "Use RollingUpdate.")
        partition, scale = item.integer("spec", "updateStrategy", "rollingUpdate", "partition"), scale_of(pods, ranges)
        if partition and scale is not None and scale.most > 0 and partition >= scale.most:
            message = f"partition {partition} holds back all {scale.most} pods: none is ever updated."
            path = ("spec", "updateStrategy", "rollingUpdate", "partition")
            yield Mistake(item, path, message, f"Set partition below {scale.most}, or to 0.")
