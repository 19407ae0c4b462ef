"""What is open to the internet: Ingresses without TLS, ports of load balancers, paths that are not for the public."""

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.rule import Mistake, rule

_TLS_ELSEWHERE = (
    "alb.ingress.kubernetes.io/certificate-arn",
    "networking.gke.io/managed-certificates",
    "ingress.gcp.kubernetes.io/pre-shared-cert",
    "networking.gke.io/v1beta1.FrontendConfig",
    "appgw.ingress.kubernetes.io/appgw-ssl-certificate",
    "traefik.ingress.kubernetes.io/router.tls",
    "tailscale.com/funnel",
    "ingress.cloudflare.com/",
    "cloudflare-tunnel",
)
_INTERNAL = ("internal", "private", "tailscale", "intranet", "vpn")
_REDIRECTS = ("nginx.ingress.kubernetes.io/ssl-redirect", "nginx.ingress.kubernetes.io/force-ssl-redirect")
_DATABASES: Mapping[int, str] = {
    1433: "SQL Server", 1521: "Oracle", 2181: "ZooKeeper", 2379: "etcd", 3306: "MySQL", 5432: "PostgreSQL",
    5984: "CouchDB",
    6379: "Redis", 7000: "Cassandra", 8529: "ArangoDB", 9042: "Cassandra", 9092: "Kafka", 9200: "Elasticsearch",
    9300: "Elasticsearch", 11211: "memcached", 26257: "CockroachDB", 26379: "Redis Sentinel", 27017: "MongoDB",
}  # fmt: skip
_PUBLIC_PORTS = frozenset((80, 443, 15021, 15443))
_ADMIN = re.compile(
    r"/(?:metrics|debug(?:/pprof)?|pprof|actuator(?:/.*)?|admin(?:/.*)?|_admin|console|phpmyadmin|server-status|"
    r"\.env|\.git|jmx-console|h2-console|stats/prometheus|_cat|_cluster|federate)/?\*?"
)


def _internal(item: Object) -> bool:
    said = [item.text("spec", "ingressClassName"), item.text("spec", "loadBalancerClass"), item.name]
    keys = ("kubernetes.io/ingress.class", "alb.ingress.kubernetes.io/scheme")
    said += [item.annotations.get(key, "") for key in keys]
    if any(word in text for text in said for word in _INTERNAL):
        return True
    for key, value in item.annotations.items():
        if "internal" in key and value.lower() not in {"false", ""}:
            return True
        if ("load-balancer" in key or "loadbalancer" in key) and value.lower() == "internal":
            return True
    return False


@rule("security/ingress-without-tls")
def ingress_without_tls(cluster: Cluster) -> Iterator[Mistake]:
    """Find Ingresses that serve plain text."""
    for item in cluster.of("Ingress", "networking.k8s.io"):
        hosts = [values.text(one, "host") for _, one in item.mappings("spec", "rules")]
        covered = [host for _, one in item.mappings("spec", "tls") for host in values.strings(one, "hosts")]
        elsewhere = any(key.startswith(_TLS_ELSEWHERE) for key in item.annotations)
        if elsewhere or _acme(item) or not item.mapping("spec"):
            continue
        if not item.mappings("spec", "tls"):
            shown = ", ".join(host for host in hosts if host) or "every host"
            message = f"The Ingress serves {shown} without TLS."
            severity = Severity.WARNING if _internal(item) or not any(hosts) else None
            yield Mistake(item, ("spec",), message, "Add tls with the hosts and a secretName.", severity)
            continue
        for index, host in enumerate(hosts):
            if host and covered and not any(_covers(pattern, host) for pattern in covered):
                message = f"{host} is under no host of tls, so it gets the controller's own certificate."
                place = ("spec", "rules", index, "host")
                yield Mistake(item, place, message, "Add it to the hosts of tls.", Severity.WARNING)
        for key in _REDIRECTS:
            if item.annotations.get(key) == "false":
                message = "The Ingress serves its hosts in plain text beside TLS."
                yield Mistake(item, ("metadata", "annotations", key), message, "Remove it.", Severity.WARNING)


