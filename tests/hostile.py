"""Strings that YAML readers are known to take for something else, and strategies that put them together."""

from hypothesis import strategies as st

WORDS = [
    *("y", "Y", "yes", "Yes", "YES", "n", "N", "no", "No", "NO", "on", "ON", "off", "Off", "true", "True", "tRUE"),
    *("TRUE", "false", "null", "Null", "NULL", "~", "=", "<<", ".inf", "-.Inf", ".NaN", "nan", "<<: a", "= b", "~a"),
]
NUMBERS = [
    *("0", "1", "-1", "+1", "012", "0o17", "0x1F", "0b1", "-0x1f", "1_000", "1,000", "1e3", "1E-3", "1e+3", "12e03"),
    *("1.", ".5", "1.20", "-1.5e3", "0x1p-2", "08", "09", "1__0", "0_", "0.", "0.0", "-0", "+.5", "._1", ".1_", "1e"),
    *("0x", "0b", "0o", "12:30", "12:30:45", "1:2:3.5", "190:20:30", "2026-11-20", "2001-1-1", "2026-11-20 1:2:3"),
    *(
        "2001-12-14t21:59:43.10-05:00",
        "123456789012345678901234567890",
        "+",
        ".",
        "-_",
        "+_",
        "-.",
        "+.e",
        "_",
        "-e",
        "1.2.3",
        "10.0.0.1",
        "1e3m",
    ),
]
INDICATORS = [
    *("-", "?", ":", ",", "[", "]", "{", "}", "#", "&", "*", "!", "|", ">", "'", '"', "%", "@", "`", "--", "---"),
    *("...", "----", "-a", "?a", ":a", "a:", "a:b", "a#b", "#a", "*a", "&a", "!a", "|a", ">a", "%a", "@a", "`a"),
]
TEXTS = [
    *("", " ", "  ", "\n", "\n\n", "\t", " a", "a ", "a\n", "\na", "a\n\n", "a\nb", "a\nb\n", "a\n\nb\n", " a\nb\n"),
    *("a \nb", "a\t\nb", "\ta\nb", "a\n\tb\n", "a\n b\n", "a\n  b", "a\tb", "# a\nb\n", "- a\n- b\n", "a: b\nc: d\n"),
    *(": #", "a: b", "a #b", "a : b", "a:\tb", "a\t#b", "- a", "? a", "a: ", "::", ":-)", "a, b", "[a]", "{a: b}"),
    *("{{ .Values.n }}", "{{", "}}", "{% if %}", "[[ a ]]", "]]", "[[", "[% if a %]", "[# a #]", "${A}", "$(A)", "%s"),
    *("---\n", "\n---\n", "a\n---\nb: c\n", "...\n", "a\n...\nb", "--- a", "... a", "%YAML 1.1\n---\n", "!!str a"),
    *(
        "''",
        "'a'",
        '"a"',
        "it's",
        'a "b" c',
        "a'b\"c",
        "\\",
        "\\n",
        "a\\b",
        'a\\"b',
        "C:\\dir",
        "'\\'",
        "'a\nb",
        "&a b",
    ),
    *(
        "é",
        "ß",
        "日本語",
        "😀",
        "👨‍👩‍👧",
        "a😀b: c",
        "\u00a0",
        "a\u00a0b",
        "\u00a0a\nb\n",
        "\u2028",
        "a\u2029b",
        "a\u2028b\n",
    ),
    *(
        "\ufeff",
        "\ufeffa",
        "a\ufeffb\nc",
        "\u200b",
        "\u202eabc",
        "\u00ad",
        "\u3000",
        "\ue000",
        "\U0001fffe",
        "\U0010ffff",
    ),
    *("500m", "1Gi", "registry.example/a:1.2", "10.0.0.0/8", "/health/ready", "app.kubernetes.io/name", "25%", "a b c"),
    *('sum(rate(x{a="b"}[5m])) > 0.5', "#!/bin/sh\nif [[ a ]]; then\n\techo 'b'\nfi\n", "a" * 200, "a " * 60 + "b"),
]
FRAGMENTS = [*WORDS, *NUMBERS, *INDICATORS, *TEXTS]

_CHARACTERS = st.characters(
    exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff", include_characters="\n\t"
)
_SYNTAX = st.text("\n\t -:#[]{}\"'\\|>&*!%@`,?~=<.0123456789eExXoOaAnNyY_+/$()", max_size=12)
_TOGETHER = st.lists(st.one_of(st.sampled_from(FRAGMENTS), _SYNTAX), min_size=1, max_size=4)
_GLUE = st.sampled_from(("", " ", "\n", "\n  ", "a", ": ", "\u2028"))
strings = st.one_of(
    st.sampled_from(FRAGMENTS),
    st.builds(lambda glue, parts: glue.join(parts), _GLUE, _TOGETHER),
    _SYNTAX,
    st.text(_CHARACTERS, max_size=20),
)
