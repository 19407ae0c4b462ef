"""`gen tools`: shows and provisions the pinned tools and schemas."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from generator.cli.options import format_option

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from generator.tools.cache import Cache
    from generator.tools.doctor import Finding
    from generator.tools.host import Host
    from generator.tools.provision import Item
    from generator.tools.toolbox import Toolbox

cache_option = click.option(
    "--cache",
    "cache_folder",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="GITOPS_GEN_CACHE",
    help="Folder for tools and schemas.  [default: gitops-gen in XDG_CACHE_HOME or ~/.cache]",
)


downloads_option = click.option(
    "--downloads/--no-downloads",
    default=True,
    envvar="GITOPS_GEN_DOWNLOADS",
    help="Whether official releases of tools may be downloaded; without, they are built.  [default: --downloads]",
)


@click.group("tools")
def command() -> None:
    """Show and provision the pinned tools and schemas that `gen verify` needs."""


@command.command("list")
@format_option
@cache_option
def list_tools(form: str, cache_folder: Path | None) -> None:
    """List what is pinned, and where it is on this machine."""
    from generator.tools.pins import load_pins
    from generator.tools.provision import inventory

    items = inventory(load_pins(), machine(_quiet), cache_at(cache_folder))
    if form == "json":
        click.echo(json.dumps({"pinned": [item.as_json() for item in items]}, indent=2))
    else:
        _show(items)


@command.command("install")
@click.argument("names", nargs=-1, metavar="[TOOL]...")
@downloads_option
@cache_option
def install(names: tuple[str, ...], downloads: bool, cache_folder: Path | None) -> None:
    """Provide everything that is pinned, or the named tools only; what is there and works is left alone.

    A tool on PATH of the pinned version is used, else the official release is downloaded, else the pinned Go module is
    built. What was interrupted goes on where it was.
    """
    from generator.tools.pins import load_pins
    from generator.tools.programs import discard_broken, provide_tool
    from generator.tools.provision import chosen_tools, inventory, provision

    pins, cache = load_pins(), cache_at(cache_folder)
    wanted = chosen_tools(pins, names or None)
    with _told() as progress:
        host = machine(progress, downloads=downloads)
        for tool in wanted:
            discard_broken(tool, host, cache)
        if names:
            for tool in wanted:
                provide_tool(tool, pins, host, cache)
        else:
            provision(pins, host, cache)
    _show(tuple(item for item in inventory(pins, host, cache) if not names or item.name in names))


@command.command("doctor")
@format_option
@cache_option
@click.pass_context
def doctor(context: click.Context, form: str, cache_folder: Path | None) -> None:
    """Examine whether all that is pinned is there and works, and say what to do.

    Exit codes: 0 all well, 1 `gen tools install` mends it, 2 this machine cannot provide what is missing.
    """
    from generator.tools.doctor import examine, exit_code
    from generator.tools.pins import load_pins

    findings = examine(load_pins(), machine(_quiet), cache_at(cache_folder))
    if form == "json":
        click.echo(json.dumps({"findings": [finding.as_json() for finding in findings]}, indent=2))
    else:
        for finding in findings:
            click.echo(_line(finding))
    context.exit(exit_code(findings))


@command.command("schemas")
@cache_option
def schemas(cache_folder: Path | None) -> None:
    """Show, as a Markdown table, which custom kinds each pinned source of CRDs covers."""
    from generator.tools.coverage import coverage, table
    from generator.tools.pins import load_pins

    with _told() as progress:
        rows = coverage(load_pins(), machine(progress), cache_at(cache_folder))
    for line in table(rows):
        click.echo(line)


def toolbox(
    cache_folder: Path | None, progress: Callable[[str], None], tools: Collection[str] | None = None
) -> Toolbox:
    """Return the named tools (None: all) and the schemas, provisioned; progress takes a line for each that is made."""
    from generator.tools.pins import load_pins
    from generator.tools.provision import provision

    return provision(load_pins(), machine(progress), cache_at(cache_folder), tools)


def machine(progress: Callable[[str], None], *, downloads: bool | None = None) -> Host:
    """Return this machine as provisioning sees it; `downloads` None means as the environment says."""
    from generator.tools.host import Host

    if downloads is None:
        downloads = click.BOOL.convert(os.environ.get("GITOPS_GEN_DOWNLOADS") or "true", None, None)
    return Host(dict(os.environ), sys.executable, progress, downloads=downloads)


def cache_at(folder: Path | None) -> Cache:
    """Return the cache in a folder, or the one that the environment means."""
    from generator.tools.cache import Cache
    from generator.tools.host import default_cache

    return Cache(folder.absolute() if folder else default_cache(os.environ))


def _show(items: tuple[Item, ...]) -> None:
    rows = [(item.kind, item.name, item.version, item.place or "missing: gen tools install") for item in items]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        click.echo("  ".join([*(cell.ljust(width) for cell, width in zip(row[:3], widths, strict=True)), row[3]]))


def _line(finding: Finding) -> str:
    remedy = f"\n{'':15}{finding.remedy}" if finding.remedy else ""
    return f"{finding.status:13}  {finding.subject}: {finding.detail}{remedy}"


@contextmanager
def _told() -> Iterator[Callable[[str], None]]:
    """Yield what takes the lines of provisioning: on a terminal the last one stays in view, with the time it takes."""
    if not sys.stderr.isatty():
        yield lambda line: click.echo(line, err=True)
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:

        def tell(line: str) -> None:
            shown.console.print(line, markup=False, highlight=False)
            for task in shown.task_ids:
                shown.remove_task(task)
            shown.add_task(escape(line), total=None)

        yield tell


def _quiet(_line: str) -> None:
    """Take a line and show nothing."""
