"""The real helm and kustomize on a rendered tree: what each makes of a region, read as Kubernetes reads it."""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from form_workspace import NAME, PLATFORM
from go_reader import GoReader
from rendered import real_toolbox

from generator.manifests.read import read_documents

Objects = Mapping[str, object]
Leaves = dict[str, str]

FORMS = ("manifests", "chart", "umbrella", "overlay", "root")


class ToolFailedError(Exception):
    """A tool refused what was rendered."""


def text_of(form: str, region: str, root: Path) -> str:
    """Return the objects of a form of a tree in a region, as YAML."""
    if form == "manifests":
        files = sorted((root / "clusters" / region / NAME).glob("*.yaml"))
        return "".join(f"---\n{file.read_text('utf-8')}" for file in files)
    charts, kustomize = root / "charts" / PLATFORM, root / "kustomize"
    if form == "chart":
        return helm(charts / "charts" / NAME, region)
    if form == "umbrella":
        return helm(charts, region)
    return built(kustomize / NAME / "overlays" / region if form == "overlay" else kustomize / "regions" / region)


def helm(chart: Path, region: str) -> str:
    """Return what `helm template` makes of a chart with the values of a region ("": with the defaults alone)."""
    values = ["-f", str(chart / f"values-{region}.yaml")] if region else []
    return _run("helm", "template", NAME, str(chart), *values)


def built(folder: Path) -> str:
    """Return what `kustomize build` makes of a folder; a warning fails."""
    return _run("kustomize", "build", str(folder))


def _run(tool: str, *arguments: str) -> str:
    done = subprocess.run([str(real_toolbox().tools[tool]), *arguments], capture_output=True, check=False)
    said = done.stderr.decode("utf-8", "replace")
    if done.returncode or (tool == "kustomize" and said):
        raise ToolFailedError(f"{tool} {' '.join(arguments)}: {said[-700:]}")
    return done.stdout.decode("utf-8")


def read(text: str, go: GoReader) -> dict[str, Leaves]:
    """Return the leaves of the component's objects by the object's name; both readers have to agree on them."""
    documents = [part for part in re.split(r"(?m)^---(?:\s|$)", text) if part.strip()]
    readings = [reading["kubernetes"] for reading in go.read(documents)]
    found: dict[str, Leaves] = {}
    for part, reading in zip(documents, readings, strict=True):
        (ours,) = read_documents(part.encode()).documents or (None,)
        theirs = (reading["documents"] or [reading["error"]])[0]
        if ours is None and theirs is None:
            continue  # comments only
        name, leaves = _name(theirs), dict(_leaves("", theirs))
        if leaves != dict(_leaves("", ours)):
            leaves |= {f"{path} (read otherwise)": said for path, said in _leaves("", ours) if leaves.get(path) != said}
        if name.startswith(NAME):
            assert name not in found, f"{name} comes twice"
            found[name] = leaves
    return found


def leaves_of(value: object) -> Leaves:
    """Return the scalars of a value by their path, each with its type: 1, 1.0, true and "1" are four values."""
    return dict(_leaves("", value))


def _leaves(path: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(f"{path}.{key}", item)
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _leaves(f"{path}[{index}]", item)
    else:
        yield path, json.dumps(value, ensure_ascii=True)


def _name(document: object) -> str:
    metadata = document.get("metadata") if isinstance(document, dict) else None
    return str(metadata.get("name")) if isinstance(metadata, dict) else f"unreadable: {str(document)[:200]}"


def differences(found: Mapping[str, Leaves], wanted: Mapping[str, Leaves]) -> list[str]:
    """Return a line for each path at which objects differ: what was found, and what was wanted."""
    lines = [f"{name}: {'missing' if name in wanted else 'too many'}" for name in sorted(found.keys() ^ wanted.keys())]
    for name in sorted(found.keys() & wanted.keys()):
        one, other = found[name], wanted[name]
        paths = sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))
        lines += [f"{name}{path}: {one.get(path, 'nothing')} for {other.get(path, 'nothing')}" for path in paths]
    return lines
