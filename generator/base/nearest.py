"""Near-miss suggestions for misspelt words."""

from collections.abc import Iterable, Iterator

# Comparing a word with so many takes some milliseconds; a mistake may stand in each of thousands of services.
_COMPARED = 300
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "Did you mean 'x'?" for the known word nearest to `word`, or "" when none is near.

    Among more than a few hundred words only one that is a single slip of a finger away is found.
    """
    import difflib  # noqa: PLC0415  (only a mistake pays for it)

    # A word of quite another length is another word, however many letters they share.
    alike = {candidate for candidate in known if abs(len(candidate) - len(word)) <= 4}
    if len(alike) > _COMPARED:
        near = sorted(alike.intersection(_slips(word)))
    else:
        near = difflib.get_close_matches(word, sorted(alike), n=1, cutoff=0.6)
    return f"Did you mean '{near[0]}'?" if near else ""


def _slips(word: str) -> Iterator[str]:
    """Yield the words that the word can come from by a letter dropped, doubled, mistyped or exchanged with the next."""
    if len(word) > 100:
        return
    for place in range(len(word) + 1):
        before, after = word[:place], word[place:]
        yield before + after[1:]
        yield before + after[1:2] + after[:1] + after[2:]
        for letter in _LETTERS:
            yield before + letter + after[1:]
            yield before + letter + after
