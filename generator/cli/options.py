"""Options and reports that several commands share."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from generator.base.problem import Problem

# Beyond this many, a list helps nobody: fix the first and look again.
SHOWN_PROBLEMS = 100

workspace_option = click.option(
    "--workspace",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder that holds environments/ and output/.  [default: this one, or the nearest above]",
)
platform_option = click.option("--platform", help="Only this platform.")
environment_option = click.option(
    "--env", "environment", help="Only this environment.  [default: those that environments/workspace.yaml lists]"
)
format_option = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)


def show_problems(problems: Iterable[Problem], form: str, **more: object) -> None:
    """Print problems: as text on stderr, a line each, or as one JSON object on stdout, with `more` beside them."""
    listed = list(problems)
    if form == "json":
        click.echo(json.dumps({"problems": [problem.as_json() for problem in listed], **more}, indent=2))
        return
    for problem in listed[:SHOWN_PROBLEMS]:
        click.echo(problem.text(), err=True)
    if len(listed) > SHOWN_PROBLEMS:
        click.echo(f"... and {len(listed) - SHOWN_PROBLEMS} more.", err=True)
    if listed:
        click.echo(f"{len(listed)} problem{'s' if len(listed) != 1 else ''}.", err=True)


def status_line() -> tuple[Callable[[str], None], Callable[[], None]]:
    """Return (say, done): a line on a terminal's stderr that shows what goes on; nothing where nobody watches."""
    if not sys.stderr.isatty():
        return (lambda _text: None), (lambda: None)
    from rich.console import Console
    from rich.status import Status

    status = Status("", console=Console(stderr=True))
    status.start()
    return status.update, status.stop
