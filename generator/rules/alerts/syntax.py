"""Expressions that PromQL refuses."""

import re
from collections.abc import Iterator
from functools import lru_cache

from generator.base.nearest import did_you_mean
from generator.manifests.cluster import Cluster
from generator.rules.alerts.expressions import Binary, Call, Node, Number, String, parse
from generator.rules.alerts.result_labels import is_scalar
from generator.rules.alerts.rule_groups import PrometheusRule, rules_of
from generator.rules.rule import Mistake, rule

_UNKNOWN = re.compile(r"unknown function with name '(\w+)'")
_PATTERN = re.compile(r"[=!]~\s*\"(⟦\d+⟧)\"")
_PLAIN_START = re.compile(r"^[\w-]+(?=[\w-])")
_FUNCTIONS = [
    "abs",
    "absent",
    "absent_over_time",
    "avg_over_time",
    "ceil",
    "changes",
    "clamp",
    "clamp_max",
    "clamp_min",
    "count_over_time",
    "day_of_month",
    "day_of_week",
    "day_of_year",
    "days_in_month",
    "delta",
    "deriv",
    "exp",
    "floor",
    "histogram_avg",
    "histogram_count",
    "histogram_fraction",
    "histogram_quantile",
    "histogram_sum",
    "hour",
    "idelta",
    "increase",
    "irate",
    "label_join",
    "label_replace",
    "last_over_time",
    "ln",
    "log10",
    "log2",
    "max_over_time",
    "min_over_time",
    "minute",
    "month",
    "predict_linear",
    "present_over_time",
    "quantile_over_time",
    "rate",
    "resets",
    "round",
    "scalar",
    "sgn",
    "sort",
    "sort_desc",
    "sqrt",
    "stddev_over_time",
    "stdvar_over_time",
    "sum_over_time",
    "time",
    "timestamp",
    "vector",
    "year",
    "sum",
    "count",
    "avg",
    "min",
    "max",
    "topk",
    "bottomk",
    "quantile",
    "stddev",
    "stdvar",
    "count_values",
    "group",
]
_REFUSED = "Prometheus refuses the whole file; correct the expression."
_EXPERIMENTAL = frozenset({"start", "end", "range", "step"})  # functions newer than the parser


@rule("alerts/expression-invalid")
def expression_invalid(cluster: Cluster) -> Iterator[Mistake]:
    """Find an expression that does not parse: Prometheus loads none of the rules in its file."""
    for of in rules_of(cluster):
        if not of.expression.text:
            if (of.alert or of.record) and not of.value.get("expr"):
                yield Mistake(of.object, of.at("expr"), f"{of.name} has no expression.", "Write what it looks for.")
            continue
        error = parse(of.expression.shape).error or _bad_pattern(of)
        if error and not _is_newer(error):
            found = _UNKNOWN.search(error)
            hint = (did_you_mean(found[1], _FUNCTIONS) if found else "") or _REFUSED
            message = f"{of.name} does not parse: {of.expression.fill(error)}."
            yield Mistake(of.object, of.at("expr"), message, hint)


def _is_newer(error: str) -> bool:
    found = _UNKNOWN.search(error)
    return found is not None and found[1] in _EXPERIMENTAL


def _bad_pattern(of: PrometheusRule) -> str:
    """Return what is wrong with a regular expression that the shape leaves out."""
    if "~" not in of.expression.shape:
        return ""
    for hole in _PATTERN.findall(of.expression.shape):
        pattern = of.expression.fill(hole)
        # What stands before the first special character does not matter, and is different in every service.
        if not compiles(_PLAIN_START.sub("", pattern)):
            return f"'{pattern}' is no regular expression"
    return ""


@lru_cache(maxsize=4096)
def compiles(pattern: str) -> bool:
    """Say whether Prometheus' regular expressions (RE2) know what a pattern means."""
    return not parse(f"x{{a=~{_quoted(pattern)}}}").error


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


@rule("alerts/expression-type")
def expression_type(cluster: Cluster) -> Iterator[Mistake]:
    """Find an alert or a recording rule over a string, a range or a bare number."""
    for of in rules_of(cluster):
        why = _type(of.expression.shape)
        if why and not (why == "a number" and (of.record or of.labels.get("severity") == "none")):
            message = f"{of.name} is over {why}, and needs a vector."
            yield Mistake(of.object, of.at("expr"), message, "Compare a metric with a threshold.")


@lru_cache(maxsize=4096)
def _type(shape: str) -> str:
    root: Node | None = parse(shape).root
    if root is None:
        return ""
    if isinstance(root, String):
        return "a string"
    span = getattr(root, "span", None)
    if span is not None:
        return "a range of values"
    if isinstance(root, (Number, Call, Binary)) and is_scalar(root):
        return "a number"
    return ""
