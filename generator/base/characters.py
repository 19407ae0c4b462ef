"""Characters that no manifest may hold, because some reader on the way to the cluster refuses or changes them."""

import re

# C0 but tab and newline, DEL and C1, lone surrogates, and the two non-characters that YAML leaves out.
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def forbidden(text: str) -> str | None:
    """Return the first forbidden character of the text as "U+0085", or None when there is none."""
    found = _FORBIDDEN.search(text)
    return f"U+{ord(found.group()):04X}" if found else None
