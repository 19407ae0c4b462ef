"""Turns the API server's answers into complaints: one for each cause, at its place, in the server's plain words."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from generator.base.problem import Severity
from generator.manifests.read import walk_scalars
from generator.manifests.values import Path, Value, mapping, mappings, text
from generator.verify.admission.client import Reply
from generator.verify.admission.fields import read_field


@dataclass(frozen=True, slots=True)
class Complaint:
    """What the server has against an object: the reason ("invalid"), where, what, how grave."""

    reason: str
    path: Path
    message: str
    severity: Severity = Severity.ERROR


_SUBJECT = re.compile(r'^[\w.-]+ "[^"]*" is (?:forbidden|invalid): ')
_POD_SECURITY = re.compile(r'(?:would violate|violates) PodSecurity "(?P<level>[^"]*)": (?P<checks>.*)', re.DOTALL)
_CONTAINER = re.compile(r'\bcontainer "(?P<name>[^"]+)"')
_STRICT = re.compile(r'(?P<what>unknown|duplicate) field "(?P<field>[^"]+)"')
_TYPED = re.compile(r"failed to create typed patch object \([^)]*\): (?P<errors>.*)", re.DOTALL)
_TYPED_ERROR = re.compile(r"(?P<field>\.[^\s:]+(?:\[[^\]]*\][^\s:]*)*): (?P<what>.*)")
_UNDECLARED = "field not declared in schema"
_WARNED_FIELD = re.compile(r"^(?P<field>(?:spec|metadata|data|stringData)[\w.\[\]/-]*): (?P<what>.*)", re.DOTALL)
_VALUE = re.compile(r'^Invalid value: (?P<value>"(?:[^"\\]|\\.)*"): ')
_FRILLS = (
    # The value of a mapping or a list: it stands in the file.
    (re.compile(r'^Invalid value: (?:\{.*\}|\[.*\]|"?(?:object|array|null)"?): '), ""),
    (re.compile(r"^Invalid value: (?=[A-Za-z])(?!true|false|null)"), ""),
    (re.compile(r" \(e\.g\. .*regex used for validation is '.*'\)"), ""),
    (re.compile(r"&value\.value\w+\{Value:(.*)\}"), r"\1"),
    (re.compile(r"^failed to convert new object \([^)]*\) to proper version: "), ""),
    (re.compile(r"^unable to convert unstructured object to [^:]*: "), ""),
    (re.compile(r'^\w+ in version "[^"]*" cannot be handled as a \w+: (?:json: )?'), ""),
)
# The range is that of the server here; the real cluster has its own.
_OWN_RANGE = re.compile(r"provided IP .*is not in the valid range")
# Argo CD documents this name, and no other makes it prune.
_KNOWN_FINALIZER = '"resources-finalizer.argocd.argoproj.io": prefer a domain-qualified finalizer name'
_NO_QUANTITY = "quantities must match the regular expression"
# The server's own expression, with which it looks for a number and a suffix (apimachinery, api/resource).
_QUANTITY = re.compile(r"[+-]?[0-9.]+(?:[eE][-+]?[0-9]+|[numkMGTPE]?|[KMGTPE]i)")
_AMOUNTS = frozenset({"requests", "limits", "capacity", "hard", "sizeLimit", "min", "max", "default", "defaultRequest"})


def complaints(reply: Reply, value: Value) -> tuple[Complaint, ...]:
    """Return what an answer says against an object of a value: warnings, and errors if it was refused."""
    found = [each for warning in reply.warnings for each in _warned(warning, value)]
    if reply.status >= 400:
        refused = [each for each in _refused(reply, value) if not _OWN_RANGE.search(each.message)]
        if not refused and not _OWN_RANGE.search(reply.message):  # a refusal is never passed over
            refused = [Complaint(_reason(reply), (), _plain(reply.message))]
        found += refused
    return tuple(dict.fromkeys(found))


def _refused(reply: Reply, value: Value) -> Iterator[Complaint]:
    message = _SUBJECT.sub("", reply.message)
    causes = [cause for _, cause in mappings(reply.body, "details", "causes") if text(cause, "message")]
    security, typed = _POD_SECURITY.search(message), _TYPED.search(message)
    if security:
        yield from _pod_security(security, value, Severity.ERROR)
    elif causes:
        for cause in causes:
            yield _caused(_reason(reply), text(cause, "field"), text(cause, "message"), value)
    elif _STRICT.search(message):
        for match in _STRICT.finditer(message):
            yield Complaint(f"{match['what']}-field", read_field(match["field"], value), f"{match['what']} field.")
    elif typed:
        yield from _typed(typed["errors"], value)
    else:
        path = _amount(value) if _NO_QUANTITY in message else ()
        if message.startswith('namespaces "'):
            path = ("metadata", "namespace")
        yield Complaint(_reason(reply), path, _plain(message or f"refused with HTTP status {reply.status}"))


def _reason(reply: Reply) -> str:
    """Return the server's reason in kebab case; a value that it cannot convert is told with an empty one."""
    reason = text(reply.body, "reason")
    if not reason and "failed to convert new object" in reply.message:
        return "invalid"
    return re.sub(r"(?<!^)(?=[A-Z])", "-", reason).lower() or f"status-{reply.status}"


