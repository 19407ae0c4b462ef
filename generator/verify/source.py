"""Looks places up in a manifest that has a problem: which line a path is on, which object the file holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from generator.base.problem import ObjectRef


@dataclass(frozen=True, slots=True)
class Source:
    """The first document of a manifest file as nodes that know their places; None when it cannot be parsed."""

    node: yaml.Node | None

    def place(self, path: Sequence[str]) -> tuple[int, int]:
        """Return line and column, from 1, of the deepest part of the path that is there; (0, 0) if none is known."""
        if self.node is None:
            return 0, 0
        node, mark = self.node, self.node.start_mark
        for key in path:
            step = _child(node, key)
            if step is None:
                break
            mark, node = step[0].start_mark, step[1]
        return mark.line + 1, mark.column + 1

    def text(self, *path: str) -> str:
        """Return the scalar at a path as it is written, or "" when there is none."""
        node = self.node
        for key in path:
            step = _child(node, key)
            node = step[1] if step else None
        return node.value if isinstance(node, yaml.ScalarNode) else ""

    def object(self) -> ObjectRef | None:
        """Return the identity of the object, or None when the file does not even name a kind."""
        kind = self.text("kind")
        if not kind:
            return None
        group = self.text("apiVersion").rpartition("/")[0]
        return ObjectRef(group, kind, self.text("metadata", "namespace"), self.text("metadata", "name"))


def read_source(file: Path) -> Source:
    """Return the nodes of a manifest file."""
    try:
        loader = yaml.CSafeLoader(file.read_bytes())
        return Source(loader.get_node() if loader.check_node() else None)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return Source(None)


def _child(node: yaml.Node | None, key: str) -> tuple[yaml.Node, yaml.Node] | None:
    """Return the node that marks a child's place and the child itself."""
    if isinstance(node, yaml.MappingNode):
        return next(((name, value) for name, value in node.value if name.value == key), None)
    if isinstance(node, yaml.SequenceNode) and key.isdecimal() and int(key) < len(node.value):
        item: yaml.Node = node.value[int(key)]
        return item, item
    return None
