"""Renders units into documents, one object each, with the file name that follows from the object's identity."""

from collections.abc import Iterable, Iterator

from generator.base.errors import ProblemsError
from generator.base.problem import ObjectRef, Problem
from generator.components.catalogue import Component
from generator.deliver.document import Document
from generator.documents.reader import Source, parse
from generator.plan.units import Unit
from generator.templating.engine import Engine, Template, identity, split


class Renderer:
    """Compiles the templates of components once and renders units with them."""

    def __init__(self) -> None:
        self._engine = Engine()
        self._compiled: dict[str, tuple[Template, ...]] = {}

    def templates(self, component: Component) -> tuple[Template, ...]:
        """Return a component's templates; raises ProblemsError with all that is wrong with them."""
        found = self._compiled.get(component.digest)
        if found is None:
            found = tuple(
                self._engine.compile(name, source, files=component.files)
                for name, source in component.templates.items()
            )
            self._compiled[component.digest] = found
        return found

    def chart_values(self, unit: Unit) -> dict[str, object]:
        """Return the values of an operator's upstream chart for one unit; empty where all are upstream's own.

        Raises ProblemsError for a template that is wrong, and for nulls.
        """
        chart = unit.component.chart
        merged: dict[str, object] = {}
        for name, source in (chart.values if chart else {}).items():
            text = self._engine.compile(name, source, objects=False, files=unit.component.files).render(unit.context)
            tree, problems = parse(Source(name, text)) if text else (None, ())
            if problems := (*problems, *(_dropped(name, path) for path in _nulls(tree))):
                raise ProblemsError(problems)
            merged |= tree if isinstance(tree, dict) else {}
        return merged

    def documents(self, unit: Unit) -> Iterator[Document]:
        """Yield the documents of a unit in the order of their paths."""
        found: dict[str, Document] = {}
        for template in self.templates(unit.component):
            text = template.render(unit.context)
            for body in split(text) if template.documents_may_be_many else (text,):
                if body:
                    document = self._document(unit, template, body)
                    if not _declared(unit.component, document.object):
                        raise ProblemsError([_undeclared(template, unit.component, document.object)])
                    if document.path in found:
                        raise ProblemsError([_twice(template, document)])
                    found[document.path] = document
        if unit.patches:
            from generator.deliver.patches import apply_patches  # noqa: PLC0415  (few units have any)

            found = apply_patches(unit, found)
        for path in sorted(found):
            yield found[path]

    def _document(self, unit: Unit, template: Template, body: str) -> Document:
        api_version, kind, namespace, name = identity(body)
        group = api_version.rpartition("/")[0]
        header = (
            f"# {unit.name} in {unit.region}, from {template.name}\n"
            "# Written by gen: change the spec in environments/ and render again.\n"
        )
        return Document(
            path=f"{unit.owner}/{file_name(unit, kind, namespace, name)}",
            content=f"{header}{body}".encode(),
            object=ObjectRef(group, kind, namespace, name),
            owner=unit.owner,
            input_hash=unit.input_hash,
            template=template.name,
        )


def file_name(unit: Unit, kind: str, namespace: str, name: str) -> str:
    """Return the file name of an object: its kind, and of its namespace and name what its folder does not say.

    `deployment.yaml` and `virtualservice-gateway.yaml` for the objects orchex and orchex-gateway of the service orchex;
    `networkpolicy-talai-default-deny.yaml` for an object of a component that serves several namespaces.
    """
    if unit.component.scope == "region":
        parts = (kind.lower(), namespace, name) if namespace and namespace != name else (kind.lower(), name)
        return f"{'-'.join(parts)}.yaml"
    if name == unit.name:
        return f"{kind.lower()}.yaml"
    return f"{kind.lower()}-{name.removeprefix(f'{unit.name}-')}.yaml"


def _declared(component: Component, made: ObjectRef) -> bool:
    """Say whether a component says that it makes such objects: Argo CD lets its Applications write no other."""
    kind = f"{made.group}/{made.kind}" if made.group else made.kind
    return kind in (component.kinds if made.namespace else component.cluster_kinds)


def _nulls(value: object, path: str = "$") -> Iterator[str]:
    if value is None and path != "$":
        yield path
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _nulls(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _nulls(inner, f"{path}[{index}]")


def _dropped(template: str, path: str) -> Problem:
    # argoproj/argo-cd, issue 16312: nulls of valuesObject never reach Helm.
    return Problem(
        rule="render/null-value",
        message="Argo CD drops a null from an Application's values, so the chart's own value would stay.",
        hint="Write a value that means the same to the chart, such as 0, false, {} or a high limit.",
        file=template,
        path=path,
    )


def _undeclared(template: Template, component: Component, made: ObjectRef) -> Problem:
    kind = f"{made.group}/{made.kind}" if made.group else made.kind
    section = "kinds" if made.namespace else "clusterKinds"
    return Problem(
        rule="render/kind",
        message=f"{kind} is not among the {section} of {component.folder}/component.yaml.",
        hint="Add it there, or give the object a namespace if it has one." if not made.namespace else "Add it there.",
        file=template.name,
        object=made,
    )


def _twice(template: Template, document: Document) -> Problem:
    return Problem(
        rule="render/same-object",
        message=f"{document.object} would be written twice to {document.path}.",
        hint="Give one of the objects another name.",
        file=template.name,
        object=document.object,
    )


def check_identities(documents: Iterable[Document]) -> None:
    """Raise ProblemsError when two units of one region make the same object: two owners would fight over it."""
    seen: dict[tuple[str, ObjectRef], Document] = {}
    problems = []
    for document in documents:
        region = document.owner.split("/")[1]
        first = seen.setdefault((region, document.object), document)
        if first is not document:
            problems.append(
                Problem(
                    rule="render/same-object",
                    message=f"made by {first.owner} and by {document.owner}.",
                    hint="Give one of them another name or namespace.",
                    file=document.path,
                    object=document.object,
                )
            )
    if problems:
        raise ProblemsError(problems)
