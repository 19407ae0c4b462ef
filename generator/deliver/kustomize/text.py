"""How the files of this form look: two lines that say what they are and what to change instead, then plain YAML."""

import re
from collections.abc import Iterable, Mapping

from generator.deliver.document import Document
from generator.templating.emit import block, dump

WRITTEN = "# Written by gen: change the spec in environments/ and render again.\n"
KUSTOMIZATION = "kustomization.yaml"
_REGION = re.compile(rb"\A# (.+?) in [^,\n]+, from ")


def mapping_file(head: str, content: Mapping[str, object]) -> bytes:
    """Return a file that holds a mapping, below a line that says what it is."""
    return f"# {head}\n{WRITTEN}{dump(content)}".encode()


def list_file(head: str, items: Iterable[tuple[str, Mapping[str, object]]]) -> bytes:
    """Return a file that holds a list; items have what a comment says of them ("" for none)."""
    lines = [line for said, item in items for line in (*([f"# {said}"] if said else ()), block([item], 0))]
    return "\n".join([f"# {head}", WRITTEN.rstrip(), *lines, ""]).encode()


def kustomization_file(head: str, fields: Mapping[str, object]) -> bytes:
    """Return a kustomization with those of its fields that say something."""
    said = {name: value for name, value in fields.items() if value}
    identity = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    return mapping_file(head, {**identity, "resources": [], **said})


def base_object(document: Document) -> bytes:
    """Return a manifest as all regions share it: its first line does not name the region that it was rendered for."""
    return _REGION.sub(rb"# \1, from ", document.content)


def object_file_name(document: Document) -> str:
    """Return the file name of an object: as in clusters/, unless that is the name that kustomize looks for."""
    name = document.path.rpartition("/")[2]
    return f"{name.removesuffix('.yaml')}-{document.object.name}.yaml" if name == KUSTOMIZATION else name
