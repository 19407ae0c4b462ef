"""What LimitRanges give to containers that say nothing themselves."""

from collections import defaultdict
from collections.abc import Mapping

from generator.manifests import values
from generator.manifests.cluster import Cluster

# As the API server fills a LimitRange in: max is the default limit, which is the default request, as min is.
_SOURCES = {"requests": ("defaultRequest", "default", "max", "min"), "limits": ("default", "max")}


def defaulted(cluster: Cluster, kind: str = "requests") -> Mapping[str, frozenset[str]]:
    """Return the resources that each namespace's LimitRanges give default requests (or limits) for."""
    found: dict[str, set[str]] = defaultdict(set)
    for item in cluster.of("LimitRange", ""):
        for _, limit in item.mappings("spec", "limits"):
            if values.text(limit, "type") == "Container":
                for key in _SOURCES[kind]:
                    found[item.namespace] |= set(values.mapping(limit, key))
    return {namespace: frozenset(names) for namespace, names in found.items()}
