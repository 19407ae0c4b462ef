"""What the API server refuses in pod templates, jobs, daemon sets and quotas, and no schema says."""

from collections.abc import Iterator

from generator.base.nearest import did_you_mean
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.workload import Workload
from generator.rules.references.lookup import each, is_address
from generator.rules.rule import Mistake, rule

_STANDARD = ("cpu", "memory", "ephemeral-storage")
_AFFINITIES = ("nodeAffinity", "podAffinity", "podAntiAffinity")
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_QUOTA = (
    "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.ephemeral-storage",
    "requests.storage", "limits.cpu", "limits.memory", "limits.ephemeral-storage", "pods", "services", "secrets",
    "configmaps", "persistentvolumeclaims", "replicationcontrollers", "resourcequotas", "services.nodeports",
    "services.loadbalancers", "storage",
)  # fmt: skip


@rule("reliability/pod-refused")
def pod_refused(cluster: Cluster) -> Iterator[Mistake]:
    """Find a pod template that the API server refuses: no image, no host names, weights out of range."""
    for pod in cluster.templates():
        yield from _images(pod)
        yield from _names(pod)
        yield from _weights(pod)


def _images(pod: Workload) -> Iterator[Mistake]:
    for path, container in pod.containers():
        if "ephemeralContainers" not in path and container.get("image") in (None, ""):
            name = values.text(container, "name")
            yield Mistake(pod.object, path, f"Container '{name}' has no image.", "Write its image.")


def _names(pod: Workload) -> Iterator[Mistake]:
    of, base = pod.object, pod.spec_path
    for index, alias in values.mappings(pod.spec, "hostAliases"):
        address = values.text(alias, "ip")
        if address and not is_address(address):
            message = f"'{address}' is no IP address."
            yield Mistake(of, (*base, "hostAliases", index, "ip"), message, "Write an IPv4 or IPv6 address.")
    if pod.spec.get("dnsPolicy") == "None" and not values.items(pod.spec, "dnsConfig", "nameservers"):
        message = "dnsPolicy None needs dnsConfig.nameservers: the pod has no name server at all."
        yield Mistake(of, (*base, "dnsPolicy"), message, "Name the servers, or write ClusterFirst.")


def _weights(pod: Workload) -> Iterator[Mistake]:
    for affinity in _AFFINITIES:
        for index, term in values.mappings(pod.spec, "affinity", affinity, _PREFERRED):
            weight = values.integer(term, "weight")
            if weight is not None and not 1 <= weight <= 100:
                path = (*pod.spec_path, "affinity", affinity, _PREFERRED, index, "weight")
                yield Mistake(pod.object, path, f"The weight {weight} is not from 1 to 100.", "Write 1 to 100.")


@rule("reliability/resource-name")
def resource_name(cluster: Cluster) -> Iterator[Mistake]:
    """Find a resource that no node has, in a container or a ResourceQuota: the API server refuses the name."""
    for pod in cluster.templates():
        for path, container in pod.containers():
            for part in ("requests", "limits"):
                for name in values.mapping(container, "resources", part):
                    if isinstance(name, str) and "/" not in name and not _is_resource(name):
                        hint = did_you_mean(name, _STANDARD) or "An extended resource has a domain: example.com/gpu."
                        yield Mistake(
                            pod.object, (*path, "resources", part, name), f"There is no resource '{name}'.", hint
                        )
    for of in cluster.of("ResourceQuota", ""):
        for name in of.mapping("spec", "hard"):
            if isinstance(name, str) and "/" not in name and name not in _QUOTA and "hugepages-" not in name:
                message = f"A ResourceQuota knows no resource '{name}'."
                hint = did_you_mean(name, _QUOTA) or "Write count/<resource>.<group> for other kinds."
                yield Mistake(of, ("spec", "hard", name), message, hint)


def _is_resource(name: str) -> bool:
    return name in _STANDARD or name.startswith("hugepages-")


@rule("reliability/job-policy-refused")
def job_policy_refused(cluster: Cluster) -> Iterator[Mistake]:
    """Find policies of a Job that do not go with its other settings: the API server refuses them."""
    for of, base in (
        *((of, ("spec",)) for of in cluster.of("Job", "batch")),
        *((of, ("spec", "jobTemplate", "spec")) for of in cluster.of("CronJob", "batch")),
    ):
        yield from _job(of, base)


def _job(of: Object, base: values.Path) -> Iterator[Mistake]:
    job = of.mapping(*base)
    pod = values.mapping(job, "template", "spec")
    if job.get("podFailurePolicy") is not None and values.text(pod, "restartPolicy") == "OnFailure":
        message = "podFailurePolicy goes with restartPolicy: Never only."
        yield Mistake(of, (*base, "template", "spec", "restartPolicy"), message, "Write restartPolicy: Never.")
    if job.get("backoffLimitPerIndex") is not None and job.get("completionMode") != "Indexed":
        message = "backoffLimitPerIndex needs completionMode: Indexed."
        yield Mistake(of, (*base, "backoffLimitPerIndex"), message, "Add completionMode: Indexed.")
    if job.get("completionMode") == "Indexed" and job.get("completions") is None:
        yield Mistake(of, (*base, "completionMode"), "An Indexed job needs completions.", "Say how many.")
    if job.get("selector") is not None and job.get("manualSelector") is not True:
        message = "The selector of a Job is made by the API server, which refuses one of your own."
        yield Mistake(of, (*base, "selector"), message, "Remove it.")
    names = {
        values.text(item, "name") for key in ("containers", "initContainers") for _, item in values.mappings(pod, key)
    }
    for path, exit_codes in each(job, ("podFailurePolicy", "rules", "*", "onExitCodes")):
        name = values.text(exit_codes, "containerName")
        if name and name not in names:
            message = f"The job has no container '{name}'."
            yield Mistake(of, (*base, *path, "containerName"), message, did_you_mean(name, names) or "Correct it.")
        if values.text(exit_codes, "operator") == "In" and 0 in values.items(exit_codes, "values"):
            message = "Exit code 0 is success, which no failure policy may name."
            yield Mistake(of, (*base, *path, "values"), message, "Remove the 0.")


@rule("reliability/daemon-set-update")
def daemon_set_update(cluster: Cluster) -> Iterator[Mistake]:
    """Find a DaemonSet with both maxSurge and maxUnavailable, of which only one may be set."""
    for of in cluster.of("DaemonSet", "apps"):
        update = of.mapping("spec", "updateStrategy", "rollingUpdate")
        if not _zero(update.get("maxSurge")) and not _zero(update.get("maxUnavailable", 1)):
            message = "A DaemonSet takes maxSurge or maxUnavailable, not both (maxUnavailable is 1 unless set to 0)."
            path = ("spec", "updateStrategy", "rollingUpdate", "maxSurge")
            yield Mistake(of, path, message, "Set one of them to 0.")


def _zero(value: values.Value) -> bool:
    return value in (None, 0, "0", "0%")
