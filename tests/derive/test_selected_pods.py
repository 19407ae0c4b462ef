"""Selectors find pods, those of operators and jobs among them, and named ports are ports of what is found."""

import copy
from collections.abc import Collection, Iterator
from typing import Any

import pytest
from region_trees import TREES, charted, regions, west
from rendering import Manifest, Rendered, rendered_once, talai
from running import port_names, running, selected

from generator.manifests.cluster import Cluster
from generator.manifests.workload import Workload

# Kind → where it says which pods of its namespace it is about.
SELECTING: dict[str, tuple[str, ...]] = {
    "Deployment": ("selector",),
    "StatefulSet": ("selector",),
    "Service": ("selector",),
    "PodDisruptionBudget": ("selector",),
    "PodMonitor": ("selector",),
    "AuthorizationPolicy": ("selector",),
    "PeerAuthentication": ("selector",),
    "Sidecar": ("workloadSelector", "labels"),
    "NetworkPolicy": ("podSelector",),
}


@pytest.fixture(params=TREES)
def tree(request: pytest.FixtureRequest) -> Rendered:
    return rendered_once(*TREES[request.param])


def at(tree: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        tree = tree.get(key, {})
    return tree


def unselecting(objects: list[Manifest], charts: Collection[str] = ()) -> list[str]:
    """Return the objects whose selector is there but finds no pods, neither of a template nor of an operator."""
    cluster, found = running(objects), []
    for o in objects:
        wanted = at(o.get("spec", {}), SELECTING[o["kind"]]) if o["kind"] in SELECTING else {}
        if wanted and not set(watched(o)) <= set(charts) and not finds(cluster, o, wanted):
            found.append(f"{o['kind']} {o['metadata']['name']}")
    return found


def watched(of: Manifest) -> list[str]:
    """Return the namespaces in which an object selects pods: a monitor may name others than its own."""
    names: list[str] = at(of["spec"], ("namespaceSelector",)).get("matchNames", [of["metadata"].get("namespace", "")])
    return names


def finds(cluster: Cluster, of: Manifest, wanted: Manifest) -> list[Workload]:
    return [pod for namespace in watched(of) for pod in selected(cluster, namespace, wanted)]


def test_every_selector_selects_pods(tree: Rendered) -> None:
    for _, objects in regions(tree):
        assert unselecting(objects, charted(tree)) == []


def test_a_selector_that_matches_nothing_is_noticed() -> None:
    objects = west()
    service = next(o for o in objects if o["kind"] == "Service")
    stray = {**service, "spec": {**service["spec"], "selector": {"app.kubernetes.io/name": "nobody"}}}
    assert unselecting([*objects, stray], charted(talai())) == [f"Service {service['metadata']['name']}"]


@pytest.mark.parametrize(
    ("operators", "orphans"),
    [
        ("Elasticsearch", {"NetworkPolicy elasticsearch"}),
        ("Pooler", {"NetworkPolicy postgres-pooler", "PodDisruptionBudget postgres-pooler-rw"}),
        ("CronJob", {"NetworkPolicy redis-backup", "NetworkPolicy postgres-restore-test-job"}),
    ],
)
def test_what_selects_an_operators_pods_selects_nothing_without_its_resource(operators: str, orphans: set[str]) -> None:
    assert orphans <= set(unselecting([o for o in west() if o["kind"] != operators]))


def portless(objects: list[Manifest], charts: Collection[str] = ()) -> list[str]:
    """Return the Services with a port that a pod of theirs lacks, and the monitors with one that nothing has."""
    cluster = running(objects)
    found = []
    for o in (o for o in objects if o["kind"] in {"Service", "PodMonitor", "ServiceMonitor"}):
        spec, kind = o["spec"], o["kind"]
        if kind == "Service":
            offers = [port_names(pod) for pod in finds(cluster, o, spec["selector"])]
            good = bool(offers) and all({port["targetPort"] for port in spec["ports"]} <= names for names in offers)
        elif kind == "PodMonitor":
            offers = [port_names(pod) for pod in finds(cluster, o, spec["selector"])]
            wanted = {endpoint["port"] for endpoint in spec["podMetricsEndpoints"]}
            good = set(watched(o)) <= set(charts) or wanted <= set().union(*offers)
        else:
            offers = [{port["name"] for port in service["spec"]["ports"]} for service in monitored(o, objects)]
            wanted = {endpoint["port"] for endpoint in spec["endpoints"]}
            good = set(watched(o)) <= set(charts) or wanted <= set().union(*offers)
        if not good:
            found.append(f"{kind} {o['metadata']['name']}")
    return found


def monitored(monitor: Manifest, objects: list[Manifest]) -> Iterator[Manifest]:
    labels = monitor["spec"]["selector"]["matchLabels"].items()
    for o in (o for o in objects if o["kind"] == "Service"):
        if o["metadata"]["namespace"] in watched(monitor) and labels <= o["metadata"]["labels"].items():
            yield o


def test_every_named_port_is_a_port_of_what_is_found(tree: Rendered) -> None:
    for _, objects in regions(tree):
        assert portless(objects, charted(tree)) == []


@pytest.mark.parametrize("kind", ["Service", "PodMonitor", "ServiceMonitor"])
def test_a_port_that_nobody_has_is_noticed(kind: str) -> None:
    objects = copy.deepcopy(west())
    stray = next(o for o in objects if o["kind"] == kind and "namespaceSelector" not in o["spec"])
    key = {"Service": "ports", "PodMonitor": "podMetricsEndpoints", "ServiceMonitor": "endpoints"}[kind]
    stray["spec"][key][0]["targetPort" if kind == "Service" else "port"] = "nowhere"
    assert portless(objects, charted(talai())) == [f"{kind} {stray['metadata']['name']}"]
