"""Characters that no manifest may hold, and those that no message may: what they do to a reader nobody can see."""

import re

# Some reader on the way to the cluster refuses or changes them: C0 but tab and newline, DEL and C1, lone surrogates,
# and the two non-characters that YAML leaves out.
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def forbidden(text: str) -> str | None:
    """Return the first forbidden character of the text as "U+0085", or None when there is none."""
    found = _FORBIDDEN.search(text)
    return f"U+{ord(found.group()):04X}" if found else None


def visible(text: str) -> str:
    """Return the text with every character that does not print as its escape in Python's notation.

    A file name or a value in a message must not move the cursor, turn the text around or begin a new line.
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
