"""The README of a rendered tree: what runs there and how Argo CD is pointed at it, for people."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from generator.components.catalogue import Component
from generator.deliver.document import Document, File
from generator.deliver.edge.readme import edge_lines
from generator.deliver.helm.metadata import release_namespace
from generator.deliver.markdown import plain, table
from generator.deliver.readme_components import component_lines
from generator.deliver.readme_mesh import mesh_lines
from generator.deliver.readme_secrets import secret_lines
from generator.deliver.recovery import recovery_lines
from generator.spec.model import Platform, Service


def render_readme(
    platform: Platform, components: Sequence[Component], documents: Sequence[Document], forms: Sequence[str]
) -> File:
    """Return the tree's README.md; components are those that the documents were rendered from, forms the tree's."""
    text = "\n".join((*_lines(platform, components, documents), *_forms(platform, forms))) + "\n"
    return File(
        path="README.md",
        content=text.encode(),
        owner="README.md",
        input_hash=hashlib.sha256(text.encode()).hexdigest(),
    )


def _lines(platform: Platform, components: Sequence[Component], documents: Sequence[Document]) -> Iterator[str]:
    yield f"# {platform.name}: {platform.environment}"
    yield ""
    if platform.description:
        yield plain(platform.description)
        yield ""
    yield f"Written by gen from `environments/{platform.name}/`: change the spec there and render again."
    yield ""
    users = f" for {platform.users:,} users" if platform.users else ""
    regions = f"{len(platform.regions)} region{'s' if len(platform.regions) > 1 else ''}"
    yield f"{len(documents)} objects in {regions}{users}, Kubernetes {platform.kubernetes}."
    yield ""
    yield "What it has to keep, carries and costs: [plan](plan/README.md)."
    yield ""
    yield from _regions(platform)
    yield from edge_lines(platform)
    yield from mesh_lines(platform)
    yield from _services(platform)
    yield from component_lines(platform, components)
    yield from recovery_lines(platform, components)
    yield from secret_lines(platform, documents)
    yield from _objects(documents)
    yield from _suppressed(platform)
    yield from _bootstrap(platform, components, documents)


def _regions(platform: Platform) -> Iterator[str]:
    yield "## Regions"
    yield ""
    rows = [
        (
            region.name,
            f"{region.role}, drained" if region.drained else region.role,
            f"{(region.weight * 100).normalize():f} %",
            f"{region.cloud.provider}, {region.location}",
            ", ".join(region.zones),
            region.cluster,
            f"https://{region.host}" if region.host else "none",
        )
        for region in platform.regions
    ]
    yield from table(("region", "role", "traffic", "cloud and location", "zones", "cluster", "endpoint"), rows)


def _services(platform: Platform) -> Iterator[str]:
    first: dict[str, Service] = {}
    where: dict[str, list[str]] = {}
    for region in platform.regions:
        for name, service in platform.services[region.name].items():
            first.setdefault(name, service)
            where.setdefault(name, []).append(region.name)
    if not first:
        return
    yield "## Services"
    yield ""
    several = len(platform.regions) > 1
    yield f"Each row is what runs in one region{', the first that has the service' if several else ''}."
    yield ""
    everywhere = [region.name for region in platform.regions]
    rows = [
        _service(service, "" if where[name] == everywhere else f" (only in {', '.join(where[name])})")
        for name, service in sorted(first.items())
    ]
    yield from table(("service", "what it does", "version", "replicas", "paths", "calls"), rows)


def _service(service: Service, where: str) -> tuple[str, ...]:
    scale = service.scale
    replicas = f"{scale.min} to {scale.max}" if scale.max > scale.min else str(scale.min)
    kind = service.workload if service.rollout.strategy == "rolling" else f"Rollout, {service.rollout.strategy}"
    return (
        f"{service.name}{where}",
        plain(service.description),
        service.tag or service.digest,
        f"{replicas} ({kind})",
        ", ".join(service.paths) or "none",
        ", ".join(sorted((*service.calls, *service.uses))) or "none",
    )


def _objects(documents: Sequence[Document]) -> Iterator[str]:
    yield "## Objects by kind"
    yield ""
    counted = Counter(document.object.kind for document in documents)
    yield from table(("kind", "objects"), [(kind, str(number)) for kind, number in sorted(counted.items())])


def _suppressed(platform: Platform) -> Iterator[str]:
    rows = [
        (rule, plain(objects), plain(reason))
        for rule, reasons in platform.suppress.items()
        for objects, reason in reasons.items()
    ]
    if rows:
        yield "## Suppressed problems"
        yield ""
        yield "The spec says not to report these; `gen verify` counts them in every summary."
        yield ""
        yield from table(("rule", "objects", "why"), rows)


def _requirements(platform: Platform, components: Iterable[Component], documents: Iterable[Document]) -> list[str]:
    """Return what must run in the clusters, sorted and each once, without what a component of the platform brings."""
    sections = {"mesh": platform.mesh, "gateway": platform.gateway, "monitoring": platform.monitoring}
    there = {"", *(name for name, section in sections.items() if section), *(["secrets"] if platform.secrets else [])}
    brought = {instance.component for found in platform.instances.values() for instance in found.values()}
    kinds = {"", *(f"{document.object.group}/{document.object.kind}".lstrip("/") for document in documents)}
    needs = (need for component in components for need in component.requires if need.kind in kinds)
    return sorted({need.what for need in needs if need.section in there and need.by not in brought})


def _bootstrap(platform: Platform, components: Iterable[Component], documents: Iterable[Document]) -> Iterator[str]:
    yield "## Bootstrap"
    yield ""
    yield "Before the first sync these must run in the clusters:"
    yield ""
    yield from (f"- {plain(need)}" for need in _requirements(platform, components, documents))
    yield ""
    hub = platform.gitops.mode == "hub"
    yield from _HUB if hub else _PER_REGION
    if hub:
        yield ""
        yield from (f"- `{region.cluster}`" for region in platform.regions)
    yield ""
    yield "```sh"
    get = f"kubectl get configmap argocd-cm -n {platform.gitops.namespace}"
    patch = f"kubectl patch configmap argocd-cm -n {platform.gitops.namespace} --type=merge --field-manager=gen"
    apply = "kubectl apply --server-side --field-manager=gen"
    for folder in ["hub"] if hub else [region.name for region in platform.regions]:
        path = f"argocd/{folder}/bootstrap"
        yield f"{get} -o jsonpath='{{.data.{_HEALTH_KEY}}}'"
        yield f"{patch} --patch-file {path}/argocd-cm.yaml"
        yield f"{apply} -f {path}/project-root.yaml -f {path}/root.yaml"
    yield "```"
    yield ""
    yield from _AFTERWARDS


def _forms(platform: Platform, forms: Sequence[str]) -> Iterator[str]:
    """Yield how a region is installed from its charts or overlays, by hand or by a pipeline."""
    if not {"helm", "kustomize"}.intersection(forms):
        return
    region = platform.regions[0].name
    yield ""
    yield "## Other forms"
    yield ""
    yield "Charts and overlays mean the same as the manifests, object by object, and `gen verify` proves it. A pipeline"
    yield "without Argo CD installs a region with one command, once what must run in the clusters does:"
    yield ""
    yield "```sh"
    if "helm" in forms:
        name = platform.name
        namespace = release_namespace(platform)
        yield f"helm upgrade --install {name} charts/{name} --namespace {namespace} --create-namespace \\"
        yield f"  --take-ownership -f charts/{name}/values-{region}.yaml"
    if "kustomize" in forms:
        yield f"kubectl apply --server-side -k kustomize/regions/{region}"
    yield "```"


# The key of argocd-cm that the bootstrap sets, its dots escaped for JSONPath.
_HEALTH_KEY = r"resource\.customizations\.health\.argoproj\.io_Application"
_HUB = (
    "One Argo CD serves all clusters. Register them with it under the names below (`argocd cluster add CONTEXT --name",
    "NAME` keeps the credentials in the hub, none in Git), then run the commands against the hub's own cluster.",
)
_PER_REGION = ("Each cluster runs its own Argo CD. Against each of them, run the commands with its region's folder.",)
_AFTERWARDS = (
    "The first command shows what the key is set to, and should show nothing; if it shows something else than the file",
    "holds, settle with whoever set it before you go on. The second adds that one key to the `argocd-cm` of the Argo",
    "CD that is there and leaves all others alone. From then on every change comes through Git.",
    "",
    "What asks before it goes: pruning or deleting a Namespace, a StatefulSet, a project or an Application waits",
    "until a person confirms it in Argo CD: `argocd app confirm-deletion NAME`, with the Application that waits. To",
    "remove a service that is its region's Application, and for a StatefulSet then the service's own.",
    "",
    "A namespace or a region leaves in two steps: first what runs in it leaves the spec and is synced, then it does.",
    "Argo CD no longer sees objects in places that their project does not allow, and would leave them behind.",
)
