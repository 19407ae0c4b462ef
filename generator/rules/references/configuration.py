"""ConfigMaps and Secrets that pods and custom resources want, and the keys that they want of them."""

from collections.abc import Iterator, Mapping

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.references.configuration_tables import CONFIG_MAPS, SECRETS
from generator.rules.references.lookup import Reference, dangling, is_near, table_references
from generator.rules.references.pod_references import mounted_keys, pod_references
from generator.rules.rule import Mistake, rule

# What a tree has that makes its own secrets: then one that it does not make is missing, not made by hand.
_SECRET_MAKERS = (
    "Secret", "ExternalSecret", "ClusterExternalSecret", "SealedSecret", "Certificate", "SecretProviderClass",
    "VaultStaticSecret", "VaultDynamicSecret", "InfisicalSecret", "OnePasswordItem", "DopplerSecret",
)  # fmt: skip


@rule("references/config-map-missing")
def config_map_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Say where a pod or a custom resource wants a ConfigMap that is not there."""
    for reference in _distinct((*pod_references(cluster, "ConfigMap"), *table_references(cluster, CONFIG_MAPS))):
        yield from dangling(cluster, reference, "", "ConfigMap")


@rule("references/config-map-key-missing")
def config_map_key_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Say where a ConfigMap is there, but not the key that is wanted of it."""
    return _keys(cluster, "ConfigMap", CONFIG_MAPS)


@rule("references/secret-missing")
def secret_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Say where a pod or a custom resource wants a Secret that nothing makes."""
    certain = secrets_are_made(cluster)
    for reference in _distinct((*pod_references(cluster, "Secret"), *table_references(cluster, SECRETS))):
        for mistake in dangling(cluster, reference, "", "Secret"):
            near = certain or is_near(reference.name, cluster.names("", "Secret", reference.namespace))
            severity = Severity.ERROR if near else Severity.WARNING
            yield Mistake(mistake.object, mistake.path, mistake.message, mistake.hint, severity)


@rule("references/secret-key-missing")
def secret_key_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Say where a Secret is made in the tree, but without the key that is wanted of it."""
    return _keys(cluster, "Secret", SECRETS)


@rule("references/data-key-twice")
def data_key_twice(cluster: Cluster) -> Iterator[Mistake]:
    """Say where a ConfigMap holds one key in data and in binaryData, which the API server refuses."""
    for item in cluster.of("ConfigMap", ""):
        for key in sorted(set(item.mapping("data")) & set(item.mapping("binaryData"))):
            message = f"The key '{key}' stands in data and in binaryData; the API server refuses that."
            yield Mistake(item, ("binaryData", key), message, "Remove one of the two.")


def secrets_are_made(cluster: Cluster) -> bool:
    """Say whether the tree makes Secrets of its own: then one that it does not make is missing."""
    return any(cluster.of(kind) for kind in _SECRET_MAKERS)


def _distinct(found: tuple[Reference, ...]) -> Iterator[Reference]:
    """Yield the references without those to further keys of a source that was yielded already."""
    seen: set[tuple[int, tuple[str | int, ...]]] = set()
    for reference in found:
        if (id(reference.object), reference.path) not in seen:
            seen.add((id(reference.object), reference.path))
            yield reference


def _keys(cluster: Cluster, kind: str, table: Mapping[tuple[str, str], tuple[str, ...]]) -> Iterator[Mistake]:
    for found in (pod_references(cluster, kind), mounted_keys(cluster, kind), table_references(cluster, table)):
        for reference in found:
            yield from _key(cluster, reference, kind)


def _key(cluster: Cluster, reference: Reference, kind: str) -> Iterator[Mistake]:
    if not reference.key or reference.optional or "{{" in reference.key or "$(" in reference.key:
        return
    keys = data_keys(cluster, kind, reference.namespace, reference.name)
    if keys is not None and reference.key not in keys:
        message = f"{kind} '{reference.name}' has no key '{reference.key}'."
        known = ", ".join(f"'{key}'" for key in sorted(keys)[:8]) or "none"
        hint = did_you_mean(reference.key, keys) or f"Its keys: {known}."
        yield Mistake(reference.object, reference.key_path, message, hint)


def data_keys(cluster: Cluster, kind: str, namespace: str, name: str) -> frozenset[str] | None:
    """Return the keys of a ConfigMap or Secret, or None when they are not known."""
    found = cluster.get("", kind, namespace, name) or cluster.get("", kind, "", name)
    made = cluster.made("", kind, namespace, name)
    if found is None:
        return made.keys if made is not None else None
    if made is not None and made.keys is None:  # an operator writes into it too
        return None
    own = _own_keys(found)
    if not own or found.annotations.get("kubernetes.io/service-account.name"):
        return None if kind == "Secret" else own
    return own | (made.keys or frozenset() if made is not None else frozenset())


def _own_keys(found: Object) -> frozenset[str]:
    return frozenset(key for part in ("data", "binaryData", "stringData") for key in found.mapping(part))
