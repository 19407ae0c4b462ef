"""Certificates that browsers refuse, that are weaker than they need be, or that cannot be issued."""

from collections.abc import Iterator, Mapping
from typing import Any

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.reliability.amounts import seconds
from generator.rules.rule import Mistake, rule

_GROUP = "cert-manager.io"
_DEFAULT_DURATION = 90 * 24 * 3600
"""What cert-manager asks for when no duration is written, in seconds."""
_TRY_OUT = ("staging", "stage", "stg", "test", "dev", "sandbox")


@rule("security/certificate-renewal")
def certificate_renewal(cluster: Cluster) -> Iterator[Mistake]:
    """Find certificates that are to be renewed before they are issued, or that live too short."""
    for item in cluster.of("Certificate", _GROUP):
        duration = seconds(item.text("spec", "duration")) if item.text("spec", "duration") else _DEFAULT_DURATION
        before = seconds(item.text("spec", "renewBefore"))
        if duration is None or duration <= 0:
            continue
        if before is not None and before >= duration:
            shown = item.text("spec", "duration") or "the default of 2160h"
            message = f"renewBefore {item.text('spec', 'renewBefore')} is not below the duration, {shown}."
            yield Mistake(item, ("spec", "renewBefore"), message, "Write about a third of the duration.")
        if duration < 3600:
            message = f"cert-manager refuses a duration under an hour, {item.text('spec', 'duration')}."
            yield Mistake(item, ("spec", "duration"), message, "Write 1h or more, such as 2160h.")
        if before is not None and before < 300:
            message = f"cert-manager refuses a renewBefore under five minutes, {item.text('spec', 'renewBefore')}."
            yield Mistake(item, ("spec", "renewBefore"), message, "Write about a third of the duration.")


@rule("security/certificate-weak-key")
def certificate_weak_key(cluster: Cluster) -> Iterator[Mistake]:
    """Find keys that are too short, or of a size that their algorithm does not have."""
    for item in cluster.of("Certificate", _GROUP):
        algorithm = item.text("spec", "privateKey", "algorithm") or "RSA"
        size = item.integer("spec", "privateKey", "size")
        path = ("spec", "privateKey", "size")
        if size is None:
            continue
        if algorithm == "RSA" and not 2048 <= size <= 8192:
            yield Mistake(item, path, f"cert-manager refuses an RSA key of {size} bits.", "Write 2048, 3072 or 4096.")
        if algorithm == "ECDSA" and size not in {256, 384, 521}:
            yield Mistake(item, path, f"There is no ECDSA key of {size} bits.", "Write 256, 384 or 521.")


@rule("security/certificate-authority", Severity.WARNING)
def certificate_authority(cluster: Cluster) -> Iterator[Mistake]:
    """Find certificates for a host that may sign others."""
    for item in cluster.of("Certificate", _GROUP):
        issuer = _issuer(cluster, item)
        if item.dig("spec", "isCA") is True and (item.dig("spec", "dnsNames") or (issuer and _acme(issuer))):
            public = bool(issuer and _acme(issuer))
            message = "The certificate of a host may sign certificates for any other host."
            message = "A public authority issues no certificate that may sign others." if public else message
            yield Mistake(item, ("spec", "isCA"), message, "Remove isCA.", Severity.ERROR if public else None)


def _issuer(cluster: Cluster, item: Object) -> Object | None:
    kind = item.text("spec", "issuerRef", "kind") or "Issuer"
    namespace = "" if kind == "ClusterIssuer" else item.namespace
    return cluster.get(_GROUP, kind, namespace, item.text("spec", "issuerRef", "name"))


def _acme(issuer: Object) -> Mapping[str, Any]:
    return issuer.mapping("spec", "acme")


@rule("security/wildcard-certificate", Severity.INFO)
def wildcard_certificate(cluster: Cluster) -> Iterator[Mistake]:
    """Find certificates for all hosts of a domain: an error where the issuer cannot prove that they are ours."""
    for item in cluster.of("Certificate", _GROUP):
        issuer = _issuer(cluster, item)
        solvers = values.mappings(_acme(issuer), "solvers") if issuer else ()
        only_http = bool(solvers) and all("http01" in solver and "dns01" not in solver for _, solver in solvers)
        for index, name in enumerate(item.strings("spec", "dnsNames")):
            if name.startswith("*."):
                message = f"Whoever has the key of {name} can pose as every host of the domain."
                if only_http:
                    message = f"{name} needs a proof by DNS, and {issuer} has HTTP-01 solvers only."
                hint = "Add a dns01 solver." if only_http else "Name the hosts, unless there are too many."
                severity = Severity.ERROR if only_http else None
                yield Mistake(item, ("spec", "dnsNames", index), message, hint, severity)


@rule("security/untrusted-issuer", Severity.WARNING)
def untrusted_issuer(cluster: Cluster) -> Iterator[Mistake]:
    """Find authorities that no browser trusts behind what the public sees."""
    used = set()
    for item in cluster.of("Ingress", "networking.k8s.io"):
        for kind, key in (("ClusterIssuer", "cluster-issuer"), ("Issuer", "issuer")):
            used.add((kind, item.annotations.get(f"cert-manager.io/{key}", "")))
    for kind in ("ClusterIssuer", "Issuer"):
        for item in cluster.of(kind, _GROUP):
            server = item.text("spec", "acme", "server")
            tried = any(word in f"{item.name} {item.namespace} {item.place.shown}".lower() for word in _TRY_OUT)
            if "acme-staging" in server and not tried:
                message = f"{item.name} asks the staging authority of Let's Encrypt, which no browser trusts."
                hint = "Write https://acme-v02.api.letsencrypt.org/directory."
                yield Mistake(item, ("spec", "acme", "server"), message, hint)
            elif "selfSigned" in item.mapping("spec") and (kind, item.name) in used:
                message = f"An Ingress has its certificate signed by {item.name}, which nobody trusts."
                yield Mistake(item, ("spec", "selfSigned"), message, "Use an issuer that the visitors trust.")
