"""Values and literal text as a chart's template has them: braces that are no actions escaped, references typed."""

import math
import re
from collections.abc import Mapping
from datetime import date

from generator.documents.scalars import Ambiguous, resolve
from generator.templating.chart.symbol import LARGEST, Symbol, operand, plain
from generator.templating.emit import item, key, value
from generator.templating.quoting import ValueProblem
from generator.templating.shape import Kind, Place

# An action of another template language, as alerts and dashboards hold them, stays legible in Go's raw quotes.
_BRACES = re.compile(r"\{\{[^`{}\n]*\}\}|\{\{")
# What stands between double quotes as it is, for YAML and for Go's templates alike.
_tame = re.compile(r"[A-Za-z0-9_./:@+,=-]*").fullmatch
# One line of printing ASCII: what Go's writer of YAML and every reader agree on.
_one_line = re.compile(r"[!-~]([ -~]*[!-~])?|").fullmatch
# Go prints greater numbers of a values file with an exponent.
_PRINTED = 1_000_000


def escaped(text: str) -> str:
    """Return text so that Go's template engine gives it back."""
    return _BRACES.sub(_escape, text) if "{{" in text else text


def _escape(match: re.Match[str]) -> str:
    found = match.group()
    return '{{ "{{" }}' if found == "{{" else f"{{{{`{found}`}}}}"


def constant(symbol: Symbol, place: Place) -> str:
    """Return what stands for a value that is the same in all lanes."""
    only = symbol.values[0]
    if place.kind is Kind.KEY:
        return escaped(key(only))
    return escaped(value(only, place.column) if place.kind is Kind.VALUE else item(only, place.column))


def reference(symbol: Symbol, place: Place) -> str:
    """Return the action that stands for one of the chart's values, as the types of its values in all lanes want it."""
    start = " " if place.kind is Kind.VALUE else ""
    written = [plain(each) for each in symbol.values]
    if all(isinstance(each, str) for each in written):
        return start + _string(symbol)
    if place.kind is Kind.KEY:
        raise ValueProblem("template/key-type", "a key is no string.", "Keys of manifests are strings.")
    text = symbol.text or ""
    if all(isinstance(each, bool) for each in written):
        return f"{start}{{{{ {text} }}}}"
    if all(isinstance(each, int) and not isinstance(each, bool) for each in written):
        return f"{start}{{{{ {text if _small(symbol) else f'int64 {operand(text)}'} }}}}"
    if all(isinstance(each, Mapping | list) and _is_simple(each) for each in written):
        # A block below the key or the dash, which Helm's own charts write the same way.
        return f"\n{' ' * place.column}{{{{- toYaml {operand(text)} | nindent {place.column} }}}}"
    return f"{start}{{{{ toJson {operand(text)} }}}}"


def _string(symbol: Symbol) -> str:
    if symbol.parts and all(_tame(str(each)) for each in symbol.values):
        inner = "".join(part if isinstance(part, str) else f"{{{{ {_printed(part)} }}}}" for part in symbol.parts)
        return f'"{inner}"'
    text = symbol.text or ""
    return f"{{{{ {text} | quote }}}}"


def _printed(part: Symbol) -> str:
    """Return a part of a string: numbers of a values file as integers."""
    text = part.text or ""
    if all(isinstance(each, str) for each in part.values) or _small(part):
        return text
    return f"int64 {operand(text)}"


def _small(symbol: Symbol) -> bool:
    """Say whether the schema keeps a number so small that Go prints its digits."""
    top, bottom = ((symbol.schema or {}).get(bound) for bound in ("maximum", "minimum"))
    return isinstance(top, int) and isinstance(bottom, int) and -_PRINTED < bottom <= top < _PRINTED


def _is_simple(value: object) -> bool:
    """Say whether Go's writer of YAML, indented, gives a value back to every reader."""
    if isinstance(value, str):
        return _one_line(value) is not None and (not value or _is_told(value))
    if isinstance(value, Mapping):
        return all(_is_simple(name) and _is_simple(entry) for name, entry in value.items())
    if isinstance(value, list):
        return all(_is_simple(entry) for entry in value)
    return value is None or isinstance(value, bool) or (isinstance(value, int) and abs(value) <= LARGEST)


def _is_told(text: str) -> bool:
    """Say whether Go's writer of YAML quotes a text that some reader takes for no string.

    Go tries what a text means: a date that no calendar has and an exponent that overflows stay plain.
    """
    if not isinstance(resolve(text), Ambiguous) or text[0].isalpha():
        return True
    if text[0] in ".<=":
        return False
    try:
        return math.isfinite(float(text.replace("_", ""))) if text[4:5] != "-" else bool(date.fromisoformat(text))
    except ValueError:
        return text[4:5] != "-"