def _caused(reason: str, field: str, message: str, value: Value) -> Complaint:
    path = () if field in {"", "<nil>", "[]"} else read_field(field, value)
    named = _VALUE.match(message)
    around = mapping(value, *path)
    if named and around:  # of a mapping's entries, the one that holds the value, or is called so
        wanted = json.loads(named["value"])
        keys = [key for key, item in around.items() if wanted in (key, item)]
        path = (*path, keys[0]) if len(keys) == 1 else path
    return Complaint(reason, path, _plain(message))


def _typed(errors: str, value: Value) -> Iterator[Complaint]:
    found = list(_TYPED_ERROR.finditer(errors))
    for match in found:
        path = read_field(match["field"], value)
        if match["what"] == _UNDECLARED:
            yield Complaint("unknown-field", path, "unknown field.")
        else:
            yield Complaint("invalid", path, _plain(match["what"]))
    if not found:
        yield Complaint("invalid", (), _plain(errors))


def _amount(value: Value) -> Path:
    """Return where an amount stands that is no quantity: the server does not say."""
    for path, scalar in walk_scalars(value):
        if _AMOUNTS.intersection(map(str, path)) and isinstance(scalar, str) and not _QUANTITY.fullmatch(scalar):
            return path
    return ()


def _warned(warning: str, value: Value) -> Iterator[Complaint]:
    security = _POD_SECURITY.search(warning)
    if security:
        yield from _pod_security(security, value, Severity.WARNING)
        return
    if _KNOWN_FINALIZER in warning:
        return
    placed = _WARNED_FIELD.match(warning)
    path = read_field(placed["field"], value) if placed else ()
    yield Complaint("warning", path, _plain(placed["what"] if placed else warning), Severity.WARNING)


def _pod_security(said: "re.Match[str]", value: Value, severity: Severity) -> Iterator[Complaint]:
    """Yield a complaint for each check that failed, at the container that it names."""
    for check in _split(said["checks"]):
        named = _CONTAINER.search(check)
        path = _container(value, named["name"]) if named else ("spec",)
        message = f'Pod Security "{said["level"]}" does not allow it: {check}.'
        yield Complaint("pod-security", path, message, severity)


def _split(checks: str) -> list[str]:
    """Return the checks, which are parted by commas outside of parentheses and quotes."""
    parts, depth, quoted = [""], 0, False
    for letter in checks:
        quoted ^= letter == '"'
        depth += 0 if quoted else (letter == "(") - (letter == ")")
        if letter == "," and depth == 0 and not quoted:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]


def _container(value: Value, name: str) -> Path:
    for key in ("containers", "initContainers", "ephemeralContainers"):
        for index, container in mappings(value, "spec", key):
            if container.get("name") == name:
                return ("spec", key, index)
    return ("spec",)


def _plain(words: str) -> str:
    """Return the server's words as one sentence, without what the problem shows anyway."""
    for pattern, instead in _FRILLS:
        words = pattern.sub(instead, words)
    return f"{' '.join(words.split()).rstrip('.')}."
