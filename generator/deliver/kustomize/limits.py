"""What no kustomization can carry, whatever is patched: texts that kustomize writes so that nobody reads them back."""

import re
from collections.abc import Iterator

from generator.base.problem import Problem
from generator.deliver.document import Document
from generator.deliver.kustomize.source import Source, body
from generator.documents.scalars import KEYWORDS, resolve

_MERGE = "<<"
_QUOTED_NAME = re.compile(rb"""(?m)^ +["'][-+~.\w/]+["']\s*:""").search


def begins_with_tab(text: str) -> bool:
    """Say whether kustomize would write a block that no reader of YAML can tell the indentation of."""
    return text.startswith("\t") and "\n" in text


def is_no_string(name: str) -> bool:
    """Say whether kustomize takes a name that it writes itself for a boolean, a number or null."""
    return name in KEYWORDS or (not name[:1].isalpha() and not isinstance(resolve(name), str))


def problems(source: Source) -> Iterator[Problem]:
    """Yield what has to be said otherwise, or rendered in another form."""
    for region, documents in source.documents.items():
        for document in documents.values():
            text = body(document)
            # A double-quoted text, the only one that begins with a tab; the key that means a merge; a quoted name.
            if b'"\\t' in text or b'"\t' in text or b"<<" in text or _QUOTED_NAME(text):
                tree = source.tree(document)
                if _has_key(tree, _MERGE):
                    yield _problem(document, region, f"the key '{_MERGE}' comes back from kustomize as a merge.")
                yield from _annotation_problems(document, region, tree["metadata"])


def _annotation_problems(document: Document, region: str, metadata: object) -> Iterator[Problem]:
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    for name, value in (annotations if isinstance(annotations, dict) else {}).items():
        if is_no_string(name):
            yield _problem(document, region, f"kustomize takes the annotation's name '{name}' for no string.")
        if isinstance(value, str) and begins_with_tab(value):
            what = f"kustomize cannot read the annotation '{name}': its first line begins with a tab."
            yield _problem(document, region, what)


def _has_key(value: object, key: str) -> bool:
    if isinstance(value, dict):
        return key in value or any(_has_key(inner, key) for inner in value.values())
    return isinstance(value, list) and any(_has_key(inner, key) for inner in value)


def _problem(document: Document, region: str, message: str) -> Problem:
    first = document.content.partition(b"\n")[0].decode()
    return Problem(
        rule="render/kustomize-text",
        message=f"in {region}, {message}",
        hint="Say it in another way, or leave the form kustomize out.",
        file=first.rpartition(", from ")[2] if first.startswith("# ") else document.path,
        object=document.object,
    )
