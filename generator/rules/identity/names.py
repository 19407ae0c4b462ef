"""Names, labels and annotations that the API server refuses, and those that only it may write."""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.workload import TEMPLATES
from generator.rules.rule import Mistake, rule

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_RFC1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_RBAC = "rbac.authorization.k8s.io"
# Kinds whose names are labels, not subdomains; and the length at which what is made from them becomes too long.
_LABELS = frozenset({("", "Namespace"), ("", "Service")})
_LENGTHS: Mapping[tuple[str, str], tuple[int, str]] = {
    ("", "Namespace"): (63, "a namespace is a DNS label"),
    ("", "Service"): (63, "a Service is a DNS label"),
    ("batch", "CronJob"): (52, "11 characters are added for each Job"),
    ("batch", "Job"): (63, "its pods carry it as a label"),
    ("apps", "StatefulSet"): (52, "its pods carry its name and a hash of 11 characters as a label"),
}
_PLACEHOLDER = ("{{", "${", "[[", "$(", "<")
_RESERVED = ("kubernetes.io", "k8s.io")
ANNOTATIONS_LIMIT = 256 * 1024
"""Bytes that all annotations of an object may have. Source: apimachinery, validation.TotalAnnotationSizeLimitB."""


@rule("identity/name")
def name_refused(cluster: Cluster) -> Iterator[Mistake]:
    """Find objects without a name, or with one that the API server refuses."""
    for item in cluster.objects:
        stated = item.dig("metadata", "name")
        if item.name != stated and (item.group, item.kind) == ("", "Namespace") and item.name:
            continue  # which kustomize names
        if not item.name and not isinstance(stated, int | float | bool):
            if not _is_settings(item):
                path = ("metadata",) if item.mapping("metadata") else ()
                yield Mistake(item, path, f"The {item.kind} has no name.", "Write metadata.name.")
            continue
        if not isinstance(stated, str) or not stated or any(part in stated for part in _PLACEHOLDER):
            continue
        for message, hint in _name(item, stated):
            yield Mistake(item, ("metadata", "name"), message, hint)
            break


def _is_settings(item: Object) -> bool:
    """Say whether a file only looks like an object: settings of a tool, which no API server ever sees."""
    native = "." not in item.group or item.group.endswith(".k8s.io")
    tool = item.kind.startswith("Kustomiz") or (item.group, item.kind) == ("install.istio.io", "IstioOperator")
    return tool or not (native or "metadata" in item.value)


def _name(item: Object, name: str) -> Iterator[tuple[str, str]]:
    if item.group == _RBAC:
        if "/" in name or "%" in name or name in {".", ".."}:
            yield f"'{name}' holds a character that no name may have.", "Remove '/' and '%'."
        return
    if item.kind == "CustomResourceDefinition" and item.group == "apiextensions.k8s.io":
        wanted = f"{item.text('spec', 'names', 'plural')}.{item.text('spec', 'group')}"
        if name != wanted and not wanted.startswith(".") and not wanted.endswith("."):
            yield f"The name of a CustomResourceDefinition is <plural>.<group>, here '{wanted}'.", f"Write '{wanted}'."
        return
    longest, why = _LENGTHS.get((item.group, item.kind), (253, "a name is a DNS name"))
    if len(name) > longest:
        yield f"The name has {len(name)} characters; {longest} is the most, since {why}.", "Shorten the name."
    if (item.group, item.kind) == ("", "Service") and not _RFC1035.fullmatch(name):
        yield f"'{name}' is no name for a Service: small letters, digits and '-', a letter first.", "Write such a name."
    elif (item.group, item.kind) in _LABELS and not _LABEL.fullmatch(name):
        yield f"'{name}' is no name for a {item.kind}: small letters, digits and '-' only.", "Write such a name."
    elif not _SUBDOMAIN.fullmatch(name) and _checked(item):
        yield f"'{name}' is no DNS name: small letters, digits, '-' and '.' only.", "Write such a name."


def _checked(item: Object) -> bool:
    # Argo CD's cluster-scoped sets, IPAddress and the like have names of their own shape.
    return item.kind not in {"IPAddress", "APIService", "Image", "Group", "User"}


def label_places(item: Object) -> Iterator[values.Path]:
    """Yield where an object holds labels that are put on something."""
    yield ("metadata", "labels")
    template = TEMPLATES.get((item.group, item.kind))
    if template:
        yield (*template, "metadata", "labels")
    if item.kind == "CronJob":
        yield ("spec", "jobTemplate", "metadata", "labels")


