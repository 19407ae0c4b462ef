"""PersistentVolumeClaims, StorageClasses and PersistentVolumes that workloads and operators' resources name."""

import re
from collections.abc import Iterator

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.references.lookup import Reference, dangling, provided, table_references
from generator.rules.reliability.amounts import quantity
from generator.rules.rule import Mistake, rule

STORAGE = "storage.k8s.io"

_KNOWN = (
    "gp2 gp3 io1 io2 efs-sc ebs-sc standard standard-rwo premium-rwo balanced-rwo standard-rwx premium-rwx "
    "enterprise-rwx hyperdisk-balanced default managed managed-premium managed-csi managed-csi-premium azurefile "
    "azurefile-csi azurefile-premium azurefile-csi-premium azureblob-nfs-premium local-path hostpath microk8s-hostpath "
    "do-block-storage linode-block-storage linode-block-storage-retain hcloud-volumes oci-bv scw-bssd longhorn "
    "rook-ceph-block rook-cephfs ceph-block ceph-filesystem openebs-hostpath local-storage auto-ebs-sc "
    "vultr-block-storage civo-volume exoscale-sbs csi-cinder-high-speed nfs-client manual"
)
KNOWN_CLASSES = frozenset(_KNOWN.split())
"""StorageClasses that providers bring, and names by which PersistentVolumes are bound by hand."""

_CLASSES = {
    ("", "PersistentVolumeClaim"): ("spec.storageClassName",),
    ("apps", "StatefulSet"): ("spec.volumeClaimTemplates.*.spec.storageClassName",),
    ("postgresql.cnpg.io", "Cluster"): (
        "spec.storage.storageClass", "spec.walStorage.storageClass", "spec.tablespaces.*.storage.storageClass",
        "spec.storage.pvcTemplate.storageClassName", "spec.walStorage.pvcTemplate.storageClassName",
    ),
    ("kafka.strimzi.io", "KafkaNodePool"): ("spec.storage.class", "spec.storage.volumes.*.class"),
    ("kafka.strimzi.io", "Kafka"): (
        "spec.kafka.storage.class", "spec.kafka.storage.volumes.*.class", "spec.zookeeper.storage.class",
    ),
    ("rabbitmq.com", "RabbitmqCluster"): ("spec.persistence.storageClassName",),
    ("elasticsearch.k8s.elastic.co", "Elasticsearch"): (
        "spec.nodeSets.*.volumeClaimTemplates.*.spec.storageClassName",
    ),
    ("monitoring.coreos.com", "Prometheus"): ("spec.storage.volumeClaimTemplate.spec.storageClassName",),
    ("monitoring.coreos.com", "Alertmanager"): ("spec.storage.volumeClaimTemplate.spec.storageClassName",),
    ("monitoring.coreos.com", "ThanosRuler"): ("spec.storage.volumeClaimTemplate.spec.storageClassName",),
    ("minio.min.io", "Tenant"): ("spec.pools.*.volumeClaimTemplate.spec.storageClassName",),
    ("acid.zalan.do", "postgresql"): ("spec.volume.storageClass",),
    ("redis.redis.opstreelabs.in", "Redis"): ("spec.storage.volumeClaimTemplate.spec.storageClassName",),
}  # fmt: skip
_CLAIMS = {
    ("snapshot.storage.k8s.io", "VolumeSnapshot"): ("spec.source.persistentVolumeClaimName",),
    ("volsync.backube", "ReplicationSource"): ("spec.sourcePVC",),
}


@rule("references/claim-missing")
def claim_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Say where a volume is taken from a PersistentVolumeClaim that is not there: the pod stays Pending."""
    for pod in cluster.templates():
        for index, volume in values.mappings(pod.spec, "volumes"):
            path = (*pod.spec_path, "volumes", index, "persistentVolumeClaim", "claimName")
            name = values.text(volume, "persistentVolumeClaim", "claimName")
            yield from dangling(cluster, Reference(pod.object, path, pod.namespace, name), "", "PersistentVolumeClaim")
            yield from _ordinal(cluster, pod.object, path, pod.namespace, name)
    for reference in table_references(cluster, _CLAIMS):
        yield from dangling(cluster, reference, "", "PersistentVolumeClaim")


def _ordinal(cluster: Cluster, of: Object, path: values.Path, namespace: str, name: str) -> Iterator[Mistake]:
    """Yield a claim of a StatefulSet's pod that the StatefulSet does not run."""
    made = cluster.made("", "PersistentVolumeClaim", namespace, name) if name else None
    number = name.rpartition("-")[2]
    if made is None or made.by is None or made.by.kind != "StatefulSet" or made.name != f"{name[: -len(number)]}*":
        return
    owner = made.by
    first, replicas = owner.integer("spec", "ordinals", "start") or 0, owner.integer("spec", "replicas")
    if cluster.get("", "PersistentVolumeClaim", namespace, name) is not None:
        return
    if not re.fullmatch(r"[0-9]{1,6}", number):
        message = f"The claims of {owner} end in the number of its pod, not in '{number}'."
        yield Mistake(of, path, message, f"Write '{name[: -len(number)]}{first}'.")
    elif replicas and not first <= int(number) < first + replicas and not _scaled(cluster, owner):
        message = f"{owner} has {replicas} pods, so it makes no claim '{name}'."
        hint = f"The numbers of its pods are {first} to {first + replicas - 1}."
        yield Mistake(of, path, message, hint, Severity.WARNING)  # an earlier, larger set may have left it


