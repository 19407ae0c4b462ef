"""Ingresses: backends, their ports, classes, and two rules for one path."""

from collections.abc import Iterator, Mapping

from generator.base.nearest import did_you_mean
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.references.lookup import Reference, dangling, provided
from generator.rules.rule import Mistake, rule

GROUP = "networking.k8s.io"
_CLASSES = frozenset(
    [
        "nginx", "nginx-internal", "nginx-external", "nginx-public", "nginx-private", "alb", "traefik", "gce",
        "gce-internal", "istio", "haproxy", "kong", "contour", "cilium", "azure-application-gateway",
        "azure/application-gateway", "webapprouting.kubernetes.azure.com", "openshift-default", "public", "tailscale",
        "internal", "external", "ambassador", "apisix", "higress", "cloudflare-tunnel", "ngrok",
    ]
)  # fmt: skip


def backends(ingress: Object) -> Iterator[tuple[values.Path, Mapping[str, values.Value]]]:
    """Yield (path, backend) of an Ingress, the default one included."""
    if ingress.mapping("spec", "defaultBackend"):
        yield ("spec", "defaultBackend"), ingress.mapping("spec", "defaultBackend")
    for index, entry in ingress.mappings("spec", "rules"):
        for number, path in values.mappings(entry, "http", "paths"):
            yield ("spec", "rules", index, "http", "paths", number, "backend"), values.mapping(path, "backend")


@rule("references/ingress-backend-missing")
def ingress_backend_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find a backend of an Ingress that is not there."""
    for ingress in cluster.of("Ingress", GROUP):
        for path, backend in backends(ingress):
            name = values.text(backend, "service", "name")
            if name and not _is_action(ingress, backend):
                reference = Reference(ingress, (*path, "service", "name"), ingress.namespace, name)
                yield from dangling(cluster, reference, "", "Service")


def _is_action(ingress: Object, backend: Mapping[str, values.Value]) -> bool:
    """Say whether a backend stands for an annotation of the AWS controller, not for a Service."""
    named = values.text(backend, "service", "port", "name") == "use-annotation"
    return (
        named or f"alb.ingress.kubernetes.io/actions.{values.text(backend, 'service', 'name')}" in ingress.annotations
    )


@rule("references/ingress-port-unknown")
def ingress_port_unknown(cluster: Cluster) -> Iterator[Mistake]:
    """Find a port, by name or number, that the Service behind an Ingress does not have."""
    for ingress in cluster.of("Ingress", GROUP):
        for path, backend in backends(ingress):
            service = cluster.get("", "Service", ingress.namespace, values.text(backend, "service", "name"))
            port = values.mapping(backend, "service", "port")
            if service is None or _is_action(ingress, backend):
                continue
            declared = [item for _, item in service.mappings("spec", "ports")]
            names = {values.text(item, "name") for item in declared} - {""}
            numbers = {values.integer(item, "port") for item in declared}
            name, number = values.text(port, "name"), values.integer(port, "number")
            shown = ", ".join(f"{item.get('name', '')} {item.get('port')}".strip() for item in declared)
            if name and name not in names:
                hint = did_you_mean(name, names) or f"Its ports: {shown}."
                yield Mistake(
                    ingress, (*path, "service", "port", "name"), f"{service} has no port named '{name}'.", hint
                )
            elif number is not None and number not in numbers:
                message = f"{service} has no port {number}."
                yield Mistake(ingress, (*path, "service", "port", "number"), message, f"Its ports: {shown}.")


@rule("references/ingress-class-missing")
def ingress_class_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find an Ingress of a class that is not there: no controller takes it up."""
    for ingress in cluster.of("Ingress", GROUP):
        reference = Reference(ingress, ("spec", "ingressClassName"), "", ingress.text("spec", "ingressClassName"))
        yield from provided(cluster, reference, GROUP, "IngressClass", _CLASSES)


@rule("references/ingress-path-twice")
def ingress_path_twice(cluster: Cluster) -> Iterator[Mistake]:
    """Find two rules of one class for the same host and path: one of them never gets a request."""
    first: dict[tuple[str, str, str, str], Object] = {}
    for ingress in cluster.of("Ingress", GROUP):
        if any(key.endswith("/canary") and value == "true" for key, value in ingress.annotations.items()):
            continue
        name = ingress.text("spec", "ingressClassName") or ingress.annotations.get("kubernetes.io/ingress.class", "")
        for index, entry in ingress.mappings("spec", "rules"):
            for number, path in values.mappings(entry, "http", "paths"):
                key = (name, values.text(entry, "host"), values.text(path, "path"), values.text(path, "pathType"))
                if not key[1]:
                    continue
                if key in first:
                    message = f"{first[key]} has a rule for {key[1]}{key[2]} already."
                    at = ("spec", "rules", index, "http", "paths", number, "path")
                    yield Mistake(ingress, at, message, "Remove one of the two.")
                first.setdefault(key, ingress)


@rule("references/ingress-tls-host")
def ingress_tls_host(cluster: Cluster) -> Iterator[Mistake]:
    """Find TLS of an Ingress for a host that none of its rules serves."""
    for ingress in cluster.of("Ingress", GROUP):
        hosts = {values.text(entry, "host") for _, entry in ingress.mappings("spec", "rules")} - {""}
        for index, entry in ingress.mappings("spec", "tls") if hosts else ():
            for number, host in enumerate(values.items(entry, "hosts")):
                if isinstance(host, str) and not any(_covers(host, served) for served in hosts):
                    message = f"No rule serves the host '{host}', for which TLS is set up."
                    hint = did_you_mean(host, hosts) or "Write the host of a rule, or remove it."
                    yield Mistake(ingress, ("spec", "tls", index, "hosts", number), message, hint)


def _covers(host: str, served: str) -> bool:
    wild = host.startswith("*.") and served.endswith(host[1:])
    return host == served or wild or served.startswith("*.")
