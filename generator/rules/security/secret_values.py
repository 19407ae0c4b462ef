"""Tells secrets from what only looks like one: by the form of a value, or by the name that it stands under."""

import re
from collections.abc import Callable
from functools import cache

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")

_FORMS = {
    "an AWS access key": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "a private key": r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|\bAGE-SECRET-KEY-1[0-9A-Z]{40,}",
    "a Google API key": r"\bAIza[0-9A-Za-z_-]{35}",
    "a GitHub token": r"\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}",
    "a GitLab token": r"\bgl(?:pat|ptt|dt|rt|cbt|ft|soat|agent)-[A-Za-z0-9_-]{16,}",
    "a Slack token": r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bxapp-\d-[A-Za-z0-9-]{10,}",
    "a webhook's address with its key": (
        r"https://hooks\.slack\.com/(?:services|workflows)/T[A-Z0-9]+/[A-Z0-9]+/[A-Za-z0-9]{8,}"
        r"|https://(?:\w+\.)?discord(?:app)?\.com/api/webhooks/\d+/[\w-]{20,}"
        r"|https://[\w.-]+\.webhook\.office\.com/webhookb2/[\w@/-]{30,}"
    ),
    "a Stripe key": r"\b(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,}|\bwhsec_[A-Za-z0-9]{20,}",
    "an API key of a model provider": (
        r"\bsk-(?:proj-|ant-|or-)?[A-Za-z0-9_-]{20,}|\bhf_[A-Za-z0-9]{30,}|\bgsk_[A-Za-z0-9]{40,}"
    ),
    "a token of a package registry": (
        r"\bnpm_[A-Za-z0-9]{30,}|\bpypi-AgE[\w-]{50,}|\bdckr_pat_[\w-]{20,}|\brubygems_[0-9a-f]{48}"
    ),
    "a SendGrid key": r"\bSG\.[\w-]{16,}\.[\w-]{16,}",
    "a token of a provider": (
        r"\bdo[pors]_v1_[0-9a-f]{40,}|\bhv[sbr]\.[\w-]{24,}|\bglsa_[A-Za-z0-9]{32}_[0-9a-f]{8}"
        r"|\bshp(?:at|ca|pa|ss)_[0-9a-f]{32}|\bNRAK-[A-Z0-9]{27}|\bdapi[0-9a-f]{32}\b|\bATATT3[\w=-]{60,}|\blin_api_[A-Za-z0-9]{40}|\bsbp_[0-9a-f]{40}"
    ),
    "a JSON web token": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    "a key of an Azure account": r"(?i:\b(?:AccountKey|SharedAccessKey)=)[A-Za-z0-9+/]{40,}={0,2}",
    "a signed address": r"[?&](?:sig|X-Amz-Signature)=[A-Za-z0-9%+/]{32,}",
}
_KNOWN = {what: re.compile(form) for what, form in _FORMS.items()}
# Every sensitive name has one of these in it (in lower case), and every form above one of the others.
_NAMES = ("pass", "pwd", "secret", "token", "credential", "masterauth")
_KEYS = re.compile(r"(?:api|access|private|secret|auth|encryption|signing|license|master|account)[^a-z0-9]?key")
# Fields of Kubernetes that hold a flag or a name, and stand in nearly every object.
_HARMLESS = ("automountserviceaccounttoken", "topologykey", "passthrough")
_TRACE_NAMES = (
    "AKIA ASIA AIza ghp_ gho_ ghu_ ghs_ ghr_ github_pat glpat- glptt- gldt- glrt- glcbt- glft- glsoat- glagent- xox "
    "xapp- /hooks. /webhook sk- sk_ rk_ whsec hf_ gsk_ npm_ pypi- dckr_ rubygems_ SG. _v1_ hvs. hvb. hvr. glsa_ shp "
    "NRAK dapi ATATT lin_api sbp_ eyJ sig= Signature earer EARER asic IDENTIFIED identified"
)
_TRACES = tuple(_TRACE_NAMES.split())
_URL = re.compile(r"\b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@\"'?#]*:([^\s/@\"']+)@")
_CONNECTION = re.compile(r"(?i)(?:^|[;\s&?\"'])(?:password|passwd|pwd)=[\"']?([^;\s&\"']+)")
_HEADER = re.compile(r"(?i)\b(?:bearer|basic)\s+([A-Za-z0-9._~+/-]{20,}=*)")
_SQL = re.compile(r"(?i)\b(?:password|identified\s+by)\s+'([^']+)'")

