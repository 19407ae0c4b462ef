"""Reads a page of Markdown: its headings with their anchors, its blocks of code, its links."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"( *)(`{3,}|~{3,})(.*)")
_HEADING = re.compile(r"(#{1,6}) +(.*?)(?: +#+)? *")
_CODE_SPAN = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
_LINK = re.compile(r"(?<!\\)\[[^\]]*\]\(<?([^)\s>]*)>?(?: [^)]*)?\)")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: its text as it is shown, its depth, its line and the anchor that leads to it."""

    text: str
    level: int
    line: int
    anchor: str


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code without the blanks that it is indented by; line is that of its first line of code."""

    language: str
    text: str
    line: int
    indentation: int
    closed: bool


@dataclass(frozen=True, slots=True)
class Link:
    """Where a link leads, as it is written."""

    target: str
    line: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page by its name within the folder; shown is its name in problems. lines are its source."""

    name: str
    shown: str
    headings: tuple[Heading, ...]
    blocks: tuple[Block, ...]
    links: tuple[Link, ...]

    @property
    def anchors(self) -> frozenset[str]:
        """Return every anchor of the page."""
        return frozenset(heading.anchor for heading in self.headings)


def read_page(name: str, shown: str, text: str) -> Page:
    """Return a page."""
    lines = text.split("\n")
    blocks = tuple(_blocks(lines))
    inside = {number for block in blocks for number in range(block.line - 1, block.line + block.text.count("\n") + 1)}
    prose = [(number, line) for number, line in enumerate(lines, start=1) if number not in inside]
    links = tuple(Link(target, number) for number, line in prose for target in _LINK.findall(_CODE_SPAN.sub("", line)))
    return Page(name, shown, tuple(_headings(prose)), blocks, links)


def _blocks(lines: list[str]) -> Iterator[Block]:
    at = 0
    while at < len(lines):
        opened = _FENCE.fullmatch(lines[at])
        at += 1
        if not opened:
            continue
        indent, sign, language = len(opened[1]), opened[2], opened[3].strip()
        start = at
        while at < len(lines) and not _closes(lines[at], sign):
            at += 1
        code = [_dedented(line, indent) for line in lines[start:at]]
        yield Block(language, "".join(f"{line}\n" for line in code), start + 1, indent, at < len(lines))
        at += 1


def _closes(line: str, sign: str) -> bool:
    stripped = line.strip()
    return stripped.startswith(sign) and not stripped.strip(sign[0])


def _dedented(line: str, indent: int) -> str:
    return line[indent:] if not line[:indent].strip() else line.lstrip(" ")


def _headings(prose: list[tuple[int, str]]) -> Iterator[Heading]:
    seen: Counter[str] = Counter()
    for number, line in prose:
        found = _HEADING.fullmatch(line)
        if found:
            text = _ESCAPED.sub(r"\1", found[2].replace("`", ""))
            anchor = anchor_of(text)
            count = seen[anchor]
            seen[anchor] += 1
            yield Heading(text, len(found[1]), number, f"{anchor}-{count}" if count else anchor)


def anchor_of(heading: str) -> str:
    """Return the anchor of a heading as the hosts of Git repositories make it: lower case, blanks as hyphens."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
