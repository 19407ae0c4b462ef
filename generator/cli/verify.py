"""`gen verify`: checks the rendered trees of a workspace with the real tools."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from generator.cli.options import environment_option, format_option, platform_option, show_problems, workspace_option
from generator.cli.tools import cache_option, toolbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from generator.verify.report import Report
    from generator.verify.trees import Tree


@click.command("verify")
@platform_option
@environment_option
@format_option
@workspace_option
@cache_option
@click.pass_context
def command(
    context: click.Context,
    platform: str | None,
    environment: str | None,
    form: str,
    workspace: Path | None,
    cache_folder: Path | None,
) -> None:
    """Check the rendered trees with yamllint and kubeconform, offline.

    The tools and schemas are pinned, and provisioned on first use. Nothing is skipped: an object without a schema
    is a problem. Exit codes: 0 all good, 1 problems, 2 usage or environment.
    """
    from generator.base.errors import ProblemsError
    from generator.spec.workspace import find_root, open_workspace
    from generator.verify.trees import find_trees

    root = workspace.absolute() if workspace else find_root(Path.cwd())
    try:
        chosen = open_workspace(root).chosen(platform, environment)
    except ProblemsError as error:
        show_problems(error.problems, form, objects=0, skipped=0, stages=[])
        context.exit(1)
    trees = find_trees(root, chosen)
    report = _verify(trees, cache_folder)
    if form == "json":
        click.echo(json.dumps(report.as_json(), indent=2))
    else:
        _show(report)
    context.exit(1 if report.failed else 0)


def _verify(trees: tuple[Tree, ...], cache_folder: Path | None) -> Report:
    from generator.tools.pins import load_pins
    from generator.verify.run import verify

    pins = load_pins()
    for tree in trees:
        pins.check_kubernetes(tree.kubernetes)
    with _status() as (provisioning, checking):
        return verify(trees, toolbox(cache_folder, provisioning), checking)


@contextmanager
def _status() -> Iterator[tuple[Callable[[str], None], Callable[[str], None]]]:
    """Yield what takes the lines of provisioning and of checking: one status line on a terminal.

    Elsewhere, in a CI log, only provisioning says anything, because it can take a while.
    """
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True)
    if not console.is_terminal:
        yield (lambda line: click.echo(line, err=True)), (lambda _: None)
        return
    with console.status(Text("verifying")) as status:

        def show(line: str) -> None:
            status.update(Text(line))

        yield show, show


def _show(report: Report) -> None:
    for problem in report.problems:
        click.echo(f"{problem.text()} [{problem.rule}]")
    stages = ", ".join(f"{stage.name} {stage.seconds:.1f} s" for stage in report.stages)
    counts = f"{report.objects} objects, {len(report.problems)} problems, {report.skipped} skipped"
    click.echo(f"{counts} ({stages})")
