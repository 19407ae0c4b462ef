"""The helm stage: every chart is linted, rendered for every region, and equal to the manifests; so is the umbrella."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from pathlib import Path

from generator.base.problem import ObjectRef, Problem
from generator.verify.forms.chart import check_chart, install, read_failure, template
from generator.verify.forms.component import Checked, Output, judge_whole
from generator.verify.forms.control import helm_controls
from generator.verify.forms.equality import Rendering
from generator.verify.forms.said import remarks, sentence, within
from generator.verify.forms.tool import Said, Tool, Turn, isolated, workers
from generator.verify.forms.tree import FormTree, Whole, find_umbrellas, region_problems
from generator.verify.outcome import Outcome

_LINTED_AT_ONCE = 10
"""Charts in one run of `helm lint`: starting helm costs as much as linting two."""


def check_helm(
    trees: Sequence[FormTree], helm: Path, progress: Callable[[str], None], turn: Turn | None = None
) -> Outcome:
    """Return what `helm lint --strict` says of the charts of trees, and how their objects differ from the manifests.

    turn says what the stage shares processors with, None that it has them all. The note counts
    charts and renderings. Errors: GenError when helm does not run.
    """
    umbrellas = [umbrella for tree in trees for umbrella in find_umbrellas(tree)]
    if not umbrellas:
        return Outcome(())
    count = sum(len(umbrella.components) for umbrella in umbrellas)
    progress(f"helm: {count} charts")
    turn = turn or Turn()
    with isolated("helm", helm, turn) as (tool, folder), workers(turn) as pool:
        # The longest first, so that no processor is left with one of them at the end.
        installs = [_Install(umbrella, region, tool, pool) for umbrella in umbrellas for region in _judged(umbrella)]
        lints = [future for umbrella in umbrellas for future in _lint(umbrella, tool, pool)]
        charts = {
            umbrella.folder: [pool.submit(check_chart, part, tool) for part in umbrella.components]
            for umbrella in umbrellas
        }
        checked = {place: [future.result() for future in futures] for place, futures in charts.items()}
        controls = pool.submit(helm_controls, [part for parts in checked.values() for part in parts], tool, folder)
        problems = [problem for one in installs for problem in one.problems(checked[one.umbrella.folder])]
        problems += [problem for future in lints for problem in future.result()]
        problems += controls.result()
    for umbrella in umbrellas:
        problems += region_problems(umbrella, umbrella.due(), "values-{region}.yaml")
    return _outcome(problems, [part for parts in checked.values() for part in parts], len(installs))


class _Install:
    """An umbrella in a region: it is rendered, and its release measured, while charts are checked."""

    def __init__(self, umbrella: Whole, region: str, tool: Tool, pool: Executor) -> None:
        self.umbrella, self.region = umbrella, region
        self._values = umbrella.folder / f"values-{region}.yaml"
        self._file = umbrella.tree.name(self._values)
        self._rendered: Future[Said] = pool.submit(template, tool, umbrella.tree, umbrella.folder, self._values)
        self._size = pool.submit(install, tool, umbrella.tree, umbrella.folder, self._values)

    def problems(self, checked: Sequence[Checked]) -> Iterator[Problem]:
        """Yield how the umbrella differs from the manifests of its charts, and what is wrong with its release."""
        said = self._rendered.result()
        failure = read_failure(said, self.umbrella.tree, self.umbrella.folder, self._file)
        yield from failure
        if not said.code:
            mend = "report it: an umbrella passes on what its charts have"
            rendering = Rendering(f"The umbrella chart in {self.region}", mend, self._place, strict=True)
            yield from judge_whole(self.umbrella, checked, Output(self.region, rendering, said.output))
            yield from self._size.result()

    def _place(self, source: str, _: str, __: ObjectRef) -> str:
        file = self.umbrella.folder / source.partition("/")[2]
        return self.umbrella.tree.name(file) if file.is_file() else self._file


def _judged(umbrella: Whole) -> list[str]:
    return [region for region in umbrella.due() if region in umbrella.regions]


def _lint(umbrella: Whole, tool: Tool, pool: Executor) -> Iterator[Future[list[Problem]]]:
    """Begin to lint an umbrella and its charts, as their own values have them: those of regions meet in rendering."""
    yield pool.submit(_lint_charts, tool, umbrella.tree, [umbrella.folder])
    folders = [part.folder for part in umbrella.components]
    for start in range(0, len(folders), _LINTED_AT_ONCE):
        yield pool.submit(_lint_charts, tool, umbrella.tree, folders[start : start + _LINTED_AT_ONCE])


def _lint_charts(tool: Tool, tree: FormTree, folders: Sequence[Path]) -> list[Problem]:
    said = tool.run("lint", "--strict", "--quiet", *tree.kube_version, *folders)
    output = said.output.decode("utf-8", "replace")
    hint = "Mend the component's template, and render again: gen render."
    found = [
        Problem(
            rule="helm/lint",
            file=tree.name(within(Path(remark.chart), remark.file)),
            line=remark.line,
            message=sentence(tree, remark.message),
            hint=hint,
        )
        for remark in remarks(output)
    ]
    if not found and (said.code or output.strip()):
        message = sentence(tree, f"helm lint fails: {said.errors or output}")
        found.append(Problem(rule="helm/lint", file=tree.name(folders[0]), message=message, hint=hint))
    return found


def _outcome(problems: list[Problem], checked: Sequence[Checked], wholes: int) -> Outcome:
    problems += [problem for part in checked for problem in part.problems]
    renderings = sum(part.renderings for part in checked) + wholes
    objects = sum(part.objects for part in checked)
    note = f"{len(checked)} charts rendered {renderings} times; {objects} objects compared"
    return Outcome(tuple(dict.fromkeys(problems)), 0, note)
