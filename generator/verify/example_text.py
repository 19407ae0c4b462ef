"""Makes a text that a regular expression of a label matcher accepts, for the common parts of RE2's language."""

import re
from dataclasses import dataclass

_CLASSES = {"d": "0", "w": "a", "s": " ", "D": "a", "W": "-", "S": "a"}
_COUNT = re.compile(r"\{(\d+)(?:,\d*)?\}")


def example(pattern: str) -> str | None:
    """Return a text that the whole pattern accepts, or None when none was found."""
    reader = _Pattern(pattern)
    try:
        text = reader.alternatives()
        accepted = reader.at == len(pattern) and re.fullmatch(pattern, text) is not None
    except (IndexError, re.error):
        return None
    return text if accepted else None


@dataclass(slots=True)
class _Pattern:
    """A pattern that is read once from left to right; IndexError when it ends too early."""

    text: str
    at: int = 0

    def alternatives(self) -> str:
        """Read up to the end or a closing bracket; return an example of the first alternative that is not empty."""
        found = [self.sequence()]
        while self.peek() == "|":
            self.at += 1
            found.append(self.sequence())
        return next((text for text in found if text), "")

    def sequence(self) -> str:
        parts = []
        while self.peek() not in {"", "|", ")"}:
            parts.append(self.times(self.atom()))
        return "".join(parts)

    def atom(self) -> str:
        sign = self.take()
        if sign == "(":
            if self.text.startswith("?:", self.at):
                self.at += 2
            inner = self.alternatives()
            self.take()
            return inner
        if sign == "[":
            return self.characters()
        if sign == "\\":
            escaped = self.take()
            return _CLASSES.get(escaped, escaped)
        return {".": "x", "^": "", "$": ""}.get(sign, sign)

    def characters(self) -> str:
        """Return a character of a class; of one that excludes, a letter or digit outside of it."""
        start = self.at
        if self.peek() == "^":
            self.at += 1
        first = self.take()  # a "]" that comes first is meant as itself
        if first == "\\":
            first = _CLASSES.get(self.peek(), self.take())
        while (sign := self.take()) != "]":
            if sign == "\\":
                self.take()
        kind = re.compile(self.text[start - 1 : self.at])
        return next((one for one in (first, *"ax0A-_./ ") if kind.fullmatch(one)), first)

    def times(self, atom: str) -> str:
        count = _COUNT.match(self.text, self.at)
        if count:
            self.at = count.end()
            return atom * int(count[1])
        if self.peek() in {"*", "+", "?"}:
            self.at += 1
        if self.peek() == "?":
            self.at += 1  # lazy
        return atom

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self) -> str:
        sign = self.text[self.at]
        self.at += 1
        return sign
