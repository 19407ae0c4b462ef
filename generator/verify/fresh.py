"""The render stage: the committed bytes are what the specs render to now."""

from collections.abc import Iterator, Sequence

from generator.base.errors import ProblemsError
from generator.base.problem import Problem
from generator.components.catalogue import Catalogue
from generator.deliver.render import Renderer
from generator.deliver.tree import Narrowing, render_tree
from generator.tree.inventory import asked_forms
from generator.tree.rendered import header, rendered_files
from generator.tree.write import compare
from generator.verify.outcome import Outcome
from generator.verify.subject import Rendering

_RENDER = "Render again: gen render."


def check_fresh(renderings: Sequence[Rendering], catalogue: Catalogue) -> Outcome:
    """Return a problem for each file of a rendered tree that differs from a fresh render, or is missing in either.

    A file that was edited by hand is left to the inventory stage. The problems of a spec that cannot be rendered are
    returned as they are.
    """
    renderer = Renderer()
    found = (problem for rendering in renderings for problem in _compare(rendering, catalogue, renderer))
    return Outcome(tuple(found))


def _compare(rendering: Rendering, catalogue: Catalogue, renderer: Renderer) -> Iterator[Problem]:
    if rendering.platform is None:
        yield from rendering.spec_problems
        return
    tree = rendering.tree
    try:
        rendered = render_tree(rendering.platform, catalogue, Narrowing(forms=asked_forms(tree.root)), renderer)
    except ProblemsError as error:
        yield from error.problems
        return
    changes = compare(tree.root, rendered_files(rendered), header(rendered))
    edited = set(changes.edited)
    for rule, paths, message in (
        ("render/added", changes.added, "the specs render this file, but the tree does not hold it."),
        ("render/changed", changes.changed, "the specs render this file to something else than what is committed."),
        ("render/removed", changes.removed, "the specs do not render this file any more."),
    ):
        for path in paths:
            if path not in edited:
                yield Problem(rule=rule, file=tree.name(tree.root / path), message=message, hint=_RENDER)
