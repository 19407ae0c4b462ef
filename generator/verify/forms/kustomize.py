"""The kustomize stage: every overlay builds without a warning, equal to the manifests; so does each region's root."""

from collections.abc import Callable, Sequence
from pathlib import Path

from generator.verify.forms.component import Checked
from generator.verify.forms.control import kustomize_controls
from generator.verify.forms.overlay import build, check_overlays
from generator.verify.forms.root import judge_list, judge_root, regions_to_build
from generator.verify.forms.tool import Turn, isolated, workers
from generator.verify.forms.tree import FormTree, Whole, find_kustomizations, region_problems
from generator.verify.outcome import Outcome


def check_kustomize(
    trees: Sequence[FormTree], kustomize: Path, progress: Callable[[str], None], turn: Turn | None = None
) -> Outcome:
    """Return what `kustomize build` says of the overlays of trees, and how their objects differ from the manifests.

    turn says what the stage shares processors with, None that it has them all. The note counts
    components and builds. Errors: GenError when kustomize does not run.
    """
    wholes = [whole for whole in map(find_kustomizations, trees) if whole.components or whole.regions]
    if not wholes:
        return Outcome(())
    progress(f"kustomize: {sum(len(whole.components) for whole in wholes)} components")
    problems = [
        problem for whole in wholes for problem in region_problems(whole, whole.due(), f"{whole.shown}/{{region}}")
    ]
    turn = turn or Turn()
    with isolated("kustomize", kustomize, turn) as (tool, folder), workers(turn) as pool:
        # The longest first, so that no processor is left with one of them at the end.
        roots = [
            (whole, region, pool.submit(build, tool, whole.folder / region))
            for whole in wholes
            for region in regions_to_build(whole)
        ]
        parts = [(whole, [pool.submit(check_overlays, part, tool) for part in whole.components]) for whole in wholes]
        checked = {whole.tree.root: [future.result() for future in futures] for whole, futures in parts}
        everything = [part for found in checked.values() for part in found]
        controls = pool.submit(kustomize_controls, everything, tool, folder)
        for whole, region, future in roots:
            problems += judge_root(whole, region, future.result(), checked[whole.tree.root])
        problems += controls.result()
    problems += [problem for part in everything for problem in part.problems]
    built = {(whole.tree.root, region) for whole, region, _ in roots}
    for whole in wholes:
        for region in whole.due():
            if region in whole.regions and (whole.tree.root, region) not in built:
                problems += judge_list(whole, region, checked[whole.tree.root])
    return Outcome(tuple(dict.fromkeys(problems)), 0, _note(everything, len(roots), wholes))


def _note(checked: Sequence[Checked], roots: int, wholes: Sequence[Whole]) -> str:
    builds = sum(part.renderings for part in checked) + roots
    objects = sum(part.objects for part in checked)
    listed = sum(len(set(whole.due()) & set(whole.regions)) for whole in wholes) - roots
    more = f"; {listed} large roots known by what they list" if listed else ""
    return f"{len(checked)} components built {builds} times; {objects} objects compared{more}"
