"""Metrics that well-known exporters make: their kind and their labels."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of a well-known exporter; labels is empty where they are not known here."""

    name: str
    kind: str
    labels: frozenset[str]


@lru_cache(maxsize=1)
def known_metrics() -> Mapping[str, Metric]:
    """Return the well-known metrics by name; a histogram stands under the names of its three series."""
    found: dict[str, Metric] = {}
    for line in _lines():
        name, kind, *labels = line.split()
        for suffix in ("_bucket", "_count", "_sum") if kind == "histogram" else ("",):
            more = {"le"} if suffix == "_bucket" else set()
            found[name + suffix] = Metric(
                name + suffix, "counter" if suffix else kind, frozenset({*labels, *more} if labels else ())
            )
    return found


def _lines() -> Iterator[str]:
    """Yield the lines of both lists; metrics.txt, which knows labels, comes last."""
    for name in ("systems.txt", "metrics.txt"):
        for line in Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                yield line


@lru_cache(maxsize=1)
def families() -> frozenset[str]:
    """Return the prefixes of which every metric is known here: kube-state-metrics' resources."""
    return frozenset(name.partition("_")[2].partition("_")[0] for name in known_metrics() if name.startswith("kube_"))
