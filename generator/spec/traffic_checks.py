"""Checks of what services call and expose, against each other, the mesh and the gateway, in one region."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generator.base.problem import Problem
from generator.spec.documents import Documents
from generator.spec.layers import Layer, problem_at
from generator.spec.references import unknown
from generator.spec.use_checks import Caller, service_word_problems, use_problems

Tree = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Traffic:
    """What calls and exposed paths are checked against."""

    documents: Documents
    region: str
    services: Tree
    instances: tuple[str, ...]
    external: Tree
    namespaces: Tree
    mesh: bool
    mesh_removed: bool
    gateway: bool

    @classmethod
    def of(cls, documents: Documents, region: str, services: Tree) -> "Traffic":
        """Return the scope for the merged services of a region."""
        return cls(
            documents=documents,
            region=region,
            services=services,
            instances=documents.instance_names(region),
            external=documents.section("external"),
            namespaces=documents.section("namespaces"),
            mesh=documents.value("mesh") is not None,
            mesh_removed=documents.value("mesh") is None and documents.platform.tree.get("mesh") is not None,
            gateway=documents.value("gateway") is not None,
        )

    def layers(self, name: str) -> tuple[Layer, ...]:
        """Return the layers of a service."""
        return self.documents.service_layers(name, self.region)

    def placed(self, tree: Tree) -> bool:
        """Say whether the service's namespace is known, so that one can say whether it is in the mesh."""
        return str(tree.get("namespace")) in self.namespaces

    def meshed(self, tree: Tree) -> bool:
        """Say whether the service's pods have a sidecar."""
        return self.mesh and bool(self.namespaces.get(str(tree.get("namespace")), {}).get("mesh"))


def traffic_problems(scope: Traffic, regions: Sequence[str]) -> Iterator[Problem]:
    """Yield what is wrong with the calls and the exposed paths of services that run in all the given regions."""
    for name, tree in scope.services.items():
        for callee, policy in tree.get("calls", {}).items():
            yield from _call(scope, name, callee, policy)
        if tree.get("exposes"):
            yield from _exposes(scope, name, tree)
    yield from _overlaps(scope)
    if scope.gateway and any(tree.get("exposes") for tree in scope.services.values()):
        for region in regions:
            if "host" not in scope.documents.region(region):
                yield problem_at(
                    scope.documents.region_layers(region), (), "spec/required",
                    "'host' is missing, but services are exposed.", "Add the host name of the API in this region.",
                    key=True,
                )  # fmt: skip


def _call(scope: Traffic, name: str, callee: str, policy: Tree) -> Iterator[Problem]:
    tree = scope.services[name]
    place = ("calls", callee)
    said: tuple[str, str] | None = None
    if callee in scope.services or callee in scope.external:
        yield from service_word_problems(Caller(name, scope.layers(name), callee, policy))
    if callee == name:
        said = "a service needs no call to itself.", "Remove it."
    elif callee in scope.instances and callee not in scope.services:
        yield from use_problems(scope.documents, scope.region, Caller(name, scope.layers(name), callee, policy))
        return
    elif callee in scope.services:
        said = _call_of_service(scope, name, callee, policy)
    elif callee in scope.external:
        originate = scope.external[callee].get("tls") == "originate"
        if originate and scope.placed(tree) and not scope.meshed(tree):
            said = (
                f"'{name}' has no sidecar that could speak TLS to '{callee}' for it.",
                f"Set mesh: true on its namespace, or external.{callee}.tls to passthrough.",
            )
        elif policy and not originate:
            said = (
                "timeout and retries mean nothing on a TLS connection that the mesh cannot see into.",
                f"Set external.{callee}.tls to originate, or remove them here.",
            )
    else:
        known = (*scope.services, *scope.instances, *scope.external)
        said = unknown("service, component or external", callee, known)
        yield problem_at(scope.layers(name), place, "spec/unknown-callee", *said, key=True)
        return
    if said:
        yield problem_at(scope.layers(name), place, "spec/call", *said, key=True)


def _call_of_service(scope: Traffic, name: str, callee: str, policy: Tree) -> tuple[str, str] | None:
    """Return what is wrong with a call between services, and what to do."""
    caller, called = scope.services[name], scope.services[callee]
    if not scope.placed(caller) or not scope.placed(called):
        return None
    if scope.meshed(called) and not scope.meshed(caller):
        return f"'{name}' is outside the mesh, '{callee}' takes only mutual TLS.", "Put both into the mesh, or neither."
    # Where an environment takes the mesh away, what is written for the others stays as it is.
    if policy and not scope.meshed(called) and not scope.mesh_removed:
        return (
            f"timeout and retries are the mesh's work, and '{callee}' is outside the mesh.",
            "Set mesh: true on its namespace, or remove them here.",
        )
    return None


def _exposes(scope: Traffic, name: str, tree: Tree) -> Iterator[Problem]:
    if not scope.gateway:
        yield problem_at(
            scope.layers(name), ("exposes",), "spec/exposes", "the platform has no gateway.",
            "Add a gateway section, or remove exposes.", key=True,
        )  # fmt: skip
    elif scope.mesh and scope.placed(tree) and not scope.meshed(tree):
        yield problem_at(
            scope.layers(name), ("exposes",), "spec/exposes", "the gateway reaches services inside the mesh only.",
            f"Set mesh: true on namespace '{tree.get('namespace')}'.", key=True,
        )  # fmt: skip


def _overlaps(scope: Traffic) -> Iterator[Problem]:
    """Two services on one host must not claim the same requests: whoever is merged first would win.

    "/" takes what nobody else does: the mesh moves it behind all others, so only another "/" contradicts it.
    """
    owners: dict[str, str] = {}
    claims = [
        (name, index, path)
        for name, tree in scope.services.items()
        for index, path in enumerate(tree.get("exposes", {}).get("paths", ()))
    ]
    for name, _, path in claims:
        owners.setdefault(path, name)
    for name, index, path in claims:
        for prefix in _prefixes(path):
            owner = owners.get(prefix, name)
            if owner != name:
                yield problem_at(
                    scope.layers(name), ("exposes", "paths", index), "spec/exposes",
                    f"{path} of '{name}' and {prefix} of '{owner}' match the same requests.",
                    "Give each a prefix of its own.",
                )  # fmt: skip


def _prefixes(path: str) -> Iterator[str]:
    """Yield the path and those above it, segment by segment, without "/"."""
    while path:
        yield path
        path = path.rpartition("/")[0]
