"""Finds component folders and reads what they say of themselves. Compiling their templates is left to templating."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.base.errors import GenError, ProblemsError
from generator.base.problem import Problem
from generator.documents.reader import parse, read_source
from generator.documents.schema import Schemas

_SUFFIX = ".yaml.j2"


@dataclass(frozen=True, slots=True)
class Requirement:
    """What must run in the clusters beforehand; section: only where the platform has it ("" is always)."""

    what: str
    section: str


@dataclass(frozen=True, slots=True)
class Component:
    """A folder `templates/<layer>/<name>`.

    name is "<layer>/<name>"; kinds (in namespaces) and cluster_kinds are "group/Kind", the kind alone in the core
    group; templates maps a template's shown path to its source text; schema is the JSON Schema of
    the parameters (None: it has none); digest is the SHA-256 of all that its output depends on.
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
    digest: str

    @property
    def layer(self) -> str:
        """Return the folder above the component: workload, mesh, data, ..."""
        return self.name.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All components by name, in the order of their names."""

    components: Mapping[str, Component]

    def of_scope(self, scope: str) -> Iterator[Component]:
        """Yield the components of one scope."""
        return (component for component in self.components.values() if component.scope == scope)


def read_catalogue(roots: Sequence[Path], schemas: Schemas) -> Catalogue:
    """Return the components below the given `templates` folders; a later root overrides an earlier one by name.

    Raises ProblemsError when a component.yaml is not what component.schema.json asks for, GenError when a file that
    every component has is missing.
    """
    found: dict[str, Component] = {}
    problems: list[Problem] = []
    for root in dict.fromkeys(path.resolve() for path in roots if path.is_dir()):
        for marker in sorted(root.glob("*/*/component.yaml")):
            try:
                component = _read(marker.parent, root, schemas)
            except ProblemsError as error:
                problems += error.problems
            else:
                found[component.name] = component
    if problems:
        raise ProblemsError(problems)
    return Catalogue({name: found[name] for name in sorted(found)})


def _schema(file: Path, shown: str) -> Mapping[str, object] | None:
    if not file.is_file():
        return None
    try:
        schema = json.loads(read_source(file, shown).text)
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


def _read(folder: Path, root: Path, schemas: Schemas) -> Component:
    name = folder.relative_to(root).as_posix()
    shown = f"templates/{name}"
    source = read_source(folder / "component.yaml", f"{shown}/component.yaml")
    parsed, problems = parse(source)
    problems = problems or schemas.check("component", parsed, source)
    if problems:
        raise ProblemsError(problems)
    tree: Any = parsed
    schema = _schema(folder / "schema.json", f"{shown}/schema.json")
    templates = {
        f"{shown}/manifests/{file.name}": read_source(file, f"{shown}/manifests/{file.name}").text
        for file in sorted((folder / "manifests").glob(f"*{_SUFFIX}"))
    }
    if not templates:
        raise GenError(f"{shown} has no template. Add manifests/<name>{_SUFFIX}, or remove the folder.")
    digest = hashlib.sha256(json.dumps([source.text, schema, templates], sort_keys=True).encode()).hexdigest()
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
        digest=digest,
    )
