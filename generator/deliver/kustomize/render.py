"""Writes the Kustomize form of a component, and the root that gathers a region's overlays; pure text, no binary."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from generator.base.errors import ProblemsError
from generator.base.problem import ObjectRef, Problem
from generator.deliver.document import Document, File
from generator.deliver.kustomize.configmaps import Generated, changed, has_lines, is_of_files, made
from generator.deliver.kustomize.limits import problems
from generator.deliver.kustomize.overlay import changes, is_patchable, own_objects
from generator.deliver.kustomize.source import Source
from generator.deliver.kustomize.text import KUSTOMIZATION, base_object, kustomization_file, object_file_name

# The folder of the regions' roots, beside those of the components.
REGIONS = "regions"


def render_component(name: str, documents: Mapping[str, Sequence[Document]], input_hash: str) -> tuple[File, ...]:
    """Return a component's base and overlays, sorted by path.

    documents has the component's manifests by region, in the platform's order: the base has the first region's
    objects, as far as every region has them and a patch can change them. Raises ProblemsError for a component whose
    name is taken, and for texts that kustomize cannot carry.
    """
    if name == REGIONS:
        raise ProblemsError([_name_taken()])
    source = Source.of(documents)
    found = tuple(problems(source))
    if found:
        raise ProblemsError(found)
    form = _Form(name, source)
    files = {f"kustomize/{name}/{path}": content for path, content in form.files()}
    return tuple(File(path, files[path], f"kustomize/{name}", input_hash) for path in sorted(files))


def render_region(region: str, components: Sequence[str], input_hash: str) -> File:
    """Return the root of a region: `kustomize build` of its folder gives all objects of the components named."""
    content = kustomization_file(
        f"Everything in {region}", {"resources": [f"../../{name}/overlays/{region}" for name in sorted(components)]}
    )
    folder = f"kustomize/{REGIONS}/{region}"
    return File(f"{folder}/{KUSTOMIZATION}", content, folder, input_hash)


class _Form:
    """One component: which objects the base has, and of those which a generator makes."""

    def __init__(self, name: str, source: Source) -> None:
        self.name = name
        self.source = source
        everywhere = source.everywhere()
        of_files = [ref for ref in everywhere if self._is_of_files(ref)]
        self.generated = [ref for ref in of_files if self._is_generated(ref)]
        self.shared = [ref for ref in everywhere if ref not in of_files and is_patchable(ref, source)]

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Yield the files by their path in the component's folder."""
        yield from self._base()
        for region in self.source.regions:
            for path, content in self._overlay(region):
                yield f"overlays/{region}/{path}", content

    def _base(self) -> Iterator[tuple[str, bytes]]:
        resources = [self.source.first(ref) for ref in self.shared]
        generators = [made(self._tree(ref, self.source.regions[0]), self._files(ref)) for ref in self.generated]
        yield from self._folder(
            "base",
            f"{self.name}: what all regions have, as {self.source.regions[0]} has it; the overlays change what differs",
            [],
            resources,
            generators,
            {},
        )
        for document in resources:
            yield f"base/{object_file_name(document)}", base_object(document)

    def _overlay(self, region: str) -> Iterator[tuple[str, bytes]]:
        first = region == self.source.regions[0]
        generators = [] if first else [g for ref in self.generated if (g := self._change(ref, region)) is not None]
        resources = []
        for document in own_objects(region, [*self.shared, *self.generated], self.source):
            if self._is_of_files(document.object, region):
                generators.append(made(self.source.tree(document), self._files(document.object)))
            else:
                resources.append(document)
                yield object_file_name(document), document.content
        found = changes(region, self.shared, self.source)
        yield from found.patches.items()
        head = f"{self.name} in {region}"
        yield from self._folder("", head, ["../../base"], resources, generators, found.fields)

    def _folder(
        self,
        folder: str,
        head: str,
        bases: Sequence[str],
        resources: Sequence[Document],
        generators: Sequence[Generated],
        fields: Mapping[str, list[Any]],
    ) -> Iterator[tuple[str, bytes]]:
        """Yield the kustomization of a folder, and the files that its generators name."""
        below = f"{folder}/" if folder else ""
        lists = {
            "resources": [*bases, *sorted(map(object_file_name, resources))],
            "configMapGenerator": [each.entry for each in generators],
            **fields,
        }
        yield f"{below}{KUSTOMIZATION}", kustomization_file(head, lists)
        for each in generators:
            for path, text in each.files.items():
                yield f"{below}{path}", text.encode()

    def _files(self, ref: ObjectRef) -> str:
        """Return the folder of a ConfigMap's files: its name, with the namespace where two have that name."""
        known = {other for found in self.source.documents.values() for other in found if other.kind == ref.kind}
        alone = sum(other.name == ref.name for other in known) == 1
        return ref.name if alone else f"{ref.namespace}/{ref.name}"

    def _tree(self, ref: ObjectRef, region: str) -> dict[str, Any]:
        return self.source.tree(self.source.documents[region][ref])

    def _is_of_files(self, ref: ObjectRef, *regions: str) -> bool:
        """Say whether an object is a ConfigMap of files in some regions, or in all that have it."""
        found = [self.source.documents[region].get(ref) for region in regions or self.source.regions]
        documents = [document for document in found if document is not None]
        return any(map(has_lines, documents)) and is_of_files([self.source.tree(document) for document in documents])

    def _is_generated(self, ref: ObjectRef) -> bool:
        """Say whether the base can generate a ConfigMap of files, and the overlays change it."""
        base = self._tree(ref, self.source.regions[0])
        return all(changed(base, self._tree(ref, region), "") is not None for region in self.source.regions[1:])

    def _change(self, ref: ObjectRef, region: str) -> Generated | None:
        """Return what a region changes in a ConfigMap of files; None when that is nothing."""
        if not self.source.differs(ref, region):
            return None
        return changed(self._tree(ref, self.source.regions[0]), self._tree(ref, region), self._files(ref))


def _name_taken() -> Problem:
    return Problem(
        rule="render/kustomize-name",
        message=f"a component called '{REGIONS}' would lie where the roots of the regions are, in kustomize/{REGIONS}.",
        hint="Rename it, or render it in another form.",
    )
