"""Checks of the catalogue: what gen builds on in the components that a workspace brings or overrides."""

from collections.abc import Iterator

from generator.base.problem import Problem
from generator.components.catalogue import Catalogue
from generator.documents.node import json_path
from generator.documents.schema import Schemas
from generator.spec.documents import SERVICE_COMPONENT

# Scopes of which gen renders one component only, and knows it by name.
ONLY = {"service": SERVICE_COMPONENT, "platform": "delivery/argo-cd"}
# What the defaults of services must settle, so that no service has to.
SETTLED: dict[str, object] = {
    "$ref": "common.schema.json#/$defs/service",
    "required": ["workload", "size", "ports", "health", "scale", "disruption", "shutdown"],
    "properties": {
        "ports": {"required": ["http"]},
        "health": {"required": ["startup", "ready", "live", "start"]},
        "scale": {
            "required": ["min", "max", "stabilization"],
            "properties": {"stabilization": {"required": ["up", "down"]}},
        },
        "disruption": {"required": ["maxUnavailable"]},
        "shutdown": {"required": ["delay"]},
    },
}


def component_problems(catalogue: Catalogue, schemas: Schemas) -> Iterator[Problem]:
    """Yield what is wrong with the scopes of components, and with the defaults of services."""
    for component in catalogue.components.values():
        only = ONLY.get(component.scope, component.name)
        if component.name != only:
            yield Problem(
                rule="component/scope",
                message=f"the scope '{component.scope}' belongs to {only}.",
                hint="Choose instance (rendered where the spec uses it) or region (rendered once in each).",
                file=f"{component.folder}/component.yaml",
                path="$.scope",
            )
    service = catalogue.components[SERVICE_COMPONENT]
    for found in schemas.parameter_violations(SETTLED, service.defaults):
        yield Problem(
            rule=found.rule,
            message=found.message,
            hint="Add it: every service rests on it." if found.rule == "schema/required" else found.hint,
            file=f"{service.folder}/component.yaml",
            path=json_path(("defaults", *found.path)),
        )
