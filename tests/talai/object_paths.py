"""Paths into objects as traceability.yaml writes them: $.spec.containers[name=redis].image, $.data['a.json']().x[*]."""

import re
from collections.abc import Iterator

import yaml

_STEP = re.compile(
    r"\.(?P<key>[A-Za-z_][\w-]*)|\['(?P<quoted>[^']+)'\]|\[(?P<index>\d+)\]|\[(?P<all>\*)\]|\[(?P<by>[\w.-]+)=(?P<value>[^\]]+)\]"
    r"|(?P<parsed>\(\))"
)


def select(value: object, path: str) -> list[object]:
    """Return the values that a path leads to: none when a step has no value, several after [*] and [key=value].

    Raises ValueError for a path that cannot be read.
    """
    found, at = [value], 1
    if not path.startswith("$"):
        raise ValueError(f"{path}: a path begins with $")
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            raise ValueError(f"{path}: {path[at:]} is no step")
        found = [inner for one in found for inner in _taken(one, step)]
        at = step.end()
    return found


def _taken(value: object, step: re.Match[str]) -> Iterator[object]:
    key = step["key"] or step["quoted"]
    if key is not None:
        if isinstance(value, dict) and key in value:
            yield value[key]
    elif step["parsed"]:
        # A text that is YAML itself; JSON is.
        yield yaml.load(str(value), yaml.CSafeLoader)
    elif isinstance(value, dict) and step["all"]:
        yield from value.values()
    elif not isinstance(value, list):
        return
    elif step["all"]:
        yield from value
    elif step["index"]:
        yield from value[int(step["index"]) :][:1]
    else:
        yield from (item for item in value if isinstance(item, dict) and str(item.get(step["by"])) == step["value"])
