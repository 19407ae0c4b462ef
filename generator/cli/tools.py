"""`gen tools`: shows and provisions the pinned tools and schemas."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from generator.tools.cache import Cache
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


@click.group("tools")
def command() -> None:
    """Show and provision the pinned tools and schemas that `gen verify` needs."""


@command.command("list")
@cache_option
def list_tools(cache_folder: Path | None) -> None:
    """List what is pinned, and where it is on this machine."""
    from generator.tools.pins import load_pins
    from generator.tools.provision import inventory

    _show(inventory(load_pins(), machine(_quiet), cache_at(cache_folder)))


@command.command("install")
@cache_option
def install(cache_folder: Path | None) -> None:
    """Provide everything that is pinned; what is there already is left alone."""
    from generator.tools.pins import load_pins
    from generator.tools.provision import inventory

    toolbox(cache_folder, lambda line: click.echo(line, err=True))
    _show(inventory(load_pins(), machine(_quiet), cache_at(cache_folder)))


def toolbox(cache_folder: Path | None, progress: Callable[[str], None]) -> Toolbox:
    """Return the pinned tools and schemas, provisioned; progress takes a line for each that has to be made."""
    from generator.tools.pins import load_pins
    from generator.tools.provision import provision

    return provision(load_pins(), machine(progress), cache_at(cache_folder))


def machine(progress: Callable[[str], None]) -> Host:
    """Return this machine as provisioning sees it."""
    from generator.tools.host import Host

    return Host(dict(os.environ), sys.executable, progress)


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


def _quiet(_line: str) -> None:
    """Take a line and show nothing."""
