"""A rendered tree as the checks of traceability.yaml see it: files by glob, regions, objects, values compared."""

import functools
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from file_contents import contents
from object_paths import select
from traceability import Check

from generator.base.scalars import millicores, seconds, size_bytes

_contents = functools.cache(contents)


def failures(check: Check, tree: Path, environment: str) -> Iterator[str]:
    """Yield why a tree does not show what a check expects: nothing when it does."""
    for place, files in _places(check.file, tree):
        if not files:
            yield f"{place}: no such file"
        elif check.comparator == "says":
            if not any(check.wanted in file.read_text(encoding="utf-8") for file in files):
                yield f"{place}: does not say {check.wanted!r}"
        else:
            yield from _compared(check, place, files, environment)


def _places(pattern: str, tree: Path) -> Iterator[tuple[str, list[Path]]]:
    """Yield (pattern, files) for each region when a segment of the pattern is *, else once."""
    parts = pattern.split("/")
    regions = sorted(path.name for path in (tree / "clusters").iterdir()) if "*" in parts else [""]
    for region in regions:
        at = parts.index("*") if region else 0
        place = "/".join([*parts[:at], region, *parts[at + 1 :]]) if region else pattern
        yield place, sorted(path for path in tree.glob(place) if path.is_file())


def _compared(check: Check, place: str, files: Sequence[Path], environment: str) -> Iterator[str]:
    found = [item for file in files for item in _contents(file) if _is_meant(check, item)]
    shown = f"{place} {check.kind} {check.namespace}/{check.name}"
    if not found and not (check.comparator == "exists" and check.wanted is False):
        yield f"{shown}: no such object"
        return
    values = [value for item in found for value in select(item, check.path or "$")]
    wanted = check.wanted[environment] if check.comparator == "equalsBy" else check.wanted
    reason = _differs(check.comparator, values, wanted)
    if reason:
        yield f"{shown} {check.path}: {reason}"


def _is_meant(check: Check, item: dict[str, Any]) -> bool:
    metadata = item.get("metadata") or {}
    return not check.kind or (
        fnmatchcase(str(item.get("kind", "")), check.kind)
        and fnmatchcase(str(metadata.get("namespace", "")), check.namespace)
        and fnmatchcase(str(metadata.get("name", "")), check.name)
    )


def _differs(comparator: str, values: Sequence[object], wanted: Any) -> str:
    """Return how values differ from what is wanted, or "" when they do not."""
    if comparator == "exists":
        return "" if bool(values) == wanted else f"there {'is' if values else 'is not'} a value"
    if comparator == "count":
        return "" if len(values) == wanted else f"{len(values)} values, not {wanted}"
    if not values:
        return "no value"
    if comparator == "contains":
        return "" if any(_has(value, wanted) for value in values) else f"{values} without {wanted!r}"
    wrong = [value for value in values if not _holds(comparator, value, wanted)]
    return f"{wrong[0]!r}, not {comparator} {wanted!r}" if wrong else ""


def _holds(comparator: str, value: object, wanted: Any) -> bool:
    if comparator == "matches":
        return re.search(wanted, str(value)) is not None
    if comparator == "atLeast":
        return amount(value, wanted) >= amount(wanted, wanted)
    if comparator == "atMost":
        return amount(value, wanted) <= amount(wanted, wanted)
    return bool(value == wanted)


def _has(value: object, wanted: object) -> bool:
    if isinstance(value, dict) and isinstance(wanted, dict):
        return all(key in value and value[key] == item for key, item in wanted.items())
    if isinstance(value, list):
        return any(item == wanted or _has(item, wanted) for item in value)
    if isinstance(value, str) and isinstance(wanted, str):
        return wanted in value
    return value == wanted


def amount(value: object, like: object) -> int:
    """Return a value as a number, in the unit that `like` is of: bytes (500Gi), seconds (60s), millicores (4, 500m).

    Raises ValueError when it is none.
    """
    text, pattern = str(value), str(like)
    if re.fullmatch(r"\d+[KMGTP]i", pattern):
        return size_bytes(text)
    if re.fullmatch(r"\d+[smhd]", pattern):
        return seconds(f"{text}s" if text.isdigit() else re.sub(r"min$", "m", text))
    return millicores(text)
