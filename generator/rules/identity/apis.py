"""Versions of APIs that a Kubernetes cluster no longer serves."""

from collections.abc import Iterator, Mapping

from generator.base.problem import Severity
from generator.manifests.cluster import Cluster
from generator.rules.rule import Mistake, rule

# apiVersion → kind ("*": every kind) → (release that removed it, what to write).
# Source: https://kubernetes.io/docs/reference/using-api/deprecation-guide/
_REMOVED: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "extensions/v1beta1": {
        "Ingress": ("1.22", "networking.k8s.io/v1"),
        "NetworkPolicy": ("1.16", "networking.k8s.io/v1"),
        "PodSecurityPolicy": ("1.16", "Pod Security admission"),
        "*": ("1.16", "apps/v1"),
    },
    "apps/v1beta1": {"*": ("1.16", "apps/v1")},
    "apps/v1beta2": {"*": ("1.16", "apps/v1")},
    "networking.k8s.io/v1beta1": {
        "Ingress": ("1.22", "networking.k8s.io/v1"),
        "IngressClass": ("1.22", "networking.k8s.io/v1"),
    },
    "policy/v1beta1": {
        "PodDisruptionBudget": ("1.25", "policy/v1"),
        "PodSecurityPolicy": ("1.25", "Pod Security admission"),
    },
    "autoscaling/v2beta1": {"*": ("1.25", "autoscaling/v2")},
    "autoscaling/v2beta2": {"*": ("1.26", "autoscaling/v2")},
    "batch/v1beta1": {"*": ("1.25", "batch/v1")},
    "batch/v2alpha1": {"*": ("1.21", "batch/v1")},
    "rbac.authorization.k8s.io/v1alpha1": {"*": ("1.22", "rbac.authorization.k8s.io/v1")},
    "rbac.authorization.k8s.io/v1beta1": {"*": ("1.22", "rbac.authorization.k8s.io/v1")},
    "scheduling.k8s.io/v1alpha1": {"PriorityClass": ("1.22", "scheduling.k8s.io/v1")},
    "scheduling.k8s.io/v1beta1": {"PriorityClass": ("1.22", "scheduling.k8s.io/v1")},
    "storage.k8s.io/v1beta1": {
        "CSIStorageCapacity": ("1.27", "storage.k8s.io/v1"),
        "CSIDriver": ("1.22", "storage.k8s.io/v1"),
        "CSINode": ("1.22", "storage.k8s.io/v1"),
        "StorageClass": ("1.22", "storage.k8s.io/v1"),
        "VolumeAttachment": ("1.22", "storage.k8s.io/v1"),
    },
    "admissionregistration.k8s.io/v1beta1": {
        "MutatingWebhookConfiguration": ("1.22", "admissionregistration.k8s.io/v1"),
        "ValidatingWebhookConfiguration": ("1.22", "admissionregistration.k8s.io/v1"),
    },
    "apiextensions.k8s.io/v1beta1": {"*": ("1.22", "apiextensions.k8s.io/v1")},
    "apiregistration.k8s.io/v1beta1": {"*": ("1.22", "apiregistration.k8s.io/v1")},
    "certificates.k8s.io/v1beta1": {"CertificateSigningRequest": ("1.22", "certificates.k8s.io/v1")},
    "coordination.k8s.io/v1beta1": {"Lease": ("1.22", "coordination.k8s.io/v1")},
    "discovery.k8s.io/v1beta1": {"*": ("1.25", "discovery.k8s.io/v1")},
    "events.k8s.io/v1beta1": {"*": ("1.25", "events.k8s.io/v1")},
    "node.k8s.io/v1alpha1": {"*": ("1.22", "node.k8s.io/v1")},
    "node.k8s.io/v1beta1": {"*": ("1.25", "node.k8s.io/v1")},
    "flowcontrol.apiserver.k8s.io/v1alpha1": {"*": ("1.21", "flowcontrol.apiserver.k8s.io/v1")},
    "flowcontrol.apiserver.k8s.io/v1beta1": {"*": ("1.26", "flowcontrol.apiserver.k8s.io/v1")},
    "flowcontrol.apiserver.k8s.io/v1beta2": {"*": ("1.29", "flowcontrol.apiserver.k8s.io/v1")},
    "flowcontrol.apiserver.k8s.io/v1beta3": {"*": ("1.32", "flowcontrol.apiserver.k8s.io/v1")},
}
# Of operators: the group's current version, from their own release notes.
_CUSTOM: Mapping[str, str] = {
    "cert-manager.io/v1alpha1": "cert-manager.io/v1",
    "cert-manager.io/v1alpha2": "cert-manager.io/v1",
    "cert-manager.io/v1alpha3": "cert-manager.io/v1",
    "cert-manager.io/v1beta1": "cert-manager.io/v1",
    "certmanager.k8s.io/v1alpha1": "cert-manager.io/v1",
    "external-secrets.io/v1alpha1": "external-secrets.io/v1",
    "kafka.strimzi.io/v1beta1": "kafka.strimzi.io/v1",
    "kafka.strimzi.io/v1alpha1": "kafka.strimzi.io/v1",
    "rbac.istio.io/v1alpha1": "security.istio.io/v1",
    "authentication.istio.io/v1alpha1": "security.istio.io/v1",
    "keda.k8s.io/v1alpha1": "keda.sh/v1alpha1",
    "karpenter.sh/v1alpha5": "karpenter.sh/v1",
    "karpenter.sh/v1beta1": "karpenter.sh/v1",
    "gateway.networking.k8s.io/v1alpha1": "gateway.networking.k8s.io/v1",
}


@rule("identity/removed-api")
def removed_api(cluster: Cluster) -> Iterator[Mistake]:
    """Find objects of an API version that is no longer served."""
    for item in cluster.objects:
        version = f"{item.group}/{item.version}" if item.group else item.version
        kinds = _REMOVED.get(version, {})
        found = kinds.get(item.kind) or kinds.get("*")
        if found:
            message = f"{version} {item.kind} is no longer served since Kubernetes {found[0]}."
            yield Mistake(item, ("apiVersion",), message, f"Use {found[1]}.")
        elif version in _CUSTOM:
            message = f"{version} is no longer served by current releases of its operator."
            yield Mistake(item, ("apiVersion",), message, f"Write {_CUSTOM[version]}.", Severity.WARNING)
        elif item.kind == "Endpoints" and version == "v1":
            message = "Endpoints are deprecated since Kubernetes 1.33."
            yield Mistake(item, ("apiVersion",), message, "Write an EndpointSlice.", Severity.INFO)
