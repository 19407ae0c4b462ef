"""What is said of a word that should name something declared, and of a mapping that lacks a key."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from generator.base.nearest import did_you_mean
from generator.base.problem import Problem
from generator.spec.layers import Layer, Path, problem_at

_SHOWN = 12


def unknown(what: str, word: str, known: Iterable[str]) -> tuple[str, str]:
    """Return message and hint for a word that names nothing."""
    names = sorted(known)
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    listed = f"Known: {', '.join(names[:_SHOWN])}{more}." if names else "None is declared yet."
    return f"there is no {what} '{word}'.", did_you_mean(word, names) or listed


def missing(layers: Sequence[Layer], path: Path, tree: object, wanted: Mapping[str, str]) -> Iterator[Problem]:
    """Yield a problem for each wanted key that the merged tree at `path` lacks; wanted: key → what to do.

    Asked of merged trees, so that a later layer can change one key of an entry without repeating the others.
    """
    for key, hint in wanted.items():
        if not isinstance(tree, Mapping) or key not in tree:
            yield problem_at(layers, path, "spec/required", f"'{key}' is missing.", hint, key=True)