def _selectors(item: Object) -> Iterator[values.Path]:
    if item.kind == "Service" and not item.group:
        yield ("spec", "selector")
    yield ("spec", "selector", "matchLabels")
    yield ("spec", "podSelector", "matchLabels")


@rule("identity/label")
def label_refused(cluster: Cluster) -> Iterator[Mistake]:
    """Find labels and selectors with keys or values that the API server refuses."""
    for item in cluster.objects:
        for at in (*label_places(item), *_selectors(item)):
            for key, value in item.mapping(*at).items():
                wrong = _key(key)
                if wrong:
                    yield Mistake(item, (*at, key), f"'{key}' is no key of a label: {wrong}.", "Correct the key.")
                elif isinstance(value, str) and value and not any(part in value for part in _PLACEHOLDER[:3]):
                    yield from _value(item, (*at, key), value)


def _value(item: Object, path: values.Path, value: str) -> Iterator[Mistake]:
    if len(value) > 63:
        message = f"The label's value has {len(value)} characters; 63 is the most."
        yield Mistake(item, path, message, "Shorten it, or use an annotation.")
    elif not _QUALIFIED.fullmatch(value):
        message = (
            f"'{value}' is no value of a label: letters, digits, '-', '_' and '.' only, a letter or digit at both ends."
        )
        yield Mistake(item, path, message, "Correct it, or use an annotation.")


@cache
def _key(key: str) -> str:
    """Return what is wrong with the key of a label or annotation, or ""."""
    if any(part in key for part in _PLACEHOLDER[:3]):
        return ""
    prefix, slash, name = key.rpartition("/")
    if slash and (not prefix or len(prefix) > 253 or not _SUBDOMAIN.fullmatch(prefix)):
        return f"'{prefix}' before the '/' is no DNS name"
    if not name or len(name) > 63:
        return "the name must have 1 to 63 characters"
    return "" if _QUALIFIED.fullmatch(name) else "letters, digits, '-', '_' and '.' only"


@rule("identity/annotation")
def annotation_refused(cluster: Cluster) -> Iterator[Mistake]:
    """Find annotations with keys that the API server refuses, or more than it takes."""
    for item in cluster.objects:
        places: list[values.Path] = [("metadata", "annotations")]
        template = TEMPLATES.get((item.group, item.kind))
        if template:
            places.append((*template, "metadata", "annotations"))
        for at in places:
            found = item.mapping(*at)
            for key in found:
                wrong = _key(key.lower())
                if wrong:
                    yield Mistake(item, (*at, key), f"'{key}' is no key of an annotation: {wrong}.", "Correct the key.")
            size = sum(len(key) + len(text) for key, text in values.labels(found).items())
            # A character may have several bytes, so the exact count is taken near the limit only.
            if size * 4 > ANNOTATIONS_LIMIT:
                size = sum(len(key.encode()) + len(text.encode()) for key, text in values.labels(found).items())
            if size > ANNOTATIONS_LIMIT:
                message = f"The annotations have {size} bytes; 262144 is the most."
                yield Mistake(item, at, message, "Move the text into a ConfigMap.")


@rule("identity/reserved-prefix", Severity.WARNING)
def reserved_prefix(cluster: Cluster) -> Iterator[Mistake]:
    """Find labels that only controllers write."""
    written = {
        "pod-template-hash", "controller-revision-hash", "rollouts-pod-template-hash", "controller-uid",
        "batch.kubernetes.io/controller-uid", "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index",
    }  # fmt: skip
    for item in cluster.objects:
        for at in label_places(item):
            for key in item.mapping(*at):
                if key in written:
                    message = f"The label '{key}' is written by a controller."
                    yield Mistake(item, (*at, key), message, "Remove it.")
        for key in item.mapping("metadata", "labels"):
            if key.partition("/")[0] in _RESERVED and "/" in key and not _is_known(key):
                message = f"The prefix '{key.partition('/')[0]}' is reserved for Kubernetes itself."
                yield Mistake(item, ("metadata", "labels", key), message, "Use a prefix of your own.")


def _is_known(key: str) -> bool:
    return key in {
        "kubernetes.io/metadata.name", "kubernetes.io/os", "kubernetes.io/arch", "kubernetes.io/hostname",
        "kubernetes.io/bootstrapping", "kubernetes.io/cluster-service", "kubernetes.io/name",
        "kubernetes.io/minikube-addons", "kubernetes.io/role", "kubernetes.io/service-name",
    }  # fmt: skip
