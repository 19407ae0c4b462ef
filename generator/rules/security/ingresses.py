"""Ingresses that take any host, or that write their own text into the proxy's configuration."""

from collections.abc import Iterator

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.rules.rule import Mistake, rule

_SNIPPETS = ("configuration-snippet", "server-snippet", "auth-snippet", "modsecurity-snippet", "stream-snippet")
_PREFIXES = ("nginx.ingress.kubernetes.io/", "nginx.org/", "haproxy.org/", "haproxy-ingress.github.io/")
_OTHERS = ("location-snippets", "server-snippets", "backend-config-snippet", "config-backend")


@rule("security/ingress-any-host", Severity.INFO)
def ingress_any_host(cluster: Cluster) -> Iterator[Mistake]:
    """Find rules of Ingresses without a host."""
    ingresses = cluster.of("Ingress", "networking.k8s.io")
    named = any(values.text(one, "host") for item in ingresses for _, one in item.mappings("spec", "rules"))
    for item in ingresses:
        covered = any(values.strings(one, "hosts") for _, one in item.mappings("spec", "tls"))
        rules = item.mappings("spec", "rules")
        for index, one in rules:
            paths = [values.text(path, "path") for _, path in values.mappings(one, "http", "paths")]
            if one.get("host") or not paths or all(path.startswith("/.well-known/") for path in paths):
                continue
            beside = covered or (named and any(values.text(other, "host") for _, other in rules))
            message = "The rule has no host, so it takes requests for every name that reaches the controller."
            severity = Severity.WARNING if beside else None
            yield Mistake(item, ("spec", "rules", index), message, "Write the host that it serves.", severity)


@rule("security/ingress-snippet", Severity.WARNING)
def ingress_snippet(cluster: Cluster) -> Iterator[Mistake]:
    """Find annotations whose text goes into the proxy's configuration as it is."""
    for item in cluster.of("Ingress", "networking.k8s.io"):
        for key in item.annotations:
            name = key.rpartition("/")[2]
            if key.startswith(_PREFIXES) and name in (*_SNIPPETS, *_OTHERS):
                message = f"{name} puts its text into the configuration of a proxy that holds all Secrets of TLS."
                hint = "Use the annotation made for it; controllers refuse snippets unless told to allow them."
                yield Mistake(item, ("metadata", "annotations", key), message, hint)
