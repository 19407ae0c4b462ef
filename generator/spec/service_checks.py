"""Checks of services against each other and against what the platform declares, in one region."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generator.base.nearest import did_you_mean
from generator.base.problem import Problem
from generator.base.scalars import millicores, seconds, size_bytes
from generator.spec.documents import Documents
from generator.spec.layers import Layer, merge, problem_at

Tree = Mapping[str, Any]

# Kubernetes caps an autoscaler's stabilization window at one hour.
LONGEST_WINDOW = 3600
# What every service finds in its environment; a `config` entry of the same name would be overwritten.
DERIVED_VARIABLES = ("CLOUD", "ENVIRONMENT", "PLATFORM", "REGION")


@dataclass(frozen=True, slots=True)
class _Scope:
    """What the services of a region are checked against."""

    documents: Documents
    region: str
    services: Tree
    external: Tree
    namespaces: Tree
    secrets: Tree
    sizes: Tree
    storage: Tree
    mesh: bool
    gateway: bool

    def layers(self, name: str) -> tuple[Layer, ...]:
        return self.documents.service_layers(name, self.region)

    def meshed(self, tree: Tree) -> bool:
        return self.mesh and bool(self.namespaces.get(str(tree.get("namespace")), {}).get("mesh"))


def service_problems(documents: Documents, region: str, regions: Sequence[str]) -> Iterator[Problem]:
    """Yield what is wrong with the services of a region; storage classes must exist in all the given regions."""
    clouds: Tree = documents.clouds()
    storage: dict[str, Any] = {}
    for name in regions:
        cloud = clouds.get(str(documents.region(name).get("cloud")), {})
        storage[name] = cloud.get("storage", {})
    scope = _Scope(
        documents=documents,
        region=region,
        services=documents.services(region),
        external=documents.section("external"),
        namespaces=documents.section("namespaces"),
        secrets=documents.section("secrets"),
        sizes=documents.sizes(),
        storage=storage,
        mesh=documents.value("mesh") is not None,
        gateway=documents.value("gateway") is not None,
    )
    for name, tree in scope.services.items():
        yield from _identity(scope, name, tree)
        yield from _capacity(scope, name, tree)
        yield from _calls(scope, name, tree)
        yield from _storage(scope, name, tree)
        yield from _environment(scope, name, tree)
        yield from _alerts(scope, name, tree)
    yield from _paths(scope)


def _unknown(what: str, word: str, known: Mapping[str, object]) -> tuple[str, str]:
    near = did_you_mean(word, known)
    return f"there is no {what} '{word}'.", near or f"Known: {', '.join(sorted(known)[:12]) or 'none yet'}."


def _identity(scope: _Scope, name: str, tree: Tree) -> Iterator[Problem]:
    layers = scope.layers(name)
    image = tree.get("image", {})
    if "tag" not in image and "digest" not in image:
        yield problem_at(
            layers, ("image",), "spec/required", "the image has neither tag nor digest.",
            "Add the version that runs, here or in the environment: image: {tag: 1.0.0}.", key=True,
        )  # fmt: skip
    if "namespace" not in tree:
        yield problem_at(
            layers, (), "spec/required", "'namespace' is missing.",
            "Add one of the platform's namespaces, here or in defaults.service.", key=True,
        )  # fmt: skip
    elif tree["namespace"] not in scope.namespaces:
        yield problem_at(
            layers, ("namespace",), "spec/unknown-namespace",
            *_unknown("namespace", tree["namespace"], scope.namespaces),
        )  # fmt: skip
    if tree["size"] not in scope.sizes:
        yield problem_at(layers, ("size",), "spec/unknown-size", *_unknown("size", tree["size"], scope.sizes))
    ports = tree["ports"]
    if "http" not in ports:
        yield problem_at(
            layers, ("ports",), "spec/required", "'http' is missing.", "Add the port of the API.", key=True
        )
    elif ports.get("metrics") == ports["http"]:
        yield problem_at(
            layers, ("ports", "metrics"), "spec/same-port", f"{ports['http']} is already the http port.",
            "Serve metrics on a port of their own: only Prometheus may reach it.",
        )  # fmt: skip
    if seconds(tree["shutdown"]["grace"]) <= seconds(tree["shutdown"]["delay"]):
        yield problem_at(
            layers, ("shutdown", "grace"), "spec/shutdown",
            f"{tree['shutdown']['grace']} is not longer than the delay of {tree['shutdown']['delay']}.",
            "Raise grace: what is left after the delay is the time to finish requests.",
        )  # fmt: skip


def _capacity(scope: _Scope, name: str, tree: Tree) -> Iterator[Problem]:
    layers, scale = scope.layers(name), tree["scale"]
    if scale["max"] < scale["min"]:
        yield problem_at(
            layers, ("scale", "max"), "spec/scale", f"{scale['max']} is below min {scale['min']}.",
            "Raise max or lower min.",
        )  # fmt: skip
    if scale["max"] > scale["min"] and "cpu" not in scale and "memory" not in scale:
        yield problem_at(
            layers, ("scale", "max"), "spec/scale", "nothing makes the number of replicas change.",
            "Add cpu or memory, or set max to min.",
        )  # fmt: skip
    for window in ("up", "down"):
        if seconds(scale["stabilization"][window]) > LONGEST_WINDOW:
            yield problem_at(
                layers, ("scale", "stabilization", window), "spec/scale",
                f"{scale['stabilization'][window]} is longer than the hour that Kubernetes allows.", "Lower it to 1h.",
            )  # fmt: skip
    if tree["disruption"]["maxUnavailable"].rstrip("0%.") == "":
        yield problem_at(
            layers, ("disruption", "maxUnavailable"), "spec/disruption", "0% blocks every drain of a node.",
            "Allow a share: 25% takes one of three replicas.",
        )  # fmt: skip
    if tree["size"] in scope.sizes:
        yield from _resources(layers, merge(scope.sizes[tree["size"]], tree.get("resources", {})))


def _resources(layers: tuple[Layer, ...], resources: Tree) -> Iterator[Problem]:
    for key in ("cpu", "memory"):
        if key not in resources:
            yield problem_at(
                layers, ("resources",), "spec/required", f"'{key}' is missing: neither the size nor the service has it.",
                f"Add {key} to the size or to resources.", key=True,
            )  # fmt: skip
    for key, number in (("cpu", millicores), ("memory", size_bytes)):
        limit = resources.get("limits", {}).get(key)
        if limit and key in resources and number(limit) < number(resources[key]):
            yield problem_at(
                layers, ("resources", "limits", key), "spec/resources",
                f"{limit} is below the request of {resources[key]}.", "Raise the limit or lower the request.",
            )  # fmt: skip


def _calls(scope: _Scope, name: str, tree: Tree) -> Iterator[Problem]:
    layers = scope.layers(name)
    for callee, policy in tree.get("calls", {}).items():
        place = ("calls", callee)
        if callee == name:
            yield problem_at(layers, place, "spec/call", "a service needs no call to itself.", "Remove it.", key=True)
        elif callee in scope.external:
            if policy and scope.external[callee].get("tls") != "originate":
                yield problem_at(
                    layers, place, "spec/call",
                    "timeout and retries mean nothing on a TLS connection that the mesh cannot see into.",
                    f"Set external.{callee}.tls to originate, or remove them here.", key=True,
                )  # fmt: skip
        elif callee not in scope.services:
            known = {**scope.services, **scope.external}
            yield problem_at(
                layers, place, "spec/unknown-callee", *_unknown("service or external", callee, known), key=True
            )
        elif scope.meshed(scope.services[callee]) and not scope.meshed(tree):
            yield problem_at(
                layers, place, "spec/call", f"'{name}' is outside the mesh, '{callee}' takes only mutual TLS.",
                "Put both into namespaces with mesh: true.", key=True,
            )  # fmt: skip


def _storage(scope: _Scope, name: str, tree: Tree) -> Iterator[Problem]:
    layers = scope.layers(name)
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
        mounted.setdefault(facts["path"], f"the volume '{volume}'")
        storage_class = facts.get("class", "standard")
        for region, classes in scope.storage.items():
            if storage_class not in classes:
                message, hint = _unknown("storage class", storage_class, classes)
                yield problem_at(
                    layers, ("volumes", volume, "class"), "spec/unknown-storage-class",
                    f"{message[:-1]} in region {region}.", hint,
                )  # fmt: skip


def _environment(scope: _Scope, name: str, tree: Tree) -> Iterator[Problem]:
    layers = scope.layers(name)
    taken = dict.fromkeys(DERIVED_VARIABLES, "set by gen")
    for callee in tree.get("calls", {}):
        if callee in scope.services:
            taken[f"{callee.upper().replace('-', '_')}_URL"] = f"the address of '{callee}'"
    for variable in tree.get("config", {}):
        if variable in taken:
            yield problem_at(
                layers, ("config", variable), "spec/variable", f"the variable is {taken[variable]}.",
                "Choose another name.", key=True,
            )  # fmt: skip
        taken[variable] = "in config already"
    for secret, keys in tree.get("secrets", {}).items():
        declared = scope.secrets.get(secret)
        if declared is None:
            yield problem_at(
                layers, ("secrets", secret), "spec/unknown-secret", *_unknown("secret", secret, scope.secrets), key=True
            )
            continue
        if declared.get("namespace") != tree.get("namespace"):
            yield problem_at(
                layers, ("secrets", secret), "spec/secret",
                f"the secret lives in namespace '{declared.get('namespace')}', the service in '{tree.get('namespace')}'.",
                "A pod reads secrets of its own namespace only: declare one there.", key=True,
            )  # fmt: skip
        for variable, key in keys.items():
            if key not in declared.get("keys", {}):
                yield problem_at(
                    layers, ("secrets", secret, variable), "spec/unknown-key",
                    *_unknown(f"key in secret '{secret}' called", key, declared.get("keys", {})),
                )  # fmt: skip
            if variable in taken:
                yield problem_at(
                    layers, ("secrets", secret, variable), "spec/variable", f"the variable is {taken[variable]}.",
                    "Choose another name.", key=True,
                )  # fmt: skip
            taken[variable] = "read from another secret"


def _alerts(scope: _Scope, name: str, tree: Tree) -> Iterator[Problem]:
    layers = scope.layers(name)
    for alert, facts in tree.get("alerts", {}).items():
        if facts["watches"] == "errors" and "metrics" not in tree["ports"]:
            yield problem_at(
                layers, ("alerts", alert, "watches"), "spec/alert", "the service has no metrics port to count errors on.",
                "Add ports.metrics, or remove the alert here with null.",
            )  # fmt: skip


def _paths(scope: _Scope) -> Iterator[Problem]:
    """Two services on one host must not claim the same requests: whoever is merged first would win."""
    seen: dict[str, str] = {}
    for name, tree in scope.services.items():
        layers = scope.layers(name)
        if tree.get("exposes") and not scope.gateway:
            yield problem_at(
                layers, ("exposes",), "spec/exposes", "the platform has no gateway.",
                "Add a gateway section, or remove exposes.", key=True,
            )  # fmt: skip
        elif tree.get("exposes") and not scope.meshed(tree):
            yield problem_at(
                layers, ("exposes",), "spec/exposes", "the gateway reaches services inside the mesh only.",
                f"Set mesh: true on namespace '{tree.get('namespace')}'.", key=True,
            )  # fmt: skip
        for index, path in enumerate((tree.get("exposes") or {}).get("paths", ())):
            for other, owner in seen.items():
                if owner != name and (f"{path}/".startswith(f"{other}/") or f"{other}/".startswith(f"{path}/")):
                    yield problem_at(
                        layers, ("exposes", "paths", index), "spec/exposes",
                        f"{path} and {other} of '{owner}' match the same requests.", "Give each a prefix of its own.",
                    )  # fmt: skip
            seen.setdefault(path, name)
    if scope.gateway and any(tree.get("exposes") for tree in scope.services.values()):
        if "host" not in scope.documents.region(scope.region):
            yield problem_at(
                scope.documents.region_layers(scope.region), (), "spec/required",
                "'host' is missing, but services are exposed.", "Add the host name of the API in this region.", key=True,
            )  # fmt: skip
