"""The call graph of one region: who calls whom, who is in the mesh. Built once, asked by every service."""

from collections.abc import Mapping
from dataclasses import dataclass

from generator.spec.model import CallPolicy, Instance, Platform, Service


@dataclass(frozen=True, slots=True)
class CallGraph:
    """callers: callee → (caller, policy) in the order of the callers' names; external callees are keys too.

    instances are the component instances by name.
    """

    services: Mapping[str, Service]
    callers: Mapping[str, tuple[tuple[Service, CallPolicy], ...]]
    meshed: frozenset[str]
    instances: Mapping[str, Instance]

    def in_mesh(self, service: Service) -> bool:
        """Say whether the service's pods have a sidecar."""
        return service.namespace in self.meshed


def call_graph(platform: Platform, region: str) -> CallGraph:
    """Return the call graph of a region."""
    services = platform.services[region]
    callers: dict[str, list[tuple[Service, CallPolicy]]] = {}
    for service in services.values():
        for callee, policy in service.calls.items():
            callers.setdefault(callee, []).append((service, policy))
    meshed = frozenset(namespace.name for namespace in platform.namespaces if namespace.mesh and platform.mesh)
    called = {callee: tuple(found) for callee, found in callers.items()}
    return CallGraph(services, called, meshed, platform.instances[region])
