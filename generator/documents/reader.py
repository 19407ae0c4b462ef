"""Reading spec files as untrusted input: bounded in size, depth and aliases, YAML 1.2, nothing reinterpreted silently.

The values are built from libyaml's events and not by a loader: PyYAML's loaders are six times slower, resolve scalars
by YAML 1.1, take the last of two duplicate keys, and cannot stop at a depth or a size before they have met it.
"""

import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from generator.base.errors import ProblemsError
from generator.base.problem import Problem, sort_problems
from generator.documents.node import Node

__all__ = ["Node", "Source", "locate", "parse", "read_source"]

if TYPE_CHECKING:
    from generator.documents.positions import Position

SIZE_LIMIT = 2 * 1024 * 1024
"""Bytes of a file."""
# What the readers of YAML 1.1 and 1.2 take for different things in the text itself (line breaks, an inner byte order
# mark), and what is forbidden in every value. Tab, newline and carriage return are for the line structure.
_RAW_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_RAW_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a spec file, and its path as the user knows it: POSIX, relative to the workspace."""

    shown: str
    text: str
    # The positions of all values, made when the first problem has to be shown: derived, so not a part of the identity.
    positions: "list[Position]" = field(default_factory=list, init=False, repr=False, compare=False)


def read_source(path: Path, shown: str, *, within: Path | None = None) -> Source:
    """Return the file's text.

    Raise ProblemsError when it is not a regular file of at most 2 MiB of UTF-8, or when a link on the way to it leads
    out of the folder `within`, if one is given: who writes a spec is not to read what only the one who runs gen may.
    """
    if within is not None and not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(within)):
        raise _unreadable(shown, "a symbolic link leads out of the workspace.", "Replace it by a copy.")
    try:
        # Without O_NONBLOCK, opening a FIFO would wait for its writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise _unreadable(
            shown, f"cannot be read: {error.strerror}.", "Correct the name or the permissions."
        ) from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _unreadable(shown, "not a regular file.", "A spec is a plain text file of YAML.")
        content = os.read(descriptor, SIZE_LIMIT + 1)
    finally:
        os.close(descriptor)
    if len(content) > SIZE_LIMIT:
        raise _unreadable(shown, "larger than 2 MiB.", "Split the platform, or remove what is no spec from the file.")
    try:
        return Source(shown, content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        problem = Problem(
            rule="file/encoding",
            message=f"byte 0x{content[error.start]:02x} is not UTF-8.",
            hint="Save the file as UTF-8.",
            file=shown,
            line=line,
            column=column,
        )
        raise ProblemsError([problem]) from error


def _unreadable(shown: str, message: str, hint: str) -> ProblemsError:
    return ProblemsError([Problem(rule="file/unreadable", message=message, hint=hint, file=shown)])


def parse(source: Source) -> tuple[Node, tuple[Problem, ...]]:
    """Return the document as plain values, and all problems of its YAML, sorted.

    With problems, the values are what could be made out, for further checks, and not to be rendered.
    An alias shares its anchor's object: the values must not be changed in place.
    """
    from generator.documents.composer import compose  # noqa: PLC0415  (`gen --help` doesn't pay for libyaml)

    problems = _refused_characters(source)
    if problems:
        return None, sort_problems(problems)
    document, found = compose(source.text, source.shown)
    return document, sort_problems(found)


def locate(source: Source, path: Sequence[str | int], *, key: bool = False) -> tuple[int, int]:
    """Return line and column, from 1, of the value at `path` (or of its key), or of the nearest ancestor there is."""
    from generator.documents.positions import find, index  # noqa: PLC0415  (only a mistake pays for it)

    if not source.positions:
        source.positions.append(index(source.text))
    return find(source.positions[0], path, key=key)


def _refused_characters(source: Source) -> list[Problem]:
    problems = []
    for match in _RAW_REFUSED.finditer(source.text):
        before = source.text[: match.start()]
        code = ord(match.group())
        escaped = code in {0x2028, 0x2029, 0xFEFF}
        problems.append(
            Problem(
                rule="yaml/character",
                message=f"the character U+{code:04X} is not allowed here.",
                hint=f'Write "\\u{code:04X}" in double quotes, or remove it.' if escaped else "Remove it.",
                file=source.shown,
                line=before.count("\n") + 1,
                column=len(before) - before.rfind("\n"),
            )
        )
        if len(problems) == _RAW_SHOWN:
            break
    return problems
