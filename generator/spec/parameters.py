"""Checks the merged parameters of component instances against their component's own schema."""

from collections.abc import Iterator

from generator.base.problem import Problem
from generator.documents.schema import Schemas
from generator.spec.documents import Documents
from generator.spec.layers import merge_all, problem_at

OWN_KEYS = ("use", "namespace", "patches")


def parameter_problems(documents: Documents, schemas: Schemas) -> Iterator[Problem]:
    """Yield what is wrong with the parameters of every component instance, at the layer that wrote them."""
    for region in documents.regions():
        for name in documents.names("components", region):
            layers = documents.instance_layers(name, region)
            tree = merge_all(layers)
            component = documents.catalogue.components.get(str(tree.get("use")))
            if component is None:
                continue
            parameters = {key: value for key, value in tree.items() if key not in OWN_KEYS}
            schema = dict(component.schema) if component.schema else {"additionalProperties": False}
            for found in schemas.parameter_violations(schema, parameters):
                yield problem_at(layers, found.path, found.rule, found.message, found.hint, key=found.at_key)
