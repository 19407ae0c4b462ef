"""From merged, checked trees to the typed platform. Every value has been validated: nothing here can fail.

JSON Schema takes 3.0 for an integer, so that integers are made here.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from generator.base.scalars import duration_text, millicores, milliseconds, size_bytes
from generator.spec import model, units
from generator.spec.capacity import Capacity, capacity_of
from generator.spec.costs import tiers_of
from generator.spec.documents import Documents
from generator.spec.edge import Edge, edge_of
from generator.spec.incidents import Incidents, incidents_of
from generator.spec.mesh import rate_limit_of, tracing_of
from generator.spec.objectives import objectives_of

Tree = Mapping[str, Any]


def platform(documents: Documents, environment: str) -> model.Platform:
    """Return the typed platform of checked documents."""
    written: Tree = documents.platform.tree
    tier = documents.tier.tree
    regions = _regions(documents, str(written["name"]), environment)
    return model.Platform(
        name=str(written["name"]),
        environment=environment,
        description=str(documents.value("description", "")),
        version=str(documents.value("version", "0.1.0")),
        kubernetes=str(documents.value("kubernetes", "1.36")),
        users=int(Decimal(str(tier["users"]))) if "users" in tier else None,
        gitops=_gitops(documents.section("gitops")),
        regions=regions,
        namespaces=tuple(_namespace(n, t) for n, t in sorted(_named(documents, "namespaces"))),
        mesh=_mesh(documents),
        gateway=_gateway(documents),
        edge=_edge(documents, regions),
        monitoring=_monitoring(documents),
        external={n: _external(n, t) for n, t in sorted(_named(documents, "external"))},
        buckets={n: _bucket(n, t) for n, t in sorted(_named(documents, "buckets"))},
        recovery=_recovery(documents),
        incidents=_incidents(documents),
        objectives=objectives_of(documents.section("objectives")),
        capacity=_capacity(documents),
        tier=str(documents.environment.tree.get("tier", "")),
        tiers=tiers_of(written.get("tiers", {}), written.get("objectives") or {}),
        secrets=tuple(_secret(n, t) for n, t in sorted(_named(documents, "secrets"))),
        services=units.services(documents),
        instances={region: units.instances(documents, region) for region in documents.regions()},
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
        browse=tree.get("browse", ""),
        mode=tree.get("mode", "hub"),
        namespace=tree.get("namespace", "argocd"),
        delivery=units.delivery_of(tree, {}),
        forms=tuple(form for form in model.FORMS if form in tree.get("forms", ())),
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
            drained=tree.get("drained", False),
            location=tree.get("location", name),
            zones=tuple(tree["zones"]),
            host=tree.get("host", ""),
            registry=tree["registry"],
            cluster=tree.get("cluster", f"{platform_name}-{environment}-{name}"),
            secret_store=_secret_store(tree["secretStore"]) if "secretStore" in tree else None,
            account=tree.get("account", ""),
            resource_group=tree.get("resourceGroup", ""),
            identities=dict(sorted(tree.get("identities", {}).items())),
            bucket_prefix=tree.get("objectStorage", {}).get("prefix", f"{platform_name}-{environment}-{name}"),
            storage_account=tree.get("objectStorage", {}).get("account", ""),
        )
        for name, tree in trees.items()
    )


def _cloud(name: str, tree: Tree) -> model.Cloud:
    storage = {name: _disk(written) for name, written in sorted(tree.get("storage", {}).items())}
    return model.Cloud(name, tree["provider"], storage)


def _disk(written: str | Tree) -> model.Disk:
    if isinstance(written, str):
        return model.Disk(written)
    iops, throughput = written.get("iops"), written.get("throughput")
    return model.Disk(
        type=written["type"],
        iops=None if iops is None else int(iops),
        throughput=None if throughput is None else int(throughput),
    )


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
    return model.Mesh(
        namespace=tree.get("namespace", "istio-system"),
        trust_domain=tree.get("trustDomain", "cluster.local"),
        topology=tree.get("topology", "region"),
        tracing=tracing_of(tree.get("tracing")),
        access_log=tree.get("accessLog", ""),
    )


def _gateway(documents: Documents) -> model.Gateway | None:
    tree = _present(documents, "gateway")
    if tree is None:
        return None
    return model.Gateway(
        namespace=tree.get("namespace", "istio-ingress"),
        labels=tree.get("labels", {"istio": "ingress"}),
        service_account=tree.get("serviceAccount", "istio-ingress"),
        certificate=tree["certificate"],
        rate_limit=rate_limit_of(tree.get("rateLimit")),
    )


def _edge(documents: Documents, regions: tuple[model.Region, ...]) -> Edge | None:
    """Return the edge; clients ask the host of the primary region unless the section says otherwise."""
    tree = _present(documents, "edge")
    if tree is None:
        return None
    primary = next((region for region in regions if region.role == "primary"), regions[0])
    return edge_of(tree, primary.host)


def _monitoring(documents: Documents) -> model.Monitoring | None:
    tree = _present(documents, "monitoring")
    if tree is None:
        return None
    namespace = tree.get("namespace", "monitoring")
    return model.Monitoring(
        namespace=namespace,
        labels=tree.get("labels", {"app.kubernetes.io/name": "prometheus"}),
        object_labels=tree.get("objectLabels", {}),
        interval=tree.get("interval", "30s"),
        # The Service that the Prometheus Operator makes for every Prometheus.
        address=tree.get("address", f"http://prometheus-operated.{namespace}:9090"),
    )


def _recovery(documents: Documents) -> model.Recovery | None:
    tree = _present(documents, "recovery")
    return None if tree is None else model.Recovery(milliseconds(tree["point"]), milliseconds(tree["time"]))


def _incidents(documents: Documents) -> Incidents | None:
    tree = _present(documents, "incidents")
    return None if tree is None else incidents_of(tree)


def _capacity(documents: Documents) -> Capacity | None:
    tree = _present(documents, "capacity")
    return None if tree is None else capacity_of(tree)


def _external(name: str, tree: Tree) -> model.External:
    return model.External(name, tuple(tree["hosts"]), int(tree.get("port", 443)), tree.get("tls") == "originate")


def _bucket(name: str, tree: Tree) -> model.Bucket:
    return model.Bucket(
        name=name,
        description=tree.get("description", ""),
        versioned=tree.get("versioned", True),
        expire=_days(tree["expire"]) if "expire" in tree else None,
        noncurrent=_days(tree.get("noncurrent", "30d")),
        tiers={tier: _days(age) for tier, age in sorted(tree.get("tiers", {}).items())},
    )


def _days(written: str) -> int:
    return int(written.removesuffix("d"))


def _secret(name: str, tree: Tree) -> model.Secret:
    return model.Secret(
        name=name,
        namespace=tree["namespace"],
        type=tree.get("type", "Opaque"),
        refresh=duration_text(milliseconds(tree.get("refresh", "1h"))),
        keys=dict(sorted(tree["keys"].items())),
    )
