"""Runs kubeconform on the manifests of a tree, offline, and reads its answer."""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from generator.base.errors import GenError
from generator.tools.toolbox import Toolbox
from generator.verify.subject import Subject

_BATCH = 1000  # files a run: a command line has an end


@dataclass(frozen=True, slots=True)
class Verdict:
    """What kubeconform says of one object: status is statusValid, statusInvalid, statusError, statusSkipped or "".

    The last stands for an empty document.
    """

    file: str
    kind: str
    api_version: str
    name: str
    status: str
    message: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The verdicts on a tree; complaint is what kubeconform wrote beside them ("" if all went well)."""

    verdicts: tuple[Verdict, ...]
    complaint: str


def ask(subject: Subject, toolbox: Toolbox, schemas: Path | None = None) -> Answer:
    """Return kubeconform's verdict on every object of a subject.

    A rendered tree is handed over by its folders, so that kubeconform finds the files by itself; of another folder the
    files that hold objects. `schemas` is a folder of further schemas, in the layout of the library of CRDs.
    """
    with tempfile.TemporaryDirectory(prefix="gen-kubeconform-") as folder:
        copies = {} if subject.tree else _copies(subject, Path(folder))
        paths = [str(path) for path in subject.tree.folders()] if subject.tree else _files(subject, copies)
        words = command(subject.kubernetes, toolbox, schemas)
        answers = [_ask(words, paths[start : start + _BATCH]) for start in range(0, len(paths), _BATCH)]
    originals = {copy: str(path) for path, copy in copies.items()}
    verdicts = tuple(
        replace(verdict, file=originals.get(verdict.file, verdict.file))
        for answer in answers
        for verdict in answer.verdicts
    )
    return Answer(verdicts, "\n".join(answer.complaint for answer in answers if answer.complaint))


def _files(subject: Subject, copies: Mapping[Path, str]) -> list[str]:
    return [copies.get(path, str(path)) for path in sorted(subject.repository.manifests.counts)]


def _copies(subject: Subject, folder: Path) -> Mapping[Path, str]:
    """Write the objects of files with merge keys as JSON: kubeconform's reader knows no key that overrides another."""
    manifests = subject.repository.manifests
    items: dict[Path, list[Any]] = {path: [] for path in sorted(manifests.merges & manifests.counts.keys())}
    for thing in manifests.objects:
        if thing.place.file in items:
            items[thing.place.file].append(thing.value)
    found = {}
    for number, (path, values) in enumerate(items.items()):
        copy = folder / f"{number}.json"
        copy.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": values}), encoding="utf-8")
        found[path] = str(copy)
    return found


def _ask(words: Sequence[str], paths: Sequence[str]) -> Answer:
    done = subprocess.run(
        [*words, *paths],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    try:
        resources = json.loads(done.stdout)["resources"]
    except (json.JSONDecodeError, KeyError) as error:
        said = (done.stderr or done.stdout).strip()
        raise GenError(
            f"kubeconform did not answer (exit code {done.returncode}): {said}. Run `gen tools list`."
        ) from error
    return Answer(tuple(map(_verdict, resources)), done.stderr.strip())


def command(kubernetes: str, toolbox: Toolbox, schemas: Path | None = None) -> Sequence[str]:
    """Return the kubeconform command, without files, that checks against a Kubernetes minor version ("1.36")."""
    places = toolbox.schema_locations()
    if schemas is not None:
        places = (*places, f"{schemas}/{{{{.Group}}}}/{{{{.ResourceKind}}}}_{{{{.ResourceAPIVersion}}}}.json")
    places = (*places, *toolbox.own_locations())
    locations = [part for place in places for part in ("-schema-location", place)]
    return [
        str(toolbox.tools["kubeconform"]),
        "-strict",
        "-verbose",  # valid objects are reported too, so that they can be counted file by file
        "-summary",
        "-output",
        "json",
        "-n",
        str(os.cpu_count() or 1),
        "-kubernetes-version",
        f"{kubernetes}.0",
        *locations,
    ]


def _verdict(resource: dict[str, Any]) -> Verdict:
    return Verdict(
        file=resource["filename"],
        kind=resource["kind"],
        api_version=resource["version"],
        name=resource["name"],
        status=resource["status"],
        message=resource["msg"],
    )
