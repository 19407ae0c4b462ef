"""How a string is written in YAML: plain where a person would, quoted where a reader could mistake it."""

import re
from functools import lru_cache

from generator.base.characters import forbidden


class ValueProblem(Exception):  # noqa: N818  (a problem of the value, which the engine turns into a Problem with its place)
    """A value that cannot be emitted: says what is wrong and what to do, and leaves the place to the engine."""

    def __init__(self, rule: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.rule, self.message, self.hint = rule, message, hint


# Characters that cannot be seen, look like a space, break lines in YAML 1.1 or turn the reading direction. The ranges
# are written out, so that no Python version's Unicode tables decide the bytes.
_UNSEEN = "\u00a0\u00ad\u061c\u180e\u2000-\u200b\u200e\u200f\u2028-\u202f\u205f-\u206f\ufeff\ufff9-\ufffb"
# In a plain scalar: everything visible but ":" and "#", which need care.
_VISIBLE = (
    '!-"$-9;-~\u00a1-\u00ac\u00ae-\u061b\u061d-\u180d\u180f-\u1fff\u200c\u200d\u2010-\u2027\u2030-\u205e'
    "\u2070-\ud7ff\ue000-\ufefe\uff00-\ufff8\ufffc\ufffd\U00010000-\U0010ffff"
)
# No " #" (a comment), no ": " (a key), no ":" or space at the end, no tab, no line break.
_REST = rf"[{_VISIBLE}#]*+(?:(?: ++(?=[{_VISIBLE}])|:(?=[{_VISIBLE}:]))[{_VISIBLE}#]*+)*+"
# The frequent case: a letter, "_", "/" or "$" begins nothing but a string, unless the whole is one of WORDS.
_match_plain = re.compile(rf"[A-Za-z_/$]{_REST}").fullmatch
# What may begin a plain scalar at all: no indicator, no document marker; "-" only right before something visible.
_match_other_plain = re.compile(
    rf"(?!---|\.\.\.)(?:-(?=[{_VISIBLE}])|(?![-!\"%&'*,>?@\[\]`{{|}}])[{_VISIBLE}]){_REST}"
).fullmatch
# Integers, floats, sexagesimals and timestamps of YAML 1.0, 1.1 and 1.2 without their underscores, read generously.
_match_number = re.compile(
    r"""[-+]?(?:
        [0-9,]*\.?[0-9]*(?:[eE][-+]?[0-9]*)?
      | 0[xX][-+]?[0-9a-fA-F.]*(?:[pP][-+]?[0-9]*)?
      | 0[oObB][-+]?[0-9]*
      | [0-9]+(?::[0-9]*)+(?:\.[0-9]*)?
      | \.(?i:inf|infinity|nan)
    )
    | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt\s].*)?""",
    re.VERBOSE,
).fullmatch


def _cases(word: str) -> list[str]:
    """Return the word in every mixture of upper and lower case."""
    spellings = [""]
    for letter in word:
        spellings = [start + case for start in spellings for case in (letter.lower(), letter.upper())]
    return spellings


WORDS = frozenset(
    spelling
    for word in ("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "~", "=", "<<")
    for spelling in _cases(word)
)

_ESCAPED = re.compile(rf'["\\\n\t{_UNSEEN}]')
_must_escape = re.compile(rf"[\n\t{_UNSEEN}]").search
_has_unseen = re.compile(rf"[{_UNSEEN}]").search
_SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def quote(text: str) -> str:
    """Return the string on one line: plain if it is safe so, else in quotes with the fewest escapes.

    Raises ValueProblem for a forbidden character.
    """
    if (_match_plain(text) or _is_other_plain(text)) and text not in WORDS:
        return text
    _refuse_forbidden(text)
    if ('"' in text or "\\" in text) and "'" not in text and not _must_escape(text):
        return f"'{text}'"
    return f'"{_ESCAPED.sub(_escape, text)}"'


# Names, labels and images come again and again within the objects of one service.
one_line = lru_cache(maxsize=8192)(quote)


def lines(text: str, indent: int) -> str | None:
    """Return the text of several lines as a literal block whose lines stand `indent` columns in, or None.

    None for one line, and when a reader or a tidy editor might not give back the same text: blanks at the ends of
    lines, line breaks at the beginning or more than one at the end, unseen characters. The result starts with the
    header ("|" or "|-") and ends without a line break.
    """
    if "\n" not in text or text[0] in " \t\n" or text.endswith((" ", "\t", "\n\n")):
        return None
    if " \n" in text or "\t\n" in text or _has_unseen(text):
        return None
    _refuse_forbidden(text)
    ends = text.endswith("\n")
    pad = "\n" + " " * indent
    body = "".join(pad + line if line else "\n" for line in (text[:-1] if ends else text).split("\n"))
    return ("|" if ends else "|-") + body


def is_ambiguous(text: str) -> bool:
    """Say whether some YAML reader takes the plain text for a boolean, null, number, timestamp or merge key."""
    return text in WORDS or (_match_plain(text) is None and _is_number(text))


def _is_other_plain(text: str) -> bool:
    return _match_other_plain(text) is not None and not _is_number(text)


def _is_number(text: str) -> bool:
    # Go's readers remove underscores before they look, so that even 0_x1 is a number to them.
    return _match_number(text.replace("_", "")) is not None


def _refuse_forbidden(text: str) -> None:
    found = forbidden(text)
    if found:
        raise ValueProblem(
            "template/forbidden-character",
            f"the string holds {found}, which no manifest may hold.",
            "Remove the character.",
        )


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    return _SHORT_ESCAPES.get(character) or f"\\u{ord(character):04X}"
