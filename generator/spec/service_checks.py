"""Checks of services by themselves and against what the platform declares, in one region."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from generator.base.problem import Problem
from generator.base.scalars import duration_text, milliseconds, seconds
from generator.spec.documents import Documents
from generator.spec.entries import incomplete_entries, without_incomplete_entries
from generator.spec.layers import Path, latest, problem_at
from generator.spec.objective_checks import service_level_problems
from generator.spec.placement_checks import placement_problems
from generator.spec.references import missing, unknown
from generator.spec.rollout_checks import rollout_problems
from generator.spec.scale_checks import trigger_problems
from generator.spec.scaling import MEASURED, REASONS
from generator.spec.section_checks import limit_below_request
from generator.spec.subject import Scope, Subject, Tree
from generator.spec.traffic_checks import Traffic, traffic_problems
from generator.spec.units import DEFAULT_CALL, DEFAULT_GATEWAY_TIMEOUT, DEFAULT_SERVICE_PORT
from generator.spec.variable_checks import variable_problems

# An hour in seconds: Kubernetes' cap on an autoscaler's window, and more than any start or end of a replica takes.
HOUR = 3600


def service_problems(documents: Documents, region: str, regions: Sequence[str]) -> Iterator[Problem]:
    """Yield what is wrong with the services of a region, which they have in common with the other given regions."""
    clouds: Tree = documents.clouds()
    written: Mapping[str, Tree] = documents.services(region)
    for name, tree in written.items():
        yield from incomplete_entries(documents.service_layers(name, region), tree)
    services = {name: without_incomplete_entries(tree) for name, tree in written.items()}
    scope = Scope(
        documents=documents,
        region=region,
        services=services,
        instances={name: documents.secret_keys(name, region) for name in documents.instance_names(region)},
        external=documents.section("external"),
        namespaces=documents.section("namespaces"),
        secrets=documents.section("secrets"),
        sizes=documents.sizes(),
        storage={
            name: clouds[cloud].get("storage", {})
            for name in regions
            if (cloud := str(documents.region(name).get("cloud"))) in clouds
        },
    )
    checks: tuple[Callable[[Subject], Iterator[Problem]], ...]
    checks = (
        _identity,
        _size,
        _ports,
        _lifetime,
        _scale,
        trigger_problems,
        rollout_problems,
        _storage,
        variable_problems,
        placement_problems,
        _alerts,
        service_level_problems,
    )
    for name, tree in services.items():
        subject = Subject(scope, name, tree, documents.service_layers(name, region))
        for check in checks:
            yield from check(subject)
    yield from traffic_problems(Traffic.of(documents, region, services), regions)


def _identity(service: Subject) -> Iterator[Problem]:
    scope, tree, layers = service.scope, service.tree, service.layers
    image = tree.get("image", {})
    if "tag" not in image and "digest" not in image:
        yield problem_at(
            service.named(), ("image",), "spec/required", "the image has neither tag nor digest.",
            "Add the version that runs, here or in the environment: image: {tag: 1.0.0}.", key=True,
        )  # fmt: skip
    if "namespace" not in tree:
        yield from missing(
            service.named(), (), tree,
            {"namespace": "Add one of the platform's namespaces, here or in defaults.service."},
        )  # fmt: skip
    elif tree["namespace"] not in scope.namespaces:
        yield problem_at(
            layers, ("namespace",), "spec/unknown-namespace",
            *unknown("namespace", tree["namespace"], scope.namespaces),
        )  # fmt: skip


def _size(service: Subject) -> Iterator[Problem]:
    scope, name, tree, layers = service.scope, service.name, service.tree, service.layers
    if tree["size"] not in scope.sizes:
        # Sizes may come with the tier: one that is not known has been reported.
        if scope.documents.tier_known():
            yield problem_at(layers, ("size",), "spec/unknown-size", *unknown("size", tree["size"], scope.sizes))
        return
    resources: Tree = scope.documents.resources(name, scope.region, scope.sizes[tree["size"]])
    for key in ("cpu", "memory"):
        if key not in resources:
            yield problem_at(
                layers, ("size",), "spec/required", f"'{key}' is missing: neither the size nor the service has it.",
                f"Add {key} to the size '{tree['size']}', or to resources here.",
            )  # fmt: skip
    # What is wrong with the size alone has been reported there.
    for key, limit, request in limit_below_request(resources) if tree.get("resources") else ():
        yield problem_at(
            layers, latest(layers, ("resources", "limits", key), ("resources", key)), "spec/resources",
            f"the limit of {limit} is below the request of {request}.",
            "Raise the limit or lower the request.",
        )  # fmt: skip


def _ports(service: Subject) -> Iterator[Problem]:
    tree, layers = service.tree, service.layers
    ports = tree["ports"]
    if ports.get("metrics") == ports["http"]:
        yield problem_at(
            layers, latest(layers, ("ports", "metrics"), ("ports", "http")), "spec/same-port",
            f"{ports['http']} is the port of both http and metrics.",
            "Serve metrics on a port of their own: only Prometheus may reach it.",
        )  # fmt: skip
    if "metrics" in ports and ports["metrics"] == ports.get("service", DEFAULT_SERVICE_PORT):
        yield problem_at(
            layers, latest(layers, ("ports", "service"), ("ports", "metrics")), "spec/same-port",
            f"{ports['metrics']} is the Service's port of metrics already.", "Choose another port for the API: 80.",
        )  # fmt: skip


def _lifetime(service: Subject) -> Iterator[Problem]:
    tree, layers = service.tree, service.layers
    shutdown = tree["shutdown"]
    if "grace" in shutdown and seconds(shutdown["grace"]) <= seconds(shutdown["delay"]):
        yield problem_at(
            layers, latest(layers, ("shutdown", "grace"), ("shutdown", "delay")), "spec/shutdown",
            f"the grace of {shutdown['grace']} is not longer than the delay of {shutdown['delay']}.",
            "Raise grace or lower delay: what is left after the delay is the time to finish requests.",
        )  # fmt: skip
    elif "grace" in shutdown:
        yield from _cut_short(service)
    times: tuple[tuple[Path, str], ...] = (
        *(((("shutdown", key), shutdown[key])) for key in ("delay", "grace") if key in shutdown),
        (("health", "start"), tree["health"]["start"]),
    )
    for path, duration in times:
        if seconds(duration) > HOUR:
            yield problem_at(layers, path, "spec/duration", f"{duration} is longer than an hour.", "Lower it to 1h.")


def _cut_short(service: Subject) -> Iterator[Problem]:
    """Yield a problem when the grace ends before the longest request that somebody waits for."""
    name, tree, layers = service.name, service.tree, service.layers
    waits = [
        (_wait(caller["calls"][name], DEFAULT_CALL.timeout), f"'{who}'")
        for who, caller in service.scope.services.items()
        if name in caller.get("calls", {})
    ]
    if tree.get("exposes"):
        waits.append((_wait(tree["exposes"], DEFAULT_GATEWAY_TIMEOUT), "the gateway"))
    wait, who = max(waits, default=(0, ""))
    left = milliseconds(tree["shutdown"]["grace"]) - milliseconds(tree["shutdown"]["delay"])
    if wait > left:
        yield problem_at(
            layers, latest(layers, ("shutdown", "grace"), ("shutdown", "delay")), "spec/shutdown",
            f"{duration_text(left)} are left after the delay, but {who} waits up to {duration_text(wait)}.",
            "Raise grace, or leave it out: it then follows from the longest wait.",
        )  # fmt: skip


def _wait(tree: Tree, default: int) -> int:
    return milliseconds(tree["timeout"]) if "timeout" in tree else default


def _scale(service: Subject) -> Iterator[Problem]:
    scope, tree, layers = service.scope, service.tree, service.layers
    scale = tree["scale"]
    if not scope.documents.tier_known():
        return  # replicas are what tiers are for: without the one that is meant, nothing can be said of them
    if scale["max"] < scale["min"]:
        place = latest(layers, ("scale", "max"), ("scale", "min"))
        said = f"{scale['max']} is below min {scale['min']}." if place[-1] == "max" else (
            f"{scale['min']} is above max {scale['max']}."
        )  # fmt: skip
        yield problem_at(layers, place, "spec/scale", said, "Raise max or lower min.")
    measured = scope.documents.value("monitoring") is not None
    reasons = (reason for reason in REASONS if measured or reason not in MEASURED)
    if scale["max"] > scale["min"] and not any(scale.get(reason) for reason in reasons):
        yield problem_at(
            layers, ("scale",), "spec/scale", "nothing makes the number of replicas change.",
            "Add cpu or memory, or set max to min.", key=True,
        )  # fmt: skip
    for reason in ("cpu", "memory"):
        if scale.get(reason) == "0%":
            yield problem_at(
                layers, ("scale", reason), "spec/scale", "any use at all is above 0%.",
                "Raise it, or write null: not a reason to scale.",
            )  # fmt: skip
    for window in ("up", "down"):
        length = scale["stabilization"][window]
        if seconds(length) > HOUR:
            yield problem_at(
                layers, ("scale", "stabilization", window), "spec/scale",
                f"{length} is longer than the hour that Kubernetes allows.", "Lower it to 1h.",
            )  # fmt: skip
    if tree["disruption"]["maxUnavailable"] == "0%":
        yield problem_at(
            layers, ("disruption", "maxUnavailable"), "spec/disruption", "0% blocks every drain of a node.",
            "Allow a share: 25% takes one of three replicas.",
        )  # fmt: skip


def _storage(service: Subject) -> Iterator[Problem]:
    storage, tree, layers = service.scope.storage, service.tree, service.layers
    mounted: dict[str, str] = {"/tmp": "the scratch directory"}  # noqa: S108  (a path inside the container)
    for volume, facts in tree.get("volumes", {}).items():
        if tree["workload"] != "StatefulSet":
            yield problem_at(
                layers, ("volumes", volume), "spec/volume", "a Deployment's replicas share no volume claim.",
                "Set workload to StatefulSet, or remove the volume.", key=True,
            )  # fmt: skip
        if facts["path"] in mounted:
            yield problem_at(
                layers, ("volumes", volume, "path"), "spec/volume",
                f"{facts['path']} is already {mounted[facts['path']]}.", "Choose another directory.",
            )  # fmt: skip
        mounted.setdefault(facts["path"], f"where the volume '{volume}' is mounted")
        storage_class = facts.get("class", "standard")
        lacking = [region for region, classes in storage.items() if storage_class not in classes]
        if lacking:
            message, hint = unknown("storage class", storage_class, storage[lacking[0]])
            yield problem_at(
                layers, ("volumes", volume, "class"), "spec/unknown-storage-class",
                f"{message[:-1]} in {' and '.join(lacking)}.",
                hint if hint.startswith("Did") else f"{hint} Declare it in the storage of the region's cloud.",
            )  # fmt: skip


def _alerts(service: Subject) -> Iterator[Problem]:
    name, tree, layers = service.name, service.tree, service.layers
    for alert, facts in tree.get("alerts", {}).items():
        if facts["watches"] == "errors" and "metrics" not in tree["ports"]:
            place = latest(layers, ("alerts", alert, "watches"), ("ports", "metrics"))
            yield problem_at(
                layers, place, "spec/alert",
                f"the alert {alert} counts errors, but '{name}' has no metrics port to count them on.",
                f"Add ports.metrics, or remove the alert from the service: alerts: {{{alert}: null}}.",
            )  # fmt: skip
