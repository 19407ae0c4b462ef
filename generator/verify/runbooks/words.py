"""The words of a shell's commands, with what their variables can be."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

UNKNOWN = "\0"
"""Stands in a word for what only the run shows."""

_COMBINATIONS = 64


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable in a word, and what it can be; a value may have parts that are UNKNOWN."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Word:
    """A word: its parts, and whether any of it is quoted."""

    parts: tuple[str | Variable, ...]
    quoted: bool

    def text(self, values: Mapping[str, str]) -> str:
        """Return the word for the given values of its variables."""
        return "".join(part if isinstance(part, str) else values[part.name] for part in self.parts)


@dataclass(frozen=True, slots=True)
class Command:
    """A simple command and its line in the block, from 1."""

    line: int
    words: tuple[Word, ...]

    def readings(self) -> Iterator[tuple[str, ...]]:
        """Yield the words for each combination of what the variables can be, up to a bound."""
        found = {part.name: part.values for word in self.words for part in word.parts if isinstance(part, Variable)}
        for number, chosen in enumerate(product(*found.values())):
            if number == _COMBINATIONS:
                return
            values = dict(zip(found, chosen, strict=True))
            yield tuple(word.text(values) for word in self.words)


@dataclass(frozen=True, slots=True)
class Script:
    """What a block says: its commands, and what cannot be read or is not defined, as (line, message)."""

    commands: tuple[Command, ...]
    mistakes: tuple[tuple[int, str], ...]