def _scaled(cluster: Cluster, owner: Object) -> bool:
    scalers = (*cluster.of("HorizontalPodAutoscaler"), *cluster.of("ScaledObject"))
    return any(item.namespace == owner.namespace and f'"{owner.name}"' in item.flat for item in scalers)


@rule("references/storage-class-missing")
def storage_class_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Say where a claim wants a StorageClass that is not there: it stays Pending."""
    known = KNOWN_CLASSES | {of.text("spec", "storageClassName") for of in cluster.of("PersistentVolume", "")}
    for found in table_references(cluster, _CLASSES):
        reference = Reference(found.object, found.path, "", found.name)
        yield from provided(cluster, reference, STORAGE, "StorageClass", known)
    for pod in cluster.templates():
        for index, volume in values.mappings(pod.spec, "volumes"):
            inner = ("ephemeral", "volumeClaimTemplate", "spec", "storageClassName")
            path = (*pod.spec_path, "volumes", index, *inner)
            reference = Reference(pod.object, path, "", values.text(volume, *inner))
            yield from provided(cluster, reference, STORAGE, "StorageClass", known)


@rule("references/storage-class-two-defaults", Severity.WARNING)
def storage_class_two_defaults(cluster: Cluster) -> Iterator[Mistake]:
    """Say where two StorageClasses are the default: which one a claim without a class gets, depends on their age."""
    key = "storageclass.kubernetes.io/is-default-class"
    defaults = [of for of in cluster.of("StorageClass", STORAGE) if of.annotations.get(key) == "true"]
    for of in defaults[1:]:
        message = f"{of} and {defaults[0]} are both the default."
        yield Mistake(of, ("metadata", "annotations", key), message, "Leave the annotation on one of them.")


@rule("references/volume-claim-mismatch")
def volume_claim_mismatch(cluster: Cluster) -> Iterator[Mistake]:
    """Say where a claim names a PersistentVolume (or a volume its claim) that is not there or does not fit."""
    volumes = cluster.of("PersistentVolume", "")
    for of in cluster.of("PersistentVolumeClaim", ""):
        name = of.text("spec", "volumeName")
        found = cluster.get("", "PersistentVolume", "", name)
        if name and found is None and volumes:
            yield from dangling(cluster, Reference(of, ("spec", "volumeName"), "", name), "", "PersistentVolume")
        elif name and found is not None:
            yield from _fit(of, found)
    for of in volumes:
        namespace, name = of.text("spec", "claimRef", "namespace"), of.text("spec", "claimRef", "name")
        if name and cluster.names("", "PersistentVolumeClaim", namespace):
            reference = Reference(of, ("spec", "claimRef", "name"), namespace, name)
            yield from dangling(cluster, reference, "", "PersistentVolumeClaim")


def _fit(claim: Object, volume: Object) -> Iterator[Mistake]:
    wanted = set(claim.strings("spec", "accessModes"))
    offered = set(volume.strings("spec", "accessModes"))
    if not wanted <= offered:
        message = f"{volume} does not offer the access mode {', '.join(sorted(wanted - offered))}."
        yield Mistake(claim, ("spec", "accessModes"), message, f"It offers {', '.join(sorted(offered)) or 'none'}.")
    size, room = (
        quantity(claim.dig("spec", "resources", "requests", "storage")),
        quantity(volume.dig("spec", "capacity", "storage")),
    )
    if size is not None and room is not None and size > room:
        path = ("spec", "resources", "requests", "storage")
        yield Mistake(claim, path, f"{volume} offers less: they are never bound.", "Ask for what the volume holds.")
    if "storageClassName" in claim.mapping("spec"):
        mine, its = claim.text("spec", "storageClassName"), volume.text("spec", "storageClassName")
        if mine != its:
            message = f"{volume} has the storage class '{its}', not '{mine}': they are never bound."
            yield Mistake(claim, ("spec", "storageClassName"), message, f"Write '{its}' in both.")


@rule("references/claim-source-missing")
def claim_source_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Say where a claim is to be filled from a snapshot or a claim that is not there."""
    groups = {"PersistentVolumeClaim": "", "VolumeSnapshot": "snapshot.storage.k8s.io"}
    for of in cluster.of("PersistentVolumeClaim", ""):
        for key in ("dataSource", "dataSourceRef"):
            kind = of.text("spec", key, "kind")
            namespace = of.text("spec", key, "namespace") or of.namespace
            reference = Reference(of, ("spec", key, "name"), namespace, of.text("spec", key, "name"))
            if kind in groups:
                # Snapshots are made by hand and by schedules, so that the tree need not hold them.
                certain = kind != "VolumeSnapshot" or cluster.of(kind)
                yield from dangling(
                    cluster, reference, groups[kind], kind, Severity.ERROR if certain else Severity.WARNING
                )
