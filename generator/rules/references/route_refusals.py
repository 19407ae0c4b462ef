"""Paths, filters and backends of Ingresses and HTTPRoutes that the API server refuses, or that answer nothing."""

from collections.abc import Iterator, Mapping
from typing import Any

from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.references.lookup import each
from generator.rules.rule import Mistake, rule

GATEWAY_API = "gateway.networking.k8s.io"
_CLASS = "kubernetes.io/ingress.class"
# HTTPRoute filter type → the field that holds its settings.
_FILTERS = {
    "RequestHeaderModifier": "requestHeaderModifier", "ResponseHeaderModifier": "responseHeaderModifier",
    "RequestMirror": "requestMirror", "RequestRedirect": "requestRedirect", "URLRewrite": "urlRewrite",
    "ExtensionRef": "extensionRef", "CORS": "cors",
}  # fmt: skip
_REWRITES = {"ReplaceFullPath": "replaceFullPath", "ReplacePrefixMatch": "replacePrefixMatch"}


@rule("references/ingress-refused")
def ingress_refused(cluster: Cluster) -> Iterator[Mistake]:
    """Find an Ingress with a relative path, a port by name and number, or its class twice."""
    for of in cluster.of("Ingress", "networking.k8s.io"):
        if _CLASS in of.annotations and of.text("spec", "ingressClassName"):
            message = f"The annotation {_CLASS} and ingressClassName exclude each other."
            yield Mistake(of, ("metadata", "annotations", _CLASS), message, "Remove the annotation.")
        for path, entry in each(of.value, ("spec", "rules", "*", "http", "paths", "*")):
            where = values.text(entry, "path")
            if where and not where.startswith("/") and values.text(entry, "pathType") in {"Prefix", "Exact"}:
                message = f"The path '{where}' does not begin with a slash."
                yield Mistake(of, (*path, "path"), message, f"Write '/{where}'.")
            port = values.mapping(entry, "backend", "service", "port")
            if port.get("name") and port.get("number"):
                message = "A backend's port is a name or a number, not both."
                yield Mistake(of, (*path, "backend", "service", "port"), message, "Remove one of the two.")


@rule("references/http-route-refused")
def http_route_refused(cluster: Cluster) -> Iterator[Mistake]:
    """Find rules of an HTTPRoute that the API server refuses, and rules without any backend."""
    for kind in ("HTTPRoute", "GRPCRoute"):
        for of in cluster.of(kind, GATEWAY_API):
            for index, entry in of.mappings("spec", "rules"):
                path: values.Path = ("spec", "rules", index)
                if kind == "HTTPRoute":
                    yield from _paths(of, path, entry)
                    yield from _filters(of, path, entry)
                yield from _backends(of, path, entry)


def _paths(of: Object, at: values.Path, entry: Mapping[str, Any]) -> Iterator[Mistake]:
    for index, match in values.mappings(entry, "matches"):
        where = values.text(match, "path", "value")
        kind = values.text(match, "path", "type") or "PathPrefix"
        if where and kind in {"PathPrefix", "Exact"} and not where.startswith("/"):
            message = f"The path '{where}' does not begin with a slash."
            yield Mistake(of, (*at, "matches", index, "path", "value"), message, f"Write '/{where}'.")


def _filters(of: Object, at: values.Path, entry: Mapping[str, Any]) -> Iterator[Mistake]:
    for index, item in values.mappings(entry, "filters"):
        kind = values.text(item, "type")
        path = (*at, "filters", index)
        wanted = _FILTERS.get(kind)
        if wanted and item.get(wanted) is None:
            yield Mistake(of, path, f"The filter {kind} has no settings.", f"Write them in {wanted}.")
        for other in _FILTERS.values():
            if wanted and other != wanted and item.get(other) is not None:
                message = f"{other} does not go with the type {kind}."
                yield Mistake(of, (*path, other), message, "Correct the type, or give each a filter of its own.")
        for key in ("urlRewrite", "requestRedirect"):
            rewrite = values.mapping(item, key, "path")
            field = _REWRITES.get(values.text(rewrite, "type"))
            if field and field not in rewrite:
                yield Mistake(of, (*path, key, "path"), f"The type of the path wants {field}.", f"Write {field}.")


def _backends(of: Object, at: values.Path, entry: Mapping[str, Any]) -> Iterator[Mistake]:
    kinds = {values.text(item, "type") for _, item in values.mappings(entry, "filters")}
    backends = values.mappings(entry, "backendRefs")
    if "RequestRedirect" in kinds:
        if backends and of.kind == "HTTPRoute":
            message = "A rule that redirects takes no backends: the API server refuses it."
            yield Mistake(of, (*at, "backendRefs"), message, "Remove the backends, or the redirect.")
    elif not values.items(entry, "backendRefs") and "ExtensionRef" not in kinds:
        message = "The rule has no backend: every request that matches gets an error."
        yield Mistake(of, at, message, "Add backendRefs, or a redirect.")
    elif backends and all(values.integer(item, "weight") == 0 for _, item in backends):
        message = "Every backend has the weight 0: every request that matches gets an error."
        yield Mistake(of, (*at, "backendRefs"), message, "Give one of them a weight.")
