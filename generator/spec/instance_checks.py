"""Checks of names that become folders of the tree, and of component instances, in one region."""

from collections.abc import Iterator, Mapping
from typing import Any

from generator.base.problem import Problem
from generator.spec.documents import Documents
from generator.spec.layers import merge_all, problem_at
from generator.spec.references import missing, unknown

Tree = Mapping[str, Any]


def instance_problems(documents: Documents, region: str) -> Iterator[Problem]:
    """Yield what is wrong with the component instances of a region, and with the names of its units."""
    yield from _names(documents, region)
    namespaces = documents.section("namespaces")
    usable = [component.name for component in documents.catalogue.of_scope("instance")]
    for name in documents.names("components", region):
        layers = documents.instance_layers(name, region)
        tree: Tree = merge_all(layers)
        yield from missing(layers, (), tree, {"use": "Add the component's folder below templates/: layer/name."})
        if "use" in tree and tree["use"] not in usable:
            yield problem_at(layers, ("use",), "spec/unknown-component", *_unusable(documents, tree["use"], usable))
        if "namespace" in tree and tree["namespace"] not in namespaces:
            yield problem_at(
                layers, ("namespace",), "spec/unknown-namespace", *unknown("namespace", tree["namespace"], namespaces)
            )


def _unusable(documents: Documents, name: str, usable: list[str]) -> tuple[str, str]:
    component = documents.catalogue.components.get(name)
    if component is None:
        message, hint = unknown("component", name, usable)
        return message, hint if usable else "Add it below templates/, or remove this."
    return f"'{name}' has no instances: its scope is {component.scope}.", "Remove this: gen renders it by itself."


def _names(documents: Documents, region: str) -> Iterator[Problem]:
    reserved = {c.folder_name: c.name for c in documents.catalogue.of_scope("region")}
    services = set(documents.names("services", region))
    for section in ("services", "components"):
        layers = (*documents.section_layers(section), documents.within[region].below(section))
        for name in documents.names(section, region):
            if name in reserved:
                said = f"'{name}' is the name of the component {reserved[name]}."
                yield problem_at(layers, (name,), "spec/reserved-name", said, "Choose another name.", key=True)
            if section == "components" and name in services:
                said = f"'{name}' is already a service."
                yield problem_at(layers, (name,), "spec/same-name", said, "Choose another name.", key=True)
