"""Near-miss suggestions for misspelt words."""

from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "Did you mean 'x'?" for the known word nearest to `word`, or "" when none is near."""
    import difflib  # noqa: PLC0415  (only a mistake pays for it)

    # A word of quite another length is another word, however many letters they share.
    alike = sorted(candidate for candidate in known if abs(len(candidate) - len(word)) <= 4)
    near = difflib.get_close_matches(word, alike, n=1, cutoff=0.6)
    return f"Did you mean '{near[0]}'?" if near else ""
