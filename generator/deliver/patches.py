"""Applies the `patches` of a spec: JSON Patch on rendered objects, the way to a field that no parameter covers."""

from collections.abc import Mapping
from dataclasses import replace

import jsonpatch
import jsonpointer
import yaml

from generator.base.errors import ProblemsError
from generator.base.problem import Problem
from generator.deliver.document import Document
from generator.plan.units import Unit
from generator.spec.model import Patch
from generator.templating.emit import dump
from generator.templating.quoting import ValueProblem


def apply_patches(unit: Unit, documents: Mapping[str, Document]) -> dict[str, Document]:
    """Return the unit's documents by path with its patches applied.

    Raises ProblemsError for a patch whose object is not there, that does not apply, or that changes what the object is.
    """
    result = dict(documents)
    problems = []
    for patch in unit.patches:
        found = next((d for d in result.values() if (d.object.kind, d.object.name) == (patch.kind, patch.name)), None)
        if found is None:
            known = ", ".join(f"{d.object.kind} {d.object.name}" for d in result.values())
            problems.append(_problem(patch, f"there is no {patch.kind} '{patch.name}'.", f"There are: {known}."))
            continue
        try:
            result[found.path] = _patched(found, patch)
        except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError, ValueProblem) as error:
            where = f"in {unit.region}, {found.object}"
            # What jsonpatch did not find the member in is the whole object: no line holds that.
            said = str(error).partition(" in {")[0].partition(" in [")[0]
            problems.append(
                _problem(
                    patch, f"the patch does not apply ({where}): {said}.", "Compare its paths with the rendered file."
                )
            )
    if problems:
        raise ProblemsError(problems)
    return result


def _patched(document: Document, patch: Patch) -> Document:
    text = document.content.decode()
    header = "".join(line for line in text.splitlines(keepends=True)[:2])
    before = yaml.load(text, Loader=yaml.CSafeLoader)
    after = jsonpatch.apply_patch(before, [dict(operation) for operation in patch.operations])
    if any(_identity(before, key) != _identity(after, key) for key in ("apiVersion", "kind", "name", "namespace")):
        raise jsonpatch.JsonPatchConflict("apiVersion, kind, name and namespace cannot be patched")
    return replace(document, content=f"{header}{dump(after)}".encode())


def _identity(tree: object, key: str) -> object:
    if not isinstance(tree, dict):
        return None
    if key in ("apiVersion", "kind"):
        return tree.get(key)
    metadata = tree.get("metadata")
    return metadata.get(key) if isinstance(metadata, dict) else None


def _problem(patch: Patch, message: str, hint: str) -> Problem:
    return Problem(
        rule="render/patch",
        message=message,
        hint=hint,
        file=patch.file,
        line=patch.line,
        column=patch.column,
        path=patch.path,
    )