def _covers(pattern: str, host: str) -> bool:
    wild = pattern.startswith("*.") and fnmatchcase(host, pattern) and host.count(".") == pattern.count(".")
    return wild or pattern == host


def _acme(item: Object) -> bool:
    paths = [
        values.text(path, "path")
        for _, one in item.mappings("spec", "rules")
        for _, path in values.mappings(one, "http", "paths")
    ]
    return bool(paths) and all(path.startswith("/.well-known/acme-challenge") for path in paths)


@rule("security/service-exposed", Severity.WARNING)
def service_exposed(cluster: Cluster) -> Iterator[Mistake]:
    """Find ports that a load balancer or the nodes open to whoever finds them."""
    for item in cluster.of("Service", ""):
        kind = item.text("spec", "type")
        for index, address in enumerate(item.strings("spec", "externalIPs")):
            message = f"externalIPs takes the traffic for {address} away from whoever it belongs to (CVE-2020-8554)."
            yield Mistake(item, ("spec", "externalIPs", index), message, "Use a load balancer.")
        ranges = item.strings("spec", "loadBalancerSourceRanges")
        limited = bool(ranges) and not {"0.0.0.0/0", "::/0"}.intersection(ranges)
        if kind not in {"LoadBalancer", "NodePort"} or (kind == "LoadBalancer" and (limited or _internal(item))):
            continue
        for index, port in item.mappings("spec", "ports"):
            number = values.integer(port, "port")
            database = _DATABASES.get(number or 0)
            if number in _PUBLIC_PORTS or number is None or (kind == "NodePort" and not database):
                continue
            what = f"{database}, port {number}," if database else f"Port {number}"
            where = "a public load balancer" if kind == "LoadBalancer" else "every node"
            message = f"{what} is open on {where}, for every address."
            hint = "Write type: ClusterIP, an internal load balancer, or loadBalancerSourceRanges."
            severity = Severity.ERROR if database else None
            yield Mistake(item, ("spec", "ports", index, "port"), message, hint, severity)


@rule("security/admin-path-exposed", Severity.WARNING)
def admin_path_exposed(cluster: Cluster) -> Iterator[Mistake]:
    """Find routes that lead the public to what is for operators."""
    for item, path, text in _paths(cluster):
        if _ADMIN.fullmatch(text):
            message = f"The path {text} is open to whoever reaches {item}."
            yield Mistake(item, path, message, "Remove the route, or serve it inside only.")


def _paths(cluster: Cluster) -> Iterator[tuple[Object, values.Path, str]]:
    for item in cluster.of("Ingress", "networking.k8s.io"):
        for index, one in item.mappings("spec", "rules") if not _internal(item) else ():
            for number, path in values.mappings(one, "http", "paths"):
                place = ("spec", "rules", index, "http", "paths", number, "path")
                yield item, place, values.text(path, "path")
    for item in cluster.of("HTTPRoute", "gateway.networking.k8s.io"):
        outside = any(values.text(ref, "kind") != "Service" for _, ref in item.mappings("spec", "parentRefs"))
        for index, one in item.mappings("spec", "rules") if outside else ():
            for number, match in values.mappings(one, "matches"):
                at: values.Path = ("spec", "rules", index, "matches", number, "path", "value")
                yield item, at, values.text(match, "path", "value")
    for item in cluster.of("VirtualService", "networking.istio.io"):
        gateways = [name for name in item.strings("spec", "gateways") if name != "mesh"]
        for index, one in item.mappings("spec", "http") if gateways else ():
            if "redirect" in one or "directResponse" in one:
                continue
            for number, match in values.mappings(one, "match"):
                for form in ("exact", "prefix", "regex"):
                    there: values.Path = ("spec", "http", index, "match", number, "uri", form)
                    yield item, there, values.text(match, "uri", form)
