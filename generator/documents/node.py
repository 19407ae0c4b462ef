"""The plain values that a spec document is made of, and how a place in it is written."""

import re
from collections.abc import Iterable
from typing import TypeAlias

Node: TypeAlias = "dict[str, Node] | list[Node] | str | int | float | bool | None"

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*").fullmatch


def json_path(path: Iterable[str | int]) -> str:
    """Return the place as `$.services.orchex.ports[0]`; a key that is no plain word stands in brackets."""
    parts = ["$"]
    for part in path:
        if isinstance(part, int):
            parts.append(f"[{part}]")
        elif _WORD(part):
            parts.append(f".{part}")
        else:
            quoted = part.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
            parts.append(f"['{quoted}']")
    return "".join(parts)
