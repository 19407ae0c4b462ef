"""The API groups, resources and verbs that roles can name. Source: the API reference of Kubernetes 1.36."""

from collections.abc import Mapping

_TABLE = {
    "": (
        "bindings componentstatuses configmaps endpoints events limitranges namespaces nodes persistentvolumeclaims "
        "persistentvolumes pods podtemplates replicationcontrollers resourcequotas secrets serviceaccounts services "
        "users groups uids"
    ),
    "admissionregistration.k8s.io": (
        "mutatingadmissionpolicies mutatingadmissionpolicybindings mutatingwebhookconfigurations "
        "validatingadmissionpolicies validatingadmissionpolicybindings validatingwebhookconfigurations"
    ),
    "apiextensions.k8s.io": "customresourcedefinitions",
    "apiregistration.k8s.io": "apiservices",
    "apps": "controllerrevisions daemonsets deployments replicasets statefulsets",
    "authentication.k8s.io": "selfsubjectreviews tokenreviews userextras uids",
    "authorization.k8s.io": (
        "localsubjectaccessreviews selfsubjectaccessreviews selfsubjectrulesreviews subjectaccessreviews"
    ),
    "autoscaling": "horizontalpodautoscalers",
    "batch": "cronjobs jobs",
    "certificates.k8s.io": "certificatesigningrequests clustertrustbundles podcertificaterequests signers",
    "coordination.k8s.io": "leases leasecandidates",
    "discovery.k8s.io": "endpointslices",
    "events.k8s.io": "events",
    "extensions": "daemonsets deployments ingresses networkpolicies podsecuritypolicies replicasets",
    "flowcontrol.apiserver.k8s.io": "flowschemas prioritylevelconfigurations",
    "metrics.k8s.io": "nodes pods",
    "networking.k8s.io": "ingressclasses ingresses ipaddresses networkpolicies servicecidrs",
    "node.k8s.io": "runtimeclasses",
    "policy": "poddisruptionbudgets podsecuritypolicies",
    "rbac.authorization.k8s.io": "clusterrolebindings clusterroles rolebindings roles",
    "resource.k8s.io": "deviceclasses devicetaintrules resourceclaims resourceclaimtemplates resourceslices",
    "scheduling.k8s.io": "priorityclasses workloads podgroups",
    "storage.k8s.io": (
        "csidrivers csinodes csistoragecapacities storageclasses volumeattachments volumeattributesclasses"
    ),
}
RESOURCES: Mapping[str, frozenset[str]] = {group: frozenset(names.split()) for group, names in _TABLE.items()}
"""Group → the resources (plural, lower case) of the groups that every cluster serves."""

GROUPS_OF: Mapping[str, tuple[str, ...]] = {
    name: tuple(group for group, names in RESOURCES.items() if name in names and group != "extensions")
    for names in RESOURCES.values()
    for name in names
}
"""Resource → the groups that have it."""

CUSTOM_GROUPS = frozenset(
    (
        *("argoproj.io", "cert-manager.io", "external-secrets.io", "gateway.networking.k8s.io", "kafka.strimzi.io"),
        *("keda.sh", "monitoring.coreos.com", "networking.istio.io", "postgresql.cnpg.io", "security.istio.io"),
        *("autoscaling.k8s.io", "custom.metrics.k8s.io", "external.metrics.k8s.io", "snapshot.storage.k8s.io"),
        *("groupsnapshot.storage.k8s.io", "policy.networking.k8s.io"),
    )
)
"""Groups of operators that a misspelt name is compared with."""

VERBS = frozenset(
    (
        *("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"),
        *("use", "bind", "escalate", "impersonate", "approve", "sign", "attest", "proxy", "*"),
        *("head", "post", "put", "options"),  # of URLs that are no resources
    )
)
"""The verbs of the API server; other API groups may have verbs of their own."""
