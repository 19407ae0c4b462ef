"""Namespaces that nobody makes, and objects with one too many or too few."""

import re
from collections import Counter
from collections.abc import Iterator

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.applications import GROUP
from generator.manifests.cluster import SYSTEM_NAMESPACES, Cluster
from generator.manifests.clusters import Repository
from generator.manifests.object import Object
from generator.manifests.scope import cluster_scoped
from generator.rules.references.lookup import is_near
from generator.rules.rule import Mistake, repository_rule

# What platforms are made of, often from a repository of its own.
_PLATFORM = re.compile(
    r"(istio|gke|aks|amazon|aws|calico|cilium|linkerd|knative|openshift|tigera|kube|flux|argo|cert-manager|external-|"
    r"ingress|keda|velero|kyverno|gatekeeper|cnpg|strimzi|karpenter|vault|prometheus|grafana|observability|logging|"
    r"monitoring)([-_].*)?"
)
_ARGO_CD = frozenset({"Application", "ApplicationSet", "AppProject"})


@repository_rule("identity/namespace-unknown")
def namespace_unknown(repository: Repository) -> Iterator[Mistake]:
    """Find objects in a namespace that neither the tree nor an Application makes."""
    for cluster in repository.clusters:
        declared = {item.name for item in cluster.of("Namespace", "")} | _created(repository, cluster)
        if not declared:
            continue
        foreign = {release.namespace for release in cluster.releases} | SYSTEM_NAMESPACES
        # What another cluster has to declare does not come by itself: a release into it needs it too.
        elsewhere = {
            item.name
            for other in repository.clusters
            if other is not cluster and other.name
            for item in other.of("Namespace", "")
        }
        told: dict[str, str] = {}
        for item in cluster.objects:
            name = values.text(item.value, "metadata", "namespace")
            if not name or not item.namespace or item.namespace != name or name in declared:
                continue
            if name in foreign and (name not in elsewhere or name in SYSTEM_NAMESPACES):
                continue
            # The namespace of Argo CD comes with Argo CD, whose Applications lie in it.
            if (
                (item.group == GROUP and item.kind in _ARGO_CD)
                or _is_argo_cd(cluster, name)
                or "{" in name
                or "$" in name
            ):
                continue
            again, near = name in told, told[name] if name in told else did_you_mean(name, declared)
            if _PLATFORM.fullmatch(name) and not is_near(name, declared, 0.85):
                near = ""  # istio-system is no misspelt istio-apps
            told[name] = near
            if not near and (again or (_PLATFORM.fullmatch(name) and name not in elsewhere)):
                continue
            message = f"Nobody makes the namespace '{name}'" + (" in this cluster." if name in elsewhere else ".")
            yield Mistake(item, ("metadata", "namespace"), message, near or "Declare the Namespace too.")


def _created(repository: Repository, cluster: Cluster) -> set[str]:
    found = set()
    for item in repository.applications:
        options = values.strings(item.spec, "syncPolicy", "syncOptions")
        if "CreateNamespace=true" in options and repository.cluster_of(item) in {cluster.name, ""}:
            found.add(item.target_namespace)
    for of in cluster.of("HelmRelease", "helm.toolkit.fluxcd.io"):
        if values.flag(of.value, "spec", "install", "createNamespace"):
            found.add(of.text("spec", "targetNamespace"))
    return found


def _is_argo_cd(cluster: Cluster, namespace: str) -> bool:
    return any(item.namespace == namespace for kind in _ARGO_CD for item in cluster.of(kind, GROUP)[:1])


@repository_rule("identity/namespace-scope")
def namespace_scope(repository: Repository) -> Iterator[Mistake]:
    """Find objects of the whole cluster with a namespace, and others without one."""
    objects = repository.manifests.objects
    wide = cluster_scoped(item.value for item in objects if item.kind == "CustomResourceDefinition")
    given = {id(item.value) for cluster in repository.clusters for item in cluster.objects if item.namespace}
    stated = sum(1 for item in objects if item.namespace)
    missing = sum(1 for item in objects if not item.namespace and (item.group, item.kind) not in wide)
    for item in objects:
        own = values.text(item.value, "metadata", "namespace")
        everywhere = (item.group, item.kind) in wide
        if everywhere and own and "{" not in own:
            message = f"A {item.kind} belongs to the whole cluster and has no namespace."
            yield Mistake(item, ("metadata", "namespace"), message, "Remove the namespace.", Severity.WARNING)
        if everywhere or own or item.namespace or id(item.value) in given or not item.name or not stated:
            continue
        # A tree of which no object states a namespace is meant for `kubectl apply -n`; and so is most of one that
        # states it for a few objects only, such as the accounts in its bindings.
        message = f"The {item.kind} has no namespace, so it lands in whichever is current."
        severity = Severity.WARNING if stated > missing else Severity.INFO
        yield Mistake(item, ("metadata", "name"), message, "Write metadata.namespace.", severity)


@repository_rule("identity/namespace-differs", Severity.WARNING)
def namespace_differs(repository: Repository) -> Iterator[Mistake]:
    """Find the one object of an Application that lies in another namespace than all the others."""
    seen = set()
    for index, item in enumerate(repository.applications):
        things = [thing for thing in repository.delivered[index] if thing.namespace]
        counts = Counter(thing.namespace for thing in things)
        platform = _PLATFORM.fullmatch(item.target_namespace)
        if not item.target_namespace or platform or counts[item.target_namespace] != len(things) - 1 or len(things) < 4:
            continue
        for thing in things:
            if thing.namespace != item.target_namespace and id(thing.value) not in seen and not _elsewhere(thing):
                seen.add(id(thing.value))
                message = (
                    f"Application '{item.name}' deploys to namespace '{item.target_namespace}', where all its other "
                )
                message += f"objects are; this one is in '{thing.namespace}'."
                yield Mistake(thing, ("metadata", "namespace"), message, f"Write '{item.target_namespace}'.")


def _elsewhere(thing: Object) -> bool:
    """Say whether a kind often lies in a namespace of the platform: monitors, gateways, what grants access there."""
    usual = {"PrometheusRule", "ServiceMonitor", "PodMonitor", "Role", "RoleBinding", "Gateway", "ReferenceGrant"}
    return thing.kind in usual or thing.namespace.startswith(("istio", "kube-", "monitoring"))
