"""Finds component folders and reads what they say of themselves. Compiling their templates is left to templating."""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generator.base.errors import GenError, ProblemsError
from generator.base.problem import Problem
from generator.documents.reader import parse, read_source
from generator.documents.schema import Schemas

_SUFFIX = ".yaml.j2"
_VALUES = "values.yaml.j2"
_PAGE = ".md.j2"
_RUNBOOK = f"runbook{_PAGE}"
# Pages of a whole platform lie beside the layers, where no component can be.
_PROCEDURES = "runbooks"
# What finds the pods of an instance unless its component says otherwise.
_PODS = {"app.kubernetes.io/name": "{instance}"}
# What `use` of the spec can name; and what stands in a comment on top of every rendered file, where nothing else may.
_COMPONENT_NAME = re.compile(r"[a-z][-a-z0-9]{0,39}/[a-z][-a-z0-9]{0,39}").fullmatch
_TEMPLATE_NAME = re.compile(r"[A-Za-z0-9][-A-Za-z0-9._]{0,99}").fullmatch
_FILES = "files"


@dataclass(frozen=True, slots=True)
class Requirement:
    """What must run in the clusters beforehand.

    section: only where the platform has it ("" is always); kind: only where the tree has an object of it ("" is
    always), as "group/Kind"; by: the component that brings it ("": none does).
    """

    what: str
    section: str
    kind: str
    by: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A port of an instance's pods that callers reach; pods: their labels, in which {instance} stands for its name."""

    port: int
    pods: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Serves:
    """What callers of an instance connect to; in its address {instance}, {namespace} and {client} stand for names.

    secret, in which they stand too, is what the component puts beside each caller to sign in with ("": nothing).
    """

    address: str
    endpoints: tuple[Endpoint, ...]
    secret: str
    secret_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """An operator's upstream chart, as Argo CD finds it.

    groups are the API groups whose kinds it defines, namespaces those beside its own in which it makes objects; values
    is the template of its values, by its shown path.
    """

    repository: str
    name: str
    version: str
    groups: tuple[str, ...]
    namespaces: tuple[str, ...]
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Component:
    """A folder `templates/<layer>/<name>`.

    name is "<layer>/<name>"; kinds (in namespaces) and cluster_kinds are "group/Kind", the kind alone in the core
    group; templates maps a template's shown path to its source text, files the name of a file that templates include to
    its text; schema is the JSON Schema of the parameters
    (None: it has none), values that of its chart's values; digest is the SHA-256 of all that its output depends on.
    clouds are the providers in whose regions instances run (none: all). pods are the labels of an instance's pods;
    serves is None where nothing can call an instance; chart is an operator's upstream chart, None of every component
    with templates. recovery_point names the parameters that bound how much a store can lose (None: it is no store),
    recovery_by says what keeps it.
    tls_secret is the parameter that names the Secret with a certificate which an instance makes ("": it makes none).
    runbook is the template of the page for people on call, by its shown path ({}: none).
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
    files: Mapping[str, str]
    schema: Mapping[str, object] | None
    values: Mapping[str, object] | None
    clouds: tuple[str, ...]
    pods: Mapping[str, str]
    serves: Serves | None
    chart: Chart | None
    recovery_point: tuple[str, ...] | None
    recovery_by: str
    tls_secret: str
    runbook: Mapping[str, str]
    digest: str

    @property
    def folder_name(self) -> str:
        """Return the last part of the name: what the one unit of a region component is called in each region."""
        return self.name.partition("/")[2]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All components by name, in the order of their names; procedures are the templates of a platform's runbooks.

    These are by the name of their page, each as its shown path and its text.
    """

    components: Mapping[str, Component]
    procedures: Mapping[str, tuple[str, str]] = field(default_factory=dict)

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
    procedures: dict[str, tuple[str, str]] = {}
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
        pages = _templates(root / _PROCEDURES, f"templates/{_PROCEDURES}", within, _PAGE)
        procedures |= {shown.rpartition("/")[2].removesuffix(".j2"): (shown, text) for shown, text in pages}
    if problems:
        raise ProblemsError(problems)
    return Catalogue({name: found[name] for name in sorted(found)}, dict(sorted(procedures.items())))


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


