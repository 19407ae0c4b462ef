"""Checks of how services and component instances use other instances: callable, with topics that are there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generator.base.problem import Problem
from generator.spec.documents import Documents
from generator.spec.layers import Layer, merge_all, problem_at
from generator.spec.references import unknown

Tree = Mapping[str, Any]
POLICY = ("timeout", "retries")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: its layers, and where in them the call stands."""

    name: str
    layers: tuple[Layer, ...]
    callee: str
    use: Tree

    def problem(self, rule: str, said: tuple[str, str], *below: str, key: bool = True) -> Problem:
        """Return a problem at the call, or at what stands below it."""
        return problem_at(self.layers, ("calls", self.callee, *below), rule, *said, key=key)


def use_problems(documents: Documents, region: str, caller: Caller) -> Iterator[Problem]:
    """Yield what is wrong with the use of a component instance that is in the region."""
    tree: Tree = merge_all(documents.instance_layers(caller.callee, region))
    component = documents.catalogue.components.get(str(tree.get("use")))
    if component is None:
        return
    if component.serves is None:
        said = f"'{caller.callee}' serves nobody: {component.name} says nothing of callers."
        yield caller.problem("spec/call", (said, "Remove the call."))
    for word in POLICY:
        if word in caller.use:
            said = "timeout and retries are of calls between services: a client of a store has its own."
            yield caller.problem("spec/call", (said, "Remove it."), word)
    topics = tree.get("topics")
    for topic in caller.use.get("topics", {}):
        if not isinstance(topics, Mapping):
            yield caller.problem("spec/call", (f"'{caller.callee}' has no topics.", "Remove this."), "topics")
            return
        if topic not in topics:
            said_of = unknown("topic", topic, topics)
            yield caller.problem("spec/unknown-topic", said_of, "topics", topic)


def service_word_problems(caller: Caller) -> Iterator[Problem]:
    """Yield the words of a call that mean something to component instances only, on a call of something else."""
    for word in ("access", "topics"):
        if word in caller.use:
            said = f"'{word}' is of calls to component instances, and '{caller.callee}' is none."
            yield caller.problem("spec/call", (said, "Remove it."), word)


def instance_call_problems(documents: Documents, region: str, name: str, layers: Sequence[Layer]) -> Iterator[Problem]:
    """Yield what is wrong with the calls of a component instance."""
    calls: Tree = merge_all(layer.below("calls") for layer in layers)
    instances, external = documents.instance_names(region), documents.section("external")
    for callee, use in calls.items():
        caller = Caller(name, tuple(layers), callee, use if isinstance(use, Mapping) else {})
        if callee == name:
            yield caller.problem("spec/call", ("an instance needs no call to itself.", "Remove it."))
        elif callee in instances:
            yield from use_problems(documents, region, caller)
        elif callee in external:
            yield from service_word_problems(caller)
        elif callee in documents.names("services", region):
            said = f"'{callee}' is a service, and component instances are outside the mesh."
            yield caller.problem("spec/call", (said, "Call instances and externals only."))
        else:
            yield caller.problem(
                "spec/unknown-callee", unknown("component or external", callee, (*instances, *external))
            )
