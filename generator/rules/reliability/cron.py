"""Cron expressions and time zones, as CronJob, Velero, KEDA and CloudNativePG share them."""

from functools import cache
from pathlib import Path

from generator.base.cron import cron_mistake, interval_seconds
from generator.base.nearest import did_you_mean

__all__ = ["cron_mistake", "interval_seconds", "unknown_zone"]


def unknown_zone(name: str) -> tuple[str, str] | None:
    """Return message and hint for a time zone that the IANA database does not have, or None."""
    zones = _zones()
    if not name or name in zones:
        return None
    near = did_you_mean(name, zones) or "Write one such as Etc/UTC or Europe/Berlin."
    return f"'{name}' is no time zone of the IANA database.", near


@cache
def _zones() -> frozenset[str]:
    """Return all names of the IANA time zone database, release 2025b, links included."""
    return frozenset((Path(__file__).parent / "zones.txt").read_text(encoding="ascii").split())
