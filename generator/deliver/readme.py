"""The README of a rendered tree: what runs there and how Argo CD is pointed at it, for people."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence

from generator.base.problem import ObjectRef
from generator.deliver.render import Document
from generator.plan.units import Unit
from generator.spec.model import Platform, Service

_REQUIREMENTS = {
    "argo-cd": "Argo CD 3.1 or newer",
    "external-secrets": "External Secrets Operator 1.x (API external-secrets.io/v1)",
    "istio": "Istio 1.26 or newer, with its CNI plugin (restricted Pod Security forbids the init container that it replaces) "
    "and an ingress gateway",
    "metrics-server": "metrics-server, or whatever serves metrics.k8s.io",
    "prometheus-operator": "Prometheus Operator 0.80 or newer",
}


def render_readme(platform: Platform, units: Sequence[Unit], documents: Sequence[Document]) -> Document:
    """Return the tree's README.md."""
    text = "\n".join(_lines(platform, units, documents)) + "\n"
    return Document(
        path="README.md",
        content=text.encode(),
        object=ObjectRef("", "", "", ""),
        owner="README.md",
        input_hash=hashlib.sha256(text.encode()).hexdigest(),
    )


def _lines(platform: Platform, units: Sequence[Unit], documents: Sequence[Document]) -> Iterator[str]:
    yield f"# {platform.name}: {platform.environment}"
    yield ""
    if platform.description:
        yield platform.description
        yield ""
    yield f"Written by gen from `environments/{platform.name}/`: change the spec there and render again."
    yield ""
    users = f" for {platform.users:,} users" if platform.users else ""
    yield f"{len(documents)} objects in {len(platform.regions)} region(s){users}, Kubernetes {platform.kubernetes}."
    yield ""
    yield from _regions(platform)
    yield from _services(platform)
    yield from _objects(documents)
    yield from _bootstrap(platform, units)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{'|'.join(' --- ' for _ in header)}|"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


def _regions(platform: Platform) -> Iterator[str]:
    yield "## Regions"
    yield ""
    rows = [
        (
            region.name,
            region.role,
            f"{(region.weight * 100).normalize():f} %",
            f"{region.cloud.provider}, {region.location}",
            ", ".join(region.zones),
            region.cluster,
            f"https://{region.host}" if region.host else "none",
        )
        for region in platform.regions
    ]
    yield from _table(("region", "role", "traffic", "cloud and location", "zones", "cluster", "endpoint"), rows)


def _services(platform: Platform) -> Iterator[str]:
    first = platform.regions[0].name
    services = platform.services[first]
    if not services:
        return
    yield "## Services"
    yield ""
    several = len(platform.regions) > 1
    yield f"Replicas are those of one region{f', here {first}' if several else ''}."
    yield ""
    rows = [_service(service) for service in services.values()]
    yield from _table(("service", "what it does", "version", "replicas", "paths", "calls"), rows)


def _service(service: Service) -> tuple[str, ...]:
    scale = service.scale
    replicas = f"{scale.min} to {scale.max}" if scale.max > scale.min else str(scale.min)
    return (
        service.name,
        service.description or "",
        service.tag or service.digest,
        f"{replicas} ({service.workload})",
        ", ".join(service.paths) or "none",
        ", ".join(service.calls) or "none",
    )


def _objects(documents: Sequence[Document]) -> Iterator[str]:
    yield "## Objects by kind"
    yield ""
    counted = Counter(document.object.kind for document in documents)
    yield from _table(("kind", "objects"), [(kind, str(number)) for kind, number in sorted(counted.items())])


def _bootstrap(platform: Platform, units: Sequence[Unit]) -> Iterator[str]:
    needed = sorted({need for unit in units for need in unit.component.requires} | {"argo-cd"})
    if platform.monitoring:
        needed = sorted({*needed, "prometheus-operator"})
    namespace = platform.gitops.namespace
    hub = platform.gitops.mode == "hub"
    yield "## Bootstrap"
    yield ""
    yield "Before the first sync these must run in the clusters:"
    yield ""
    yield from (f"- {_REQUIREMENTS.get(need, need)}" for need in needed)
    yield ""
    if hub:
        names = ", ".join(f"`{region.cluster}`" for region in platform.regions)
        yield f"One Argo CD serves all clusters. Register them under these names: {names}"
        yield "(`argocd cluster add CONTEXT --name NAME` keeps the credentials in the hub, none of them in Git). Then, on the hub:"
    else:
        yield "Each cluster runs its own Argo CD. On each of them, with its own region's folder:"
    yield ""
    yield "```sh"
    for folder in ["hub"] if hub else [region.name for region in platform.regions]:
        path = f"argocd/{folder}/bootstrap"
        yield f"kubectl apply --server-side --field-manager=gen -n {namespace} -f {path}/argocd-cm.yaml"
        yield f"kubectl apply --server-side --field-manager=gen -n {namespace} -f {path}/project-root.yaml -f {path}/root.yaml"
    yield "```"
    yield ""
    yield "The first command adds one key to the `argocd-cm` of an Argo CD that is already there, and leaves the others alone;"
    yield "it stops with a conflict if somebody else set that key to another value. From then on every change comes through Git."
    yield ""
    yield "What asks before it goes: pruning or deleting a Namespace, a StatefulSet, a project or an Application waits until a"
    yield "person confirms it in Argo CD (`argocd app confirm-deletion NAME`)."
