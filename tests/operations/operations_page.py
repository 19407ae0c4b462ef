"""docs/operations.md as data: of each section the edits of specs, and what the diff of the tree has to show."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from rendering import CHECKOUT, Rendered, copied, edit, render, rendered_once

PAGE = CHECKOUT / "docs" / "operations.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Edit:
    """A block of `diff`: (file, old text, new text) of each hunk."""

    hunks: tuple[tuple[str, str, str], ...]

    @property
    def environment(self) -> str:
        """Return the environment that the page shows the edit for; growth where only the platform is edited."""
        names = [Path(file).stem for file, _, _ in self.hunks if Path(file).stem != "platform"]
        return names[0] if names else "growth"


def edits(section: str) -> tuple[Edit, ...]:
    """Return the blocks of `diff` below a heading, up to the next heading."""
    return tuple(Edit(tuple(_hunks(text))) for kind, text in _blocks(section) if kind == "diff")


def expected(section: str) -> tuple[frozenset[str], ...]:
    """Return the lists of files below a heading: lines such as "~ clusters/*/orchex/rollout.yaml"."""
    return tuple(
        frozenset(text.splitlines())
        for kind, text in _blocks(section)
        if kind == "text" and text.startswith(("+", "~"))
    )


def said(section: str) -> tuple[str, ...]:
    """Return the messages that a section quotes."""
    return tuple(text.rstrip("\n") for kind, text in _blocks(section) if kind == "console")


def _blocks(section: str) -> list[tuple[str, str]]:
    page = PAGE.read_text("utf-8")
    parts = {part.partition("\n")[0]: part for part in re.split(r"^##+ ", page, flags=re.MULTILINE)}
    return BLOCK.findall(parts[section])


def _hunks(text: str) -> Iterator[tuple[str, str, str]]:
    for part in re.split(r"^--- ", text, flags=re.MULTILINE)[1:]:
        file, _, body = part.partition("\n")
        for hunk in re.split(r"^@@\n", body, flags=re.MULTILINE):
            lines = hunk.splitlines()
            old = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("+"))
            new = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("-"))
            yield file, old, new


def edited(change: Edit) -> Path:
    """Return a copy of the checkout's workspace with an edit applied."""
    workspace = copied(CHECKOUT, Path(mkdtemp(prefix="gen-operations-test-")))
    for file, old, new in change.hunks:
        edit(workspace / file, old, new)
    return workspace


@cache
def after(change: Edit) -> Rendered:
    """Return the environment of an edit as it renders with it, once a process."""
    return render(edited(change), "talai", change.environment)


@cache
def before(environment: str) -> Rendered:
    """Return an environment of TalAI as it renders without any edit."""
    return rendered_once(CHECKOUT, "talai", environment)


def changes(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> frozenset[str]:
    """Return what `gen render --check` lists, relative to the tree: "+ path", "- path", "~ path"; no inventory."""
    found = {f"+ {path}" for path in new.keys() - old.keys()} | {f"- {path}" for path in old.keys() - new.keys()}
    found |= {f"~ {path}" for path in old.keys() & new.keys() if old[path] != new[path]}
    return frozenset(found - {"~ inventory.json"})


def differences(patterns: Collection[str], found: Collection[str]) -> list[str]:
    """Return the files that no pattern has, and the patterns that no file has."""
    unnamed = [line for line in found if not any(fnmatchcase(line, pattern) for pattern in patterns)]
    unused = [pattern for pattern in patterns if not any(fnmatchcase(line, pattern) for line in found)]
    return sorted([*unnamed, *unused])
