"""cert-manager: issuers that can issue, certificates that cover what they are used for, authorities to inject."""

from collections import defaultdict
from collections.abc import Iterator

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.references.lookup import Reference, dangling, each, is_near, provided
from generator.rules.rule import Mistake, rule

GROUP = "cert-manager.io"
# What the usual controllers call their class.
_CLASSES = frozenset({"nginx", "traefik", "haproxy", "alb", "istio", "kong", "contour", "cilium", "gce", "public"})
_INJECT = "cert-manager.io/inject-ca-from"
_INJECTED = (
    "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "CustomResourceDefinition", "APIService",
)  # fmt: skip


@rule("references/acme-solver")
def acme_solver(cluster: Cluster) -> Iterator[Mistake]:
    """Find an ACME issuer that cannot answer a challenge: no solver, or one for an ingress class that is not there."""
    for kind in ("Issuer", "ClusterIssuer"):
        for of in cluster.of(kind, GROUP):
            acme = of.mapping("spec", "acme")
            if acme and not values.items(acme, "solvers"):
                message = f"{of} has no solver: no challenge is ever answered."
                yield Mistake(of, ("spec", "acme"), message, "Add one under solvers: http01 or dns01.")
            for key in ("ingressClassName", "class"):
                for path, name in each(acme, ("solvers", "*", "http01", "ingress", key)):
                    if isinstance(name, str):
                        reference = Reference(of, ("spec", "acme", *path), "", name)
                        yield from provided(cluster, reference, "networking.k8s.io", "IngressClass", _CLASSES)


@rule("references/issuer-group")
def issuer_group(cluster: Cluster) -> Iterator[Mistake]:
    """Find a Certificate whose issuer's group is cert-manager's, misspelt: nobody issues it."""
    for of in cluster.of("Certificate", GROUP):
        group = of.text("spec", "issuerRef", "group")
        if is_near(group, (GROUP,)) or group == "certmanager.k8s.io":
            message = f"No controller issues for the group '{group}'."
            yield Mistake(of, ("spec", "issuerRef", "group"), message, f"Write {GROUP}, or leave it out.")


@rule("references/certificate-other-host")
def certificate_other_host(cluster: Cluster) -> Iterator[Mistake]:
    """Find an Ingress whose certificate is for other hosts than those that it serves under it."""
    made = {(of.namespace, of.text("spec", "secretName")): of for of in cluster.of("Certificate", GROUP)}
    for of in cluster.of("Ingress", "networking.k8s.io"):
        for index, entry in of.mappings("spec", "tls"):
            certificate = made.get((of.namespace, values.text(entry, "secretName")))
            names = (
                {*certificate.strings("spec", "dnsNames"), certificate.text("spec", "commonName")}
                if certificate
                else set()
            )
            for number, host in enumerate(values.items(entry, "hosts")):
                if isinstance(host, str) and names - {""} and not _covered(host, names):
                    message = f"{certificate} is for {', '.join(sorted(names - {''}))}, not for '{host}'."
                    yield Mistake(of, ("spec", "tls", index, "hosts", number), message, "Add the host to its dnsNames.")
    yield from _gateways(cluster)


def _gateways(cluster: Cluster) -> Iterator[Mistake]:
    """Yield the hosts of Istio's servers and of listeners that the Certificate behind them is not for."""
    by_secret: dict[str, list[Object]] = defaultdict(list)
    for of in cluster.of("Certificate", GROUP):
        by_secret[of.text("spec", "secretName")].append(of)
    for of in cluster.of("Gateway", "networking.istio.io") if by_secret else ():
        for index, server in of.mappings("spec", "servers"):
            found = by_secret.get(values.text(server, "tls", "credentialName"), [])
            for number, host in enumerate(values.items(server, "hosts")):
                if isinstance(host, str) and len(found) == 1:
                    path: values.Path = ("spec", "servers", index, "hosts", number)
                    yield from _other_host(of, path, host.rpartition("/")[2], found[0])
    for of in cluster.of("Gateway", "gateway.networking.k8s.io") if by_secret else ():
        for index, listener in of.mappings("spec", "listeners"):
            references = values.mappings(listener, "tls", "certificateRefs")
            if len(references) == 1:
                where = values.text(references[0][1], "namespace") or of.namespace
                named = by_secret.get(values.text(references[0][1], "name"), [])
                for certificate in [item for item in named if item.namespace == where]:
                    path = ("spec", "listeners", index, "hostname")
                    yield from _other_host(of, path, values.text(listener, "hostname"), certificate)


def _other_host(of: Object, path: values.Path, host: str, certificate: Object) -> Iterator[Mistake]:
    names = {*certificate.strings("spec", "dnsNames"), certificate.text("spec", "commonName")} - {""}
    if names and host not in {"", "*"} and not _covered(host, names):
        message = f"{certificate} is for {', '.join(sorted(names))}, not for '{host}'."
        yield Mistake(of, path, message, "Add the host to its dnsNames.")


def _covered(host: str, names: set[str]) -> bool:
    wildcard = "*." + host.partition(".")[2]
    return host in names or wildcard in names


@rule("references/inject-ca-missing")
def inject_ca_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find an annotation that takes an authority from a Certificate that is not there."""
    for kind in _INJECTED:
        for of in cluster.of(kind):
            namespace, _, name = of.annotations.get(_INJECT, "").partition("/")
            if namespace and name:
                reference = Reference(of, ("metadata", "annotations", _INJECT), namespace, name)
                for mistake in dangling(cluster, reference, GROUP, "Certificate"):
                    yield _injected(cluster, of, mistake, namespace, name)


def _injected(cluster: Cluster, of: Object, mistake: Mistake, namespace: str, name: str) -> Mistake:
    for other in cluster.of("Certificate", GROUP):
        if other.namespace == namespace and other.text("spec", "secretName") == name:
            hint = f"'{name}' is the Secret's name: write '{namespace}/{other.name}'."
            return Mistake(of, mistake.path, mistake.message, hint)
    known = cluster.names(GROUP, "Certificate", namespace)
    severity = Severity.ERROR if known else Severity.WARNING
    return Mistake(of, mistake.path, mistake.message, did_you_mean(name, known) or mistake.hint, severity)
