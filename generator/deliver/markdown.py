"""Markdown of what a spec or a schema says, shown as it is: no link, no HTML, no further cell or line."""

import re
from collections.abc import Iterator, Sequence

from generator.base.characters import visible

# What Markdown could take for something else than text: emphasis, code, links, images, HTML, entities, cells; and at
# its beginning headings, lists and rules.
_MARKUP = re.compile(r"[\\`*_\[\]<>&|~@]|^[-+=#]|(?<=\bwww)\.|:(?=//)")
_NUMBERED = re.compile(r"^([0-9]+)([.)])")


def plain(text: str) -> str:
    """Return a text as Markdown that shows it on one line, and nothing else."""
    line = visible(" ".join(text.split()))
    return _NUMBERED.sub(r"\1\\\2", _MARKUP.sub(lambda match: f"\\{match.group()}", line))


def code(text: str) -> str:
    """Return a text on one line as Markdown that shows it as code; as text where code could not hold it in a table."""
    return plain(text) if not text or "`" in text or "|" in text else f"`{visible(text)}`"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table, whose cells are Markdown, and the blank line after it."""
    yield f"| {' | '.join(header)} |"
    yield f"|{'|'.join(' --- ' for _ in header)}|"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""
