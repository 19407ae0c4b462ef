"""Recognises quotients of a part by its whole, whose value lies between 0 and 1."""

import re

from generator.rules.alerts.expressions import COMPARISONS, Aggregate, Binary, Call, Node, Number, Selector

# (part, whole): what cannot exceed what, by the metrics' documentation (cAdvisor, kubelet, node exporter,
# kube-state-metrics). The kernel holds memory under the limit of its container.
_PAIRS = (
    (r"container_memory_\w+", r"container_spec_memory_limit_bytes|kube_pod_container_resource_limits"),
    (r"container_cpu_cfs_throttled_periods_total", r"container_cpu_cfs_periods_total"),
    (r"kubelet_volume_stats_(?:available|used)_bytes", r"kubelet_volume_stats_capacity_bytes"),
    (r"kubelet_volume_stats_inodes_(?:free|used)", r"kubelet_volume_stats_inodes"),
    (r"node_filesystem_(?:avail|free)_bytes", r"node_filesystem_size_bytes"),
    (r"node_filesystem_files_free", r"node_filesystem_files"),
    (r"node_memory_(?:MemAvailable|MemFree|Cached|Buffers)_bytes", r"node_memory_MemTotal_bytes"),
    (r"node_filefd_allocated", r"node_filefd_maximum"),
    (r"kube_horizontalpodautoscaler_status_\w+_replicas", r"kube_horizontalpodautoscaler_spec_max_replicas"),
    (r"process_open_fds", r"process_max_fds"),
    (r"(?P<base>\w+)_bucket", r"(?P=base)_count"),
    (r"\w*(?:error|failure|failed|5xx)\w*_total", r"\w*(?:request|call|quer)\w*_total"),
)
_PAIRED = tuple(re.compile(rf"(?:{part})/(?:{whole})") for part, whole in _PAIRS)
_AGGREGATIONS = frozenset({"sum", "max", "min", "avg", "count"})
_RATES = frozenset({"rate", "irate", "increase"})


def is_ratio(part: Node, whole: Node) -> bool:  # noqa: PLR0911 (a form each)
    """Say whether a quotient is one of a part by its whole: the same series more narrowly chosen, or a known pair."""
    part, whole = _unguarded(part), _unguarded(whole)
    if isinstance(part, Aggregate) and isinstance(whole, Aggregate):
        if part.name != whole.name or part.name not in _AGGREGATIONS or part.without != whole.without:
            return False
        if not (whole.labels <= part.labels or part.without):
            return False
        return is_ratio(part.of, whole.of)
    if isinstance(part, Call) and isinstance(whole, Call):
        if part.name != whole.name or not (
            part.name in _RATES or part.name.endswith(("max_over_time", "sum_over_time"))
        ):
            return False
        return is_ratio(part.arguments[-1], whole.arguments[-1])
    if isinstance(part, Selector) and isinstance(whole, Selector):
        return _is_part(part, whole)
    return False


def _is_part(part: Selector, whole: Selector) -> bool:
    if (part.span, part.offset) != (whole.span, whole.offset):
        return False
    if part.metric and part.metric == whole.metric:
        kept = {item for item in whole.matchers if item.operator != "=~" or item.value not in {".*", ".+"}}
        kept = {item for item in kept if not (item.label == "le" and item.value == "+Inf")}
        return kept <= set(part.matchers) and part.matchers != whole.matchers
    return any(pair.fullmatch(f"{part.metric}/{whole.metric}") for pair in _PAIRED)


def _unguarded(node: Node) -> Node:
    """Return what a filter against an absent or zero value (`> 0`, clamp_min) is wrapped around."""
    while True:
        if isinstance(node, Binary) and node.operator in COMPARISONS and isinstance(node.right, Number):
            node = node.left
        elif isinstance(node, Call) and node.name == "clamp_min" and node.arguments:
            node = node.arguments[0]
        elif isinstance(node, Binary) and node.operator in {"and", "unless"}:
            node = node.left
        else:
            return node
