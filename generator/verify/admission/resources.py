"""Which kinds the API server serves, and under which addresses: asked from the server, not known beforehand."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any, TypeAlias

from generator.base.errors import GenError
from generator.manifests.values import mappings, strings, text
from generator.verify.admission.client import Client, url

# Kubernetes, "The Kubernetes API": aggregated discovery.
_ACCEPT = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_PATIENCE = 60.0

Kind: TypeAlias = tuple[str, str]
"""Group ("" for the core one) and kind."""


@dataclass(frozen=True, slots=True)
class Resource:
    """How a kind of one version is addressed."""

    base: str
    plural: str
    namespaced: bool
    patchable: bool

    def collection(self, namespace: str, **query: str) -> str:
        """Return the address of all objects (of a namespace)."""
        return url(self.base, *self._segments(namespace), **query)

    def item(self, namespace: str, name: str, *below: str, **query: str) -> str:
        """Return the address of one object."""
        return url(self.base, *self._segments(namespace), name, *below, **query)

    def _segments(self, namespace: str) -> tuple[str, ...]:
        return ("namespaces", namespace, self.plural) if self.namespaced else (self.plural,)


@dataclass(frozen=True, slots=True)
class Resources:
    """Everything that a server serves, by (group, version, kind)."""

    by_kind: Mapping[tuple[str, str, str], Resource]

    def versions(self, group: str, kind: str) -> tuple[str, ...]:
        """Return the served versions of a kind."""
        return tuple(version for at, version, served in self.by_kind if (at, served) == (group, kind))


def discover(client: Client, wanted: Collection[Kind] = ()) -> Resources:
    """Return what the server serves, once the wanted kinds are among it; GenError if they do not come."""
    deadline = monotonic() + _PATIENCE
    while True:
        by_kind = dict(pair for root in ("/api", "/apis") for pair in _read(client, root))
        served = {(group, kind) for group, _, kind in by_kind}
        missing = sorted(set(wanted) - served)
        if not missing:
            return Resources(by_kind)
        if monotonic() > deadline:
            names = ", ".join(f"{kind}.{group}" for group, kind in missing)
            raise GenError(f"The API server for admission does not serve {names} after {_PATIENCE:.0f} s.")
        sleep(0.05)


def _read(client: Client, root: str) -> Iterator[tuple[tuple[str, str, str], Resource]]:
    reply = client.request("GET", root, accept=_ACCEPT)
    if reply.status != 200:
        raise GenError(f"The API server for admission does not say what it serves: {reply.message}.")
    for _, group in mappings(reply.body, "items"):
        name = text(group, "metadata", "name")
        for _, served in mappings(group, "versions"):
            version = text(served, "version")
            base = f"{root}/{name}/{version}" if name else f"{root}/{version}"
            for _, resource in mappings(served, "resources"):
                yield (name, version, text(resource, "responseKind", "kind")), _resource(base, resource)


def _resource(base: str, resource: Mapping[str, Any]) -> Resource:
    namespaced = text(resource, "scope") == "Namespaced"
    return Resource(base, text(resource, "resource"), namespaced, "patch" in strings(resource, "verbs"))
