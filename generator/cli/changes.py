"""What `gen render` says: the trees that it rendered, what changed in them, and what was edited by hand."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from generator.cli.options import show_problems

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from generator.base.problem import Problem
    from generator.deliver.tree import RenderedTree
    from generator.tree.changes import Changes


@dataclass(frozen=True, slots=True)
class Choice:
    """What the command line asks for."""

    platform: str | None
    environment: str | None
    regions: Collection[str] | None
    components: Collection[str] | None
    forms: Collection[str] | None
    check: bool
    force: bool

    @property
    def partial(self) -> bool:
        """Say whether only a part of each environment is asked for: the rest of its tree stays as it is."""
        return self.regions is not None or self.components is not None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one environment."""

    name: str
    rendered: RenderedTree
    changes: Changes
    seconds: float

    def failed(self, choice: Choice) -> bool:
        """Say whether the command fails by it: something differs that was only to be checked, or was edited by hand."""
        changed = self.changes.added or self.changes.changed or self.changes.removed
        if choice.check:
            return bool(changed or self.changes.edited)
        return bool(self.changes.edited) and not choice.force


def report(results: list[Result], stale: list[Problem], choice: Choice, form: str) -> None:
    """Print what came of the environments; stale are the trees that no environment renders any more."""
    if form == "json":
        edited = [] if choice.force else [problem for result in results for problem in _edited(result)]
        show_problems([*edited, *stale], form, trees=[_as_json(result) for result in results])
        return
    for result in results:
        _show(result, choice)
    for problem in stale:
        click.echo(problem.text(), err=True)


def _edited(result: Result) -> Iterator[Problem]:
    from generator.base.problem import Problem
    from generator.deliver.ownership import remedy

    for path in result.changes.edited:
        yield Problem(
            rule="render/edited",
            message="edited by hand.",
            hint=f"{remedy(result.rendered.platform, path)} Then render with --force.",
            file=f"output/{result.name}/{path}",
        )


def _as_json(result: Result) -> dict[str, object]:
    return {
        "tree": result.name,
        "forms": result.rendered.forms,
        "units": result.rendered.units,
        "objects": len(result.rendered.documents),
        "kinds": result.rendered.objects,
        "added": result.changes.added,
        "changed": result.changes.changed,
        "removed": result.changes.removed,
        "edited": result.changes.edited,
        "seconds": round(result.seconds, 3),
    }


def _show(result: Result, choice: Choice) -> None:
    changes, rendered = result.changes, result.rendered
    marks = (("+", changes.added), ("~", changes.changed), ("-", changes.removed), ("!", changes.edited))
    folder = f"output/{result.name}"
    if choice.check:
        for mark, paths in marks:
            for path in paths:
                click.echo(f"{mark} {folder}/{path}")
    elif changes.edited:
        from generator.deliver.ownership import remedy

        verb = "were overwritten" if choice.force else "are left as they are, and nothing was written"
        for path in changes.edited:
            click.echo(f"! {folder}/{path}", err=True)
            if not choice.force:
                click.echo(f"    {remedy(rendered.platform, path)}", err=True)
        click.echo(
            f"{len(changes.edited)} file(s) of {folder} were edited by hand; they {verb}."
            + ("" if choice.force else " Move the change to where it belongs, then render with --force."),
            err=True,
        )
    counts = f"{len(changes.added)} added, {len(changes.changed)} changed, {len(changes.removed)} removed"
    state = "would be " if choice.check or (changes.edited and not choice.force) else ""
    forms = f" as {', '.join(rendered.forms)}" if rendered.forms != ("manifests",) else ""
    click.echo(f"{result.name}: {rendered.units} units, {len(rendered.documents)} objects{forms}")
    kinds = ", ".join(f"{number}\N{NO-BREAK SPACE}{kind}" for kind, number in rendered.objects.items())
    wrapped = textwrap.fill(kinds, 110, initial_indent="  ", subsequent_indent="  ")
    click.echo(wrapped.replace("\N{NO-BREAK SPACE}", " "))
    click.echo(f"  files: {f'{state}{counts}' if changes else 'up to date'}; {result.seconds:.2f} s")
