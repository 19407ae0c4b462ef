"""What Prometheus' samples allow to be said: the window over which a rate means something."""

from generator.base.scalars import milliseconds

# A rate needs samples: the window holds four scrapes, and a minute (in milliseconds) at least.
SCRAPES, SHORTEST_WINDOW = 4, 60_000


def window_of(interval: str) -> int:
    """Return the window that rates are counted over, in milliseconds, from the time between two scrapes."""
    return max(SHORTEST_WINDOW, SCRAPES * milliseconds(interval))
