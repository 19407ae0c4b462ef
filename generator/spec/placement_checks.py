"""Checks of what the spec says of a service's pods in Kubernetes' own words: tolerations and annotations."""

from collections.abc import Iterator

from generator.base.problem import Problem
from generator.spec.layers import problem_at
from generator.spec.subject import Subject, Tree

# Bytes of an object's annotations, keys and values together
# (https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/).
ANNOTATIONS_LIMIT = 256 * 1024
# What the templates of a service write on its pods.
OWN_ANNOTATIONS = ("checksum/config", "kubectl.kubernetes.io/default-container")


def placement_problems(service: Subject) -> Iterator[Problem]:
    """Yield what Kubernetes, or the templates, would make of a service's tolerations and annotations."""
    for index, toleration in enumerate(service.tree.get("tolerations", ())):
        yield from _toleration(service, index, toleration)
    yield from _annotations(service)


def _toleration(service: Subject, index: int, toleration: Tree) -> Iterator[Problem]:
    """Yield what the API server refuses (https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/)."""
    operator = toleration.get("operator", "Equal")
    if operator == "Exists" and "value" in toleration:
        yield problem_at(
            service.layers, ("tolerations", index, "value"), "spec/toleration", "operator Exists takes no value.",
            "Remove the value, or set operator to Equal.", key=True,
        )  # fmt: skip
    if operator == "Equal" and "key" not in toleration:
        yield problem_at(
            service.layers, ("tolerations", index), "spec/toleration", "'key' is missing: operator Equal compares it.",
            "Add the taint's key, or set operator to Exists: every taint is tolerated then.",
        )  # fmt: skip
    if "tolerationSeconds" in toleration and toleration.get("effect") != "NoExecute":
        yield problem_at(
            service.layers, ("tolerations", index, "tolerationSeconds"), "spec/toleration",
            "only effect NoExecute takes pods away after a time.",
            "Set effect to NoExecute, or remove tolerationSeconds.", key=True,
        )  # fmt: skip


def _annotations(service: Subject) -> Iterator[Problem]:
    annotations = service.tree.get("podAnnotations", {})
    for key in annotations:
        if key in OWN_ANNOTATIONS:
            yield problem_at(
                service.layers, ("podAnnotations", key), "spec/annotation", "the annotation is set by gen.",
                "Remove it.", key=True,
            )  # fmt: skip
    if sum(len(key) + len(value.encode()) for key, value in annotations.items()) > ANNOTATIONS_LIMIT:
        yield problem_at(
            service.layers, ("podAnnotations",), "spec/annotation",
            "larger than the 256 KiB that annotations of an object may take.",
            "Put large texts into config, into the image or into a data store.", key=True,
        )  # fmt: skip
