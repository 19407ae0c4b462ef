"""Affinities between pods that never apply, since no pod has the labels; hooks and metrics that lead nowhere."""

from collections.abc import Iterator

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.workload import Workload
from generator.rules.references.lookup import is_near
from generator.rules.rule import Mistake, rule

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
# HorizontalPodAutoscaler metric type → the field that describes it.
_SOURCES = {
    "Resource": "resource", "ContainerResource": "containerResource", "Pods": "pods", "Object": "object",
    "External": "external",
}  # fmt: skip


@rule("reliability/anti-affinity-unmatched", Severity.WARNING)
def anti_affinity_unmatched(cluster: Cluster) -> Iterator[Mistake]:
    """Find an anti-affinity to pods that are not there: the pods are not kept apart."""
    for pod in cluster.templates():
        base = (*pod.spec_path, "affinity", "podAntiAffinity")
        anti = values.mapping(pod.spec, "affinity", "podAntiAffinity")
        terms: list[tuple[values.Path, values.Value]] = [
            ((_REQUIRED, index), term) for index, term in values.mappings(anti, _REQUIRED)
        ]
        terms += [
            ((_PREFERRED, index, "podAffinityTerm"), values.mapping(entry, "podAffinityTerm"))
            for index, entry in values.mappings(anti, _PREFERRED)
        ]
        for path, term in terms:
            selector = values.mapping(term, "labelSelector")
            elsewhere = {"namespaces", "namespaceSelector"} & {*values.mapping(term)}
            if selector and not elsewhere and not cluster.selected(pod.namespace, selector):
                message = "No pod has these labels, not even the workload's own: nothing is kept apart."
                slip = _misspelt(pod, selector)
                severity = Severity.ERROR if slip else None
                hint = slip or "Select the labels of the pod template."
                yield Mistake(pod.object, (*base, *path, "labelSelector"), message, hint, severity)


def _misspelt(pod: Workload, selector: values.Value) -> str:
    """Return the label that was meant when the selector misses the pod's own by one slip, or ""."""
    for key, wanted in values.labels(selector, "matchLabels").items():
        own = pod.labels.get(key)
        if own and own != wanted and (is_near(wanted, (own,)) or did_you_mean(wanted, (own,))):
            return f"Did you mean '{own}'?"
    return ""


@rule("reliability/metric-type")
def metric_type(cluster: Cluster) -> Iterator[Mistake]:
    """Find a metric of a HorizontalPodAutoscaler whose type and source differ: the API server refuses it."""
    for of in cluster.of("HorizontalPodAutoscaler", "autoscaling"):
        for index, metric in of.mappings("spec", "metrics"):
            kind = values.text(metric, "type")
            source = _SOURCES.get(kind)
            if kind and source is None:
                message = f"There is no metric type '{kind}'."
                hint = did_you_mean(kind, _SOURCES) or f"Write one of {', '.join(_SOURCES)}."
                yield Mistake(of, ("spec", "metrics", index, "type"), message, hint)
            elif source and metric.get(source) is None:
                message = f"A metric of the type {kind} is described under {source}, which is not there."
                yield Mistake(of, ("spec", "metrics", index), message, "Let type and source agree.")


@rule("reliability/hook-port")
def hook_port(cluster: Cluster) -> Iterator[Mistake]:
    """Find a lifecycle hook that asks a port by a name that the container does not have."""
    for pod in cluster.templates():
        for path, container in pod.containers():
            names = [values.text(port, "name") for _, port in values.mappings(container, "ports")]
            for hook in ("preStop", "postStart"):
                port = values.text(container, "lifecycle", hook, "httpGet", "port")
                if port and not port.isdecimal() and port not in names:
                    message = f"{hook} asks port '{port}', which the container does not name."
                    shown = ", ".join(name for name in names if name) or "none"
                    hint = did_you_mean(port, names) or f"Its ports: {shown}."
                    yield Mistake(pod.object, (*path, "lifecycle", hook, "httpGet", "port"), message, hint)
