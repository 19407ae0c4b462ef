"""Strings and integers that a form of a chart or an overlay might take for its own, and strategies for more of them."""

import json

from hostile import FRAGMENTS, strings
from hypothesis import strategies as st

LARGEST = 2**53
"""Beyond it a number of a chart's values loses digits on its way through JSON (IEEE 754 binary64)."""

GO_TEMPLATES = [
    *("{{ $labels.x }}", "{{ $value | humanize }}", "{{ .Values.none }}", "{{$labels.x}}", "a {{ b", "a }} b", "{{{"),
    *("}}}", "{{-", "-}}", "{{- if .Values.a -}}", "{{- end }}", "{{ end }}", "{{/* a comment */}}", "{{/*", "*/}}"),
    *("{{ `raw` }}", '{{ "{{" }}', "{{`{{`}}", "{{ '{{' }}", "`", "``", "`{{`", "{{`", "`}}", "{{{{}}}}", "{{{ }}}"),
    *('{{ define "a" }}b{{ end }}', '{{ template "a" . }}', '{{ include "a" . | nindent 4 }}', "{ {", "} }", "{{\n}}"),
    *("{{ printf `%s` }}", '{{ fail "x" }}', "{{ required }}", "{{ tpl . $ }}", "{{ lookup }}", "{{ toYaml .Values }}"),
    *("%", "%%", "%d %s", "%!s(MISSING)", "%v{{", "\\u007b\\u007b", "\\x7b{", "&lt;{{&gt;", "<a href>&"),
]
SHELL = [
    *("${VAR}", "${VAR:-none}", "$(cmd)", "$(VAR)", "$$(VAR)", "$$", "$HOME", "$1", "`cmd`", "$((1 + 2))", "${#a[@]}"),
    *(
        "$patch",
        "$patch: delete",
        "$retainKeys",
        "$setElementOrder/a",
        "$(POD_NAME).$(NS)",
        "\\$x",
        "a;b",
        "a&&b",
        "!!",
    ),
    *("#!/bin/sh\nset -eu\necho \"${1}\" '$2' `id`  \n", "a \\\n  b\n", "a  \nb\t\n", "line\n\n\n", "\n\nline", "\n"),
    *("a\n  indented\n", "  first indented\nb", "\tfirst tab\n", "trailing \n", "trailing\t", "no newline\nat the end"),
    'cat <<EOF\n{{ "a" }}\n---\nEOF\n',
]
PATHS = ["a/b", "a~b", "~1", "~0", "a~1b", "/", "//", "a.b", "a[0]", "[name=a]", "a|b", "a:b", "*", "-", "0", "a\\.b"]
DASHBOARD = json.dumps(
    {
        "title": "Requests of ${region}",
        "templating": {"list": [{"query": "label_values(up, region)", "regex": "/.*{{region}}.*/"}]},
        "panels": [
            {
                "gridPos": {"h": 8, "w": 12, "x": 0, "y": 0},
                "targets": [
                    {
                        "expr": 'sum by (code) (rate(http_requests_total{region=~"$region"}[$__rate_interval])) > 1e6',
                        "legendFormat": "{{code}} {{ method }}",
                    }
                ],
                "links": [{"url": "/d/${__dashboard.uid}?a=<b>&c=${d:queryparam}"}],
            }
        ],
    },
    indent=2,
)
ALERT = """\
{{ $labels.service }} in {{ $labels.region }} answers {{ $value | humanizePercentage }} of requests with errors.
{{ with query "sum(up{job='x'})" }}{{ . | first | value }}{{ end }}
"""
SPACES = [
    "\u00a0",
    "a\u00a0",
    "\u00a0a",
    "\u2028",
    "a\u2028",
    "\u2029b",
    "\ufeff",
    "\u3000 a",
    "a\u2028\nb",
    "\u00a0\n",
]


def survives(text: str) -> bool:
    """Say whether all three tools can carry a text wherever it stands: see test_refused_texts for the others."""
    return "<no value>" not in text and text != "<<" and not (text.startswith("\t") and "\n" in text)


KNOWN = [
    text
    for text in dict.fromkeys([*GO_TEMPLATES, *SHELL, *PATHS, *SPACES, DASHBOARD, ALERT, *FRAGMENTS])
    if survives(text)
]

POWERS = [10**n + d for n in (3, 5, 6, 7, 9, 15) for d in (-1, 0, 1)] + [
    2**n + d for n in (31, 32, 52) for d in (-1, 0)
]
INTEGERS = [0, 1, *POWERS, LARGEST - 1, LARGEST]
KNOWN_INTEGERS = [sign * number for number in INTEGERS for sign in (1, -1) if number or sign > 0]

_PIECES = st.sampled_from([*GO_TEMPLATES, *SHELL, *PATHS, *SPACES])
_SYNTAX = st.text("{}`\"'%$()/*-.\\|& \n<>abx019", min_size=1, max_size=12)
texts = st.one_of(
    st.builds("".join, st.lists(st.one_of(_PIECES, _SYNTAX), min_size=1, max_size=4)),
    strings,
).filter(survives)
integers = st.one_of(st.integers(-LARGEST, LARGEST), st.sampled_from(KNOWN_INTEGERS))
