"""Finds the manifests below a folder and reads them as objects: documents, Lists and JSON, whoever wrote them."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

from generator.base.problem import Problem, Severity, sort_problems
from generator.documents.node import json_path
from generator.manifests import values
from generator.manifests.kustomize_files import line_of, missing_files
from generator.manifests.object import Object, Place
from generator.manifests.read import Note, Reading, read_documents
from generator.manifests.scope import cluster_scoped
from generator.tree.files import INVENTORY

_SUFFIXES = (".yaml", ".yml", ".json")
_KUSTOMIZATIONS = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization"})


@dataclass(frozen=True, slots=True)
class Manifests:
    """What a folder holds: its objects in the order of their places, and what is wrong with the files themselves.

    folders are all folders below the root, POSIX and relative to it ("" for the root itself); charts are those with a
    Chart.yaml, whose templates are no manifests; kustomizations maps a folder to its kustomization.
    """

    root: Path
    objects: tuple[Object, ...]
    problems: tuple[Problem, ...]
    folders: frozenset[str]
    charts: tuple[str, ...]
    kustomizations: Mapping[str, Mapping[str, Any]]
    counts: Mapping[Path, int]
    """Every file that holds an object → how many; a List counts as its items, a list of one kind as one."""
    merges: frozenset[Path]
    """The files with merge keys (`<<`), which a strict reader takes for duplicate keys where one is overridden."""

    def relative(self, of: Object) -> str:
        """Return where an object's file is, POSIX, relative to the root."""
        return of.place.file.relative_to(self.root).as_posix()


def load_manifests(
    root: Path, shown: str = "", *, exclude: Sequence[str] = (), unread: Sequence[str] = ()
) -> Manifests:
    """Return the manifests below a folder (or in a single file); shown is its name in problems.

    A YAML or JSON document with an apiVersion and a kind is an object; one with only one of the two is a problem; any
    other is none of ours. Hidden folders, links to folders, Helm charts and what matches `exclude` (globs of paths
    relative to the root) are not entered. Of `unread` (folders at the top), and of what a rendered tree holds as
    overlays besides, only the folders are known, and which of them Helm or Kustomize builds.
    """
    walk = _Walk(root if root.is_dir() else root.parent, shown, tuple(exclude), unread)
    walk.enter(root)
    documents = list(walk.documents())
    walk.delivered = _delivered_by_flux(value for _, value in documents)
    cluster_wide = cluster_scoped(value for _, value in documents if value.get("kind") == "CustomResourceDefinition")
    objects = tuple(_object(place, value, cluster_wide, walk.namespace(place)) for place, value in documents)
    return Manifests(
        walk.root,
        objects,
        sort_problems(walk.problems),
        frozenset(walk.folders),
        tuple(sorted(walk.charts)),
        dict(sorted(walk.kustomizations.items())),
        walk.counts,
        frozenset(walk.merges),
    )


def _other_forms(folder: Path, shown: str) -> Iterator[str]:
    """Yield the folders of a rendered tree that hold as overlays what it holds as manifests too."""
    plain = {path.name for path in folder.glob("clusters/*/*/")}
    for path in sorted(folder.glob("kustomize/*/")):
        if path.name in plain:
            yield f"{shown}/kustomize/{path.name}".lstrip("/")


