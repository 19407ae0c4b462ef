"""JSON Patch (RFC 6902): the operations that make one object of another, where no merge patch can say it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from generator.deliver.kustomize.limits import begins_with_tab
from generator.deliver.kustomize.source import Tree, same

Operation = dict[str, Any]
# Scalars of a list that is written whole when some of them change: an index into it would say less.
_WHOLE_LIST = 8
# What elements of lists are called by: containers, alerting and recording rules, mounts.
_NAMES = ("name", "alert", "record", "mountPath")
# kustomize applies these patches to JSON whose numbers are floats of 64 bits.
_EXACT = 2**53
_has_digits_or_tab = re.compile(rb"[0-9]{16}|\\t|\t").search
# Words that a comment can hold.
_is_plain = re.compile(r"[A-Za-z0-9._/-]{1,80}").fullmatch


def json_patch(base: Tree, target: Tree) -> list[Operation]:
    """Return the operations, in the order in which they apply."""
    return list(_mapping(base, target, ""))


def elements_named(base: Tree, operation: Operation) -> str:
    """Return which elements the indexes of an operation's path stand for ("containers[0]: web"), "" where none says so.

    An index is one of the base's: elements are removed from the last on, and none is added before another changes.
    """
    named = []
    holder: object = base
    field = ""
    steps = [_unescaped(step) for step in operation["path"].split("/")[1:]]
    for at, step in enumerate(steps, 1):
        if isinstance(holder, dict):
            holder, field = holder.get(step), step
        elif isinstance(holder, list) and (at < len(steps) or operation["op"] != "add"):
            holder = holder[int(step)]
            name = _element_name(holder)
            named += [f"{field}[{step}]: {name}"] if name and _is_plain(field) else []
    return ", ".join(named)


def _element_name(element: object) -> str:
    if not isinstance(element, dict):
        return ""
    metadata = element.get("metadata")
    inner = metadata.get("name") if isinstance(metadata, dict) else None
    names = (element.get("name"), inner, element.get("mountPath"))
    return next((name for name in names if isinstance(name, str) and _is_plain(name)), "")


def survives_json(value: object) -> bool:
    """Say whether kustomize's JSON patches leave the rest of an object as it is.

    They round integers beyond 2^53, and cannot read their own text where several lines begin with a tab.
    """
    if isinstance(value, dict):
        return all(survives_json(key) and survives_json(inner) for key, inner in value.items())
    if isinstance(value, list):
        return all(map(survives_json, value))
    if isinstance(value, str):
        return not begins_with_tab(value)
    return not isinstance(value, int) or abs(value) <= _EXACT


def may_not_survive_json(text: bytes) -> bool:
    """Say, without parsing, whether an object may have what its JSON would change."""
    return _has_digits_or_tab(text) is not None


def _mapping(base: Mapping[str, object], target: Mapping[str, object], path: str) -> Iterator[Operation]:
    for key in base:
        if key not in target:
            yield {"op": "remove", "path": f"{path}/{_escaped(key)}"}
    for key, value in target.items():
        where = f"{path}/{_escaped(key)}"
        if key not in base or (base[key] is None and value is not None):
            # `replace` of a null fails as if the key were missing; `add` does what it says.
            yield {"op": "add", "path": where, "value": value}
        elif not same(base[key], value):
            yield from _value(base[key], value, where)


def _value(base: object, target: object, path: str) -> Iterator[Operation]:
    if isinstance(base, dict) and isinstance(target, dict) and base.keys() & target.keys():
        yield from _mapping(base, target, path)
    elif isinstance(base, list) and isinstance(target, list) and _in_part(base, target):
        yield from _sequence(base, target, path)
    else:
        yield {"op": "replace", "path": path, "value": target}


def _in_part(base: list[object], target: list[object]) -> bool:
    """Say whether a list is better changed element by element than written anew."""
    if not base or not target or None in base or None in target:
        return False
    scalars = not any(isinstance(value, dict | list) for value in (*base, *target))
    return not scalars or len(target) > _WHOLE_LIST


def _sequence(base: list[object], target: list[object], path: str) -> Iterator[Operation]:
    """Yield what changes between the elements that both lists begin with and those that both end with."""
    shorter = min(len(base), len(target))
    start = next((at for at in range(shorter) if not same(base[at], target[at])), shorter)
    end = next((at for at in range(shorter - start) if not same(base[-1 - at], target[-1 - at])), shorter - start)
    old, new = base[start : len(base) - end], target[start : len(target) - end]
    for at, (before, after) in enumerate(zip(old, new, strict=False), start):
        if _is_another(before, after):
            yield {"op": "replace", "path": f"{path}/{at}", "value": after}
        elif not same(before, after):
            yield from _value(before, after, f"{path}/{at}")
    for at in reversed(range(start + len(new), start + len(old))):
        yield {"op": "remove", "path": f"{path}/{at}"}
    for at in range(start + len(old), start + len(new)):
        yield {"op": "add", "path": f"{path}/{at if end else '-'}", "value": target[at]}


def _is_another(before: object, after: object) -> bool:
    """Say whether an element has given way to another one, by what an element is called: it is written whole."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return False
    return any(not same(before.get(key), after.get(key)) for key in _NAMES)


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _unescaped(step: str) -> str:
    return step.replace("~1", "/").replace("~0", "~")