_STRONG = frozenset(("password", "passwd", "pwd", "passphrase", "pass", "requirepass", "masterauth", "pgpassword"))
_WEAK = frozenset(("secret", "token", "apikey", "credential", "accesskey", "privatekey", "secretkey", "authkey"))
_PAIRS = frozenset(
    (
        ("api", "key"),
        ("access", "key"),
        ("private", "key"),
        ("secret", "key"),
        ("auth", "key"),
        ("encryption", "key"),
        ("signing", "key"),
        ("license", "key"),
        ("master", "key"),
        ("account", "key"),
        ("client", "secret"),
    )
)
# A name that ends (or begins) so speaks about a secret and is none.
_ABOUT_NAMES = (
    "file files path paths name names ref refs reference url uri endpoint host hostname address port ttl expiry "
    "expiration expires lifetime duration seconds minutes hours days ms age timeout interval period length size limit "
    "limits count policy type kind algorithm alg enabled enable disabled rotation header prefix suffix mount dir "
    "directory folder id ids issuer audience provider version namespace store class field column mode format env from "
    "template templates source backend manager arn region location yaml yml json conf cnf ini toml properties sh py "
    "txt md claim claims scope scopes review budget required optional min max cache bucket usage key1 label labels "
    "annotation selector encoding hash hashing attempts retries per tokenizer reset form page change regex pattern "
    "username user users group groups index pub public crt cert pem test check checks validation protection "
    "requests method methods strategy query param parameter variable var placement prompt hint"
)
_ABOUT = frozenset(_ABOUT_NAMES.split())
_FIRST = frozenset(
    ("max", "min", "num", "public", "enable", "disable", "use", "with", "has", "is", "no", "allow", "require")
)
_PLACEHOLDER = re.compile(
    r"(?i)<[^<>]*>|\$.*|.*\$\(.*\).*|.*\$\{.*\}.*|.*\{\{.*\}\}.*|.*%\(.*\)s.*|%.*%|__.*__|@.*@|\*+|x{3,}|\.\.\.|-+|_+|"
    r"change[-_ ]?(?:me|it|this).*|replace[-_ ]?(?:me|this|with)?.*|to[-_ ]?be[-_ ].*|todo.*|tbd|fixme|placeholder.*|"
    r"your[-_ ].*|insert[-_ ].*|dummy|redacted|masked|none|null|nil|unset|empty|n/a|example|sample"
)
_REFERENCE = re.compile(
    r"(?:arn:|vault:|ref\+|secretref:|op://|ssm:|aws[-_]?sm:|gcp[-_]?sm:|azurekv:|sm://|env:|file:|ENC\[|kv/|secret/|"
    r"secrets/|projects/|keyvault:|doppler:|sha256:|sha512:|urn:|AQIC|\$argon2|\$2[aby]\$|ssh-|[./~]|[A-Za-z]:\\|"
    r"[a-z][a-z0-9+.-]*://|-----BEGIN (?:CERTIFICATE|PUBLIC|RSA PUBLIC)).*",
    re.DOTALL,
)
_WORDS_NAMES = (
    "true false yes no on off string str int integer bool boolean bearer basic jwt oauth oauth2 oidc token password "
    "secret required optional enabled disabled default auto never always none file env vault kubernetes aws gcp azure "
    "disable require prefer allow scram-sha-256 md5 object query header cookie opaque"
)
_WORDS = frozenset(_WORDS_NAMES.split())
_NAME = re.compile(r"[a-z]+(?:[-_./][a-z]+)+[0-9]{0,2}|[A-Z]+(?:_[A-Z0-9]+)+|[a-z]+(?:\.[a-z]+)+")
_CODE = re.compile(r"[()\[\]{}]|os\.environ|process\.env|getenv|System\.")


