"""volumeMounts and volumes: each mount has its volume, each volume one source."""

from collections import Counter
from collections.abc import Iterator, Mapping

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.workload import Workload
from generator.rules.references.lookup import Reference, dangling
from generator.rules.rule import Mistake, rule

_MOUNTS = ("volumeMounts", "volumeDevices")
_HIGHEST_MODE = 0o777


@rule("references/volume-missing")
def volume_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Say where a container mounts a volume that its pod does not have; the API server refuses it."""
    for pod in cluster.templates():
        known = _names(pod)
        for path, container in pod.containers():
            for key in _MOUNTS:
                for index, mount in values.mappings(container, key):
                    name = values.text(mount, "name")
                    if name and name not in known:
                        shown = ", ".join(f"'{item}'" for item in sorted(known)) or "none"
                        hint = did_you_mean(name, known) or f"Add the volume; the pod's volumes: {shown}."
                        yield Mistake(pod.object, (*path, key, index, "name"), f"The pod has no volume '{name}'.", hint)


@rule("references/volume-unused", Severity.INFO)
def volume_unused(cluster: Cluster) -> Iterator[Mistake]:
    """Find a volume that no container mounts."""
    for pod in cluster.templates():
        mounted = {
            values.text(mount, "name")
            for _, container in pod.containers()
            for key in _MOUNTS
            for _, mount in values.mappings(container, key)
        }
        for index, volume in values.mappings(pod.spec, "volumes"):
            name = values.text(volume, "name")
            # A SecretProviderClass makes its Secret only while some pod has it as a volume.
            if name and name not in mounted and "csi" not in volume and not _injected(name):
                message = f"No container mounts the volume '{name}'."
                yield Mistake(pod.object, (*pod.spec_path, "volumes", index), message, "Mount it, or remove it.")


def _injected(name: str) -> bool:
    return name.startswith(("istio-", "linkerd-", "vault-", "workload-"))


@rule("references/volume-twice")
def volume_twice(cluster: Cluster) -> Iterator[Mistake]:
    """Find two volumes of one name, or two mounts at one path; the API server refuses both."""
    for pod in cluster.templates():
        seen: set[str] = set()
        for index, volume in values.mappings(pod.spec, "volumes"):
            name = values.text(volume, "name")
            if name and name in seen:
                message = f"The pod has two volumes '{name}'."
                path = (*pod.spec_path, "volumes", index, "name")
                yield Mistake(pod.object, path, message, "Remove one, or give it another name.")
            seen.add(name)
        for at, container in pod.containers():
            counted: Counter[str] = Counter()
            for index, mount in values.mappings(container, "volumeMounts"):
                place = values.text(mount, "mountPath")
                counted[place] += 1
                if place and counted[place] == 2:
                    message = f"Two volumes are mounted at '{place}'."
                    path = (*at, "volumeMounts", index, "mountPath")
                    yield Mistake(pod.object, path, message, "Mount one of them elsewhere, or as a file by subPath.")


@rule("references/volume-refused")
def volume_refused(cluster: Cluster) -> Iterator[Mistake]:
    """Find a volume or a mount that the API server refuses: no source or two, a subPath that leaves the volume."""
    for pod in cluster.templates():
        for index, volume in values.mappings(pod.spec, "volumes"):
            path = (*pod.spec_path, "volumes", index)
            sources = sorted(key for key, value in volume.items() if key != "name" and value is not None)
            if len(sources) > 1:
                message = f"A volume has one source, not {' and '.join(sources)}."
                yield Mistake(pod.object, (*path, sources[1]), message, "Make two volumes of it, or a projected one.")
            yield from _modes(pod, path, volume)
        for at, container in pod.containers():
            for index, mount in values.mappings(container, "volumeMounts"):
                yield from _mount(pod, (*at, "volumeMounts", index), mount)


def _modes(pod: Workload, path: values.Path, volume: Mapping[str, values.Value]) -> Iterator[Mistake]:
    for source in ("configMap", "secret", "projected", "downwardAPI"):
        mode = values.integer(volume, source, "defaultMode")
        if mode is not None and not 0 <= mode <= _HIGHEST_MODE:
            message = f"The mode {mode} is over 0777 (511): it was written in decimal, or with too many bits."
            yield Mistake(pod.object, (*path, source, "defaultMode"), message, "Write it in octal, such as 0440.")


def _mount(pod: Workload, path: values.Path, mount: Mapping[str, values.Value]) -> Iterator[Mistake]:
    below = values.text(mount, "subPath")
    if below.startswith("/") or ".." in below.split("/"):
        message = f"The subPath '{below}' does not stay inside the volume."
        yield Mistake(pod.object, (*path, "subPath"), message, "Write a path relative to the volume, without '..'.")
    if below and values.text(mount, "subPathExpr"):
        message = "A mount has a subPath or a subPathExpr, not both."
        yield Mistake(pod.object, (*path, "subPathExpr"), message, "Remove one of the two.")
    if ":" in values.text(mount, "mountPath"):
        message = f"The mountPath '{values.text(mount, 'mountPath')}' holds a ':'."
        yield Mistake(pod.object, (*path, "mountPath"), message, "Mount at a path without a colon.")


@rule("references/secret-provider-missing")
def secret_provider_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Say where a CSI volume is filled by a SecretProviderClass that is not there."""
    group = "secrets-store.csi.x-k8s.io"
    inner = ("csi", "volumeAttributes", "secretProviderClass")
    for pod in cluster.templates():
        for index, volume in values.mappings(pod.spec, "volumes"):
            path = (*pod.spec_path, "volumes", index, *inner)
            reference = Reference(pod.object, path, pod.namespace, values.text(volume, *inner))
            yield from dangling(cluster, reference, group, "SecretProviderClass")


def _names(pod: Workload) -> set[str]:
    names = {values.text(volume, "name") for _, volume in values.mappings(pod.spec, "volumes")}
    claims = pod.object.mappings("spec", "volumeClaimTemplates") if pod.object.kind == "StatefulSet" else ()
    return names | {values.text(claim, "metadata", "name") for _, claim in claims}
