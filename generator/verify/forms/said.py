"""Reads what helm and kustomize say when they fail: one line, and the file of the tree that it is about."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from generator.verify.forms.tree import FormTree

_LONGEST = 400
"""Characters of a message that are shown."""
_ADVICE = re.compile(r"\s*Use --debug flag to render out invalid YAML\s*$")
_PLACE = re.compile(r"(?P<file>[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*/templates/[A-Za-z0-9._/-]+)(?::(?P<line>\d+))?")
_LINTED = re.compile(r"^==> Linting (?P<chart>.+)$", re.MULTILINE)
_MESSAGE = re.compile(r"^\[(?P<level>ERROR|WARNING)\] (?P<file>[^:\n]*): ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that `helm lint` says: of which chart (its folder as it was given), which file in it, and what."""

    chart: str
    file: str
    line: int
    message: str


def sentence(tree: FormTree, said: str) -> str:
    """Return a tool's words on one line, ending as a sentence, with paths as the tree's name has them."""
    text = said.replace(str(tree.root), tree.shown)
    text = _ADVICE.sub("", text.removeprefix("Error: "))
    text = " ".join(text.split())
    text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def template_place(said: str) -> tuple[str, int]:
    """Return the template that helm names (from the chart's folder) and the line in it (0: unknown), or ("", 0)."""
    found = _PLACE.search(said)
    if not found:
        return "", 0
    return found["file"].split("/", 1)[1], int(found["line"] or 0)


def remarks(output: str) -> Iterator[Remark]:
    """Yield what `helm lint --quiet` says of charts."""
    charts = list(_LINTED.finditer(output))
    ends = [*(chart.start() for chart in charts[1:]), len(output)]
    for chart, end in zip(charts, ends, strict=False):
        section = output[chart.end() : end]
        messages = list(_MESSAGE.finditer(section))
        stops = [*(message.start() for message in messages[1:]), len(section)]
        for message, stop in zip(messages, stops, strict=False):
            text = section[message.end() : stop].rpartition("\n\n")[0] or section[message.end() : stop]
            named, line = template_place(text)
            file = message["file"].rstrip("/")
            yield Remark(chart["chart"], named or file, line, text)


def within(folder: Path, file: str) -> Path:
    """Return the path of a file that a tool named, or of the chart's own file when it named none that is there."""
    path = folder / file
    return path if file and path.is_file() else folder / "Chart.yaml"
