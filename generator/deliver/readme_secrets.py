"""What the README of a tree says of secrets: the names that each region's secret manager has to hold."""

import re
from collections.abc import Iterator, Sequence

from generator.deliver.document import Document
from generator.deliver.markdown import table
from generator.spec.model import Platform

# Our templates write a store's name below its kind, and the name of a secret below remoteRef or extract.
_STORE = re.compile(r"^ *secretStoreRef:\n(?: +kind: .*\n)? +name: (\S+)", re.MULTILINE)
_REMOTE = re.compile(r"^ *(?:- )?(?:remoteRef|extract):\n +key: (\S+)", re.MULTILINE)


def secret_lines(platform: Platform, documents: Sequence[Document]) -> Iterator[str]:
    """Yield the names that people or Terraform put into the secret managers, and who reads them; none without any."""
    readers: dict[str, set[str]] = {}
    regions: dict[str, set[str]] = {}
    for document in documents:
        if document.object.kind != "ExternalSecret":
            continue
        text = document.content.decode()
        store = _STORE.search(text)
        # Other stores read Secrets of the cluster itself: what an operator has made.
        if store is None or store.group(1) != platform.name:
            continue
        _, region, owner, *_ = document.path.split("/")
        for remote in _REMOTE.findall(text):
            name = remote.strip("'\"")
            readers.setdefault(name, set()).add(owner)
            regions.setdefault(name, set()).add(region)
    if not readers:
        return
    yield "## Secrets"
    yield ""
    yield "The secret manager of each region has to hold these before what reads them can start. No value is in Git."
    yield ""
    everywhere = {region.name for region in platform.regions}
    rows = [
        (name, ", ".join(sorted(found)), "all" if regions[name] == everywhere else ", ".join(sorted(regions[name])))
        for name, found in sorted(readers.items())
    ]
    yield from table(("name", "read by", "regions"), rows)
