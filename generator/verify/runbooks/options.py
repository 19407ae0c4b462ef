"""Divides the words of a command into options and arguments, by tables of what each program takes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """The options that take a value and those that take none; short ones are single letters, without hyphens."""

    valued: frozenset[str]
    plain: frozenset[str]

    def plus(self, valued: str = "", plain: str = "") -> "Options":
        """Return options that take more; what one says now replaces what the other said of it."""
        more, less = frozenset(valued.split()), frozenset(plain.split())
        return Options((self.valued - less) | more, (self.plain - more) | less)


def options(valued: str = "", plain: str = "") -> Options:
    """Return options from words that are separated by blanks."""
    return Options(frozenset(valued.split()), frozenset(plain.split()))


@dataclass(frozen=True, slots=True)
class Parsed:
    """A command: its arguments, its options (the last value counts), what follows `--`, and what is not known."""

    arguments: tuple[str, ...]
    options: Mapping[str, str]
    rest: tuple[str, ...] | None
    unknown: tuple[str, ...]

    def first(self, *names: str) -> str | None:
        """Return the value of the first of these options that is given, or None."""
        return next((self.options[name] for name in names if name in self.options), None)


def parse(words: Sequence[str], known: Options) -> Parsed:
    """Return the options and arguments among words."""
    arguments: list[str] = []
    found: dict[str, str] = {}
    unknown: list[str] = []
    queue = list(words)
    while queue:
        word = queue.pop(0)
        if word == "--":
            return Parsed(tuple(arguments), found, tuple(queue), tuple(unknown))
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            if name in known.valued:
                found[name] = value if equals else queue.pop(0) if queue else ""
            elif name in known.plain or (equals and name.removeprefix("no-") in known.plain):
                found[name] = value
            else:
                unknown.append(f"--{name}")
        elif word.startswith("-") and len(word) > 1:
            unknown += _short(word, known, queue, found)
        else:
            arguments.append(word)
    return Parsed(tuple(arguments), found, None, tuple(unknown))


def _short(word: str, known: Options, queue: list[str], found: dict[str, str]) -> Iterable[str]:
    letters = word[1:]
    for at, letter in enumerate(letters):
        if letter in known.valued:
            rest = letters[at + 1 :].removeprefix("=")
            found[letter] = rest or (queue.pop(0) if queue else "")
            return ()
        if letter not in known.plain:
            return (word,)
        found[letter] = ""
    return ()
