"""What is fetched over plain HTTP although everything hangs on it: the keys that verify tokens, and secrets."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.rule import Mistake, rule

_ESO = "external-secrets.io"
_SERVERS = frozenset(("server", "url", "host", "apiUrl", "apiURL", "serverURL", "authURL", "clusterURL", "hostAPI"))
_DEEPEST = 4


def _is_plain(text: str) -> bool:
    return text[:7].lower() == "http://"


def _inside(text: str) -> bool:
    """Say whether a URL leads to a Service of the cluster or to the pod itself, where the mesh may encrypt."""
    try:
        host = urlsplit(text).hostname or ""
    except ValueError:
        return False
    return "." not in host or host.endswith((".svc", ".cluster.local", ".local")) or host.startswith("127.")


@rule("security/jwt-keys-plain-text")
def jwt_keys_plain_text(cluster: Cluster) -> Iterator[Mistake]:
    """Find keys of token issuers that are fetched without TLS."""
    for item in cluster.of("RequestAuthentication", "security.istio.io"):
        for index, one in item.mappings("spec", "jwtRules"):
            path: values.Path = ("spec", "jwtRules", index)
            keys = next((key for key in ("jwksUri", "jwks_uri") if values.text(one, key)), "")
            if keys:
                yield from _keys(item, (*path, keys), values.text(one, keys))
            elif not one.get("jwks"):
                yield from _keys(item, (*path, "issuer"), values.text(one, "issuer"))
    for item in cluster.of("SecurityPolicy", "gateway.envoyproxy.io"):
        for index, one in item.mappings("spec", "jwt", "providers"):
            uri = values.text(one, "remoteJWKS", "uri")
            yield from _keys(item, ("spec", "jwt", "providers", index, "remoteJWKS", "uri"), uri)


def _keys(item: Object, path: values.Path, uri: str) -> Iterator[Mistake]:
    if _is_plain(uri):
        message = f"The keys that verify tokens come from {uri} without TLS: who is on the way signs tokens of his own."
        yield Mistake(item, path, message, "Write https://.", Severity.WARNING if _inside(uri) else None)


@rule("security/secret-store-plain-text", Severity.WARNING)
def secret_store_plain_text(cluster: Cluster) -> Iterator[Mistake]:
    """Find stores of secrets that are asked over plain HTTP."""
    for kind in ("SecretStore", "ClusterSecretStore"):
        for item in cluster.of(kind, _ESO):
            yield from _stores(item, ("spec", "provider"))
    for kind in ("VaultConnection", "VaultStaticSecret"):
        for item in cluster.of(kind, "secrets.hashicorp.com"):
            yield from _store(item, ("spec", "address"), item.text("spec", "address"))
    for item in (*cluster.of("ClusterIssuer", "cert-manager.io"), *cluster.of("Issuer", "cert-manager.io")):
        yield from _store(item, ("spec", "vault", "server"), item.text("spec", "vault", "server"))


def _stores(item: Object, path: values.Path) -> Iterator[Mistake]:
    content: Mapping[str, Any] = item.mapping(*path)
    for key, value in content.items():
        if isinstance(value, str) and key in _SERVERS:
            yield from _store(item, (*path, key), value)
        elif isinstance(value, dict) and len(path) < _DEEPEST:
            yield from _stores(item, (*path, key))


def _store(item: Object, path: values.Path, url: str) -> Iterator[Mistake]:
    if _is_plain(url):
        message = f"Secrets and the token that opens them go to {url} without TLS."
        yield Mistake(item, path, message, "Write https://, with the caBundle of its certificate.")
