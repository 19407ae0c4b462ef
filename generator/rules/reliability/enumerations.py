"""Words of which the API server knows only a few: schemas leave them open, so a misspelt one passes until the apply."""

from collections.abc import Iterator, Mapping

from generator.base.nearest import did_you_mean
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.references.lookup import each
from generator.rules.rule import Mistake, rule

_Table = Mapping[str, tuple[str, ...]]

_ACCESS = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")
_RESTART = ("Always", "OnFailure", "Never")
_PROTOCOLS = ("TCP", "UDP", "SCTP")
# https://kubernetes.io/docs/reference/kubernetes-api/: the values that each field names. What a rule of its own reads
# already (metric types, tolerations, restartPolicy of workloads, strategy types) is left to it.
_POD: _Table = {
    "dnsPolicy": ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
    "preemptionPolicy": ("PreemptLowerPriority", "Never"),
    "topologySpreadConstraints.*.whenUnsatisfiable": ("DoNotSchedule", "ScheduleAnyway"),
    "topologySpreadConstraints.*.nodeAffinityPolicy": ("Honor", "Ignore"),
    "topologySpreadConstraints.*.nodeTaintsPolicy": ("Honor", "Ignore"),
    "securityContext.fsGroupChangePolicy": ("OnRootMismatch", "Always"),
    "volumes.*.emptyDir.medium": ("", "Memory", "HugePages", "HugePages-2Mi", "HugePages-1Gi"),
}
_CONTAINER: _Table = {
    "imagePullPolicy": ("Always", "IfNotPresent", "Never"),
    "terminationMessagePolicy": ("File", "FallbackToLogsOnError"),
    "ports.*.protocol": _PROTOCOLS,
    "livenessProbe.httpGet.scheme": ("HTTP", "HTTPS"),
    "readinessProbe.httpGet.scheme": ("HTTP", "HTTPS"),
    "startupProbe.httpGet.scheme": ("HTTP", "HTTPS"),
    "volumeMounts.*.mountPropagation": ("None", "HostToContainer", "Bidirectional"),
}
_KINDS: Mapping[tuple[str, str], _Table] = {
    ("", "Service"): {
        "spec.type": ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName"),
        "spec.ports.*.protocol": _PROTOCOLS,
        "spec.sessionAffinity": ("None", "ClientIP"),
        "spec.externalTrafficPolicy": ("Cluster", "Local"),
        "spec.internalTrafficPolicy": ("Cluster", "Local"),
        "spec.ipFamilyPolicy": ("SingleStack", "PreferDualStack", "RequireDualStack"),
        "spec.ipFamilies.*": ("IPv4", "IPv6"),
    },
    ("", "PersistentVolumeClaim"): {
        "spec.accessModes.*": _ACCESS,
        "spec.volumeMode": ("Filesystem", "Block"),
    },
    ("", "PersistentVolume"): {
        "spec.accessModes.*": _ACCESS,
        "spec.volumeMode": ("Filesystem", "Block"),
        "spec.persistentVolumeReclaimPolicy": ("Retain", "Delete", "Recycle"),
    },
    ("apps", "StatefulSet"): {
        "spec.podManagementPolicy": ("OrderedReady", "Parallel"),
        "spec.volumeClaimTemplates.*.spec.accessModes.*": _ACCESS,
        "spec.persistentVolumeClaimRetentionPolicy.whenDeleted": ("Retain", "Delete"),
        "spec.persistentVolumeClaimRetentionPolicy.whenScaled": ("Retain", "Delete"),
    },
    ("batch", "CronJob"): {
        "spec.concurrencyPolicy": ("Allow", "Forbid", "Replace"),
        "spec.jobTemplate.spec.completionMode": ("NonIndexed", "Indexed"),
    },
    ("batch", "Job"): {
        "spec.completionMode": ("NonIndexed", "Indexed"),
        "spec.podReplacementPolicy": ("TerminatingOrFailed", "Failed"),
    },
    ("networking.k8s.io", "Ingress"): {
        "spec.rules.*.http.paths.*.pathType": ("Prefix", "Exact", "ImplementationSpecific"),
    },
    ("networking.k8s.io", "NetworkPolicy"): {
        "spec.policyTypes.*": ("Ingress", "Egress"),
        "spec.ingress.*.ports.*.protocol": _PROTOCOLS,
        "spec.egress.*.ports.*.protocol": _PROTOCOLS,
    },
    ("policy", "PodDisruptionBudget"): {
        "spec.unhealthyPodEvictionPolicy": ("IfHealthyBudget", "AlwaysAllow"),
    },
    ("storage.k8s.io", "StorageClass"): {
        "reclaimPolicy": ("Retain", "Delete", "Recycle"),
        "volumeBindingMode": ("Immediate", "WaitForFirstConsumer"),
    },
    ("scheduling.k8s.io", "PriorityClass"): {"preemptionPolicy": ("PreemptLowerPriority", "Never")},
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"): {"spec.failurePolicy": ("Fail", "Ignore")},
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"): {
        "spec.validationActions.*": ("Deny", "Warn", "Audit"),
    },
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): {
        "webhooks.*.failurePolicy": ("Fail", "Ignore"),
        "webhooks.*.matchPolicy": ("Exact", "Equivalent"),
        "webhooks.*.sideEffects": ("None", "NoneOnDryRun"),
    },
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): {
        "webhooks.*.failurePolicy": ("Fail", "Ignore"),
        "webhooks.*.matchPolicy": ("Exact", "Equivalent"),
        "webhooks.*.reinvocationPolicy": ("Never", "IfNeeded"),
        "webhooks.*.sideEffects": ("None", "NoneOnDryRun"),
    },
}  # fmt: skip


@rule("reliability/unknown-value")
def unknown_value(cluster: Cluster) -> Iterator[Mistake]:
    """Find a word that its field does not know: the API server refuses the object."""
    for pod in cluster.templates():
        yield from _unknown(pod.object, pod.spec_path, pod.spec, _POD)
        for path, container in pod.containers():
            yield from _unknown(pod.object, path, container, _CONTAINER)
    for (group, kind), table in _KINDS.items():
        for of in cluster.of(kind, group):
            yield from _unknown(of, (), of.value, table)


def _unknown(of: Object, at: values.Path, value: values.Value, table: _Table) -> Iterator[Mistake]:
    for place, known in table.items():
        first, _, _ = place.partition(".")
        if not isinstance(value, dict) or (value.get(first) is None):
            continue
        for path, found in each(value, place.split(".")):
            if isinstance(found, str) and found not in known and "${" not in found:
                shown = ", ".join(word for word in known if word)
                message = f"'{found}' is no value of {path[-1] if isinstance(path[-1], str) else path[-2]}."
                yield Mistake(of, (*at, *path), message, did_you_mean(found, known) or f"Write one of {shown}.")
