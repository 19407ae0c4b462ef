"""Secrets in clear text: in environment variables, arguments, ConfigMaps, annotations, Helm values and resources."""

import re
from collections.abc import Iterator

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.workload import TEMPLATES
from generator.rules.rule import Mistake, rule
from generator.rules.security.secret_values import known_form, literal, may_hold_secret, sensitive

_HINT = (
    "Exchange it (it is in Git's history), keep it in a secret store, and refer to a Secret that is filled from there."
)
# Their values are secrets by design, or encrypted, or schemas and queries that only speak of them.
_ELSEWHERE = frozenset(
    ("Secret", "SealedSecret", "CustomResourceDefinition", "PrometheusRule", "Role", "ClusterRole", "SopsSecret")
)
_LINE = re.compile(
    r"^[ \t]*(?:-[ \t]+|export[ \t]+|set[ \t]+)?[\"']?([\w.-]{3,80})[\"']?[ \t]*[:= ][ \t]*(.+?)[,;]?[ \t]*$",
    re.MULTILINE,
)
_SENSITIVE_TEXT = re.compile(r"(?i)pass|pwd|secret|token|key|credential|masterauth")
_ARGUMENT = re.compile(r"(?:^|\s)(?:--?|export\s+|)([A-Za-z][\w.-]*)[= ][\"']?([^\s\"';&|]+)")
_REFERENCES = frozenset(
    ("secretKeyRef", "configMapKeyRef", "secretRef", "matchLabels", "remoteRef", "valueFrom", "authenticationRef")
) | frozenset(("passwordSecret",))
_NAMED = ("value", "forceString")


# Kinds without a field for free text, but annotations.
_NO_TEXT = frozenset(
    ("DestinationRule", "HorizontalPodAutoscaler", "LimitRange", "Namespace", "NetworkPolicy", "PeerAuthentication")
) | frozenset(("PodDisruptionBudget", "ResourceQuota", "Role", "RoleBinding", "Service", "ServiceAccount", "Sidecar"))


@rule("security/literal-secret")
def literal_secret(cluster: Cluster) -> Iterator[Mistake]:
    """Find secrets in clear text."""
    secrets = {item.name for item in cluster.of("Secret")} | set(_made_secrets(cluster))
    for item in cluster.objects:
        if item.kind in _ELSEWHERE or "sops" in item.value or (item.kind in _NO_TEXT and not item.annotations):
            continue
        if not may_hold_secret(item.flat):
            continue
        for path, name, value in _leaves(item):
            if value in secrets:
                continue
            yield from _judge(item, path, name, value)


def _made_secrets(cluster: Cluster) -> Iterator[str]:
    for item in cluster.of("ExternalSecret"):
        yield item.text("spec", "target", "name") or item.name
    for item in cluster.of("SealedSecret"):
        yield item.name


_Leaf = tuple[values.Path, str, str]


def _leaves(item: Object) -> Iterator[_Leaf]:
    """Yield (path, name that it stands under, text) of every string, and of a number under a sensitive name."""
    stack: list[tuple[values.Path, str, values.Value]] = [((), "", item.value)]
    while stack:
        path, name, value = stack.pop()
        if isinstance(value, dict):
            own = value.get("name")
            for key, inner in value.items():
                under = own if key in _NAMED and isinstance(own, str) else key
                if isinstance(key, str):
                    stack.append(((*path, key), under, inner))
        elif isinstance(value, list):
            stack += [((*path, index), name, inner) for index, inner in enumerate(value)]
        elif isinstance(value, str):
            yield path, name, value
        elif isinstance(value, int) and not isinstance(value, bool) and sensitive(name) == 2 and path[0] != "metadata":
            yield path, name, str(value)


def _judge(item: Object, path: values.Path, name: str, value: str) -> Iterator[Mistake]:
    form = known_form(value)
    if form:
        yield Mistake(item, path, f"'{_shown(path, name)}' holds {form} in clear text.", _HINT)
        return
    if not _settings(item, path):
        return
    if path[-2:-1] in {("args",), ("command",)} and isinstance(path[-1], int):
        yield from _argument(item, path, value)
    elif "\n" in value:
        yield from _lines(item, path, value)
    else:
        found = literal(name, value)
        # Fields of a resource mostly name a Secret; variables and settings hold values.
        if found and (_holds_values(item, path) or sensitive(name) == 2):
            yield from _mistake(item, path, _shown(path, name), found)


def _settings(item: Object, path: values.Path) -> bool:
    """Say whether names count at a path: not among labels, annotations, selectors and references to keys."""
    if path[:2] in {("metadata", "labels"), ("metadata", "annotations")} or "metadata" in path[:-1]:
        return False
    if item.group == "external-secrets.io":
        return "template" in path
    return not _REFERENCES.intersection(path[:-1])


def _holds_values(item: Object, path: values.Path) -> bool:
    if item.kind == "ConfigMap":
        return path[0] in {"data", "binaryData"}
    if (item.group, item.kind) in TEMPLATES:
        return path[-1] in _NAMED
    return path[-1] in _NAMED or bool({"helm", "valuesObject", "values", "env", "config", "parameters"} & set(path))


def _argument(item: Object, path: values.Path, value: str) -> Iterator[Mistake]:
    if "\n" in value:
        yield from _lines(item, path, value)
        return
    for name, word in _ARGUMENT.findall(value):
        if sensitive(name) and literal(name, word) == "secret":
            yield from _mistake(item, path, name, "secret")
            return
    position = path[-1]
    before = item.dig(*path[:-1], position - 1) if isinstance(position, int) and position else None
    if isinstance(before, str) and before.startswith("-") and "=" not in before and not value.startswith("-"):
        name = before.lstrip("-")
        if literal(name, value) == "secret":
            yield from _mistake(item, path, name, "secret")


def _lines(item: Object, path: values.Path, text: str) -> Iterator[Mistake]:
    """Yield the settings in a longer text (YAML, JSON, properties, ini, shell) that hold a secret, the first only."""
    if len(text) > 1_000_000 or not _SENSITIVE_TEXT.search(text):
        return
    for found in _LINE.finditer(text):
        name, value = found[1], found[2].strip().strip("\"'")
        if found[0].lstrip().startswith(("#", "//", ";")):
            continue
        if sensitive(name) and literal(name, value, text=True) == "secret":
            yield from _mistake(item, path, name, "secret")
            return


def _mistake(item: Object, path: values.Path, name: str, found: str) -> Iterator[Mistake]:
    if found == "secret":
        yield Mistake(item, path, f"'{name}' holds a secret in clear text.", _HINT)
    else:
        message = f"'{name}' holds a literal: a placeholder, or a secret that is easy to guess."
        yield Mistake(item, path, message, "Refer to a Secret (valueFrom.secretKeyRef).", Severity.WARNING)


def _shown(path: values.Path, name: str) -> str:
    return name or str(path[-1])
