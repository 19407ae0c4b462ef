"""Checks of names that become folders of the tree, and of component instances, in one region."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from generator.base.problem import Problem
from generator.spec.documents import Documents
from generator.spec.layers import Layer, merge_all, problem_at
from generator.spec.references import missing, unknown
from generator.spec.use_checks import instance_call_problems
from generator.spec.word_checks import word_problems

Tree = Mapping[str, Any]
EXTERNAL_SECRETS = "external-secrets.io/ExternalSecret"


def instance_problems(documents: Documents, region: str) -> Iterator[Problem]:
    """Yield what is wrong with the component instances of a region, and with the names of its units."""
    yield from _names(documents, region)
    namespaces = documents.section("namespaces")
    usable = [component.name for component in documents.catalogue.of_scope("instance")]
    for name in documents.instance_names(region):
        layers = documents.instance_layers(name, region)
        tree: Tree = merge_all(layers)
        yield from missing(layers, (), tree, {"use": "Add the component's folder below templates/: layer/name."})
        if "use" in tree and tree["use"] not in usable:
            yield problem_at(layers, ("use",), "spec/unknown-component", *_unusable(documents, tree["use"], usable))
        component = documents.catalogue.components.get(str(tree.get("use")))
        if component is not None and component.scope == "instance":
            yield from word_problems(documents, region, component, layers)
            if component.chart is not None:
                yield from _chart_problems(layers, tree)
            elif EXTERNAL_SECRETS in component.kinds and "secretStore" not in documents.region(region):
                said = f"{component.name} takes secrets from the secret manager of {region}, which has no secretStore."
                yield problem_at(layers, ("use",), "spec/secret-store", said, "Add secretStore to the region.")
        yield from instance_call_problems(documents, region, name, layers)
        if "namespace" in tree and tree["namespace"] not in namespaces:
            yield problem_at(
                layers, ("namespace",), "spec/unknown-namespace", *unknown("namespace", tree["namespace"], namespaces)
            )


def _chart_problems(layers: Sequence[Layer], tree: Tree) -> Iterator[Problem]:
    """Yield what an operator that Argo CD installs from its upstream chart lacks or cannot have."""
    yield from missing(layers, (), tree, {"namespace": "Add the namespace that its chart is installed in."})
    for word in ("delivery", "patches"):
        if word in tree:
            said = f"'{word}' is of what gen renders, and Argo CD installs this from its upstream chart."
            yield problem_at(layers, (word,), "spec/chart", said, "Remove it, or use a parameter.", key=True)


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
