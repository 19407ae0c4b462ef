"""Comments of YAML files: prose, wrapped as a person would, that no character can break out of."""

import textwrap
from collections.abc import Iterable

from generator.base.characters import visible

WIDTH = 100  # columns, indentation included


def comment(text: str, indent: int = 0) -> list[str]:
    """Return the lines of a comment that begin at column `indent`.

    A blank line in the text parts paragraphs; one that begins with two blanks (a command) is left on its line.
    """
    pad = " " * indent
    lines: list[str] = []
    for paragraph in text.split("\n\n"):
        # split() knows every line break of YAML 1.1, which textwrap does not.
        words = visible(" ".join(paragraph.split()))
        if paragraph.startswith("  "):
            wrapped = [f"  {words}"]
        else:
            width = max(WIDTH - indent - 2, 40)
            wrapped = textwrap.wrap(words, width, break_long_words=False, break_on_hyphens=False)
        if lines and wrapped:
            lines.append(f"{pad}#")
        lines += [f"{pad}# {line}" for line in wrapped]
    return lines


def as_written(above: str, text: str, indent: int, *, parted: bool) -> list[str]:
    """Return the lines of a comment that shows YAML of emit's as it is, below a line.

    parted: by an empty line of the comment, from what stands above.
    """
    pad = " " * indent
    shown = [f"{pad}#   {line}".rstrip() for line in text.removesuffix("\n").split("\n")]
    return [*([f"{pad}#"] if parted else []), f"{pad}# {above}", *shown]


def header(paragraphs: Iterable[str]) -> str:
    """Return the comment that begins a file, with the blank line after it."""
    return "\n".join(comment("\n\n".join(paragraphs))) + "\n\n"
