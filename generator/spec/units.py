"""From merged, checked trees of services and component instances to what is meant in each region: no way to fail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generator.base.scalars import milliseconds, seconds, share
from generator.spec import model
from generator.spec.documents import Documents
from generator.spec.layers import Layer, merge_all, problem_at
from generator.spec.mesh import rate_limit_of
from generator.spec.objectives import merged, objectives_of
from generator.spec.parameters import OWN_KEYS
from generator.spec.rollout import rollout_of
from generator.spec.scaling import scale_of

Tree = Mapping[str, Any]

# Timeout and attempts of a call that says nothing of them; the gateway waits as long as its longest call with room.
DEFAULT_CALL = model.CallPolicy(timeout=10_000, retries=2)
DEFAULT_GATEWAY_TIMEOUT = 30_000
DEFAULT_SERVICE_PORT = 80


def delivery_of(gitops: Tree, own: Tree) -> str:
    """Return the form that a component is delivered in: its own choice, else the platform's, else manifests."""
    return str(own.get("delivery") or gitops.get("delivery") or "manifests")


def services(documents: Documents) -> dict[str, dict[str, model.Service]]:
    """Resolve services once, and again only for the regions that have a layer of their own."""
    shared: dict[str, model.Service] | None = None
    result: dict[str, dict[str, model.Service]] = {}
    instances = frozenset(name for region in documents.regions() for name in documents.names("components", region))
    objectives = documents.section("objectives")
    settings = _Shared(documents.sizes(), documents.section("gitops"), instances, objectives)
    for region in documents.regions():
        own = documents.differs(region)
        services = None if own else shared
        if services is None:
            services = {
                name: _service(documents, name, region, tree, settings)
                for name, tree in documents.services(region).items()
            }
        if not own:
            shared = services
        result[region] = services
    return result


@dataclass(frozen=True, slots=True)
class _Shared:
    """What all services are resolved with: merged once."""

    sizes: Tree
    gitops: Tree
    instances: frozenset[str]
    objectives: Tree


def _service(documents: Documents, name: str, region: str, tree: Tree, shared: _Shared) -> model.Service:
    image, health, shutdown = tree["image"], tree["health"], tree["shutdown"]
    exposes = tree.get("exposes") or {}
    calls = sorted(tree.get("calls", {}).items())
    return model.Service(
        name=name,
        description=tree.get("description", ""),
        namespace=tree["namespace"],
        workload=tree["workload"],
        repository=image.get("repository", name),
        tag=image.get("tag", ""),
        digest=image.get("digest", ""),
        pull_policy=image.get("pullPolicy", "IfNotPresent"),
        resources=_resources(documents.resources(name, region, shared.sizes[tree["size"]])),
        http_port=int(tree["ports"]["http"]),
        metrics_port=int(tree["ports"]["metrics"]) if "metrics" in tree["ports"] else None,
        service_port=int(tree["ports"].get("service", DEFAULT_SERVICE_PORT)),
        startup_path=health["startup"],
        ready_path=health["ready"],
        live_path=health["live"],
        start_limit=seconds(health["start"]),
        scale=scale_of(name, tree),
        rollout=rollout_of(tree),
        priority=tree.get("priority", ""),
        recommendations=tree.get("recommendations", False),
        max_unavailable=tree["disruption"]["maxUnavailable"],
        shutdown_delay=seconds(shutdown["delay"]),
        shutdown_grace=seconds(shutdown["grace"]) if "grace" in shutdown else None,
        calls={callee: _call(policy) for callee, policy in calls if callee not in shared.instances},
        uses={callee: _use(policy) for callee, policy in calls if callee in shared.instances},
        paths=tuple(exposes.get("paths", ())),
        gateway_timeout=milliseconds(exposes["timeout"]) if "timeout" in exposes else DEFAULT_GATEWAY_TIMEOUT,
        rate_limit=rate_limit_of(exposes.get("rateLimit")),
        volumes=tuple(
            model.Volume(volume, v["size"], v.get("class", "standard"), v["path"])
            for volume, v in sorted(tree.get("volumes", {}).items())
        ),
        config=_text_map(tree, "config"),
        secrets={secret: dict(sorted(keys.items())) for secret, keys in sorted(tree.get("secrets", {}).items())},
        environment=_text_map(tree, "env"),
        node_selector=_text_map(tree, "nodeSelector"),
        tolerations=tuple(_toleration(toleration) for toleration in tree.get("tolerations", ())),
        pod_annotations=_text_map(tree, "podAnnotations"),
        delivery=delivery_of(shared.gitops, tree),
        alerts=tuple(_alert(alert, a) for alert, a in sorted(tree.get("alerts", {}).items())),
        objectives=objectives_of(merged(shared.objectives, documents.service_layers(name, region))),
        patches=_patches(documents.service_layers(name, region), name, tree),
    )


