"""The texts that a template can give, with placeholders for its expressions: each branch of each `if` at least once."""

from collections.abc import Iterator

from generator.templating.source import Body, Choice, Line


def variants(body: Body) -> Iterator[list[Line]]:
    """Yield the lines of each variant. The body of a loop stands twice in one, and not at all in another."""
    for number in range(_count(body)):
        yield list(_lines(body, number))


def _count(body: Body) -> int:
    """Return how many variants cover each branch; blocks that follow one another are varied at the same time."""
    return max((sum(_count(each) for each in _bodies(part)) for part in body if not isinstance(part, Line)), default=1)


def _bodies(part: Choice | object) -> list[Body]:
    """Return the alternatives of a block, with the empty one where no `else` stands."""
    if isinstance(part, Choice):
        bodies = [body for _, body in part.alternatives]
        return bodies if part.alternatives[-1][0] is None else [*bodies, []]
    return [part.body, []]  # type: ignore[attr-defined]


def _lines(body: Body, number: int) -> Iterator[Line]:
    for part in body:
        if isinstance(part, Line):
            yield part
            continue
        bodies = _bodies(part)
        rest = number % sum(_count(each) for each in bodies)
        for each in bodies:
            if rest < _count(each):
                yield from _lines(each, rest)
                if not isinstance(part, Choice):
                    yield from _lines(each, rest)
                break
            rest -= _count(each)
