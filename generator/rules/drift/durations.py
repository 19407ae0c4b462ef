"""Durations that their reader refuses: without a unit, or with one that Go does not know."""

import re
from collections.abc import Iterator, Mapping

from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.read import walk_scalars
from generator.rules.rule import Mistake, rule

_GO = re.compile(r"[+-]?(?:0|(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+)").fullmatch
# Fields that hold a Go duration; where a schema has a pattern for one, it is left to the schema.
_FIELDS: Mapping[str, frozenset[str]] = {
    "networking.istio.io": frozenset(
        {"timeout", "perTryTimeout", "fixedDelay", "maxAge", "interval", "baseEjectionTime", "connectTimeout"}
        | {"idleTimeout", "maxConnectionDuration", "warmupDurationSecs", "ttl", "perTryIdleTimeout"}
    ),
    "external-secrets.io": frozenset({"refreshInterval"}),
    "cert-manager.io": frozenset({"duration", "renewBefore"}),
    "velero.io": frozenset({"ttl", "csiSnapshotTimeout", "itemOperationTimeout"}),
    "source.toolkit.fluxcd.io": frozenset({"interval", "timeout"}),
    "kustomize.toolkit.fluxcd.io": frozenset({"interval", "timeout", "retryInterval"}),
    "helm.toolkit.fluxcd.io": frozenset({"interval", "timeout"}),
    "karpenter.sh": frozenset({"expireAfter", "consolidateAfter", "terminationGracePeriod", "duration"}),
}
_BARE = {"karpenter.sh": frozenset({"Never"})}
_UNIT = re.compile(r"[0-9.]+ *(?P<unit>[a-zA-Z]*)").fullmatch
_MEANT = {
    **dict.fromkeys(("sec", "secs", "second", "seconds", "S"), "s"),
    **dict.fromkeys(("min", "mins", "minute", "minutes", "M"), "m"),
    **dict.fromkeys(("hr", "hrs", "hour", "hours", "H"), "h"),
    **dict.fromkeys(("msec", "millis", "milliseconds"), "ms"),
}


@rule("drift/duration-unit")
def duration_unit(cluster: Cluster) -> Iterator[Mistake]:
    """Find durations without a unit, or with one that is not known."""
    for item in cluster.objects:
        fields = _FIELDS.get(item.group)
        if fields is None:
            continue
        for path, value in walk_scalars(item.value.get("spec"), ("spec",)):
            if path[-1] not in fields or not isinstance(value, str) or value in _BARE.get(item.group, ()):
                continue
            if len(path) > 1 and path[-2] in {"labels", "annotations", "matchLabels", "headers", "data"}:
                continue
            if not _GO(value):
                yield Mistake(item, path, f"{path[-1]} '{value}' {_why(value)}.", _hint(value))


def _why(value: str) -> str:
    found = _UNIT(value.strip())
    if found and not found["unit"]:
        return "has no unit"
    return f"has the unit '{found['unit']}', which Go does not know" if found else "is no duration"


def _hint(value: values.Value) -> str:
    found = _UNIT(value.strip())
    if not found:
        return "Write it as 500ms, 30s, 5m or 1h."
    number = value.strip().rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
    if found["unit"] == "d" and number.isdecimal():
        return f"Write '{int(number[:9]) * 24}h'."
    return f"Did you mean '{number}{_MEANT.get(found['unit'], 's')}'?"
