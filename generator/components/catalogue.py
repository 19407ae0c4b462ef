"""Finds component folders and reads what they say of themselves. Compiling their templates is left to templating."""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.base.errors import GenError, ProblemsError
from generator.base.problem import Problem
from generator.documents.reader import parse, read_source
from generator.documents.schema import Schemas

_SUFFIX = ".yaml.j2"
# What `use` of the spec can name; and what stands in a comment on top of every rendered file, where nothing else may.
_COMPONENT_NAME = re.compile(r"[a-z][-a-z0-9]{0,39}/[a-z][-a-z0-9]{0,39}").fullmatch
_TEMPLATE_NAME = re.compile(r"[A-Za-z0-9][-A-Za-z0-9._]{0,99}").fullmatch


@dataclass(frozen=True, slots=True)
class Requirement:
    """What must run in the clusters beforehand; section: only where the platform has it ("" is always)."""

    what: str
    section: str


@dataclass(frozen=True, slots=True)
class Component:
    """A folder `templates/<layer>/<name>`.

    name is "<layer>/<name>"; kinds (in namespaces) and cluster_kinds are "group/Kind", the kind alone in the core
    group; templates maps a template's shown path to its source text; schema is the JSON Schema of the parameters
    (None: it has none), values that of its chart's values; digest is the SHA-256 of all that its output depends on.
    """

    name: str
    folder: str
    description: str
    scope: str
    wave: int
    needs: tuple[str, ...]
    kinds: tuple[str, ...]
    cluster_kinds: tuple[str, ...]
    requires: tuple[Requirement, ...]
    defaults: Mapping[str, object]
    templates: Mapping[str, str]
    schema: Mapping[str, object] | None
    values: Mapping[str, object] | None
    digest: str

    @property
    def folder_name(self) -> str:
        """Return the last part of the name: what the one unit of a region component is called in each region."""
        return self.name.partition("/")[2]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All components by name, in the order of their names."""

    components: Mapping[str, Component]

    def of_scope(self, scope: str) -> Iterator[Component]:
        """Yield the components of one scope."""
        return (component for component in self.components.values() if component.scope == scope)


def read_catalogue(roots: Sequence[Path], schemas: Schemas) -> Catalogue:
    """Return the components below the given `templates` folders; a later root overrides an earlier one by name.

    The first root is the one that gen ships: an installer may have filled it with links, so these are followed.
    Raises ProblemsError when a component.yaml is not what component.schema.json asks for, when a name is not usable or
    a link leads out of its root; GenError when a file that every component has is missing.
    """
    found: dict[str, Component] = {}
    problems: list[Problem] = []
    shipped = roots[0].resolve()
    for root in dict.fromkeys(path.resolve() for path in roots if path.is_dir()):
        within = None if root == shipped else root
        for marker in sorted(root.glob("[!.]*/[!.]*/component.yaml")):
            try:
                component = _read(marker.parent, root, within, schemas)
            except ProblemsError as error:
                problems += error.problems
            else:
                found[component.name] = component
    if problems:
        raise ProblemsError(problems)
    return Catalogue({name: found[name] for name in sorted(found)})


def _schema(file: Path, shown: str, within: Path | None) -> Mapping[str, object] | None:
    if not os.path.lexists(file):
        return None
    try:
        schema = json.loads(read_source(file, shown, within=within).text)
    except (ValueError, RecursionError) as error:
        line, column = getattr(error, "lineno", 0), getattr(error, "colno", 0)
        problem = Problem(
            rule="component/schema", message="not JSON.", hint="Mend the syntax.", file=shown, line=line, column=column
        )
        raise ProblemsError([problem]) from error
    if not isinstance(schema, dict):
        message, hint = "a schema is a JSON object.", 'Write {"properties": {...}}.'
        raise ProblemsError([Problem(rule="component/schema", message=message, hint=hint, file=shown)])
    return schema


def _templates(folder: Path, shown: str, within: Path | None) -> Iterator[tuple[str, str]]:
    """Yield the shown path and the text of each template."""
    for file in sorted(folder.glob(f"[!.]*{_SUFFIX}")):
        name = f"{shown}/{file.name}"
        if not _TEMPLATE_NAME(file.name):
            raise ProblemsError([_unusable(name, "Use letters, digits, '.', '_' and '-'.")])
        yield name, read_source(file, name, within=within).text


def _unusable(shown: str, hint: str) -> Problem:
    return Problem(rule="component/name", message="not a usable name.", hint=hint, file=shown)


def _read(folder: Path, root: Path, within: Path | None, schemas: Schemas) -> Component:
    name = folder.relative_to(root).as_posix()
    shown = f"templates/{name}"
    if not _COMPONENT_NAME(name):
        hint = "Use 1 to 40 lower-case letters, digits and hyphens in both parts, starting with a letter."
        raise ProblemsError([_unusable(shown, hint)])
    source = read_source(folder / "component.yaml", f"{shown}/component.yaml", within=within)
    parsed, problems = parse(source)
    problems = problems or schemas.check("component", parsed, source)
    if problems:
        raise ProblemsError(problems)
    tree: Any = parsed
    schema = _schema(folder / "schema.json", f"{shown}/schema.json", within)
    values = _schema(folder / "values.schema.json", f"{shown}/values.schema.json", within)
    templates = dict(_templates(folder / "manifests", f"{shown}/manifests", within))
    if not templates:
        raise GenError(f"{shown} has no template. Add manifests/<name>{_SUFFIX}, or remove the folder.")
    digest = hashlib.sha256(json.dumps([source.text, schema, values, templates], sort_keys=True).encode()).hexdigest()
    return Component(
        name=name,
        folder=shown,
        description=tree["description"],
        scope=tree["scope"],
        wave=tree["wave"],
        needs=tuple(tree.get("needs", ())),
        kinds=tuple(tree.get("kinds", ())),
        cluster_kinds=tuple(tree.get("clusterKinds", ())),
        requires=tuple(Requirement(r["what"], r.get("with", "")) for r in tree.get("requires", ())),
        defaults=tree.get("defaults", {}),
        templates=templates,
        schema=schema,
        values=values,
        digest=digest,
    )
