"""From merged, checked trees to the typed platform. Every value has been validated: nothing here can fail.

JSON Schema takes 3.0 for an integer, so that integers are made here.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from generator.base.scalars import duration_text, millicores, milliseconds, seconds, share, size_bytes
from generator.spec import model
from generator.spec.documents import Documents
from generator.spec.layers import Layer, merge_all, problem_at
from generator.spec.parameters import OWN_KEYS

Tree = Mapping[str, Any]

# Timeout and attempts of a call that says nothing of them; the gateway waits as long as its longest call with room.
DEFAULT_CALL = model.CallPolicy(timeout=10_000, retries=2)
DEFAULT_GATEWAY_TIMEOUT = 30_000


def platform(documents: Documents, environment: str) -> model.Platform:
    """Return the typed platform of checked documents."""
    written: Tree = documents.platform.tree
    tier = documents.tier.tree
    regions = _regions(documents, str(written["name"]), environment)
    return model.Platform(
        name=str(written["name"]),
        environment=environment,
        description=str(documents.value("description", "")),
        kubernetes=str(documents.value("kubernetes", "1.36")),
        users=int(Decimal(str(tier["users"]))) if "users" in tier else None,
        gitops=_gitops(documents.section("gitops")),
        regions=regions,
        namespaces=tuple(_namespace(n, t) for n, t in sorted(_named(documents, "namespaces"))),
        mesh=_mesh(documents),
        gateway=_gateway(documents),
        monitoring=_monitoring(documents),
        external={n: _external(n, t) for n, t in sorted(_named(documents, "external"))},
        secrets=tuple(_secret(n, t) for n, t in sorted(_named(documents, "secrets"))),
        services=_services(documents),
        instances={region: _instances(documents, region) for region in documents.regions()},
        suppress=_suppress(documents),
    )


def _suppress(documents: Documents) -> Mapping[str, Mapping[str, str]]:
    """Return what is left of the suppressions when the layers are merged: null has removed an entry."""
    return {
        rule: {glob: str(reason) for glob, reason in sorted(reasons.items()) if reason is not None}
        for rule, reasons in sorted(_named(documents, "suppress"))
    }


def _named(documents: Documents, section: str) -> list[tuple[str, Tree]]:
    return [(name, tree) for name, tree in documents.section(section).items() if isinstance(tree, Mapping)]


def _present(documents: Documents, section: str) -> Tree | None:
    written = documents.value(section)
    return documents.section(section) if written is not None else None


def _gitops(tree: Tree) -> model.GitOps:
    return model.GitOps(
        repository=tree["repository"],
        revision=tree.get("revision", "main"),
        path=tree.get("path", ""),
        mode=tree.get("mode", "hub"),
        namespace=tree.get("namespace", "argocd"),
    )


def _regions(documents: Documents, platform_name: str, environment: str) -> tuple[model.Region, ...]:
    clouds: Tree = documents.clouds()
    trees: dict[str, Tree] = {name: documents.region(name) for name in documents.regions()}
    weights = {name: Decimal(int(tree.get("weight", 1))) for name, tree in trees.items()}
    total = sum(weights.values()) or Decimal(1)
    return tuple(
        model.Region(
            name=name,
            cloud=_cloud(tree["cloud"], clouds[tree["cloud"]]),
            role=tree.get("role", "primary"),
            weight=(weights[name] / total).quantize(Decimal("0.0001")),
            location=tree.get("location", name),
            zones=tuple(tree["zones"]),
            host=tree.get("host", ""),
            registry=tree["registry"],
            cluster=tree.get("cluster", f"{platform_name}-{environment}-{name}"),
            secret_store=_secret_store(tree["secretStore"]) if "secretStore" in tree else None,
        )
        for name, tree in trees.items()
    )


def _cloud(name: str, tree: Tree) -> model.Cloud:
    return model.Cloud(name, tree["provider"], dict(sorted(tree.get("storage", {}).items())))


def _secret_store(tree: Tree) -> model.SecretStore:
    return model.SecretStore(
        role=tree.get("role", ""),
        project=tree.get("project", ""),
        service_account=tree.get("serviceAccount", ""),
        vault=tree.get("vault", ""),
        tenant=tree.get("tenant", ""),
        client=tree.get("client", ""),
    )


def _namespace(name: str, tree: Tree) -> model.Namespace:
    quota = tree.get("quota")
    return model.Namespace(
        name=name,
        pod_security=tree.get("podSecurity", "restricted"),
        mesh=tree.get("mesh", False),
        isolated=tree.get("isolated", True),
        quota=quota_of(quota) if quota else None,
        viewers=tuple(sorted(tree.get("viewers", ()))),
        operators=tuple(sorted(tree.get("operators", ()))),
    )


def quota_of(tree: Tree) -> model.Quota:
    """Return a quota as written in the spec."""
    return model.Quota(millicores(tree["cpu"]), size_bytes(tree["memory"]), int(tree["pods"]))


def _mesh(documents: Documents) -> model.Mesh | None:
    tree = _present(documents, "mesh")
    if tree is None:
        return None
    return model.Mesh(tree.get("namespace", "istio-system"), tree.get("trustDomain", "cluster.local"))


def _gateway(documents: Documents) -> model.Gateway | None:
    tree = _present(documents, "gateway")
    if tree is None:
        return None
    return model.Gateway(
        namespace=tree.get("namespace", "istio-ingress"),
        labels=tree.get("labels", {"istio": "ingress"}),
        service_account=tree.get("serviceAccount", "istio-ingress"),
        certificate=tree["certificate"],
    )


def _monitoring(documents: Documents) -> model.Monitoring | None:
    tree = _present(documents, "monitoring")
    if tree is None:
        return None
    return model.Monitoring(
        namespace=tree.get("namespace", "monitoring"),
        labels=tree.get("labels", {"app.kubernetes.io/name": "prometheus"}),
        object_labels=tree.get("objectLabels", {}),
        interval=tree.get("interval", "30s"),
    )


def _external(name: str, tree: Tree) -> model.External:
    return model.External(name, tuple(tree["hosts"]), int(tree.get("port", 443)), tree.get("tls") == "originate")


def _secret(name: str, tree: Tree) -> model.Secret:
    return model.Secret(
        name=name,
        namespace=tree["namespace"],
        type=tree.get("type", "Opaque"),
        refresh=duration_text(milliseconds(tree.get("refresh", "1h"))),
        keys=dict(sorted(tree["keys"].items())),
    )


def _services(documents: Documents) -> dict[str, dict[str, model.Service]]:
    """Resolve services once, and again only for the regions that have a layer of their own."""
    shared: dict[str, model.Service] | None = None
    result: dict[str, dict[str, model.Service]] = {}
    sizes = documents.sizes()
    for region in documents.regions():
        own = documents.differs(region)
        services = None if own else shared
        if services is None:
            services = {
                name: _service(documents, name, region, tree, sizes)
                for name, tree in documents.services(region).items()
            }
        if not own:
            shared = services
        result[region] = services
    return result


def _service(documents: Documents, name: str, region: str, tree: Tree, sizes: Tree) -> model.Service:
    image, health, shutdown = tree["image"], tree["health"], tree["shutdown"]
    exposes = tree.get("exposes") or {}
    return model.Service(
        name=name,
        description=tree.get("description", ""),
        namespace=tree["namespace"],
        workload=tree["workload"],
        repository=image.get("repository", name),
        tag=image.get("tag", ""),
        digest=image.get("digest", ""),
        resources=_resources(documents.resources(name, region, sizes[tree["size"]])),
        http_port=int(tree["ports"]["http"]),
        metrics_port=int(tree["ports"]["metrics"]) if "metrics" in tree["ports"] else None,
        startup_path=health["startup"],
        ready_path=health["ready"],
        live_path=health["live"],
        start_limit=seconds(health["start"]),
        scale=_scale(tree["scale"]),
        max_unavailable=tree["disruption"]["maxUnavailable"],
        shutdown_delay=seconds(shutdown["delay"]),
        shutdown_grace=seconds(shutdown["grace"]) if "grace" in shutdown else None,
        calls={callee: _call(policy) for callee, policy in sorted(tree.get("calls", {}).items())},
        paths=tuple(exposes.get("paths", ())),
        gateway_timeout=milliseconds(exposes["timeout"]) if "timeout" in exposes else DEFAULT_GATEWAY_TIMEOUT,
        volumes=tuple(
            model.Volume(volume, v["size"], v.get("class", "standard"), v["path"])
            for volume, v in sorted(tree.get("volumes", {}).items())
        ),
        config=dict(sorted(tree.get("config", {}).items())),
        secrets={secret: dict(sorted(keys.items())) for secret, keys in sorted(tree.get("secrets", {}).items())},
        alerts=tuple(_alert(alert, a) for alert, a in sorted(tree.get("alerts", {}).items())),
        patches=_patches(documents.service_layers(name, region), name, tree),
    )


def _resources(tree: Tree) -> model.Resources:
    limits = tree.get("limits", {})
    return model.Resources(tree["cpu"], tree["memory"], limits.get("cpu", ""), limits.get("memory", tree["memory"]))


def _scale(tree: Tree) -> model.Scale:
    return model.Scale(
        min=int(tree["min"]),
        max=int(tree["max"]),
        cpu=share(tree["cpu"]) if "cpu" in tree else None,
        memory=share(tree["memory"]) if "memory" in tree else None,
        up_window=seconds(tree["stabilization"]["up"]),
        down_window=seconds(tree["stabilization"]["down"]),
    )


def _call(tree: Tree) -> model.CallPolicy:
    return model.CallPolicy(
        timeout=milliseconds(tree["timeout"]) if "timeout" in tree else DEFAULT_CALL.timeout,
        retries=int(tree.get("retries", DEFAULT_CALL.retries)),
    )


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


def _instances(documents: Documents, region: str) -> dict[str, model.Instance]:
    result = {}
    for name in documents.names("components", region):
        layers = documents.instance_layers(name, region)
        tree: Tree = merge_all(layers)
        own = {key: value for key, value in tree.items() if key not in OWN_KEYS}
        result[name] = model.Instance(name, tree["use"], tree.get("namespace", ""), own, _patches(layers, name, tree))
    return result
