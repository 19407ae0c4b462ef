"""Services: what they select, and whether their ports are ports of the pods behind them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.selectors import selects_map
from generator.manifests.workload import Workload
from generator.rules.references.lookup import JOBS, may_hide, objects_of
from generator.rules.rule import Mistake, rule

# By these labels the pods behind one Service may differ: versions of one application, shards, colours of a release.
_VERSIONS = (
    "version", "app.kubernetes.io/version", "track", "app.kubernetes.io/track", "release", "color", "colour", "slot",
    "service.istio.io/canonical-revision", "istio.io/rev", "shard", "zone", "topology.kubernetes.io/zone", "tier",
    "app.kubernetes.io/component", "component", "role", "variant",
)  # fmt: skip
# Ports that sidecars add to a pod when it is made.
_INJECTED = frozenset({*range(15000, 15100), 4143, 4190, 4191, 20200})


def selecting(cluster: Cluster) -> Iterator[tuple[Object, tuple[Workload, ...]]]:
    """Yield the Services that have a selector, with what makes the pods that they select."""
    for service in cluster.of("Service", ""):
        selector = service.mapping("spec", "selector")
        if selector and service.text("spec", "type") != "ExternalName":
            yield service, cluster.pods_with(service.namespace, selector)


def backends(cluster: Cluster, service: Object) -> tuple[Workload, ...]:
    """Return what makes the pods that a Service selects, jobs left out."""
    selector = service.mapping("spec", "selector")
    found = cluster.pods_with(service.namespace, selector) if selector else ()
    return tuple(pod for pod in found if pod.object.kind not in JOBS)


@rule("references/service-no-pods")
def service_no_pods(cluster: Cluster) -> Iterator[Mistake]:
    """Find a Service that selects no pods: it has no endpoints."""
    for service, found in selecting(cluster):
        if found or may_hide(cluster, service.namespace, (service.name, *_selector(service).values())):
            continue
        key, hint = _culprit(cluster, service)
        shown = ", ".join(f"{name}={value}" for name, value in _selector(service).items())
        path: values.Path = ("spec", "selector", key) if key else ("spec", "selector")
        message = f"{service} selects no pods: none in namespace '{service.namespace}' has {shown}."
        yield Mistake(service, path, message, hint)


def _selector(service: Object) -> Mapping[str, values.Value]:
    return service.mapping("spec", "selector")


def _culprit(cluster: Cluster, service: Object) -> tuple[str, str]:
    """Return the one key of a selector without which it would select pods, and what to do."""
    selector = _selector(service)
    here = cluster.workloads(service.namespace)
    for key in selector:
        rest = {name: value for name, value in selector.items() if name != key}
        alike = [pod for pod in here if rest and selects_map(rest, pod.labels)]
        found = sorted({pod.labels[key] or "" for pod in alike if key in pod.labels} - {""})
        if found:
            return key, f"The pods that fit otherwise have {key}={found[0]}."
        if alike:
            return key, f"The pods that fit otherwise have no label '{key}'."
    for key, value in selector.items():
        known = {pod.labels.get(key) or "" for pod in here} - {""}
        near = did_you_mean(value, known) if isinstance(value, str) and value not in known else ""
        if near:
            return key, near
    return "", "Select labels that the pod template has."


@rule("references/service-several-workloads", Severity.WARNING)
def service_several_workloads(cluster: Cluster) -> Iterator[Mistake]:
    """Find a Service that spreads its requests over pods of workloads that are not versions of one another."""
    for service, found in selecting(cluster):
        serving = [pod for pod in found if pod.object.kind not in JOBS]
        jobs = objects_of(pod for pod in found if pod.object.kind in JOBS)
        if serving and jobs:
            message = f"{service} sends requests to the pods of {jobs[0]} too."
            hint = f"Give the pods of {jobs[0]} a label of their own, and select by one that they do not have."
            yield Mistake(service, ("spec", "selector"), message, hint)
        elif len(objects_of(serving)) > 1 and not _versions(serving):
            shown = " and ".join(str(item) for item in objects_of(serving)[:3])
            message = f"{service} selects the pods of {shown}."
            yield Mistake(service, ("spec", "selector"), message, "Select by a label that only one of them has.")


def _versions(found: list[Workload]) -> bool:
    """Say whether workloads are versions or parts of one: labels tell them apart, or a common owner or name."""
    count = len({pod.object.name for pod in found})
    if any(len({pod.labels.get(key) for pod in found}) == count for key in _VERSIONS):
        return True
    names = sorted(pod.object.name for pod in found)
    words = [set(name.split("-")) for name in names]
    return any(name.startswith(f"{names[0]}-") for name in names[1:]) and len(words[0]) > 0 and _suffixes(names)


def _suffixes(names: list[str]) -> bool:
    known = {"canary", "stable", "blue", "green", "primary", "preview", "baseline", "spot", "ondemand", "next", "v1"}
    endings = {name.removeprefix(names[0]).strip("-") for name in names[1:]}
    return all(ending in known or ending.lstrip("v").isdigit() for ending in endings)


@rule("references/service-port-unknown")
def service_port_unknown(cluster: Cluster) -> Iterator[Mistake]:
    """Find a targetPort that is no port of the containers behind a Service."""
    for service, _ in selecting(cluster):
        found = backends(cluster, service)
        if not found or not all(pod.complete or pod.operator_ports for pod in found):
            continue
        declared = [port for pod in found for port in pod.ports()]
        told = _told_in_full(cluster, service.namespace, declared)
        for index, port in service.mappings("spec", "ports"):
            for mistake in _target(service, ("spec", "ports", index), port, declared, found):
                by_number = isinstance(port.get("targetPort", port.get("port")), int) and mistake.path[-1] != "protocol"
                yield replace(mistake, severity=Severity.WARNING) if by_number and not told else mistake


def _told_in_full(cluster: Cluster, namespace: str, declared: list[tuple[str, int, str]]) -> bool:
    """Say whether a target that is not declared must be a mistake: a declared port is left that nobody targets.

    Declaring a port is information only; when Services target all that are declared, the others may be there too.
    """
    targets = set()
    for service in cluster.of("Service", ""):
        if service.namespace == namespace:
            for _, port in service.mappings("spec", "ports"):
                target = port.get("targetPort", port.get("port"))
                targets.add(target if isinstance(target, str | int) else None)
    return any(name not in targets and number not in targets for name, number, _ in declared) or not declared


def _target(
    service: Object,
    path: values.Path,
    port: Mapping[str, values.Value],
    declared: list[tuple[str, int, str]],
    found: tuple[Workload, ...],
) -> Iterator[Mistake]:
    protocol = values.text(port, "protocol") or "TCP"
    target = port.get("targetPort", port.get("port"))
    at = (*path, "targetPort") if "targetPort" in port else (*path, "port")
    if isinstance(target, str) and target.isdigit():
        return  # the schema stage says so: a name can't be all digits
    fits = {item_protocol for name, number, item_protocol in declared if target in (name, number)}
    if protocol in fits or not isinstance(target, (str, int)) or isinstance(target, bool):
        return
    where = str(found[0].object)
    if fits:
        message = f"The port {target!r} of {where} speaks {' and '.join(sorted(fits))}, not {protocol}."
        yield Mistake(service, (*path, "protocol"), message, "Write one protocol in both.")
    elif isinstance(target, str):
        names = {name for name, _, _ in declared if name}
        message = f"No container of {where} has a port named '{target}'."
        yield Mistake(service, at, message, did_you_mean(target, names) or _ports(declared))
    elif target not in _INJECTED and declared:
        message = f"No container of {where} has the port {target}."
        certain = all(_all_declare(pod) for pod in found)
        yield Mistake(service, at, message, _ports(declared), None if certain else Severity.WARNING)


def _all_declare(pod: Workload) -> bool:
    """Say whether every container of a pod says which ports it has; one that does not may listen on any."""
    return all(values.items(container, "ports") for _, container in values.mappings(pod.spec, "containers"))


def _ports(declared: list[tuple[str, int, str]]) -> str:
    shown = ", ".join(sorted({f"{name} ({number})" if name else str(number) for name, number, _ in declared}))
    return f"Their ports: {shown}." if shown else "Declare the port in the container."
