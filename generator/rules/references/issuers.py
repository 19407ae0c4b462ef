"""Certificates: who issues them, and two owners of one Secret."""

from collections import defaultdict
from collections.abc import Iterator

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.references.lookup import Reference, dangling
from generator.rules.rule import Mistake, rule

GROUP = "cert-manager.io"
_ANNOTATIONS = {"cert-manager.io/issuer": "Issuer", "cert-manager.io/cluster-issuer": "ClusterIssuer"}


@rule("references/issuer-missing")
def issuer_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find a Certificate, or an Ingress or Gateway that asks for one, whose issuer is not there."""
    for kind in ("Certificate", "CertificateRequest"):
        for of in cluster.of(kind, GROUP):
            group = of.text("spec", "issuerRef", "group")
            if group in {"", GROUP}:
                wanted = of.text("spec", "issuerRef", "kind") or "Issuer"
                yield from _issuer(
                    cluster, of, ("spec", "issuerRef", "name"), wanted, of.text("spec", "issuerRef", "name")
                )
    for kind in ("Ingress", "Gateway"):
        for of in cluster.of(kind):
            for key, wanted in _ANNOTATIONS.items():
                external = of.annotations.get("cert-manager.io/issuer-group", GROUP) != GROUP
                if key in of.annotations and not external:
                    yield from _issuer(cluster, of, ("metadata", "annotations", key), wanted, of.annotations[key])


def _issuer(cluster: Cluster, of: Object, path: values.Path, kind: str, name: str) -> Iterator[Mistake]:
    namespace = "" if kind == "ClusterIssuer" else of.namespace
    other = "Issuer" if kind == "ClusterIssuer" else "ClusterIssuer"
    for mistake in dangling(cluster, Reference(of, path, namespace, name), GROUP, kind):
        certain = kind == "Issuer" or bool(cluster.of(kind, GROUP))
        severity = Severity.ERROR if certain else Severity.WARNING
        there = cluster.get(GROUP, other, of.namespace if other == "Issuer" else "", name)
        hint = f"There is a {other} of that name: write kind: {other}." if there is not None else mistake.hint
        final = Severity.ERROR if there is not None else severity
        yield Mistake(of, path, mistake.message, hint, final)


@rule("references/secret-two-owners")
def secret_two_owners(cluster: Cluster) -> Iterator[Mistake]:
    """Find two objects that write one Secret: each overwrites what the other wrote."""
    owners: dict[tuple[str, str], list[tuple[Object, values.Path]]] = defaultdict(list)
    for of, path, name in _writers(cluster):
        if name:
            owners[of.namespace, name].append((of, path))
    for (_, name), (first, *others) in owners.items():
        for of, path in others:
            if (of.kind, of.name) != (first[0].kind, first[0].name):
                message = f"{first[0]} writes the Secret '{name}' too: each overwrites the other."
                yield Mistake(of, path, message, "Give each a Secret of its own.")


def _writers(cluster: Cluster) -> Iterator[tuple[Object, values.Path, str]]:
    for of in cluster.of("Secret", ""):
        if not (of.dig("data") or of.dig("stringData")):
            continue  # labels and annotations only, for another to fill
        yield of, ("metadata", "name"), of.name
    for of in cluster.of("Certificate", GROUP):
        yield of, ("spec", "secretName"), of.text("spec", "secretName")
    for of in cluster.of("SealedSecret", "bitnami.com"):
        name = of.text("spec", "template", "metadata", "name") or of.name
        yield of, ("metadata", "name"), name
    for of in cluster.of("ExternalSecret", "external-secrets.io"):
        # An orphan is written once and left to others: how a Certificate's Secret is carried into a new cluster.
        if of.text("spec", "target", "creationPolicy") not in {"Merge", "None", "Orphan"}:
            named = of.text("spec", "target", "name")
            yield of, ("spec", "target", "name") if named else ("metadata", "name"), named or of.name
    for kind in ("VaultStaticSecret", "VaultDynamicSecret", "VaultPKISecret"):
        for of in cluster.of(kind, "secrets.hashicorp.com"):
            yield of, ("spec", "destination", "name"), of.text("spec", "destination", "name")


@rule("references/certificate-refused")
def certificate_refused(cluster: Cluster) -> Iterator[Mistake]:
    """Find a Certificate that cert-manager refuses, since it is for no name at all."""
    names = ("commonName", "dnsNames", "uris", "emailAddresses", "ipAddresses", "otherNames", "literalSubject")
    for of in cluster.of("Certificate", GROUP):
        if of.mapping("spec") and not any(of.dig("spec", name) for name in names):
            yield Mistake(of, ("spec",), f"{of} is for no name.", "Add dnsNames, or another name to certify.")
