"""The templates in an alert's annotations and labels: Go templates that Prometheus parses when it loads the rules."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests.cluster import Cluster
from generator.rules.alerts.expressions import parse
from generator.rules.alerts.result_labels import result_labels
from generator.rules.alerts.rule_groups import alerts
from generator.rules.rule import Mistake, rule

# Prometheus 3.15 template/template.go, and text/template of Go.
_FUNCTIONS = frozenset(
    [
        "query",
        "first",
        "label",
        "value",
        "strvalue",
        "args",
        "reReplaceAll",
        "safeHtml",
        "match",
        "title",
        "toUpper",
        "toLower",
        "graphLink",
        "tableLink",
        "sortByLabel",
        "stripPort",
        "stripDomain",
        "humanize",
        "humanize1024",
        "humanizeDuration",
        "humanizePercentage",
        "humanizeTimestamp",
        "toTime",
        "toDuration",
        "now",
        "pathPrefix",
        "externalURL",
        "parseDuration",
        "urlQueryEscape",
        "tmpl",
        "and",
        "or",
        "not",
        "len",
        "index",
        "slice",
        "print",
        "printf",
        "println",
        "html",
        "js",
        "urlquery",
        "call",
        "eq",
        "ne",
        "lt",
        "le",
        "gt",
        "ge",
    ],
)
_WORDS = _FUNCTIONS | frozenset(
    ["if", "else", "end", "range", "with", "define", "template", "block", "break", "continue", "nil", "true", "false"]
)
_VARIABLES = frozenset({"labels", "value", "externalLabels", "externalURL"})
_ACTION = re.compile(r"\{\{-?(.*?)-?\}\}", re.DOTALL)
_TEXT = re.compile(r"\"(?:[^\"\\]|\\.)*\"|`[^`]*`")
_NAME = re.compile(r"(?<![\w.$])[A-Za-z_]\w*")
_VARIABLE = re.compile(r"\$(\w+)")
_SET = re.compile(r"\$(\w+)\s*(?:,\s*\$(\w+)\s*)?:?=")
_LABEL = re.compile(r"(?:\$labels|(?<![\w$])\.Labels)\.(\w+)")
_OPENS = re.compile(r"^\s*(?:if|range|with|define|block)\b")


@rule("alerts/template-invalid")
def template_invalid(cluster: Cluster) -> Iterator[Mistake]:
    """Find a template that Prometheus cannot parse: it refuses the whole file."""
    for alert in alerts(cluster):
        for field, texts in (("annotations", alert.annotations), ("labels", alert.labels)):
            for key, text in texts.items():
                why, hint = _broken(text) if "{{" in text or "}}" in text else ("", "")
                if why:
                    yield Mistake(alert.object, alert.at(field, key), f"{alert.name}: {why}.", hint)


@lru_cache(maxsize=4096)
def _broken(text: str) -> tuple[str, str]:
    left = _ACTION.sub("", text)
    if "{{" in left:
        return "a {{ is not closed", "Close it with }}."
    defined, depth = set(_VARIABLES), 0
    for body in _ACTION.findall(text):
        if body.strip().startswith("/*"):
            continue
        plain = _TEXT.sub('""', body)
        if not plain.strip():
            return "an action {{ }} is empty", "Name a value, such as $value."
        defined |= {name for found in _SET.findall(plain) for name in found if name}
        for name in _VARIABLE.findall(plain):
            if name not in defined:
                return f"there is no variable ${name}", did_you_mean(name, defined) or "Use $labels or $value."
        for name in _NAME.findall(plain):
            if name not in _WORDS:
                near = did_you_mean(name, _WORDS)
                return f"there is no template function '{name}'", near or "See Prometheus' template reference."
        if plain.count("(") != plain.count(")") or plain.rstrip().endswith("|"):
            return f"{{{{{body}}}}} is not complete", "Close what is open."
        depth += 1 if _OPENS.match(plain) else -1 if plain.strip() == "end" else 0
    return ("an if, range or with has no end", "Add {{ end }}.") if depth > 0 else ("", "")


@rule("alerts/template-label-missing", Severity.WARNING)
def template_label_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find a template that shows a label which the expression aggregates away: it stays empty."""
    for alert in alerts(cluster):
        for field, texts in (("annotations", alert.annotations), ("labels", alert.labels)):
            for key, text in texts.items():
                if "abels." not in text:
                    continue
                for label, near in _lost(text, alert.expression.shape):
                    message = (
                        f"{alert.name} shows the label '{label}', which its expression does not keep: it is empty."
                    )
                    hint = near or f"Aggregate by '{label}' too, or leave it out."
                    yield Mistake(alert.object, alert.at(field, key), message, hint)


@lru_cache(maxsize=4096)
def _lost(text: str, shape: str) -> tuple[tuple[str, str], ...]:
    root = parse(shape).root
    if root is None:
        return ()
    known = result_labels(root)
    used: Mapping[str, None] = dict.fromkeys(name for body in _ACTION.findall(text) for name in _LABEL.findall(body))
    return tuple((name, did_you_mean(name, known.only or ())) for name in used if known.lacks(name))
