"""What makes the number of a service's replicas change: from the merged tree to what is meant."""

from collections.abc import Mapping
from typing import Any

from generator.base.scalars import milliseconds, per_second, seconds, share
from generator.spec import model

Tree = Mapping[str, Any]

# The words of `scale` that can make the number of replicas change.
REASONS = ("cpu", "memory", "requests", "latency", "lag")
# Those that Prometheus measures.
MEASURED = ("requests", "latency")


def scale_of(name: str, tree: Tree) -> model.Scale:
    """Return the scale of a service from its merged, checked tree."""
    scale = tree["scale"]
    return model.Scale(
        min=int(scale["min"]),
        max=int(scale["max"]),
        cpu=share(scale["cpu"]) if "cpu" in scale else None,
        memory=share(scale["memory"]) if "memory" in scale else None,
        requests=per_second(scale["requests"]) if "requests" in scale else None,
        latency=milliseconds(scale["latency"]) if "latency" in scale else None,
        lag={topic: _lag(name, tree, topic, lag) for topic, lag in sorted(scale.get("lag", {}).items())},
        up_window=seconds(scale["stabilization"]["up"]),
        down_window=seconds(scale["stabilization"]["down"]),
    )


def _lag(name: str, tree: Tree, topic: str, lag: Tree) -> model.Lag:
    return model.Lag(
        messages=int(lag["messages"]),
        group=lag.get("group", name),
        kafka=lag.get("kafka") or readers(tree)[topic][0],
    )


def readers(tree: Tree) -> dict[str, list[str]]:
    """Return the topics that a service reads → the instances that it reads them from, by its `calls`."""
    found: dict[str, list[str]] = {}
    for callee, policy in sorted(tree.get("calls", {}).items()):
        for topic, access in policy.get("topics", {}).items():
            if access != "write":
                found.setdefault(topic, []).append(callee)
    return found
