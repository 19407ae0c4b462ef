"""Secret objects with their values in Git."""

import base64
import binascii
import re
from collections.abc import Iterator

from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.rule import Mistake, rule
from generator.rules.security.secret_values import known_form, literal, sensitive

_ARGO = "argocd.argoproj.io/secret-type"
_ARGO_KEYS_NAMES = "password sshPrivateKey githubAppPrivateKey tlsClientCertKey gcpServiceAccountKey bearerToken config"
_ARGO_KEYS = frozenset(_ARGO_KEYS_NAMES.split())
_PUBLIC_NAMES = (
    "ca.crt tls.crt cert.pem ca.pem ca-cert.pem root-cert.pem ca-bundle.crt truststore.crt known_hosts username user "
    "login email host hostname port url uri endpoint server database dbname db name region bucket type namespace realm "
    "issuer client-id clientId client_id tenant tenantId project"
)
_PUBLIC = frozenset(_PUBLIC_NAMES.split())
_FILE = re.compile(r".+\.(?:ya?ml|json|conf|cfg|ini|toml|properties|cnf|xml|txt|sql|sh|rules|tmpl)")
_PLACEHOLDER = re.compile(
    r"(?is)\s*(?:<[^<>]*>|\$\{[^}]*\}|\$\([^)]*\)|\{\{.*\}\}|ENC\[.*|\*+|x{3,}|change[-_ ]?me|todo|tbd|replace[-_ ]?me|"
    r"placeholder|redacted|dummy|your[-_ ].*|fill[-_ ]?(?:me|in).*|vault:.*|ref\+.*|none|null)?\s*"
)
_CREDENTIAL_IN_CONFIG = re.compile(r'"(?:bearerToken|password|keyData)"\s*:\s*"[^"]')
_LINE = re.compile(r"(?m)^\s*[\"']?([\w.-]+)[\"']?\s*[:=]\s*[\"']?(.+?)[\"']?,?\s*$")


@rule("security/committed-secret")
def committed_secret(cluster: Cluster) -> Iterator[Mistake]:
    """Find Secrets whose values stand in the tree."""
    for item in cluster.of("Secret", ""):
        if "sops" in item.value or item.text("type") == "kubernetes.io/service-account-token":
            continue
        found = [(field, key) for field, key, text in _entries(item) if _is_secret(item, key, text)]
        if found:
            field, key = found[0]
            more = f" and {len(found) - 1} more" if len(found) > 1 else ""
            message = f"The Secret is committed with its values: '{key}'{more}. Base64 is no encryption."
            hint = "Commit an ExternalSecret or a SealedSecret instead, and exchange the value: it is in Git's history."
            yield Mistake(item, (field, key), message, hint)


def _entries(item: Object) -> Iterator[tuple[str, str, str]]:
    for key, value in item.mapping("stringData").items():
        if isinstance(value, str):
            yield "stringData", key, value
    for key, value in item.mapping("data").items():
        if isinstance(value, str):
            yield "data", key, _decoded(value)


def _decoded(value: str) -> str:
    try:
        return base64.b64decode("".join(value.split()), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return value


def _is_secret(item: Object, key: str, text: str) -> bool:
    if _PLACEHOLDER.fullmatch(text) or text.lstrip().startswith(
        ("-----BEGIN CERTIFICATE", "-----BEGIN PUBLIC", "ssh-")
    ):
        return False
    if known_form(text):
        return True
    if _ARGO in item.labels:
        return key in _ARGO_KEYS and (key != "config" or bool(_CREDENTIAL_IN_CONFIG.search(text)))
    if key in _PUBLIC or text.strip().lower() in {"true", "false"}:
        return False
    if _FILE.fullmatch(key) and item.text("type") in {"", "Opaque"}:
        return any(
            sensitive(name) and literal(name, value, text=True) == "secret" for name, value in _LINE.findall(text)
        )
    return True


@rule("security/secret-in-config-map")
def secret_in_config_map(cluster: Cluster) -> Iterator[Mistake]:
    """Find binary keys and key stores in ConfigMaps, which no pattern of text sees."""
    for item in cluster.of("ConfigMap", ""):
        for field in ("binaryData", "data"):
            for key in values.mapping(item.value, field):
                if isinstance(key, str) and re.search(
                    r"(?:\.(?:key|p12|pfx|jks|keystore)|(?:^|/)id_(?:rsa|ed25519|ecdsa))$", key
                ):
                    message = f"'{key}' is the file of a private key, in a ConfigMap that everybody may read."
                    if not known_form(item.text(field, key)):
                        yield Mistake(item, (field, key), message, "Keep it in a Secret that a store fills.")
