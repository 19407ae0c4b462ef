"""Turns findings into problems: a file is read a second time, for its lines, only when something in it is wrong."""

from collections.abc import Iterable
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import TypeAlias

import yaml

from generator.base.problem import Problem, Severity
from generator.documents.node import json_path
from generator.manifests import values
from generator.manifests.finding import Finding
from generator.manifests.object import Object, Place

_Nodes: TypeAlias = "list[yaml.Node | None]"


def problems_at(findings: Iterable[Finding]) -> tuple[Problem, ...]:
    """Return the problems that findings amount to, with line and column; each file is read once."""
    found = []
    ordered = sorted(findings, key=lambda finding: finding.object.place.shown)
    for file, group in groupby(ordered, key=lambda finding: finding.object.place.file):
        nodes = _compose(file)
        found += [_problem(finding, _position(nodes, finding.object.place, finding.path)) for finding in group]
    return tuple(found)


def problem_at(
    of: Object,
    path: values.Path,
    *,
    rule: str,
    message: str,
    hint: str = "",
    severity: Severity = Severity.ERROR,
) -> Problem:
    """Return one problem of an object, with the line and column of the deepest part of the path that is there."""
    (problem,) = problems_at(
        [Finding(rule=rule, object=of, path=path, message=message, hint=hint, severity=severity)],
    )
    return problem


def locate(place: Place, path: values.Path = ()) -> tuple[int, int]:
    """Return line and column, from 1, of the deepest part of a path that is there; (0, 0) in an unreadable file."""
    return _position(_compose(place.file), place, path)


def _problem(finding: Finding, position: tuple[int, int]) -> Problem:
    return Problem(
        rule=finding.rule,
        severity=finding.severity,
        file=finding.object.place.shown,
        line=position[0],
        column=position[1],
        path=json_path((*finding.object.place.within, *finding.path)) if finding.path else "",
        object=finding.object.ref() if finding.object.kind else None,
        message=finding.message,
        hint=finding.hint,
    )


def _compose(file: Path) -> _Nodes:
    """Return the documents of a file as nodes that know their places, up to its first syntax error."""
    nodes: _Nodes = []
    # Whoever reads the file first reports that it cannot be read; here only lines are lost.
    with suppress(OSError, UnicodeDecodeError, yaml.YAMLError):
        loader = yaml.CSafeLoader(file.read_bytes())
        while loader.check_node():
            nodes.append(loader.get_node())
    return nodes


def _position(nodes: _Nodes, place: Place, path: values.Path) -> tuple[int, int]:
    if place.document >= len(nodes):
        return 0, 0
    node = nodes[place.document]
    if node is None:
        return 0, 0
    mark = node.start_mark
    for step in (*place.within, *path):
        child = _child(node, step)
        if child is None:
            break
        mark, node = child[0].start_mark, child[1]
    return mark.line + 1, mark.column + 1


def _child(node: yaml.Node, step: str | int) -> "tuple[yaml.Node, yaml.Node] | None":
    """Return the node that marks a child's place (its key) and the child itself."""
    if isinstance(node, yaml.MappingNode) and isinstance(step, str):
        return next(((key, value) for key, value in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        item: yaml.Node = node.value[step]
        return item, item
    return None
