"""Policies that the API server or Kyverno carries out: they must name what is there, by the name that it has."""

from collections.abc import Iterator, Sequence

from generator.base.nearest import did_you_mean
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.rules.references.lookup import Reference, dangling, each, is_near
from generator.rules.rule import Mistake, rule

ADMISSION = "admissionregistration.k8s.io"
_RESOURCES: dict[str, str] = {
    "configmaps": "", "namespaces": "", "nodes": "", "persistentvolumeclaims": "", "persistentvolumes": "", "pods": "",
    "secrets": "", "serviceaccounts": "", "services": "", "daemonsets": "apps", "deployments": "apps",
    "replicasets": "apps", "statefulsets": "apps", "cronjobs": "batch", "jobs": "batch",
    "horizontalpodautoscalers": "autoscaling", "ingresses": "networking.k8s.io",
    "networkpolicies": "networking.k8s.io", "poddisruptionbudgets": "policy",
    "clusterrolebindings": "rbac.authorization.k8s.io", "clusterroles": "rbac.authorization.k8s.io",
    "rolebindings": "rbac.authorization.k8s.io", "roles": "rbac.authorization.k8s.io",
}  # fmt: skip
_KINDS = (
    "ConfigMap", "CronJob", "DaemonSet", "Deployment", "HorizontalPodAutoscaler", "Ingress", "Job", "Namespace",
    "NetworkPolicy", "Node", "PersistentVolume", "PersistentVolumeClaim", "Pod", "PodDisruptionBudget", "ReplicaSet",
    "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "Secret", "Service", "ServiceAccount", "StatefulSet",
    "StorageClass",
)  # fmt: skip
_WEBHOOKS = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")
_POLICIES = ("ValidatingAdmissionPolicy", "MutatingAdmissionPolicy")


@rule("references/admission-policy-missing")
def admission_policy_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find a binding of an admission policy that is not there: it enforces nothing."""
    for kind in _POLICIES:
        for of in cluster.of(f"{kind}Binding", ADMISSION):
            reference = Reference(of, ("spec", "policyName"), "", of.text("spec", "policyName"))
            yield from dangling(cluster, reference, ADMISSION, kind)


@rule("references/admission-resource-unknown")
def admission_resource_unknown(cluster: Cluster) -> Iterator[Mistake]:
    """Find policies and webhooks for a resource or a kind that does not exist: they see nothing."""
    places = [(kind, "webhooks.*.rules.*") for kind in _WEBHOOKS]
    places += [(kind, "spec.matchConstraints.resourceRules.*") for kind in _POLICIES]
    for kind, place in places:
        for of in cluster.of(kind, ADMISSION):
            for path, entry in each(of.value, place.split(".")):
                groups = values.strings(entry, "apiGroups")
                own = {*groups} <= {*_RESOURCES.values(), "*"}  # an operator names its resources as it likes
                for index, name in enumerate(values.strings(entry, "resources")):
                    at = (*path, "resources", index)
                    if own and is_near(name, _RESOURCES) and name not in _RESOURCES:
                        message = f"There is no resource '{name}': resources are written in the plural."
                        yield Mistake(of, at, message, did_you_mean(name, _RESOURCES))
                    elif _foreign(name, groups) and len(values.strings(entry, "resources")) == 1:
                        message = f"The API group {' or '.join(map(repr, groups))} has no resource '{name}'."
                        hint = f"'{name}' belongs to the group '{_RESOURCES[name]}'."
                        yield Mistake(of, (*path, "apiGroups"), message, hint)


def _is_slip(name: str, groups: Sequence[str]) -> bool:
    """Say whether a resource of Kubernetes' own groups is written in the singular, or misspelt."""
    if not groups or not {*groups} <= {*_RESOURCES.values()}:
        return False
    return any(f"{name}{end}" in _RESOURCES for end in ("s", "es")) or is_near(name, _RESOURCES)


def _foreign(name: str, groups: Sequence[str]) -> bool:
    """Say whether a resource is one of Kubernetes, and none of the groups, all of Kubernetes too, has it."""
    return (
        name in _RESOURCES and bool(groups) and _RESOURCES[name] not in groups and {*groups} <= {*_RESOURCES.values()}
    )


@rule("references/kyverno-match-unknown")
def kyverno_match_unknown(cluster: Cluster) -> Iterator[Mistake]:
    """Find rules of Kyverno for a kind or a namespace that does not exist, by a slip of the pen."""
    namespaces = cluster.namespaces()
    for policy in ("ClusterPolicy", "Policy"):
        for of in cluster.of(policy, "kyverno.io"):
            for place in ("match.resources", "match.any.*.resources", "match.all.*.resources"):
                for path, resources in each(of.value, ("spec", "rules", "*", *place.split("."))):
                    for key, known in (("kinds", _KINDS), ("namespaces", namespaces)):
                        for index, name in enumerate(values.strings(resources, key)):
                            plain = name.rpartition("/")[2] if key == "kinds" else name
                            if plain not in known and "*" not in plain and _is_variant(plain, known):
                                message = f"There is no {'kind' if key == 'kinds' else 'namespace'} '{plain}'."
                                yield Mistake(of, (*path, key, index), message, did_you_mean(plain, known))


def _is_variant(name: str, known: Sequence[str]) -> bool:
    """Say whether a name is a known one in the plural or in other letters' case, or a long one misspelt."""
    plain = {item.lower() for item in known}
    low = name.lower()
    return low in plain or low.removesuffix("s") in plain or is_near(name, known, 0.9)
