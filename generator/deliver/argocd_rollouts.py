"""What Argo CD leaves to Argo Rollouts: fields that it writes into objects of the tree while a version takes over."""

from collections.abc import Mapping
from dataclasses import dataclass

from generator.derive.views import ServiceView
from generator.plan.units import Unit

HASH = "rollouts-pod-template-hash"


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """`ignoreDifferences` of an Application, and the sync options that go with them."""

    differences: tuple[Mapping[str, object], ...]
    options: tuple[str, ...]


NOTHING = LeftAlone((), ())

# RespectIgnoreDifferences would copy the whole list of routes from the cluster, since it is the list that a patch
# replaces: a changed timeout would never arrive. So what differs is applied whole, and nothing else is applied; Argo
# Rollouts watches these objects and puts its weights back at once
# (https://argo-rollouts.readthedocs.io/en/stable/features/traffic-management/istio/#integrating-with-gitops).
_CANARY = LeftAlone(
    (
        {
            "group": "networking.istio.io",
            "kind": "DestinationRule",
            "jqPathExpressions": (f'.spec.subsets[].labels."{HASH}"',),
        },
        {
            "group": "networking.istio.io",
            "kind": "VirtualService",
            "jqPathExpressions": (".spec.http[].route[].weight",),
        },
    ),
    ("ApplyOutOfSyncOnly=true",),
)
# A selector is a map: what is in the cluster can be kept key by key.
_BLUE_GREEN = LeftAlone(
    ({"group": "", "kind": "Service", "jsonPointers": (f"/spec/selector/{HASH}",)},),
    ("RespectIgnoreDifferences=true",),
)


def left_alone(unit: Unit) -> LeftAlone:
    """Return what Argo CD leaves alone in a unit: nothing, unless it is a service with such a rollout."""
    service = unit.context.get("service")
    if not isinstance(service, ServiceView):
        return NOTHING
    return {"canary": _CANARY, "blueGreen": _BLUE_GREEN}.get(service.strategy, NOTHING)
