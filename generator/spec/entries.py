"""Entries of a service that have to be complete once all layers are merged: volumes, alerts, exposed paths.

No schema of one document asks for their keys, so that a later layer can change one without repeating the others.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from generator.base.problem import Problem
from generator.spec.layers import Layer
from generator.spec.references import missing

Tree = Mapping[str, Any]

# section of a service → keys that each of its entries must have → what to do.
ENTRY_KEYS: Mapping[str, Mapping[str, str]] = {
    "volumes": {"size": "Add the size of each claim: 50Gi.", "path": "Add the directory where it is mounted."},
    "alerts": {
        "watches": "Add what it watches: errors, restarts or memory.",
        "above": "Add the threshold: 1%.",
        "for": "Add how long it must hold: 5m.",
        "severity": "Add what it is routed by: critical, high, warning or info.",
    },
}
EXPOSES_KEYS = {"paths": "Add the path prefixes that are sent to the service."}


def incomplete_entries(layers: Sequence[Layer], tree: Tree) -> Iterator[Problem]:
    """Yield what the entries of a service's merged tree lack."""
    for section, wanted in ENTRY_KEYS.items():
        for entry, facts in tree.get(section, {}).items():
            yield from missing(layers, (section, entry), facts, wanted)
    if "exposes" in tree:
        yield from missing(layers, ("exposes",), tree["exposes"], EXPOSES_KEYS)


def without_incomplete_entries(tree: Tree) -> Tree:
    """Return the service without the entries that lack something: they have been reported, and mean nothing yet."""
    result: dict[str, Any] = dict(tree)
    for section, wanted in ENTRY_KEYS.items():
        if section in tree:
            result[section] = {entry: facts for entry, facts in tree[section].items() if facts.keys() >= wanted.keys()}
    if "paths" not in tree.get("exposes", {}):
        result.pop("exposes", None)
    return result
