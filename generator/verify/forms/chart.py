"""One chart: what helm renders of it, with the defaults and with the values of each region, against the manifests."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from generator.base.problem import ObjectRef, Problem, Severity
from generator.manifests.read import read_documents
from generator.verify.forms.component import Checked, Output, judge
from generator.verify.forms.equality import Rendering
from generator.verify.forms.release import LIMIT, size_problems
from generator.verify.forms.said import sentence, template_place, within
from generator.verify.forms.tool import Said, Tool
from generator.verify.forms.tree import Component, FormTree, region_problems

_LONGEST_NAME = 53  # characters of the name of a release
_LARGE = LIMIT // 3  # bytes of a chart and of what it renders: below, no release can reach the limit
_MEND = 'mark in the template what differs by region: tune("path", value) or regional("path", value)'


def check_chart(component: Component, tool: Tool) -> Checked:
    """Return how a chart's objects differ from the manifests: with its defaults in the first region, and in each."""
    return judge(component, _outputs(component, tool))


def template(tool: Tool, tree: FormTree, chart: Path, values: Path | None) -> Said:
    """Return what `helm template` says of a chart with one values file, or with the defaults alone."""
    words = ["--values", str(values)] if values else []
    name = chart.name[:_LONGEST_NAME].rstrip("-")
    return tool.run("template", name, chart, "--include-crds", *tree.kube_version, *words)


def install(tool: Tool, tree: FormTree, chart: Path, values: Path) -> tuple[Problem, ...]:
    """Return what is wrong with the release that Helm would store for a chart with one values file."""
    name = chart.name[:_LONGEST_NAME].rstrip("-")
    said = tool.run("install", name, chart, "--dry-run=client", "--output", "json", "--values", values)
    file = tree.name(values)
    if said.code:
        message = sentence(tree, f"helm install --dry-run=client fails: {said.errors.removeprefix('Error: ')}")
        return (Problem(rule="helm/install", file=file, message=message, hint="Render again: gen render."),)
    region = values.stem.removeprefix("values-")
    return size_problems(said.output, region, file)


def read_failure(said: Said, tree: FormTree, chart: Path, values: str) -> Iterator[Problem]:
    """Yield a problem when helm did not render a chart, or warned; values is the values file's name in problems."""
    if not said.code and not said.errors:
        return
    named, line = template_place(said.errors)
    file = tree.name(within(chart, named)) if named else values
    rule, severity = ("helm/template", Severity.ERROR) if said.code else ("helm/warning", Severity.WARNING)
    message = sentence(tree, said.errors or f"helm template ends with code {said.code} and says nothing")
    hint = "Mend the component's template or its values, and render again: gen render."
    yield Problem(rule=rule, severity=severity, file=file, line=line, message=message, hint=hint)


def _outputs(component: Component, tool: Tool) -> Iterator[Output | Problem]:
    due = tuple(component.manifests)
    yield from region_problems(component, due, "values-{region}.yaml")
    for region in component.judged:
        values = component.folder / f"values-{region}.yaml"
        # A values file that says nothing is the same as none.
        if region == due[0] and not _empty(values):
            yield from _output(component, region, None, tool)
        yield from _output(component, region, values, tool)


def _output(component: Component, region: str, values: Path | None, tool: Tool) -> Iterator[Output | Problem]:
    tree = component.tree
    file = tree.name(values or component.folder / "values.yaml")

    def place(source: str, manifest: str, _: ObjectRef) -> str:
        named = source.partition("/")[2] or f"templates/{PurePosixPath(manifest).name}"
        return tree.name(component.folder / named) if (component.folder / named).is_file() else file

    said = template(tool, tree, component.folder, values)
    yield from read_failure(said, tree, component.folder, file)
    if said.code:
        return
    name = f"The chart in {region}" if values else "The chart with its defaults"
    yield Output(region, Rendering(name, _MEND, place, strict=True), said.output)
    if values and len(said.output) + _size(component.folder) > _LARGE:
        yield from install(tool, tree, component.folder, values)


def _empty(values: Path) -> bool:
    """Say whether a values file gives no value."""
    reading = read_documents(values.read_bytes())
    return not reading.notes and not any(reading.documents)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
