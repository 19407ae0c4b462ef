"""`gen verify`: checks the rendered trees of a workspace with every real tool and our own rules."""

from __future__ import annotations

import gc
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from generator.cli.options import environment_option, platform_option, show_problems, workspace_option
from generator.cli.tools import cache_at, cache_option
from generator.cli.verification import (
    incomplete_option,
    left_out,
    provided,
    report_format_option,
    severity_option,
    show_report,
    status,
    strict_option,
    without_option,
)

if TYPE_CHECKING:
    from generator.rules.suppression import Suppression
    from generator.spec.workspace import Workspace
    from generator.verify.report import Report
    from generator.verify.subject import Subject
    from generator.verify.trees import Tree


@click.command("verify")
@platform_option
@environment_option
@report_format_option
@severity_option
@strict_option
@without_option
@incomplete_option
@workspace_option
@cache_option
@click.pass_context
def command(
    context: click.Context,
    platform: str | None,
    environment: str | None,
    form: str,
    severity: str,
    strict: bool,
    without: tuple[str, ...],
    allow_incomplete: bool,
    workspace: Path | None,
    cache_folder: Path | None,
) -> None:
    """Check the rendered trees: as committed, as rendered now, and by every real tool, offline.

    yamllint, kubeconform, promtool, istioctl, our own rules between objects, and a real API server on this machine; and
    that charts and overlays mean the same as the manifests, by helm and kustomize.
    The tools are pinned, and provisioned on first use. Nothing is skipped: what cannot be checked is a problem.
    Exit codes: 0 all good, 1 problems, 2 usage or environment.
    """
    from generator.base.errors import ProblemsError
    from generator.spec.workspace import find_root, open_workspace
    from generator.verify.trees import find_trees

    root = workspace.absolute() if workspace else find_root(Path.cwd())
    try:
        opened = open_workspace(root)
        chosen = opened.chosen(platform, environment)
    except ProblemsError as error:
        show_problems(error.problems, form, objects=0, skipped=0, stages=[])
        context.exit(1)
    trees = find_trees(root, chosen)
    report = _verify(opened, chosen, trees, left_out(without), cache_folder)
    show_report(report, form, severity)
    context.exit(1 if report.failed(strict=strict, allow_incomplete=allow_incomplete) else 0)


def _verify(
    workspace: Workspace,
    chosen: tuple[tuple[str, str], ...],
    trees: tuple[Tree, ...],
    without: tuple[str, ...],
    cache_folder: Path | None,
) -> Report:
    from generator.tools.pins import load_pins
    from generator.verify.run import Means, stages_of, verify

    pins, stages = load_pins(), stages_of(trees)
    for tree in trees:
        pins.check_kubernetes(tree.kubernetes)
    gc.disable()  # parsed manifests are many small objects that live to the end: looking through them costs a fifth
    try:
        with status() as (provisioning, checking), TemporaryDirectory(prefix="gen-verify-") as folder:
            tools = provided(stages, without, cache_folder, provisioning)
            checking("reading the trees")
            pairs = list(zip(chosen, trees, strict=True))
            subjects = [_subject(workspace, *pair, tree, Path(folder)) for pair, tree in pairs]
            means = Means(
                tools,
                cache_at(cache_folder),
                checking,
                workspace.catalogue,
                suppressions=[item for subject in subjects for item in _suppressions(subject)],
            )
            return verify(subjects, means, stages, without)
    finally:
        gc.enable()


def _subject(workspace: Workspace, platform: str, environment: str, tree: Tree, folder: Path) -> Subject:
    from generator.base.errors import ProblemsError
    from generator.spec.load import load
    from generator.verify.complete import completed
    from generator.verify.subject import rendered_subject

    try:
        model = load(workspace, platform, environment)
        return rendered_subject(tree, model, root=completed(tree, model, workspace.catalogue, folder))
    except ProblemsError as error:
        return rendered_subject(tree, None, error.problems)


def _suppressions(subject: Subject) -> tuple[Suppression, ...]:
    from generator.rules.suppression import from_spec

    if subject.platform is None:
        return ()
    return from_spec(subject.platform.suppress, f"environments/{subject.platform.name}")
