"""Label selectors: what a selector of a Service, a workload or a policy selects."""

from collections.abc import Mapping
from typing import Any

from generator.manifests import values

_MISSING = object()

ANY = None
"""The value of a label that is there, but not known before run time."""


def selects_map(wanted: Mapping[str, Any], labels: Mapping[str, str | None]) -> bool:
    """Say whether labels carry every wanted key with its value (a Service's selector, matchLabels)."""
    for key, value in wanted.items():
        found = labels.get(key, _MISSING)
        if found is not ANY and found != value:
            return False
    return True


def selects(selector: Mapping[str, Any], labels: Mapping[str, str | None]) -> bool:
    """Say whether a LabelSelector (matchLabels, matchExpressions) selects labels; an empty one selects everything."""
    return selects_map(values.mapping(selector, "matchLabels"), labels) and all(
        _fits(expression, labels) for _, expression in values.mappings(selector, "matchExpressions")
    )


def _fits(expression: Mapping[str, Any], labels: Mapping[str, str | None]) -> bool:
    key, operator = values.text(expression, "key"), values.text(expression, "operator")
    wanted = values.strings(expression, "values")
    if operator == "Exists":
        return key in labels
    if operator == "DoesNotExist":
        return key not in labels
    if operator == "In":
        return key in labels and (labels[key] is ANY or labels[key] in wanted)
    if operator == "NotIn":
        return key not in labels or labels[key] is ANY or labels[key] not in wanted
    return False
