"""`gen render`: renders environments of a workspace into output/."""

from __future__ import annotations

import gc
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from generator.cli.changes import Choice, Result, report
from generator.cli.options import (
    environment_option,
    format_option,
    platform_option,
    show_problems,
    status_line,
    workspace_option,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from generator.base.problem import Problem
    from generator.components.catalogue import Catalogue
    from generator.deliver.tree import RenderedTree
    from generator.spec.model import Platform
    from generator.spec.workspace import Workspace
    from generator.tree.changes import Changes


@click.command("render")
@environment_option
@platform_option
@click.option("--region", "regions", multiple=True, help="Only the manifests of this region. May be repeated.")
@click.option("--component", "components", multiple=True, help="Only this service or component. May be repeated.")
@click.option(
    "--form",
    "forms",
    metavar="FORM[,FORM...]",
    help="Render these forms, manifests, helm or kustomize, and no other but those that Argo CD delivers; "
    "without it: what the specs say. May be repeated.",
    multiple=True,
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if output/ is not what the specs render to.")
@click.option("--force", is_flag=True, help="Overwrite files in output/ that were edited by hand.")
@format_option
@workspace_option
@click.pass_context
def command(
    context: click.Context,
    environment: str | None,
    platform: str | None,
    regions: tuple[str, ...],
    components: tuple[str, ...],
    forms: tuple[str, ...],
    check: bool,
    force: bool,
    form: str,
    workspace: Path | None,
) -> None:
    """Render the specs into output/<platform>/<environment>/.

    A tree is written whole or not at all. Files that were edited by hand are named and left as they are unless --force
    is given. Exit codes: 0 ok, 1 problems (or, with --check, differences), 2 usage or environment.
    """
    from generator.base.errors import ProblemsError
    from generator.base.problem import failed
    from generator.spec.workspace import find_root, open_workspace

    choice = Choice(platform, environment, regions or None, components or None, _forms(forms), check, force)
    if choice.forms is not None and choice.partial:
        raise click.UsageError("--form renders whole environments: leave out --region and --component.")
    root = workspace.absolute() if workspace else find_root(Path.cwd())
    say, done = status_line()
    gc.disable()  # rendering makes hardly any cycles, and looking for them took a fifteenth of its time
    try:
        opened = open_workspace(root)
        results = _render(opened, choice, say)
    except ProblemsError as error:
        done()
        show_problems(error.problems, form)
        context.exit(1)
    finally:
        gc.enable()
        done()
    stale = _stale(opened, choice)
    report(results, stale, choice, form)
    context.exit(1 if failed(stale) or any(result.failed(choice) for result in results) else 0)


def _forms(given: Collection[str]) -> tuple[str, ...] | None:
    """Return the forms that are asked for, in their usual order; None if none are named."""
    from generator.base.nearest import did_you_mean
    from generator.spec.model import FORMS

    names = {name.strip() for text in given for name in text.split(",")}
    for name in sorted(names.difference(FORMS)):
        near = did_you_mean(name, FORMS) or f"There are {', '.join(FORMS)}."
        raise click.UsageError(f"--form: there is no form '{name}'. {near}")
    return tuple(form for form in FORMS if form in names) or None


def _render(workspace: Workspace, choice: Choice, say: Callable[[str], None]) -> list[Result]:
    """Render every chosen environment; nothing is written before all of them are known to be sound."""
    from generator.base.errors import GenError, ProblemsError
    from generator.deliver.render import Renderer
    from generator.deliver.tree import Narrowing, render_tree
    from generator.spec.load import load
    from generator.tree.inventory import asked_forms

    pairs = workspace.chosen(choice.platform, choice.environment)
    renderer = Renderer()
    problems: list[Problem] = []
    without: list[str] = []
    rendered: list[tuple[str, str, RenderedTree, float]] = []
    for platform, environment in pairs:
        started = time.perf_counter()
        say(f"rendering {platform}/{environment}")
        try:
            model = load(workspace, platform, environment)
            lacking = _lacking(choice, model, workspace.catalogue)
            if lacking:
                without.append(lacking)
                continue
            # A part is rendered in the forms that its tree has.
            forms = asked_forms(workspace.output(platform, environment)) if choice.partial else choice.forms
            narrowing = Narrowing(choice.regions, choice.components, forms)
            tree = render_tree(model, workspace.catalogue, narrowing, renderer)
        except ProblemsError as error:
            problems += error.problems
        else:
            rendered.append((platform, environment, tree, time.perf_counter() - started))
    if problems:
        raise ProblemsError(problems)
    if not rendered:
        raise GenError("\n".join(without))
    results = []
    for platform, environment, tree, seconds in rendered:
        started = time.perf_counter()
        say(f"writing {platform}/{environment}")
        changes = _write(workspace, platform, environment, tree, choice)
        spent = seconds + time.perf_counter() - started
        results.append(Result(f"{platform}/{environment}", tree, changes, spent))
    return results


def _lacking(choice: Choice, model: Platform, catalogue: Catalogue) -> str:
    """Return which region or component that was asked for the environment does not have, or ""."""
    from generator.plan.units import plan

    lacking = _unknown("region", choice.regions or (), [region.name for region in model.regions], model)
    if lacking or not choice.components:
        return lacking
    units = plan(model, catalogue, choice.regions)
    return _unknown("component", choice.components, sorted({unit.name for unit in units}), model)


def _unknown(what: str, asked: Collection[str], known: Collection[str], model: Platform) -> str:
    from generator.base.nearest import did_you_mean

    for name in asked:
        if name not in known:
            near = did_you_mean(name, known) or f"Its {what}s: {', '.join(known)}."
            return f"{model.name}/{model.environment} has no {what} '{name}'. {near}"
    return ""


def _write(workspace: Workspace, platform: str, environment: str, tree: RenderedTree, choice: Choice) -> Changes:
    from generator.tree.rendered import header, rendered_files
    from generator.tree.write import compare, write

    files = rendered_files(tree)
    root = workspace.output(platform, environment)
    keep = (lambda path: path not in files and not _asked(path, choice)) if choice.partial else None
    if choice.check:
        return compare(root, files, header(tree), keep=keep)
    return write(root, files, header(tree), force=choice.force, keep=keep)


def _asked(path: str, choice: Choice) -> bool:
    """Say whether a path of the tree is one that the narrowed rendering would have made."""
    parts = path.split("/")
    if len(parts) > 3 and parts[0] == "clusters":
        regions, components = choice.regions, choice.components
        return (regions is None or parts[1] in regions) and (components is None or parts[2] in components)
    if choice.regions is not None or choice.components is None:
        return False  # charts and kustomizations are of all regions
    whole = parts[0] == "kustomize" and len(parts) > 3
    chart = parts[0] == "charts" and len(parts) > 4 and parts[2] == "charts"
    return (whole and parts[1] in choice.components) or (chart and parts[3] in choice.components)


def _stale(workspace: Workspace, choice: Choice) -> list[Problem]:
    """Return the trees that no environment renders any more: errors of a check, else warnings."""
    from generator.base.problem import Problem, Severity

    return [
        Problem(
            rule="render/stale-tree",
            severity=Severity.ERROR if choice.check else Severity.WARNING,
            message="no environment renders this tree any more.",
            hint="Remove the folder, or write its environment again.",
            file=f"output/{name}",
        )
        for name in workspace.stale_trees()
    ]
