"""Volumes and claims: that every pod can mount what it claims, and that memory is bounded."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.workload import Workload
from generator.rules.reliability.amounts import quantity
from generator.rules.reliability.resources import judge
from generator.rules.reliability.scale import scale_of, scalers
from generator.rules.rule import Mistake, rule

_MODES = frozenset({"ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"})
_STORAGE: tuple[values.Path, ...] = (
    ("spec", "storage"),
    ("spec", "kafka", "storage"),
    ("spec", "zookeeper", "storage"),
)
_MANY = frozenset({"ReadWriteMany", "ReadOnlyMany"})


def _claims_of(pods: Workload) -> Iterator[tuple[values.Path, str]]:
    for index, volume in values.mappings(pods.spec, "volumes"):
        name = values.text(volume, "persistentVolumeClaim", "claimName")
        if name:
            yield (*pods.spec_path, "volumes", index, "persistentVolumeClaim", "claimName"), name


@rule("reliability/claim-shared", Severity.WARNING)
def claim_shared(cluster: Cluster) -> Iterator[Mistake]:
    """Find claims for one node that pods on several nodes mount."""
    ranges = scalers(cluster)
    users: dict[tuple[str, str], list[Workload]] = defaultdict(list)
    for pods in cluster.templates():
        for path, name in _claims_of(pods):
            claim = cluster.get("", "PersistentVolumeClaim", pods.namespace, name)
            modes = set(claim.strings("spec", "accessModes")) if claim else set()
            if not modes or modes & _MANY:
                continue
            scale = scale_of(pods, ranges)
            most = 2 if pods.object.kind == "DaemonSet" else scale.most if scale else 1
            severity = Severity.ERROR if modes == {"ReadWriteOncePod"} else None
            if most > 1:
                message = f"PersistentVolumeClaim/{name} is {', '.join(sorted(modes))}, and up to {most} pods mount it:"
                message += " those on another node never start." if severity is None else " all but one never start."
                if pods.object.kind == "DaemonSet":
                    message = f"PersistentVolumeClaim/{name} is for one node, and a pod on every node mounts it."
                yield Mistake(pods.object, path, message, "Use a StatefulSet, or a claim with ReadWriteMany.", severity)
            elif (
                pods.object.kind == "Deployment" and pods.object.text("spec", "strategy", "type") != "Recreate" and most
            ):
                message = (
                    f"PersistentVolumeClaim/{name} is {', '.join(sorted(modes))}: on an update the new pod waits for"
                )
                message += " the volume that the old one holds."
                yield Mistake(pods.object, path, message, "Use strategy Recreate, or a StatefulSet.", severity)
            if users[pods.namespace, name] and pods.object.kind not in {"Job", "CronJob"}:
                other = users[pods.namespace, name][0].object
                message = (
                    f"{other.kind}/{other.name} mounts PersistentVolumeClaim/{name} too, which one node can at a time."
                )
                yield Mistake(pods.object, path, message, "Give each its own claim, or use ReadWriteMany.", severity)
            if pods.object.kind not in {"Job", "CronJob"}:
                users[pods.namespace, name].append(pods)


def _claims(cluster: Cluster) -> Iterator[tuple[Object, values.Path, Mapping[str, values.Value]]]:
    """Yield (object, path of the claim's spec, the spec) of claims and of templates for them."""
    for item in cluster.of("PersistentVolumeClaim", ""):
        yield item, ("spec",), item.mapping("spec")
    for pods in cluster.templates():
        for index, claim in pods.object.mappings("spec", "volumeClaimTemplates"):
            yield pods.object, ("spec", "volumeClaimTemplates", index, "spec"), values.mapping(claim, "spec")
        for index, volume in values.mappings(pods.spec, "volumes"):
            inner = ("ephemeral", "volumeClaimTemplate", "spec")
            if values.mapping(volume, *inner):
                yield pods.object, (*pods.spec_path, "volumes", index, *inner), values.mapping(volume, *inner)
    for item in cluster.of("Elasticsearch"):
        for at, node in item.mappings("spec", "nodeSets"):
            for index, claim in values.mappings(node, "volumeClaimTemplates"):
                path = ("spec", "nodeSets", at, "volumeClaimTemplates", index, "spec")
                yield item, path, values.mapping(claim, "spec")


@rule("reliability/claim-invalid")
def claim_invalid(cluster: Cluster) -> Iterator[Mistake]:
    """Find claims that the API server refuses: no size, no access mode."""
    for item, path, spec in _claims(cluster):
        if not spec:
            continue
        size = values.dig(spec, "resources", "requests", "storage")
        if size is None:
            message = "the claim asks for no storage; the API server refuses it."
            yield Mistake(item, path, message, "Set resources.requests.storage.")
        for message, hint, severity in judge("storage", size) if size is not None else ():
            yield Mistake(item, (*path, "resources", "requests", "storage"), message, hint, severity)
        if size is not None and quantity(size) == 0:
            where = (*path, "resources", "requests", "storage")
            yield Mistake(item, where, "a claim of 0 bytes; the API server refuses it.", "Set its size.")
        modes = values.strings(spec, "accessModes")
        if not modes:
            message = "the claim has no access mode; the API server refuses it."
            yield Mistake(item, path, message, "Set accessModes: [ReadWriteOnce].")
        elif any("${" in mode for mode in modes):
            pass  # filled in by Flux, or told as a placeholder
        elif set(modes) - _MODES:
            wrong = min(set(modes) - _MODES)
            yield Mistake(
                item, (*path, "accessModes"), f"'{wrong}' is no access mode.", f"Use one of {sorted(_MODES)}."
            )
        elif "ReadWriteOncePod" in modes and len(modes) > 1:
            yield Mistake(item, (*path, "accessModes"), "ReadWriteOncePod stands alone.", "Remove the other modes.")


@rule("reliability/memory-volume-unbounded", Severity.WARNING)
def memory_volume_unbounded(cluster: Cluster) -> Iterator[Mistake]:
    """Find volumes in memory that may take all of it."""
    for pods in cluster.templates():
        limits = [quantity(values.dig(item, "resources", "limits", "memory")) for _, item in pods.containers()]
        for index, volume in values.mappings(pods.spec, "volumes"):
            empty = values.mapping(volume, "emptyDir")
            size = quantity(empty.get("sizeLimit"))
            path = (*pods.spec_path, "volumes", index, "emptyDir")
            if empty.get("medium") != "Memory":
                continue
            if size is None:
                message = "the volume lies in memory without sizeLimit: it counts against the containers' limits."
                yield Mistake(pods.object, path, message, "Set sizeLimit.")
            elif limits and None not in limits and size > sum(limit for limit in limits if limit):
                message = f"the volume of {empty['sizeLimit']} in memory is larger than all limits of the pod."
                yield Mistake(pods.object, (*path, "sizeLimit"), message, "Lower sizeLimit, or raise the memory limit.")


@rule("reliability/claims-deleted", Severity.WARNING)
def claims_deleted(cluster: Cluster) -> Iterator[Mistake]:
    """Find claims that go away with the workload, and the data with them."""
    for item in cluster.of("StatefulSet", "apps"):
        for when in ("whenDeleted", "whenScaled"):
            path = ("spec", "persistentVolumeClaimRetentionPolicy", when)
            if item.text(*path) == "Delete":
                occasion = "deleted" if when == "whenDeleted" else "scaled down"
                message = f"the data of a pod is lost when the StatefulSet is {occasion}."
                yield Mistake(item, path, message, "Use Retain.")
    for kind in ("Kafka", "KafkaNodePool"):
        for item in cluster.of(kind, "kafka.strimzi.io"):
            for where in _STORAGE:
                yield from _strimzi_storage(item, where)


def _strimzi_storage(item: Object, path: values.Path) -> Iterator[Mistake]:
    storage = item.mapping(*path)
    disks: list[tuple[values.Path, Mapping[str, values.Value]]] = [(path, storage)]
    disks += [((*path, "volumes", index), disk) for index, disk in values.mappings(storage, "volumes")]
    for at, disk in disks:
        if disk.get("deleteClaim") is True:
            message = "deleteClaim: true deletes the data with the cluster."
            yield Mistake(item, (*at, "deleteClaim"), message, "Remove deleteClaim.")
        if disk.get("type") == "ephemeral":
            message = "ephemeral storage loses its data with every restart of a pod."
            yield Mistake(item, (*at, "type"), message, "Use persistent-claim.")
