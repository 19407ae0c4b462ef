"""Compares the objects of a form with the manifests, as two sets, and says each difference as a problem."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from generator.base.problem import ObjectRef, Problem
from generator.documents.node import json_path
from generator.verify.forms.difference import Difference, differences, equal, shown
from generator.verify.forms.reading import Item, Reader, Text, Unreadable

PER_OBJECT = 20
"""Differences of one object that are reported."""
PER_RENDERING = 60
"""Problems of one rendering (a chart or an overlay in a region) that are reported."""
_HINT = "Render again: gen render. If it stays, {mend}."


@dataclass(frozen=True, slots=True)
class Rendering:
    """What was rendered: how messages name it ("The chart in eu"), and what to do about a difference.

    file returns the file that a person should look at, by what the tool calls the source, the path of the manifest
    ("" if there is none) and the object. strict: what the reader notes on the text is a problem too, when the manifest
    has no such note.
    """

    name: str
    mend: str
    file: Callable[[str, str, ObjectRef], str]
    strict: bool = False

    @property
    def hint(self) -> str:
        """Return what to do about a difference."""
        return _HINT.format(mend=self.mend)


@dataclass(slots=True)
class Objects:
    """Objects by identity, and problems with those that have none of their own."""

    items: dict[ObjectRef, Item] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class Comparison:
    """Compares renderings with manifests; pairs of texts that were found equal are not compared again."""

    reader: Reader = field(default_factory=Reader)
    same: set[tuple[str, str]] = field(default_factory=set)

    def manifests(self, contents: Mapping[str, bytes], shown_root: str) -> Objects:
        """Return the objects of manifests, given by their paths."""
        found = Objects()
        for path, content in contents.items():
            item = self.reader.manifest(path, content)
            place = f"{shown_root}/{path}"
            if isinstance(item, Unreadable):
                message = f"The manifest cannot be compared: {item.why}."
                found.problems.append(Problem(rule="forms/unreadable", file=place, message=message))
            elif item.ref in found.items:
                message = f"{item.ref} stands in {found.items[item.ref].source} too."
                found.problems.append(Problem(rule="forms/duplicate", file=place, object=item.ref, message=message))
            else:
                found.items[item.ref] = item
        return found

    def rendered(self, texts: Iterable[Text], rendering: Rendering) -> Objects:
        """Return the objects of what a tool rendered."""
        found = Objects()
        for text in texts:
            self.add(found, self.reader.item(text), rendering)
        return found

    def add(self, found: Objects, item: Item | Unreadable, rendering: Rendering) -> None:
        """Put what was read into the objects, or say why it cannot be."""
        if isinstance(item, Unreadable):
            file = rendering.file(item.source, "", ObjectRef("", "", "", ""))
            message = f"{rendering.name} has an object that cannot be read: {item.why}."
            found.problems.append(Problem(rule="forms/unreadable", file=file, message=message, hint=rendering.hint))
        elif item.ref in found.items:
            found.problems.append(self.duplicate(item, rendering))
        else:
            found.items[item.ref] = item

    def duplicate(self, item: Item, rendering: Rendering) -> Problem:
        """Return the problem of an object that a rendering has a second time."""
        message = f"{rendering.name} has this object more than once."
        file = rendering.file(item.source, "", item.ref)
        return Problem(rule="forms/duplicate", file=file, object=item.ref, message=message, hint=rendering.hint)

    def compare(self, manifests: Objects, found: Objects, rendering: Rendering) -> list[Problem]:
        """Return how a rendering differs from the manifests, at most PER_RENDERING problems and one that counts."""
        problems = [*found.problems, *self._differences(manifests.items, found.items, rendering)]
        if len(problems) <= PER_RENDERING:
            return problems
        rest = len(problems) - PER_RENDERING
        message = f"{rest} more problems of {_lower(rendering.name)}."
        more = Problem(rule="forms/differs", file=problems[-1].file, message=message, hint=rendering.hint)
        return [*problems[:PER_RENDERING], more]

    def _differences(
        self, manifests: Mapping[ObjectRef, Item], found: Mapping[ObjectRef, Item], rendering: Rendering
    ) -> Iterator[Problem]:
        for ref, item in found.items():
            manifest = manifests.get(ref)
            if manifest is None:
                message = f"{rendering.name} has this object, the manifests have not."
                file = rendering.file(item.source, "", ref)
                yield Problem(rule="forms/extra", file=file, object=ref, message=message, hint=rendering.hint)
            elif not self.equal(manifest, item):
                yield from _object_problems(manifest, item, rendering)
            elif rendering.strict and item.notes and not manifest.notes:
                yield from _notes(item, rendering)
        for ref, manifest in manifests.items():
            if ref not in found:
                message = f"{rendering.name} lacks this object; the manifest is {manifest.source}."
                file = rendering.file("", manifest.source, ref)
                yield Problem(rule="forms/missing", file=file, object=ref, message=message, hint=rendering.hint)

    def equal(self, manifest: Item, item: Item) -> bool:
        """Say whether the two mean the same."""
        pair = (manifest.body, item.body)
        if manifest.body == item.body or pair in self.same:
            return True
        if not equal(manifest.value, item.value):
            return False
        self.same.add(pair)
        return True


def _object_problems(manifest: Item, item: Item, rendering: Rendering) -> Iterator[Problem]:
    file = rendering.file(item.source, manifest.source, item.ref)
    # Were none found in what is not equal, the object as a whole would be the place: nothing passes unsaid.
    found = iter([*differences(manifest.value, item.value)] or [Difference((), manifest.value, item.value)])
    for difference in islice(found, PER_OBJECT):
        expected, actual = shown(difference)
        message = f"{rendering.name} has {actual}, the manifest has {expected}."
        path = json_path(difference.path)
        yield Problem(rule="forms/differs", file=file, path=path, object=item.ref, message=message, hint=rendering.hint)
    rest = sum(1 for _ in found)
    if rest:
        message = f"{rest} more differences between {_lower(rendering.name)} and the manifest {manifest.source}."
        yield Problem(rule="forms/differs", file=file, object=item.ref, message=message, hint=rendering.hint)


def _notes(item: Item, rendering: Rendering) -> Iterator[Problem]:
    file = rendering.file(item.source, "", item.ref)
    for note in item.notes:
        message = f"{rendering.name} has a text that readers take differently: {note.message}"
        path = json_path(note.path)
        yield Problem(rule="forms/ambiguous", file=file, path=path, object=item.ref, message=message, hint=note.hint)


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
