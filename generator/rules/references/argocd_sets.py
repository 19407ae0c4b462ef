"""ApplicationSets: placeholders that no generator fills."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from generator.base.nearest import did_you_mean
from generator.manifests import values
from generator.manifests.applications import GROUP
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.rule import Mistake, rule

_EXPRESSION = re.compile(r"\{\{-?(.*?)-?\}\}")
_FIELD = re.compile(r"(?<![\w\])\"'.])\.([A-Za-z_][\w.-]*)")
_PLAIN = re.compile(r"\s*([\w.\[\]-]+)\s*")
_CLUSTERS = ("name", "nameNormalized", "server", "project", "metadata", "values")


@rule("references/application-set-placeholder")
def application_set_placeholder(cluster: Cluster) -> Iterator[Mistake]:
    """Find placeholders in the template of an ApplicationSet that its generators do not know."""
    for item in cluster.of("ApplicationSet", GROUP):
        known: set[str] | None = set()
        for _, generator in item.mappings("spec", "generators"):
            found = _known(generator)
            known = None if known is None or found is None else known | found
        go = item.dig("spec", "goTemplate") is True
        for path, text in _texts(item.dig("spec", "template"), ("spec", "template")):
            yield from _placeholders(item, path, text, known, go)


def _known(generator: Mapping[str, Any]) -> set[str] | None:
    """Return the parameters that a generator gives; None when only the cluster or a file tells."""
    if "list" in generator:
        if values.dig(generator, "list", "elementsYaml"):
            return None
        return {key for _, element in values.mappings(generator, "list", "elements") for key in element}
    if "clusters" in generator:
        return {*_CLUSTERS}
    if "git" in generator:
        return {"path", "values"} if values.items(generator, "git", "directories") else None
    key = next((key for key in ("matrix", "merge") if key in generator), "")
    inner = [_known(one) for _, one in values.mappings(generator, key, "generators")] if key else [None]
    return None if None in inner else {name for found in inner for name in found or ()}


def _texts(value: values.Value, at: values.Path) -> Iterator[tuple[values.Path, str]]:
    if isinstance(value, str) and "{{" in value:
        yield at, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, (*at, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*at, index))


def _placeholders(item: Object, path: values.Path, text: str, known: set[str] | None, go: bool) -> Iterator[Mistake]:
    for expression in _EXPRESSION.findall(text):
        plain = _PLAIN.fullmatch(expression)
        if not go:
            if expression.strip().startswith("."):
                message = f"'{{{{{expression}}}}}' is a Go template, and the set has no goTemplate: true."
                yield Mistake(item, path, message, "Write spec.goTemplate: true.")
                continue
            names = [plain[1]] if plain else []
        elif plain and plain[1].isidentifier() and known and plain[1] in known:
            message = f"With goTemplate, '{{{{{expression}}}}}' is no field but an unknown function."
            yield Mistake(item, path, message, f"Write '{{{{ .{plain[1]} }}}}'.")
            continue
        else:
            names = _FIELD.findall(expression)
        for name in names if known is not None else ():
            first = re.split(r"[.\[]", name)[0]
            if known is not None and name not in known and first not in known:
                hint = did_you_mean(first, known) or f"The generators give {', '.join(sorted(known)) or 'none'}."
                yield Mistake(item, path, f"No generator of the set gives a parameter '{name}'.", hint)
