"""`gen check`: schemas and our own rules over any folder of manifests, whoever wrote them."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

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
    from collections.abc import Mapping, Sequence

    from generator.verify.subject import Subject

_FOLDER = click.Path(exists=True, path_type=Path)


@click.command("check")
@click.argument("folders", nargs=-1, type=_FOLDER, metavar="DIR...")
@click.option(
    "--kubernetes", default=None, metavar="MINOR", help="Kubernetes version to check against.  [default: 1.36]"
)
@click.option(
    "--cluster", "clusters", multiple=True, metavar="GLOB", help="Folders that are a cluster each: 'sites/*'."
)
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave out what matches. May be repeated.")
@click.option("--crds", multiple=True, type=_FOLDER, help="File or folder with further CRDs. May be repeated.")
@click.option("--rule", "only", multiple=True, metavar="RULE", help="Only this rule, and no schemas. May be repeated.")
@click.option("--admission", is_flag=True, help="Ask a real API server too, as a dry run.")
@click.option(
    "--with",
    "further",
    multiple=True,
    type=click.Choice(["promtool", "istioctl"]),
    help="Run this tool of `gen verify` too. May be repeated.",
)
@click.option("--explain", metavar="RULE", help="Show what a rule is for, with a bad and a good example.")
@click.option("--list", "listing", is_flag=True, help="List the rules.")
@report_format_option
@severity_option
@strict_option
@without_option
@incomplete_option
@cache_option
@click.pass_context
def command(
    context: click.Context,
    folders: tuple[Path, ...],
    kubernetes: str | None,
    clusters: tuple[str, ...],
    exclude: tuple[str, ...],
    crds: tuple[Path, ...],
    only: tuple[str, ...],
    admission: bool,
    further: tuple[str, ...],
    explain: str | None,
    listing: bool,
    form: str,
    severity: str,
    strict: bool,
    without: tuple[str, ...],
    allow_incomplete: bool,
    cache_folder: Path | None,
) -> None:
    """Check folders of manifests that may never have seen gen: schemas, and what is wrong between objects.

    YAML with several documents, JSON, Lists. Clusters are what Argo CD Applications in the tree send paths to, else the
    folders clusters/*, else all is one; a reference never leads from one cluster into another.
    Exit codes: 0 all good, 1 problems, 2 usage or environment.
    """
    from generator.rules.catalogue import find_rule
    from generator.verify.run import Means, verify

    if explain or listing:
        click.echo(_explained(explain) if explain else _listed())
        return
    if not folders:
        raise click.UsageError("Name the folders to check, or see --list and --explain RULE.")
    chosen = _stages(only, (*further, "admission") if admission else further)
    with status() as (provisioning, checking):
        gc.disable()  # parsed manifests are many small objects that live to the end
        try:
            checking("reading the manifests")
            subjects = _subjects(folders, kubernetes, clusters, exclude)
            tools = provided(chosen, left_out(without), cache_folder, provisioning)
            means = Means(
                tools,
                cache_at(cache_folder),
                checking,
                definitions=_definitions(crds),
                rules=[find_rule(name) for name in only] or None,
            )
            report = verify(subjects, means, chosen, [name for name in left_out(without) if name in chosen])
        finally:
            gc.enable()
    show_report(report, form, severity)
    context.exit(1 if report.failed(strict=strict, allow_incomplete=allow_incomplete) else 0)


def _stages(only: Sequence[str], further: Sequence[str]) -> tuple[str, ...]:
    from generator.verify.run import FOLDER_STAGES

    return (*(("rules",) if only else FOLDER_STAGES), *further)


def _subjects(
    folders: Sequence[Path], kubernetes: str | None, clusters: Sequence[str], exclude: Sequence[str]
) -> list[Subject]:
    from generator.base.errors import GenError
    from generator.tools.pins import load_pins
    from generator.verify.subject import folder_subject

    pins = load_pins()
    version = kubernetes or pins.native.default
    pins.check_kubernetes(version)
    subjects = []
    for folder in folders:
        shown = "" if str(folder) == "." else folder.parent.as_posix() if folder.is_file() else folder.as_posix()
        subject = folder_subject(
            folder.absolute(), "" if shown == "." else shown, version, clusters=clusters, exclude=exclude
        )
        manifests = subject.repository.manifests
        if not (manifests.objects or manifests.problems):
            raise GenError(f"{folder}: no manifest is there. Name a folder that holds YAML or JSON with a kind.")
        subjects.append(subject)
    return subjects


def _definitions(places: Sequence[Path]) -> list[Mapping[str, Any]]:
    """Return the CustomResourceDefinitions in the files and folders that the user names."""
    from generator.base.errors import GenError
    from generator.manifests.load import load_manifests

    found = []
    for place in places:
        objects = load_manifests(place.absolute()).objects
        definitions = [item.value for item in objects if item.kind == "CustomResourceDefinition"]
        if not definitions:
            raise GenError(f"{place}: no CustomResourceDefinition is there.")
        found += definitions
    return found


def _explained(name: str) -> str:
    from generator.rules.catalogue import find_rule
    from generator.rules.page import read_page

    rule = find_rule(name)
    title, _, rest = read_page(rule).text.partition("\n")
    return f"{title}\n\n{rule.id} ({rule.severity})\n{rest.rstrip()}"


def _listed() -> str:
    from generator.rules.catalogue import all_rules
    from generator.rules.page import read_page

    rules = all_rules()
    width = max(len(rule.id) for rule in rules)
    return "\n".join(f"{rule.id:<{width}}  {rule.severity:<7}  {read_page(rule).title}" for rule in rules)
