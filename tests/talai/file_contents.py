"""What a file of a rendered tree holds, as values: YAML, JSON, JavaScript that is data, Markdown by its headings."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

_HEADING = re.compile(r"^(#+) (.+)$")
_STEP = re.compile(r"^\d+\. ", re.MULTILINE)
_SHELL = re.compile(r"^ *```sh\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_ESCAPE = re.compile(r"\\([^\w\s])")
_COMMENT = re.compile(r"^\s*//.*$", re.MULTILINE)


def contents(file: Path) -> tuple[dict[str, Any], ...]:
    """Return the documents of a file; of one that is no data {"bytes": its length}.

    JavaScript is read where it is one object: export default {...};
    """
    if file.suffix in {".yaml", ".json"}:
        parsed = yaml.load_all(file.read_text("utf-8"), yaml.CSafeLoader)
        return tuple(item for item in parsed if isinstance(item, dict))
    if file.suffix == ".jsonc":
        return (json.loads(_COMMENT.sub("", file.read_text("utf-8"))),)
    if file.suffix == ".md":
        return (dict(headings(file.read_text("utf-8"))),)
    if file.suffix == ".js" and "export default {\n" in (text := file.read_text("utf-8")) and "function" not in text:
        return (json.loads(text[text.index("{") : text.rindex("}") + 1]),)
    return ({"bytes": file.stat().st_size},)


def headings(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each heading of a Markdown page with what stands below it, smaller headings among it.

    text is all of it, steps are the items of its numbered lists, shell its blocks of shell, rows those of its tables,
    each a mapping of column to cell.
    """
    lines = text.splitlines()
    found = list(_headings(lines))
    for index, (start, level, title) in enumerate(found):
        end = next((other for other, deep, _ in found[index + 1 :] if deep <= level), len(lines))
        below = "\n".join([*lines[start + 1 : end], ""])
        yield title, {"text": below, "steps": _steps(below), "shell": _SHELL.findall(below), "rows": list(_rows(below))}


def _headings(lines: list[str]) -> Iterator[tuple[int, int, str]]:
    """Yield (line, level, title): a comment of a shell block is no heading."""
    inside = False
    for number, line in enumerate(lines):
        inside ^= line.lstrip().startswith("```")
        heading = _HEADING.match(line)
        if heading and not inside:
            yield number, len(heading[1]), heading[2]


def _steps(text: str) -> list[str]:
    return [part.strip() for part in _STEP.split(text)[1:]]


def _rows(text: str) -> Iterator[dict[str, str]]:
    columns: list[str] = []
    for line in text.splitlines():
        if not line.startswith("|"):
            columns = []
            continue
        cells = [_ESCAPE.sub(r"\1", cell.strip()) for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if not columns:
            columns = cells
        elif not all(set(cell) <= set("-: ") for cell in cells):
            yield dict(zip(columns, cells, strict=False))
