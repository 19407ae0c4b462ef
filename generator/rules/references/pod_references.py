"""Which ConfigMaps, Secrets, claims and classes the pod specs of a cluster refer to, with the keys they want."""

from collections.abc import Iterator, Mapping

from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.workload import Workload
from generator.rules.references.lookup import Reference

# kind → (key in env[].valueFrom, key in envFrom[], volume source, name in it, projected source)
_WORDS = {
    "ConfigMap": ("configMapKeyRef", "configMapRef", "configMap", "name", "configMap"),
    "Secret": ("secretKeyRef", "secretRef", "secret", "secretName", "secret"),
}

# Volume sources that log in somewhere: where the name of their Secret lies.
_VOLUME_SECRETS = (
    ("csi", "nodePublishSecretRef"), ("cephfs", "secretRef"), ("rbd", "secretRef"), ("iscsi", "secretRef"),
    ("flexVolume", "secretRef"), ("azureFile", "secretName"), ("cinder", "secretRef"), ("scaleIO", "secretRef"),
)  # fmt: skip


def pod_references(cluster: Cluster, kind: str) -> Iterator[Reference]:
    """Yield every reference of a pod spec to a ConfigMap or a Secret (kind), those of custom kinds not included."""
    for pod in cluster.templates():
        for path, container in pod.containers():
            yield from container_references(pod, path, container, kind)
        for index, volume in values.mappings(pod.spec, "volumes"):
            yield from _volume(pod, (*pod.spec_path, "volumes", index), volume, kind)
            if kind == "Secret":
                yield from _volume_secrets(pod, (*pod.spec_path, "volumes", index), volume)
        if kind == "Secret":
            for index, item in values.mappings(pod.spec, "imagePullSecrets"):
                path = (*pod.spec_path, "imagePullSecrets", index, "name")
                yield Reference(pod.object, path, pod.namespace, values.text(item, "name"))


def container_references(
    pod: Workload, path: values.Path, container: Mapping[str, values.Value], kind: str
) -> Iterator[Reference]:
    """Yield the references of a container's environment."""
    in_env, in_env_from = _WORDS[kind][:2]
    for index, variable in values.mappings(container, "env"):
        source = values.mapping(variable, "valueFrom", in_env)
        if source:
            at = (*path, "env", index, "valueFrom", in_env)
            yield _reference(pod, at, source, values.text(source, "key"), (*at, "key"))
    for index, item in values.mappings(container, "envFrom"):
        source = values.mapping(item, in_env_from)
        if source:
            yield _reference(pod, (*path, "envFrom", index, in_env_from), source)


def _volume(pod: Workload, path: values.Path, volume: Mapping[str, values.Value], kind: str) -> Iterator[Reference]:
    _, _, source_key, name_key, projected = _WORDS[kind]
    sources = [((*path, source_key), values.mapping(volume, source_key), name_key)]
    for index, item in values.mappings(volume, "projected", "sources"):
        at = (*path, "projected", "sources", index, projected)
        sources.append((at, values.mapping(item, projected), "name"))
    for at, source, name in sources:
        if source:
            yield _reference(pod, at, source, name_key=name)
            for index, item in values.mappings(source, "items"):
                key = values.text(item, "key")
                yield _reference(pod, at, source, key, (*at, "items", index, "key"), name_key=name)


def _volume_secrets(pod: Workload, path: values.Path, volume: Mapping[str, values.Value]) -> Iterator[Reference]:
    for source, key in _VOLUME_SECRETS:
        found = values.dig(volume, source, key)
        if isinstance(found, str):
            yield Reference(pod.object, (*path, source, key), pod.namespace, found)
        elif isinstance(found, dict):
            yield Reference(pod.object, (*path, source, key, "name"), pod.namespace, values.text(found, "name"))


def _reference(
    pod: Workload,
    path: values.Path,
    source: Mapping[str, values.Value],
    key: str = "",
    key_path: values.Path = (),
    name_key: str = "name",
) -> Reference:
    name = values.text(source, name_key)
    optional = values.flag(source, "optional")
    return Reference(pod.object, (*path, name_key), pod.namespace, name, key, key_path, optional)


def mounted_keys(cluster: Cluster, kind: str) -> Iterator[Reference]:
    """Yield the keys of ConfigMaps or Secrets (kind) that containers mount as single files by `subPath`.

    A volume with `items` names its files itself, so only whole volumes are followed.
    """
    _, _, source_key, name_key, _ = _WORDS[kind]
    for pod in cluster.templates():
        whole = {
            values.text(volume, "name"): values.mapping(volume, source_key)
            for _, volume in values.mappings(pod.spec, "volumes")
            if values.mapping(volume, source_key) and not values.items(volume, source_key, "items")
        }
        for path, container in pod.containers() if whole else ():
            for index, mount in values.mappings(container, "volumeMounts"):
                source = whole.get(values.text(mount, "name"))
                key = values.text(mount, "subPath")
                if source is not None and key and "/" not in key:
                    at = (*path, "volumeMounts", index, "subPath")
                    yield _reference(pod, at[:-1], source, key, at, name_key)
