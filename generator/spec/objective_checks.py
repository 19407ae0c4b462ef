"""Checks of objectives and of the capacity model, once their layers are merged: percentiles in order, a budget left."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from generator.base.problem import Problem
from generator.base.scalars import milliseconds, share
from generator.spec.documents import Documents
from generator.spec.layers import Layer, Path, latest, problem_at
from generator.spec.objectives import PERCENTILES, merged
from generator.spec.references import missing
from generator.spec.subject import Subject

Tree = Mapping[str, Any]

CAPACITY_KEYS = {
    "requestsPerUser": "Add the requests of a user in a day: 100/d.",
    "peak": "Add how many times the average the busiest second is: 4.",
    "requestsPerCore": "Add the requests that one core answers: 100/s.",
    "memoryPerCore": "Add the memory beside each core: 4GB.",
    "storagePerRequest": "Add what a request leaves behind: 1KB.",
    "transferPerRequest": "Add what a request and its answer send over the network: 5KB.",
    "coresPerNode": "Add the cores of one node: 36.",
}


def level_problems(documents: Documents) -> Iterator[Problem]:
    """Yield what is wrong with the platform's objectives and with its model of capacity."""
    layers = documents.section_layers("objectives")
    yield from _contradictions(layers, (), documents.section("objectives"))
    if documents.value("capacity") is not None:
        yield from missing(documents.section_layers("capacity"), (), documents.section("capacity"), CAPACITY_KEYS)


def service_level_problems(service: Subject) -> Iterator[Problem]:
    """Yield what is wrong with the objectives that a service has of its own."""
    if not merged({}, service.layers):  # none of its own, or a later layer takes them all away
        return
    if "metrics" not in service.tree["ports"]:
        yield problem_at(
            service.layers, latest(service.layers, ("objectives",), ("ports", "metrics")), "spec/objectives",
            f"'{service.name}' has no metrics port to measure them on.",
            "Add ports.metrics, or remove the objectives from the service.", key=True,
        )  # fmt: skip
    # Those of the platform are below the service's own, and answer for what the service does not say.
    documents = service.scope.documents
    whole = merged(documents.section("objectives"), service.layers)
    yield from _contradictions(service.layers, ("objectives",), whole)


def _contradictions(layers: Sequence[Layer], above: Path, tree: Tree) -> Iterator[Problem]:
    if "errors" in tree and share(tree["errors"]) == 0:
        yield problem_at(
            layers, (*above, "errors"), "spec/objectives", "0% leaves nothing to fail: a single error would page.",
            "Raise it, or write null: nothing is asked.",
        )  # fmt: skip
    if "availability" in tree and share(tree["availability"]) == 0:
        yield problem_at(
            layers, (*above, "availability"), "spec/objectives", "0% asks for nothing.",
            "Raise it, or write null: nothing is asked.",
        )  # fmt: skip
    latency = tree.get("latency") or {}
    asked = [name for name in PERCENTILES if name in latency]
    for lower, higher in pairwise(asked):
        if milliseconds(latency[lower]) > milliseconds(latency[higher]):
            place = latest(layers, (*above, "latency", higher), (*above, "latency", lower))
            above_it = place[-1] == lower
            yield problem_at(
                layers, place, "spec/objectives",
                f"{latency[lower]} is longer than {higher} {latency[higher]}." if above_it
                else f"{latency[higher]} is shorter than {lower} {latency[lower]}.",
                f"{'Lower' if above_it else 'Raise'} it: {higher} is of more answers, the slower ones among them.",
            )  # fmt: skip
