"""What a check of a service sees: the service, and what the services of its region are checked against."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from generator.spec.documents import Documents
from generator.spec.layers import Layer

Tree = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Scope:
    """What the services of a region are checked against.

    instances: component instance → keys of the secret that it gives its callers; storage: region → its storage classes.
    """

    documents: Documents
    region: str
    services: Tree
    instances: Mapping[str, tuple[str, ...]]
    external: Tree
    namespaces: Tree
    secrets: Tree
    sizes: Tree
    storage: Mapping[str, Tree]


@dataclass(frozen=True, slots=True)
class Subject:
    """One service of a scope: its merged tree, and the layers that made it."""

    scope: Scope
    name: str
    tree: Tree
    layers: tuple[Layer, ...]

    def named(self) -> tuple[Layer, ...]:
        """Return the layers that name the service: where to add what it lacks."""
        return self.scope.documents.named_layers(self.name, self.scope.region)