def _text_map(tree: Tree, key: str) -> dict[str, str]:
    """Return a map of names to text, sorted: empty where the service says nothing."""
    return dict(sorted(tree.get(key, {}).items()))


def _toleration(tree: Tree) -> dict[str, object]:
    """Return a toleration with Kubernetes' fields in the order of its reference."""
    result = {key: tree[key] for key in ("key", "operator", "value", "effect") if key in tree}
    return result | {key: int(tree[key]) for key in ("tolerationSeconds",) if key in tree}


def _resources(tree: Tree) -> model.Resources:
    limits = tree.get("limits", {})
    return model.Resources(tree["cpu"], tree["memory"], limits.get("cpu", ""), limits.get("memory", tree["memory"]))


def _call(tree: Tree) -> model.CallPolicy:
    return model.CallPolicy(
        timeout=milliseconds(tree["timeout"]) if "timeout" in tree else DEFAULT_CALL.timeout,
        retries=int(tree.get("retries", DEFAULT_CALL.retries)),
    )


def _use(tree: Tree) -> model.Use:
    return model.Use(tree.get("access", "write"), dict(sorted(tree.get("topics", {}).items())))


def _alert(name: str, tree: Tree) -> model.Alert:
    return model.Alert(
        name, tree["watches"], share(tree["above"]), tree["for"], tree["severity"], tree.get("summary", name)
    )


def _patches(layers: Sequence[Layer], name: str, tree: Tree) -> tuple[model.Patch, ...]:
    found = []
    for index, patch in enumerate(tree.get("patches", ())):
        place = problem_at(layers, ("patches", index), "", "", "")
        operations = tuple(patch["operations"])
        found.append(
            model.Patch(
                patch["kind"], patch.get("name", name), operations, place.file, place.line, place.column, place.path
            )
        )
    return tuple(found)


def instances(documents: Documents, region: str) -> dict[str, model.Instance]:
    """Return the component instances of a region, resolved, by name."""
    result = {}
    gitops = documents.section("gitops")
    externals = documents.section("external")
    for name in documents.instance_names(region):
        layers = documents.instance_layers(name, region)
        tree: Tree = merge_all(layers)
        own = {key: value for key, value in tree.items() if key not in OWN_KEYS}
        calls = sorted(tree.get("calls", {}).items())
        component, namespace = documents.catalogue.components[tree["use"]], tree.get("namespace", "")
        serves = component.serves
        result[name] = model.Instance(
            name=name,
            component=tree["use"],
            namespace=namespace,
            delivery=delivery_of(gitops, tree),
            selector=_filled(component.pods, name, namespace),
            address=_fill(serves.address, name, namespace) if serves else "",
            endpoints=tuple(
                model.Endpoint(e.port, _filled(e.pods, name, namespace)) for e in (serves.endpoints if serves else ())
            ),
            secret=_fill(serves.secret, name, namespace) if serves else "",
            secret_keys=serves.secret_keys if serves else (),
            uses={callee: _use(use) for callee, use in calls if callee not in externals},
            externals=tuple(callee for callee, _ in calls if callee in externals),
            parameters=own,
            patches=_patches(layers, name, tree),
        )
    return result


def _filled(labels: Mapping[str, str], name: str, namespace: str) -> dict[str, str]:
    return {key: _fill(value, name, namespace) for key, value in labels.items()}


def _fill(text: str, name: str, namespace: str) -> str:
    """Return what a component says of its instances with the names of one in their place."""
    return text.replace("{instance}", name).replace("{namespace}", namespace)
