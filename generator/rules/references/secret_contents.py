"""Secrets that are there but do not hold, or may not hold, what their readers want."""

import re
from collections.abc import Iterator

from generator.base.nearest import did_you_mean
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.references.configuration import data_keys
from generator.rules.references.lookup import Reference, table_references
from generator.rules.rule import Mistake, rule

GROUP = "external-secrets.io"
_PULL_TYPES = {"kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg"}
# Secret type → keys that the API server demands.
_TYPE_KEYS = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}
_CNPG = ("username", "password")
_CNPG_SECRETS = {
    ("postgresql.cnpg.io", "Cluster"): (
        "spec.bootstrap.initdb.secret.name", "spec.bootstrap.recovery.secret.name",
        "spec.bootstrap.pg_basebackup.secret.name", "spec.superuserSecret.name",
        "spec.managed.roles.*.passwordSecret.name",
    ),
}  # fmt: skip
_TLS_SECRETS = {
    ("networking.k8s.io", "Ingress"): ("spec.tls.*.secretName",),
    ("gateway.networking.k8s.io", "Gateway"): ("spec.listeners.*.tls.certificateRefs.*.name@namespace",),
    ("networking.istio.io", "Gateway"): ("spec.servers.*.tls.credentialName",),
}
_TEMPLATE_FIELD = re.compile(r"\{\{-?\s*\.([A-Za-z_]\w*)\s*(?:\||-?\}\})")
_BASE64 = re.compile(r"^[A-Za-z0-9+/]+={0,2}$")


@rule("references/secret-contents")
def secret_contents(cluster: Cluster) -> Iterator[Mistake]:
    """Find Secrets without the keys that their readers, or their own type, want."""
    for reference in table_references(cluster, _CNPG_SECRETS):
        yield from _keys(cluster, reference, _CNPG)
    for reference in table_references(cluster, _TLS_SECRETS):
        keys = data_keys(cluster, "Secret", reference.namespace, reference.name)
        if keys is not None and not {"cert", "key"} <= keys:  # Istio also reads cert and key
            yield from _keys(cluster, reference, _TYPE_KEYS["kubernetes.io/tls"])
    for of in cluster.of("ExternalSecret", GROUP):
        wanted = _TYPE_KEYS.get(of.text("spec", "target", "template", "type"), ())
        path = ("spec", "target", "template", "type")
        name = of.text("spec", "target", "name") or of.name
        yield from _keys(cluster, Reference(of, path, of.namespace, name), wanted)
    for of in cluster.of("Secret", ""):
        wanted = _TYPE_KEYS.get(of.text("type"), ())
        found = {*of.mapping("data"), *of.mapping("stringData")}
        for key in wanted:
            if key not in found:
                message = f"A Secret of the type {of.text('type')} needs the key '{key}'."
                yield Mistake(of, ("type",), message, f"Add '{key}'.")


def _keys(cluster: Cluster, reference: Reference, wanted: tuple[str, ...]) -> Iterator[Mistake]:
    keys = data_keys(cluster, "Secret", reference.namespace, reference.name)
    missing = [key for key in wanted if keys is not None and key not in keys]
    if missing:
        message = f"Secret '{reference.name}' has no key '{missing[0]}'."
        near = did_you_mean(missing[0], keys or ())
        yield Mistake(reference.object, reference.path, message, near or f"Let it hold {' and '.join(wanted)}.")


@rule("references/pull-secret-type")
def pull_secret_type(cluster: Cluster) -> Iterator[Mistake]:
    """Find imagePullSecrets of a type that the kubelet does not read."""
    for pod in cluster.templates():
        for index, entry in values.mappings(pod.spec, "imagePullSecrets"):
            name = values.text(entry, "name")
            kind = _made_type(cluster, pod.namespace, name)
            if kind is not None and kind not in _PULL_TYPES:
                message = f"Secret '{name}' is of the type {kind}, which the kubelet does not take for a log-in."
                path = (*pod.spec_path, "imagePullSecrets", index, "name")
                yield Mistake(pod.object, path, message, "Make it of the type kubernetes.io/dockerconfigjson.")


def _made_type(cluster: Cluster, namespace: str, name: str) -> str | None:
    """Return the type of the Secret of a name, or None when the tree does not say."""
    found = cluster.get("", "Secret", namespace, name)
    if found is not None:
        return found.text("type") or "Opaque"
    for of in cluster.of("ExternalSecret", GROUP):
        if of.namespace == namespace and (of.text("spec", "target", "name") or of.name) == name:
            return of.text("spec", "target", "template", "type") or "Opaque"
    return None


@rule("references/secret-template-field")
def secret_template_field(cluster: Cluster) -> Iterator[Mistake]:
    """Find a template of an ExternalSecret that reads a field which is not fetched."""
    for of in cluster.of("ExternalSecret", GROUP):
        if values.items(of.value, "spec", "dataFrom"):
            continue  # what is extracted is known to the provider only
        known = {values.text(entry, "secretKey") for _, entry in of.mappings("spec", "data")}
        for key, template in of.mapping("spec", "target", "template", "data").items():
            for name in _TEMPLATE_FIELD.findall(template) if isinstance(template, str) else ():
                if name not in known:
                    message = f"The template reads '{name}', which no entry of data fetches."
                    path = ("spec", "target", "template", "data", key)
                    yield Mistake(of, path, message, did_you_mean(name, known) or "Fetch it under data.")


@rule("references/secret-store-namespace")
def secret_store_namespace(cluster: Cluster) -> Iterator[Mistake]:
    """Find an ExternalSecret in a namespace that its ClusterSecretStore does not serve."""
    for of in cluster.of("ExternalSecret", GROUP):
        if of.text("spec", "secretStoreRef", "kind") != "ClusterSecretStore":
            continue
        store = cluster.get(GROUP, "ClusterSecretStore", "", of.text("spec", "secretStoreRef", "name"))
        conditions = store.mappings("spec", "conditions") if store is not None else ()
        if not conditions or any(set(entry) - {"namespaces"} for _, entry in conditions):
            continue  # selectors and patterns may take any namespace
        served = {name for _, entry in conditions for name in values.strings(entry, "namespaces")}
        if of.namespace and of.namespace not in served:
            message = f"{store} serves {', '.join(sorted(served)) or 'nobody'}, not namespace '{of.namespace}'."
            yield Mistake(of, ("spec", "secretStoreRef", "name"), message, "Add the namespace to its conditions.")


@rule("references/sealed-value")
def sealed_value(cluster: Cluster) -> Iterator[Mistake]:
    """Find a value of a SealedSecret that was not sealed."""
    for of in cluster.of("SealedSecret", "bitnami.com"):
        yield from _sealed(of)


def _sealed(of: Object) -> Iterator[Mistake]:
    for key, sealed in of.mapping("spec", "encryptedData").items():
        if isinstance(sealed, str) and not _BASE64.match("".join(sealed.split("\n"))):
            message = f"The value of '{key}' is not what kubeseal writes: the controller cannot open it."
            yield Mistake(of, ("spec", "encryptedData", key), message, "Seal the value with kubeseal.")
