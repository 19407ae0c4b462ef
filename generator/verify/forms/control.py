"""Negative controls: a chart's value changed by hand and a patch taken out of an overlay must be noticed.

They run on copies: of a small chart and overlay that stand here, and of the first of each tree that can be changed so.
"""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from generator.base.problem import Problem
from generator.manifests import values
from generator.manifests.read import read_documents
from generator.manifests.values import Path as KeyPath
from generator.manifests.values import Value
from generator.verify.forms.chart import check_chart
from generator.verify.forms.component import Checked
from generator.verify.forms.control_tree import write_control_tree
from generator.verify.forms.overlay import KUSTOMIZATION, check_overlays, read_kustomization
from generator.verify.forms.tool import Tool
from generator.verify.forms.tree import Component, find_kustomizations, find_umbrellas

_ATTEMPTS = 5
"""Changes that are tried on one component: a value may stand in a condition that it happens not to change."""
_HINT = "The stage cannot be relied upon: report it."


def helm_controls(checked: Sequence[Checked], tool: Tool, folder: Path) -> list[Problem]:
    """Return a problem for each change of a chart's values that goes unnoticed; folder is for the copies."""
    (umbrella,) = find_umbrellas(write_control_tree(folder / "own"))
    (own,) = umbrella.components
    problems = _sound(check_chart(own, tool))
    candidates = [own, *_first_of_each_tree(checked, _values_regions)]
    for number, component in enumerate(candidates):
        region = next(_values_regions(component))
        copy = _copy(component, region, folder / str(number))
        file = copy.folder / f"values-{region}.yaml"
        content = _mapping(file)
        changes = (_changed(content, path, value) for path, value in _leaves(content))
        if not any(_noticed(copy, file, change, tool) for change in islice(changes, _ATTEMPTS)):
            what = f"A changed value in {component.tree.name(component.folder / file.name)} goes unnoticed."
            problems.append(Problem(rule="forms/control", file=component.shown, message=what, hint=_HINT))
    return problems


def kustomize_controls(checked: Sequence[Checked], tool: Tool, folder: Path) -> list[Problem]:
    """Return a problem for each patch that is missing unnoticed; folder is for the copies."""
    (own,) = find_kustomizations(write_control_tree(folder / "own")).components
    problems = _sound(check_overlays(own, tool))
    candidates = [own, *_first_of_each_tree(checked, _patched_regions)]
    for number, component in enumerate(candidates):
        region = next(_patched_regions(component))
        copy = _copy(component, region, folder / str(number))
        overlay = copy.folder / "overlays" / region
        content = read_kustomization(overlay)
        patches = content["patches"]
        without = ({**content, "patches": patches[:at] + patches[at + 1 :]} for at in range(len(patches)))
        if not any(_noticed(copy, overlay / KUSTOMIZATION, change, tool) for change in islice(without, _ATTEMPTS)):
            what = f"A patch missing in {component.shown}/overlays/{region} goes unnoticed."
            problems.append(Problem(rule="forms/control", file=component.shown, message=what, hint=_HINT))
    return problems


def _sound(own: Checked) -> list[Problem]:
    """Return a problem when the small tree, in which all is right, is not found so."""
    return [
        Problem(
            rule="forms/control", message=f"The stage finds fault where there is none: {problem.text()}", hint=_HINT
        )
        for problem in own.problems
    ]


def _first_of_each_tree(checked: Sequence[Checked], regions: Any) -> Iterator[Component]:
    """Yield of each tree the first component without problems that has a region to change."""
    trees = set()
    for part in checked:
        root = part.component.tree.root
        if root not in trees and not part.problems and any(regions(part.component)):
            trees.add(root)
            yield part.component


def _values_regions(component: Component) -> Iterator[str]:
    """Yield the regions, but the first, whose values file has a value to change."""
    for region in component.judged:
        content = _mapping(component.folder / f"values-{region}.yaml")
        if region != next(iter(component.manifests)) and any(True for _ in _leaves(content)):
            yield region


def _patched_regions(component: Component) -> Iterator[str]:
    """Yield the regions whose overlay has patches."""
    for region in component.judged:
        if values.mappings(read_kustomization(component.folder / "overlays" / region), "patches"):
            yield region


def _copy(component: Component, region: str, root: Path) -> Component:
    """Return a copy of a component below root, to be judged in one region."""
    tree = replace(component.tree, root=root)
    folder = root / component.folder.relative_to(component.tree.root)
    shutil.copytree(component.folder, folder)
    return replace(component, tree=tree, folder=folder, regions=(region,))


def _noticed(copy: Component, file: Path, content: Value, tool: Tool) -> bool:
    """Say whether another content of a file is noticed, and put the file back."""
    before = file.read_bytes()
    file.write_text(json.dumps(content), encoding="utf-8")  # JSON is YAML
    check = check_chart if tool.name == "helm" else check_overlays
    # That the regions beside it are missing is no notice of the change.
    found = [problem for problem in check(copy, tool).problems if problem.rule != "forms/regions"]
    file.write_bytes(before)
    return bool(found)


def _mapping(file: Path) -> Mapping[str, Any]:
    documents = read_documents(file.read_bytes()).documents
    return documents[0] if documents and isinstance(documents[0], dict) else {}


def _leaves(value: Value, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Value]]:
    """Yield the strings, numbers and booleans in a value, with their paths."""
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(item, (*path, key))
    elif value is not None:
        yield path, value


def _changed(value: Value, path: KeyPath, leaf: Value) -> Value:
    """Return a value in which one leaf is another of the same type."""
    if not path:
        return not leaf if isinstance(leaf, bool) else f"{leaf}x" if isinstance(leaf, str) else leaf + 1
    step, rest = path[0], path[1:]
    if isinstance(value, dict):
        return {key: _changed(item, rest, leaf) if key == step else item for key, item in value.items()}
    return [_changed(item, rest, leaf) if index == step else item for index, item in enumerate(value)]
