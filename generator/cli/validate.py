"""`gen validate`: checks the specs of a workspace and writes nothing."""

from __future__ import annotations

from pathlib import Path

import click

from generator.cli.options import environment_option, format_option, platform_option, show_problems, workspace_option


@click.command("validate")
@platform_option
@environment_option
@format_option
@workspace_option
@click.pass_context
def command(
    context: click.Context, platform: str | None, environment: str | None, form: str, workspace: Path | None
) -> None:
    """Check the specs: YAML, schemas, and what the documents say together.

    All problems are shown at once, each with its file, line and column. Exit codes: 0 all good, 1 problems, 2 usage
    or environment.
    """
    from generator.base.errors import ProblemsError
    from generator.base.problem import Problem, sort_problems
    from generator.spec.load import load
    from generator.spec.workspace import find_root, open_workspace

    root = workspace.absolute() if workspace else find_root(Path.cwd())
    problems: list[Problem] = []
    environments: list[str] = []
    try:
        opened = open_workspace(root)
        pairs = opened.chosen(platform, environment, all_environments=True)
    except ProblemsError as error:
        show_problems(error.problems, form, environments=environments)
        context.exit(1)
    for name, env in pairs:
        environments.append(f"{name}/{env}")
        try:
            load(opened, name, env)
        except ProblemsError as error:
            problems += error.problems
    show_problems(sort_problems(problems), form, environments=environments)
    if form == "text" and not problems:
        click.echo(f"Valid: {', '.join(environments)}.")
    context.exit(1 if problems else 0)