def known_form(value: str) -> str:
    """Return what secret a value holds by its form ("a GitHub token"), or ""."""
    if len(value) < 12 or not may_hold_secret(value):
        return ""
    for what, form in _KNOWN.items():
        if form.search(value):
            return what
    for what, form, given in _AROUND:
        if any(given(found[1]) for found in form.finditer(value)):
            return what
    return ""


def may_hold_secret(text: str) -> bool:
    """Say whether a text that holds names and values could hold any of what this module finds."""
    lower = text.lower()
    for word in _HARMLESS:
        lower = lower.replace(word, "")
    for word in _NAMES:
        if word in lower:
            return True
    # Plain loops over plain words: all objects of a tree come by here.
    for word in _TRACES:
        if word in text:
            return True
    return ("://" in text and "@" in text) or ("key" in lower and _KEYS.search(lower) is not None)


@cache
def sensitive(name: str) -> int:
    """Say how surely a name stands for a secret: 2 a password, 1 a token, key or the like, 0 anything else."""
    words = [word.lower() for word in _CAMEL.split(name) if word]
    if not words or words[-1] in _ABOUT or words[0] in _FIRST:
        return 0
    if words[-1] in _STRONG:
        return 2
    if words[-1] in _WEAK or (len(words) > 1 and (words[-2], words[-1]) in _PAIRS):
        return 1
    return 2 if len(words) > 1 and words[-2] in {"password", "passwd"} and words[-1] in {"default", "admin"} else 0


def literal(name: str, value: str, *, text: bool = False) -> str:
    """Return what a value under a sensitive name is: "secret", "weak" (a placeholder or a word), or "" for harmless.

    text is set for a line of a longer text, where code and prose must not pass for secrets.
    """
    sure = sensitive(name)
    value = value.strip()
    if not sure or not value or "\n" in value:
        return ""
    if _PLACEHOLDER.fullmatch(value):
        told = re.match(r"(?i)change|todo|replace|dummy|example|placeholder", value)
        return "weak" if told and not text else ""
    if not text and sure == 2 and value.lower() in {"password", "secret", "default"}:
        return "weak"
    if _harmless(value) or (text and (_CODE.search(value) or " " in value)):
        return ""
    if (not _NAME.fullmatch(value) and (sure == 2 or _random(value))) or (_obvious(value) and not text):
        return "secret"
    # Words joined by hyphens are the name of a secret as often as a bad password.
    return "weak" if sure == 2 and not text and not _names_secret(value) else ""


def _names_secret(value: str) -> bool:
    return bool(re.search(r"(?i)secret|password|token|credential|key|cred|auth|db|user", value))


def _obvious(value: str) -> bool:
    return bool(re.match(r"(?i)(?:my-?)?(?:super|very|top|s3cr3t|p4ss|hunter)|.*(?:secret|password|pass)\d+", value))


def _harmless(value: str) -> bool:
    return bool(value.lower() in _WORDS or _PLACEHOLDER.fullmatch(value) or _REFERENCE.fullmatch(value))


def _given(value: str) -> bool:
    return not _harmless(value)


def _random(value: str) -> bool:
    """Say whether a value is drawn by chance rather than written: long enough, letters and digits, many of them."""
    if len(value) < 8 or " " in value:
        return False
    kinds = sum(bool(re.search(kind, value)) for kind in (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^A-Za-z0-9_.-]"))
    return len(set(value)) >= min(8, len(value) // 2 + 1) and (kinds >= 2 or len(value) >= 20)


_AROUND: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("an address with a password", _URL, _given),
    ("a connection string with a password", _CONNECTION, _given),
    ("an authorization header", _HEADER, _random),
    ("a statement with a password", _SQL, _given),
)