class _Walk:
    """One walk over a folder: what it met so far."""

    def __init__(self, root: Path, shown: str, exclude: tuple[str, ...], unread: Iterable[str]) -> None:
        self.root = root
        self.shown = shown
        self.exclude = exclude
        self.unread = set(unread)
        self.problems: list[Problem] = []
        self.folders: set[str] = {""}
        self.charts: list[str] = []
        self.kustomizations: dict[str, Mapping[str, Any]] = {}
        self.found: list[tuple[Path, str]] = []  # file, path relative to the root
        self.counts: dict[Path, int] = defaultdict(int)
        self.merges: set[Path] = set()
        self.delivered: Mapping[str, str] = {}  # folder → the namespace that Flux gives its objects

    def enter(self, root: Path) -> None:
        """Find the files; kustomizations are read first, since they say which files are patches."""
        if root.is_file():
            self.found.append((root, root.name))
            return
        for folder, subfolders, names in os.walk(root):
            relative = PurePosixPath(Path(folder).relative_to(self.root).as_posix())
            here = "" if str(relative) == "." else str(relative)
            self.folders.add(here)
            if INVENTORY in names:
                self.unread |= set(_other_forms(Path(folder), here))
            if any(here == path or here.startswith(f"{path}/") for path in self.unread):
                self.charts += [here] if "Chart.yaml" in names else []
                self.kustomizations |= {here: {}} if _KUSTOMIZATIONS & {*names} else {}
                continue
            if "Chart.yaml" in names:
                self.charts.append(here)
                subfolders[:] = ["charts"] if "charts" in subfolders else []
                continue
            subfolders[:] = sorted(name for name in subfolders if self.wanted(here, name))
            for name in sorted(names):
                path = f"{here}/{name}" if here else name
                if name in _KUSTOMIZATIONS:
                    self.kustomize(Path(folder, name), here)
                elif name.endswith(_SUFFIXES) and not self.excluded(path):
                    self.found.append((Path(folder, name), path))

    def wanted(self, here: str, name: str) -> bool:
        return not name.startswith(".") and name != "node_modules" and not self.excluded(f"{here}/{name}".lstrip("/"))

    def excluded(self, path: str) -> bool:
        return any(fnmatch(path, pattern) for pattern in self.exclude)

    def kustomize(self, file: Path, folder: str) -> None:
        documents = self.read(file, f"{folder}/{file.name}".lstrip("/")).documents
        value = documents[0] if documents else None
        self.kustomizations[folder] = value if isinstance(value, dict) else {}
        for path, name in missing_files(self.root, folder, self.kustomizations[folder]):
            self.problems.append(
                Problem(
                    rule="references/kustomization-file-missing",
                    message=f"There is no file or folder '{name}' here, so nothing of this kustomization is built.",
                    hint="Correct the name, or add the file.",
                    file=self.name(f"{folder}/{file.name}".lstrip("/")),
                    line=line_of(file, name),
                    column=1,
                    path=json_path(path),
                )
            )

    def patches(self) -> frozenset[str]:
        """Return the files that kustomizations name as patches, values or settings: parts of objects, not objects."""
        found = set()
        for folder, value in self.kustomizations.items():
            for key in ("patches", "patchesJson6902", "replacements"):
                found |= {_joined(folder, item.get("path")) for _, item in values.mappings(value, key)}
            for key in ("patchesStrategicMerge", "configurations", "transformers", "generators"):
                found |= {_joined(folder, name) for name in values.strings(value, key)}
            for _, chart in values.mappings(value, "helmCharts"):
                found.add(_joined(folder, chart.get("valuesFile")))
        return frozenset(found)

    def documents(self) -> Iterator[tuple[Place, Mapping[str, Any]]]:
        patches = self.patches()
        for file, path in self.found:
            if path in patches:
                continue
            reading = self.read(file, path)
            if reading.merges:
                self.merges.add(file)
            for number, document in enumerate(reading.documents):
                yield from self.objects(Place(file, self.name(path), number), document)

    def objects(self, place: Place, document: Any) -> Iterator[tuple[Place, Mapping[str, Any]]]:
        """Yield the objects in a document: itself, or the items of a List."""
        if not isinstance(document, dict):
            return
        kind, version = document.get("kind"), document.get("apiVersion")
        if kind is None and version is None:
            return
        if not (isinstance(kind, str) and kind and isinstance(version, str) and version):
            missing = "apiVersion" if isinstance(kind, str) and kind else "kind"
            if "metadata" in document or "spec" in document:
                message = f"the object has no {missing}, so nobody knows what it is."
                self.add("identity/no-kind", place, message, f"Write its {missing}.")
            return
        listed = document.get("items")
        if kind.endswith("List") and isinstance(listed, list):
            before = self.counts[place.file]
            for index, item in enumerate(listed):
                inner = Place(place.file, place.shown, place.document, (*place.within, "items", index))
                yield from self.objects(inner, item)
            if kind != "List":
                self.counts[place.file] = before + 1
        elif version.startswith("kustomize.config.k8s.io/"):
            return
        else:
            self.counts[place.file] += 1
            yield place, document

    def read(self, file: Path, path: str) -> Reading:
        if file.is_symlink() and not file.resolve().is_relative_to(self.root.resolve()):
            self.add(
                "manifests/link", Place(file, self.name(path)), "the link leads out of the tree.", "Copy the file."
            )
            return Reading((), ())
        try:
            content = file.read_bytes()
        except OSError as error:
            self.add("manifests/unreadable", Place(file, self.name(path)), f"cannot be read: {error.strerror}.", "")
            return Reading((), ())
        reading = read_documents(content, is_json=file.suffix == ".json")
        if reading.notes and _is_manifest(reading, content):
            self.problems += [
                Problem(
                    rule=note.rule,
                    severity=_severity(note),
                    message=note.message,
                    hint=note.hint,
                    file=self.name(path),
                    line=note.line,
                    column=note.column,
                    path=json_path(note.path) if note.path else "",
                )
                for note in reading.notes
            ]
        return reading

    def add(self, rule: str, place: Place, message: str, hint: str) -> None:
        self.problems.append(Problem(rule=rule, message=message, hint=hint, file=place.shown, line=1, column=1))

    def name(self, path: str) -> str:
        return f"{self.shown}/{path}" if self.shown else path

    def namespace(self, place: Place) -> str:
        """Return the namespace that Flux, or the nearest kustomization above a file, gives its objects, or ""."""
        folder = PurePosixPath(place.file.relative_to(self.root).as_posix()).parent
        above = ["" if str(parent) == "." else str(parent) for parent in (folder, *folder.parents)]
        for parent in above:
            if parent in self.delivered:
                return self.delivered[parent]
        for parent in above:
            found = self.kustomizations.get(parent)
            if found is not None:
                return values.text(found, "namespace")
        return ""


