"""ExternalSecrets: the stores and generators that they read from."""

from collections.abc import Iterator

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.references.lookup import Reference, dangling, each
from generator.rules.rule import Mistake, rule

GROUP = "external-secrets.io"
_PLACES = {
    "ExternalSecret": ("spec.secretStoreRef", "spec.data.*.sourceRef.storeRef", "spec.dataFrom.*.sourceRef.storeRef"),
    "ClusterExternalSecret": ("spec.externalSecretSpec.secretStoreRef",),
    "PushSecret": ("spec.secretStoreRefs.*",),
}


@rule("references/secret-store-missing")
def secret_store_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find an ExternalSecret or a PushSecret whose store is not there."""
    for owner, places in _PLACES.items():
        for of in cluster.of(owner, GROUP):
            for place in places:
                for path, reference in each(of.value, place.split(".")):
                    kind = values.text(reference, "kind") or "SecretStore"
                    if of.namespace or kind == "ClusterSecretStore":
                        yield from _store(cluster, of, path, kind, values.text(reference, "name"))


def _store(cluster: Cluster, of: Object, path: values.Path, kind: str, name: str) -> Iterator[Mistake]:
    if kind not in {"SecretStore", "ClusterSecretStore"}:
        return
    namespace = "" if kind == "ClusterSecretStore" else of.namespace
    other = "SecretStore" if kind == "ClusterSecretStore" else "ClusterSecretStore"
    found = Reference(of, (*path, "name"), namespace, name)
    for mistake in dangling(cluster, found, GROUP, kind):
        severity = Severity.ERROR if cluster.of(kind, GROUP) else Severity.WARNING
        there = cluster.get(GROUP, other, of.namespace if other == "SecretStore" else "", name)
        hint = f"There is a {other} of that name: write kind: {other}." if there is not None else mistake.hint
        yield Mistake(of, mistake.path, mistake.message, hint, Severity.ERROR if there is not None else severity)


@rule("references/secret-generator-missing")
def secret_generator_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find an ExternalSecret whose generator is not there."""
    for of in cluster.of("ExternalSecret", GROUP):
        for path, reference in each(of.value, ("spec", "dataFrom", "*", "sourceRef", "generatorRef")):
            kind = values.text(reference, "kind")
            namespace = "" if kind == "ClusterGenerator" else of.namespace
            found = Reference(of, (*path, "name"), namespace, values.text(reference, "name"))
            if kind:
                yield from dangling(cluster, found, f"generators.{GROUP}", kind)


@rule("references/secret-key-twice")
def secret_key_twice(cluster: Cluster) -> Iterator[Mistake]:
    """Find two entries of an ExternalSecret that write one key."""
    for of in cluster.of("ExternalSecret", GROUP):
        seen: set[str] = set()
        for index, entry in of.mappings("spec", "data"):
            key = values.text(entry, "secretKey")
            if key and key in seen:
                message = f"Two entries write the key '{key}': the last one wins."
                yield Mistake(of, ("spec", "data", index, "secretKey"), message, "Give each entry a key of its own.")
            seen.add(key)
