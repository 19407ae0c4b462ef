"""Values of labels that kube-state-metrics has a fixed list for."""

import re
from collections.abc import Iterator
from functools import lru_cache

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests.cluster import Cluster
from generator.rules.alerts.expressions import selectors
from generator.rules.alerts.rule_groups import rules_of
from generator.rules.rule import Mistake, rule

_WAITING = (
    "ContainerCreating CrashLoopBackOff CreateContainerConfigError ErrImagePull ImagePullBackOff CreateContainerError "
    "InvalidImageName PodInitializing RunContainerError StartError"
)
_ENDED = "OOMKilled Completed Error ContainerCannotRun DeadlineExceeded Evicted StartError ContainerStatusUnknown"
_NODE = "Ready MemoryPressure DiskPressure PIDPressure NetworkUnavailable"
_RESOURCES = "cpu memory ephemeral_storage storage pods attachable_volumes_*"
_BOOLEAN = "true false unknown"
_CLOSED = "closed"

# (metric, label, values by their documentation, and whether there can be no others). kube-state-metrics 2.20:
# internal/store/{pod,node,deployment,job,hpa,persistentvolume,persistentvolumeclaim,namespace}.go
_KNOWN = tuple(
    (re.compile(metric), label, frozenset(known.split()), closed == _CLOSED)
    for metric, label, known, closed in (
        (r"kube_pod_status_phase", "phase", "Pending Running Succeeded Failed Unknown", _CLOSED),
        (r"kube_pod_status_(?:ready|scheduled)", "condition", _BOOLEAN, _CLOSED),
        (r"kube_pod_status_qos_class", "qos_class", "BestEffort Burstable Guaranteed", _CLOSED),
        (r"kube_pod_container_resource_(?:requests|limits)", "resource", _RESOURCES, ""),
        (r"kube_pod_container_resource_(?:requests|limits)", "unit", "core byte integer", _CLOSED),
        (r"kube_node_status_(?:capacity|allocatable)", "resource", _RESOURCES, ""),
        (r"kube_node_status_(?:capacity|allocatable)", "unit", "core byte integer", _CLOSED),
        (r"kube_pod_(?:init_)?container_status_waiting_reason", "reason", _WAITING, ""),
        (r"kube_pod_(?:init_)?container_status_(?:last_)?terminated_reason", "reason", _ENDED, ""),
        (r"kube_pod_status_reason", "reason", "Evicted NodeAffinity NodeLost Shutdown UnexpectedAdmissionError", ""),
        (r"kube_node_status_condition", "condition", _NODE, ""),
        (r"kube_deployment_status_condition", "condition", "Available Progressing ReplicaFailure", ""),
        (r"kube_(?:node|deployment|horizontalpodautoscaler)_status_condition", "status", _BOOLEAN, _CLOSED),
        (r"kube_horizontalpodautoscaler_status_condition", "condition", "AbleToScale ScalingActive ScalingLimited", ""),
        (r"kube_job_status_failed", "reason", "BackoffLimitExceeded DeadlineExceeded Evicted", ""),
        (r"kube_job_(?:complete|failed)", "condition", _BOOLEAN, _CLOSED),
        (r"kube_persistentvolume_status_phase", "phase", "Pending Available Bound Released Failed", _CLOSED),
        (r"kube_persistentvolumeclaim_status_phase", "phase", "Bound Lost Pending", _CLOSED),
        (r"kube_namespace_status_phase", "phase", "Active Terminating", _CLOSED),
        (r"kube_resourcequota", "type", "hard used", _CLOSED),
        (r"certmanager_certificate_ready_status", "condition", "True False Unknown", _CLOSED),
        (r"argocd_app_info", "sync_status", "Synced OutOfSync Unknown", _CLOSED),
        (r"argocd_app_info", "health_status", "Healthy Progressing Degraded Suspended Missing Unknown", _CLOSED),
        (r"istio_\w+", "reporter", "source destination waypoint", _CLOSED),
        (r"node_cpu_seconds_total", "mode", "idle iowait irq nice softirq steal system user guest", ""),
    )
)
_PLAIN = re.compile(r"[\w./-]+")


@rule("alerts/label-value-unknown")
def label_value_unknown(cluster: Cluster) -> Iterator[Mistake]:
    """Find a matcher for a value that the label of a well-known metric never has."""
    for of in rules_of(cluster):
        for label, value, metric, hint, severity in _strange(of.expression.shape):
            message = f"{of.name}: {label} of {metric} is never '{value}'."
            yield Mistake(of.object, of.at("expr"), message, hint, severity)


@lru_cache(maxsize=4096)
def _strange(shape: str) -> tuple[tuple[str, str, str, str, Severity | None], ...]:
    found = []
    for selector in selectors(shape):
        for matcher in selector.matchers:
            for pattern, label, known, closed in _KNOWN:
                if matcher.label != label or not matcher.value or not pattern.fullmatch(selector.metric):
                    continue
                for value in _wanted(matcher.operator, matcher.value):
                    said = _said(value, known, closed)
                    if said is not None:
                        found.append((label, value, selector.metric, *said))
    return tuple(dict.fromkeys(found))


def _wanted(operator: str, value: str) -> list[str]:
    """Return the plain values that a matcher names."""
    options = value.strip("^$").removeprefix("(").removesuffix(")").split("|") if "~" in operator else [value]
    return [item for item in options if item and _PLAIN.fullmatch(item) and ("~" not in operator or "." not in item)]


def _said(value: str, known: frozenset[str], closed: bool) -> tuple[str, Severity | None] | None:
    if value in known:
        return None
    same = next((item for item in sorted(known) if item.lower() == value.lower()), "")
    near = f"Did you mean '{same}'?" if same else did_you_mean(value, known)
    if not near and not closed:
        return None  # extended resources, conditions of a cloud's own: nobody has them all
    return near or f"It is one of {', '.join(sorted(known))}.", None