def _delivered_by_flux(documents: Iterable[Mapping[str, Any]]) -> Mapping[str, str]:
    """Return the folders that Flux delivers into one namespace, whatever their objects say → that namespace."""
    found: dict[str, set[str]] = defaultdict(set)
    for value in documents:
        if value["kind"] == "Kustomization" and value["apiVersion"].startswith("kustomize.toolkit.fluxcd.io/"):
            path = values.text(value, "spec", "path")
            found[os.path.normpath(path.lstrip("/"))].add(values.text(value, "spec", "targetNamespace"))
    return {path: min(names) for path, names in found.items() if len(names) == 1 and "" not in names and path != "."}


def _is_manifest(reading: Reading, content: bytes) -> bool:
    """Say whether the notes on a file matter: it holds an object, or would if it could be read."""
    if any(isinstance(document, dict) and "kind" in document for document in reading.documents):
        return True
    return b"kind" in content and b"apiVersion" in content


def _severity(note: Note) -> Severity:
    # File modes are octal in every Kubernetes reader and in its documentation (`defaultMode: 0644`); '=' is a string
    # to every reader of Kubernetes: controller-gen writes it plain into schemas, people into matchers.
    octal = note.path and str(note.path[-1]).lower().endswith("mode")
    harmless = note.rule == "drift/ambiguous-scalar" and (octal or note.message.startswith("'='"))
    return Severity.WARNING if harmless else Severity.ERROR


def _joined(folder: str, name: Any) -> str:
    return os.path.normpath(PurePosixPath(folder, name)) if isinstance(name, str) else ""


def _object(
    place: Place, value: Mapping[str, Any], cluster_wide: frozenset[tuple[str, str]], kustomized: str
) -> Object:
    group, _, version = value["apiVersion"].rpartition("/")
    kind = value["kind"]
    namespace = "" if (group, kind) in cluster_wide else kustomized or values.text(value, "metadata", "namespace")
    name = values.text(value, "metadata", "name") or values.text(value, "metadata", "generateName")
    if kustomized and (group, kind) == ("", "Namespace"):  # which kustomize renames
        name = kustomized
    return Object(place, value, group, version, kind, namespace, name)
