"""Checks the merged parameters of component instances against their component's own schema."""

from collections.abc import Iterator, Mapping

from generator.base.errors import GenError
from generator.base.problem import Problem
from generator.documents.schema import Schemas
from generator.spec.documents import Documents
from generator.spec.layers import merge_all, problem_at

OWN_KEYS = ("use", "namespace", "delivery", "calls", "patches")


def parameter_problems(documents: Documents, schemas: Schemas) -> Iterator[Problem]:
    """Yield what is wrong with the parameters of every component instance, at the layer that wrote them."""
    for region in documents.regions():
        for name in documents.names("components", region):
            layers = documents.instance_layers(name, region)
            tree = merge_all(layers)
            component = documents.catalogue.components.get(str(tree.get("use")))
            if component is None or component.scope != "instance":
                continue
            # The instance's own keys have been checked; the schema hears of them to suggest one that is misspelt.
            parameters = {key: value for key, value in tree.items() if key not in OWN_KEYS}
            schema: dict[str, object] = dict(component.schema or {"additionalProperties": False})
            schema["properties"] = {**dict.fromkeys(OWN_KEYS, True), **_mapping(schema.get("properties"))}
            try:
                violations = schemas.parameter_violations(schema, parameters)
            except GenError as error:
                said = str(error).partition(" ")[2]  # without the name under which the validator knows the schema
                raise GenError(f"{component.folder}/schema.json {said}") from error
            for found in violations:
                if found.rule == "schema/required" and not documents.tier_known():
                    continue  # the tier, whose name is wrong, may have it: one mistake, not to be told thirty times
                yield problem_at(layers, found.path, found.rule, found.message, found.hint, key=found.at_key)


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
