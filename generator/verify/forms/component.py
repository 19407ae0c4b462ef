"""Judges one component in one form: its renderings, region by region, against its manifests."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from generator.base.problem import ObjectRef, Problem
from generator.verify.forms.equality import Comparison, Objects, Rendering
from generator.verify.forms.reading import Text, split
from generator.verify.forms.tree import Component, Whole


@dataclass(frozen=True, slots=True)
class Output:
    """What a tool printed for a region."""

    region: str
    rendering: Rendering
    content: bytes


@dataclass(frozen=True, slots=True)
class Expected:
    """The manifests of a component in a region: object → path; and, of its rendering, the texts that are equal."""

    paths: Mapping[ObjectRef, str]
    equal: Mapping[str, ObjectRef]


@dataclass(frozen=True, slots=True)
class Checked:
    """What came out for a component: its problems, by region what a whole must hold, and what was compared."""

    component: Component
    problems: tuple[Problem, ...]
    expected: Mapping[str, Expected]
    renderings: int
    objects: int


def judge(component: Component, outputs: Iterable[Output | Problem]) -> Checked:
    """Return how the renderings of a component differ from its manifests; a tool's own problems pass through."""
    comparison = Comparison()
    manifests = {
        region: comparison.manifests(contents, component.tree.shown) for region, contents in component.manifests.items()
    }
    problems = [problem for objects in manifests.values() for problem in objects.problems]
    equal: dict[str, dict[str, ObjectRef]] = {region: {} for region in manifests}
    renderings = count = 0
    for output in outputs:
        if isinstance(output, Problem):
            problems.append(output)
            continue
        objects = comparison.rendered(texts(output.content), output.rendering)
        wanted = manifests[output.region]
        problems += comparison.compare(wanted, objects, output.rendering)
        equal[output.region] |= {
            item.body: ref
            for ref, item in objects.items.items()
            if ref in wanted.items and comparison.equal(wanted.items[ref], item)
        }
        renderings, count = renderings + 1, count + len(objects.items)
    expected = {
        region: Expected({ref: item.source for ref, item in objects.items.items()}, equal[region])
        for region, objects in manifests.items()
    }
    return Checked(component, tuple(problems), expected, renderings, count)


def judge_whole(whole: Whole, checked: Iterable[Checked], output: Output) -> tuple[Problem, ...]:
    """Return how what installs a region differs from the manifests of its components there.

    A text that a component's own rendering has, equal to its manifest, is not read again. What is wrong in the
    component's own rendering is not said a second time.
    """
    comparison, unknown = Comparison(), Objects()
    paths: dict[ObjectRef, str] = {}
    known: dict[str, ObjectRef] = {}
    wrong: set[ObjectRef] = set()
    for part in checked:
        expected = part.expected.get(output.region)
        if expected is not None:
            paths |= expected.paths
            known |= expected.equal
            wrong |= expected.paths.keys() - set(expected.equal.values())
    seen: set[ObjectRef] = set()
    for text in texts(output.content):
        ref = known.get(text.body)
        if ref is None or ref in seen:
            comparison.add(unknown, comparison.reader.item(text), output.rendering)
        else:
            seen.add(ref)
    items = {ref: item for ref, item in unknown.items.items() if ref not in wrong}
    twice = [comparison.duplicate(item, output.rendering) for ref, item in items.items() if ref in seen]
    rest = {ref: item for ref, item in items.items() if ref not in seen}
    due = {path: whole.tree.manifests[path] for ref, path in paths.items() if ref not in seen and ref not in wrong}
    found = Objects(rest, [*unknown.problems, *twice])
    return tuple(comparison.compare(comparison.manifests(due, whole.tree.shown), found, output.rendering))


def texts(content: bytes) -> Iterable[Text]:
    """Return the documents in what a tool printed; what is not UTF-8 is kept as a character that no object equals."""
    return split(content.decode("utf-8", "surrogateescape"))
