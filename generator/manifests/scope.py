"""Which kinds live in no namespace. Source: the API reference of Kubernetes 1.36, and the operators' CRDs."""

from collections.abc import Iterable

from generator.manifests import values

_NATIVE = {
    "": "Namespace Node PersistentVolume ComponentStatus",
    "admissionregistration.k8s.io": (
        "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration "
        "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration"
    ),
    "apiextensions.k8s.io": "CustomResourceDefinition",
    "apiregistration.k8s.io": "APIService",
    "authentication.k8s.io": "SelfSubjectReview TokenReview",
    "authorization.k8s.io": "SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview",
    "certificates.k8s.io": "CertificateSigningRequest ClusterTrustBundle",
    "flowcontrol.apiserver.k8s.io": "FlowSchema PriorityLevelConfiguration",
    "internal.apiserver.k8s.io": "StorageVersion",
    "networking.k8s.io": "IngressClass IPAddress ServiceCIDR",
    "node.k8s.io": "RuntimeClass",
    "policy": "PodSecurityPolicy",
    "rbac.authorization.k8s.io": "ClusterRole ClusterRoleBinding",
    "resource.k8s.io": "DeviceClass DeviceTaintRule ResourceSlice",
    "scheduling.k8s.io": "PriorityClass",
    "storage.k8s.io": "CSIDriver CSINode StorageClass VolumeAttachment VolumeAttributesClass",
    "storagemigration.k8s.io": "StorageVersionMigration",
}
_CUSTOM = {
    "argoproj.io": "ClusterAnalysisTemplate ClusterWorkflowTemplate",
    "cert-manager.io": "ClusterIssuer",
    "cilium.io": "CiliumClusterwideNetworkPolicy CiliumLoadBalancerIPPool",
    "core.oam.dev": "WorkloadDefinition TraitDefinition",
    "external-secrets.io": "ClusterExternalSecret ClusterPushSecret ClusterSecretStore",
    "gateway.networking.k8s.io": "GatewayClass",
    "generators.external-secrets.io": "ClusterGenerator",
    "karpenter.k8s.aws": "EC2NodeClass",
    "karpenter.azure.com": "AKSNodeClass",
    "karpenter.sh": "NodeClaim NodeOverlay NodePool",
    "keda.sh": "ClusterTriggerAuthentication",
    "eventing.keda.sh": "ClusterCloudEventSource",
    "kyverno.io": "ClusterCleanupPolicy ClusterPolicy GlobalContextEntry",
    "policies.kyverno.io": ("DeletingPolicy GeneratingPolicy ImageValidatingPolicy MutatingPolicy ValidatingPolicy"),
    "postgresql.cnpg.io": "ClusterImageCatalog",
    "snapshot.storage.k8s.io": "VolumeSnapshotClass VolumeSnapshotContent",
    "groupsnapshot.storage.k8s.io": "VolumeGroupSnapshotClass VolumeGroupSnapshotContent",
    "pkg.crossplane.io": "Configuration Function Provider",
    "apiextensions.crossplane.io": "CompositeResourceDefinition Composition",
    "kueue.x-k8s.io": "AdmissionCheck ClusterQueue ResourceFlavor",
    "templates.gatekeeper.sh": "ConstraintTemplate",
    "policy.networking.k8s.io": "AdminNetworkPolicy BaselineAdminNetworkPolicy ClusterNetworkPolicy",
}
CLUSTER_SCOPED = frozenset(
    (group, kind) for table in (_NATIVE, _CUSTOM) for group, kinds in table.items() for kind in kinds.split()
)
"""(group, kind) of what has no namespace."""


def cluster_scoped(definitions: Iterable[values.Value]) -> frozenset[tuple[str, str]]:
    """Return (group, kind) of everything without a namespace, the given CustomResourceDefinitions included."""
    own = {
        (values.text(crd, "spec", "group"), values.text(crd, "spec", "names", "kind"))
        for crd in definitions
        if values.text(crd, "spec", "scope") == "Cluster"
    }
    return CLUSTER_SCOPED | own