def _templates(folder: Path, shown: str, within: Path | None, suffix: str = _SUFFIX) -> Iterator[tuple[str, str]]:
    """Yield the shown path and the text of each template."""
    for file in sorted(folder.glob(f"[!.]*{suffix}")):
        name = f"{shown}/{file.name}"
        if not _TEMPLATE_NAME(file.name):
            raise ProblemsError([_unusable(name, "Use letters, digits, '.', '_' and '-'.")])
        yield name, read_source(file, name, within=within).text


def _files(folder: Path, shown: str, within: Path | None) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each file that templates may include."""
    for file in sorted(folder.glob("[!.]*")):
        name = f"{shown}/{file.name}"
        if not _TEMPLATE_NAME(file.name):
            raise ProblemsError([_unusable(name, "Use letters, digits, '.', '_' and '-'.")])
        yield file.name, read_source(file, name, within=within).text


def _optional(file: Path, shown: str, within: Path | None) -> Mapping[str, str]:
    """Return the text of a file by its shown path; nothing where there is no such file."""
    return {shown: read_source(file, shown, within=within).text} if os.path.lexists(file) else {}


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
    chart = _chart(tree["chart"], folder, shown, within) if "chart" in tree else None
    if not templates and chart is None:
        raise GenError(f"{shown} has no template. Add manifests/<name>{_SUFFIX}, or remove the folder.")
    if templates and chart is not None:
        raise GenError(f"{shown} has an upstream chart and manifests. Give the manifests a component of their own.")
    if "clouds" in tree and "serves" in tree:
        raise GenError(f"{shown} is only in some clouds and serves callers, which are in all. Remove one of the two.")
    texts = templates if chart is None else chart.values
    files = dict(_files(folder / _FILES, f"{shown}/{_FILES}", within))
    runbook = _optional(folder / _RUNBOOK, f"{shown}/{_RUNBOOK}", within)
    # A component without files and page keeps the digest that it had before there were any.
    described = [source.text, schema, values, texts, *(each for each in (files, runbook) if each)]
    digest = hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()
    return Component(
        name=name,
        folder=shown,
        description=tree["description"],
        scope=tree["scope"],
        wave=tree["wave"],
        needs=tuple(tree.get("needs", ())),
        kinds=tuple(tree.get("kinds", ())),
        cluster_kinds=tuple(tree.get("clusterKinds", ())),
        requires=tuple(
            Requirement(r["what"], r.get("with", ""), r.get("kind", ""), r.get("by", ""))
            for r in tree.get("requires", ())
        ),
        defaults=tree.get("defaults", {}),
        templates=templates,
        files=files,
        schema=schema,
        values=values,
        clouds=tuple(tree.get("clouds", ())),
        pods=tree.get("pods", _PODS),
        serves=_serves(tree) if "serves" in tree else None,
        chart=chart,
        recovery_point=tuple(tree["recovery"]["point"]) if "recovery" in tree else None,
        recovery_by=tree.get("recovery", {}).get("by", ""),
        tls_secret=tree.get("tlsSecret", ""),
        runbook=runbook,
        digest=digest,
    )


def _serves(tree: Any) -> Serves:
    own = tree.get("pods", _PODS)
    written = tree["serves"]
    endpoints = (Endpoint(int(endpoint["port"]), endpoint.get("pods", own)) for endpoint in written["endpoints"])
    secret = written.get("secret", {"name": "", "keys": ()})
    return Serves(written["address"], tuple(endpoints), secret["name"], tuple(secret["keys"]))


def _chart(tree: Any, folder: Path, shown: str, within: Path | None) -> Chart:
    """Return an operator's chart; one whose values are all upstream's has no template of them."""
    values = _optional(folder / _VALUES, f"{shown}/{_VALUES}", within)
    return Chart(
        repository=tree["repository"],
        name=tree["name"],
        version=tree["version"],
        groups=tuple(tree["groups"]),
        namespaces=tuple(tree.get("namespaces", ())),
        values=values,
    )
