"""Checks of what stores keep when the worst happens, against what the platform asks for, in one region."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from generator.base.cron import interval_seconds
from generator.base.problem import Problem
from generator.base.scalars import duration_text, milliseconds
from generator.spec.documents import Documents
from generator.spec.layers import Layer, Path, latest, merge_all, problem_at
from generator.spec.references import missing

Tree = Mapping[str, Any]

# Parameters are checked against their schema beside this: what is no duration is reported there.
_DURATION = re.compile(r"[1-9][0-9]{0,4}(ms|s|m|h|d)").fullmatch
OBJECTIVES = {
    "point": "Add how much of the newest writes may be lost: 1m.",
    "time": "Add how long a store may take to serve again: 5m.",
}


def objective_problems(documents: Documents) -> Iterator[Problem]:
    """Yield what the platform's own objectives lack once its layers are merged."""
    if documents.value("recovery") is not None:
        yield from missing(documents.section_layers("recovery"), (), documents.section("recovery"), OBJECTIVES)


def recovery_problems(documents: Documents, region: str) -> Iterator[Problem]:
    """Yield where the stores of a region say nothing of recovery, keep less than they say, or less than they should."""
    objectives: Tree = documents.section("recovery") if documents.value("recovery") is not None else {}
    for name in documents.instance_names(region):
        layers = documents.instance_layers(name, region)
        tree: Tree = merge_all(layers)
        component = documents.catalogue.components.get(str(tree.get("use")))
        if component is None or component.recovery_point is None:
            continue
        stated: Any = tree.get("recovery")
        if not isinstance(stated, Mapping):
            if objectives and stated is None:
                hint = f"Say what it keeps: recovery: {{{_written(objectives)}}}."
                yield from missing(layers, (), tree, {"recovery": hint})
            continue
        if objectives:
            yield from missing(layers, ("recovery",), stated, OBJECTIVES)
        yield from _bounds(layers, tree, stated, component.recovery_point)
        yield from _objectives(layers, stated, objectives)


def _bounds(layers: tuple[Layer, ...], tree: Tree, stated: Tree, paths: tuple[str, ...]) -> Iterator[Problem]:
    """Yield the parameters that let more be lost than the store says it loses."""
    point = _length(stated.get("point"))
    if point is None:
        return
    for text in paths:
        path = tuple(text.split("."))
        written = _value(tree, path)
        length = _length(written)
        if length is not None and length > point:
            cron = " " in str(written)
            meant = f" (every {duration_text(length)})" if cron else ""
            lower = f"Let it run every {stated['point']}" if cron else f"Lower {text} to {stated['point']} at most"
            yield problem_at(
                layers, latest(layers, path, ("recovery", "point")), "spec/recovery-point",
                f"{text} '{written}'{meant} loses more than the recovery point of {stated['point']} that is stated.",
                f"{lower}, or raise recovery.point and say why with because.",
            )  # fmt: skip


def _objectives(layers: tuple[Layer, ...], stated: Tree, objectives: Tree) -> Iterator[Problem]:
    """Yield where a store keeps less than the platform asks for, and does not say why."""
    if "because" in stated:
        return
    for key in OBJECTIVES:
        length = _length(stated.get(key))
        if length is not None and key in objectives and length > milliseconds(objectives[key]):
            yield problem_at(
                layers, ("recovery", key), "spec/recovery-objective",
                f"the platform asks for {objectives[key]} at most.",
                "Lower it, or say with because why the store cannot keep that.",
            )  # fmt: skip


def _value(tree: Tree, path: Path) -> object:
    value: object = tree
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _length(written: object) -> int | None:
    """Return a duration, or the longest gap of a plain cron schedule, in milliseconds; None of anything else."""
    if not isinstance(written, str):
        return None
    if " " in written or written.startswith("@"):
        gap = interval_seconds(written)
        return gap * 1000 if gap is not None else None
    return milliseconds(written) if _DURATION(written) else None


def _written(objectives: Tree) -> str:
    return ", ".join(f"{key}: {objectives[key]}" for key in OBJECTIVES if key in objectives)
