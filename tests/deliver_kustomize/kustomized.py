"""Documents in regions, their Kustomize form, and what the real kustomize builds of it."""

import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml
from rendered import real_toolbox

from generator.base.problem import ObjectRef
from generator.deliver.document import Document, File
from generator.deliver.kustomize.render import render_component
from generator.deliver.kustomize.source import same
from generator.templating.emit import dump

Tree = dict[str, Any]


class _Reader(yaml.CSafeLoader):
    """Reads plain scalars as YAML 1.2 does: what kustomize writes plain, YAML 1.1 takes for more than a string."""

    yaml_implicit_resolvers = {}  # noqa: RUF012  (PyYAML's own way to configure a loader)


for _tag, _pattern, _first in (
    ("bool", "true|false", "tf"),
    ("null", "null", "n"),
    ("int", "-?[0-9]+", "-0123456789"),
    ("float", r"-?[0-9]+(\.[0-9]+)?(e[-+][0-9]+)?", "-0123456789"),
):
    _Reader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first))


def document(tree: Tree, region: str = "here", name: str = "web", file: str = "") -> Document:
    """Return an object as a template would have rendered it."""
    ref = reference(tree)
    path = file or f"{ref.kind.lower()}{f'-{ref.name}' if ref.name != name else ''}.yaml"
    header = f"# {name} in {region}, from templates/x.yaml.j2\n# Written by gen: change the spec and render again.\n"
    return Document(f"clusters/{region}/{name}/{path}", f"{header}{dump(tree)}".encode(), ref, "", "")


def reference(tree: Tree) -> ObjectRef:
    metadata = tree["metadata"]
    group = str(tree["apiVersion"]).rpartition("/")[0]
    return ObjectRef(group, tree["kind"], metadata.get("namespace", ""), metadata["name"])


def component(regions: Mapping[str, Sequence[Tree]], name: str = "web") -> dict[str, str]:
    """Return the files of a component by their path within its folder."""
    documents = {region: [document(tree, region, name) for tree in trees] for region, trees in regions.items()}
    return {
        f.path.removeprefix(f"kustomize/{name}/"): f.content.decode() for f in render_component(name, documents, "")
    }


def write(root: Path, files: Iterable[File]) -> None:
    for file in files:
        path = root / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)


def build(folder: Path) -> list[Tree]:
    """Return the objects that kustomize builds; it must have nothing to say."""
    binary = real_toolbox().tools["kustomize"]
    done = subprocess.run(
        [binary, "build", str(folder)], capture_output=True, timeout=60, check=False, env={}, encoding="utf-8"
    )
    assert (done.returncode, done.stderr) == (0, ""), f"{folder}: {done.stderr}"
    return [tree for tree in yaml.load_all(done.stdout, Loader=_Reader) if tree is not None]


def build_all(folders: Sequence[Path]) -> list[list[Tree]]:
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(build, folders))


def differences(expected: Iterable[Tree], found: Iterable[Tree]) -> list[str]:
    """Return a line for each object that is missing, that nobody expects, or that is another."""
    wanted, built = ({reference(tree): tree for tree in trees} for trees in (expected, found))
    return [
        *(f"missing: {ref}" for ref in sorted(wanted.keys() - built.keys())),
        *(f"unexpected: {ref}" for ref in sorted(built.keys() - wanted.keys())),
        *(
            f"different: {ref}\nwanted: {wanted[ref]}\nbuilt:  {built[ref]}"
            for ref in sorted(wanted.keys() & built.keys())
            if not same(wanted[ref], built[ref])
        ),
    ]
