"""What `gen verify` and `gen check` share: options, provisioning, progress and the report."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path

    from generator.tools.toolbox import Toolbox
    from generator.verify.report import Report

LEFT_OUT = ("yamllint", "kubeconform", "promtool", "istioctl", "admission", "reachability", "helm", "kustomize")
_ALSO = {"etcd": "admission", "kube-apiserver": "admission"}

report_format_option = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif", "junit"]),
    default="text",
    show_default=True,
    help="SARIF is what code hosts show on the line, JUnit what CI systems list as tests.",
)
severity_option = click.option(
    "--severity",
    type=click.Choice(["error", "warning", "info"]),
    default="warning",
    show_default=True,
    help="List problems of this severity and above; all are counted.",
)
strict_option = click.option("--strict", is_flag=True, help="Fail on warnings too.")
without_option = click.option(
    "--without",
    multiple=True,
    metavar="TOOL",
    type=click.Choice([*LEFT_OUT, *_ALSO]),
    help="Leave a tool out. The result says so, and fails unless --allow-incomplete is given. May be repeated.",
)
incomplete_option = click.option(
    "--allow-incomplete", is_flag=True, help="Let the result pass although --without left something out."
)


def left_out(without: Sequence[str]) -> tuple[str, ...]:
    """Return the stages that --without leaves out, sorted."""
    return tuple(sorted({_ALSO.get(name, name) for name in without}))


def provided(
    stages: Collection[str], without: Collection[str], cache: Path | None, progress: Callable[[str], None]
) -> Toolbox:
    """Return the tools that the stages need, provisioned, and all schemas."""
    from generator.cli.tools import toolbox
    from generator.verify.run import TOOLS

    needed = {tool for name in stages if name not in without for tool in TOOLS.get(name, ())}
    return toolbox(cache, progress, sorted(needed))


def show_report(report: Report, form: str, severity: str) -> None:
    """Print a report on standard output."""
    from generator.base.problem import Severity

    if form == "json":
        click.echo(json.dumps(report.as_json(), indent=2))
    elif form == "sarif":
        from generator.rules.catalogue import all_rules
        from generator.verify.formats.sarif import as_sarif

        click.echo(as_sarif(report, all_rules()))
    elif form == "junit":
        from generator.verify.formats.junit import as_junit

        click.echo(as_junit(report))
    else:
        from generator.verify.formats.text import as_text

        click.echo(as_text(report, Severity(severity)))


@contextmanager
def status() -> Iterator[tuple[Callable[[str], None], Callable[[str], None]]]:
    """Yield what takes the lines of provisioning and of checking: one status line on a terminal.

    Elsewhere, in a CI log, only provisioning says anything, because it can take a while.
    """
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True)
    if not console.is_terminal:
        yield (lambda line: click.echo(line, err=True)), (lambda _: None)
        return
    with console.status(Text("verifying")) as shown:

        def show(line: str) -> None:
            shown.update(Text(line))

        yield show, show
