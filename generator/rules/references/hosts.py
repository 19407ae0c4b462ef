"""Addresses of Services in environments, arguments and configuration: the Service must be there, and have the port."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.references.lookup import is_near, may_hide
from generator.rules.references.services import backends
from generator.rules.rule import Mistake, rule

_LABEL = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
# A host of the cluster's domain, wherever it stands; what stands before it must not make it a part of a longer name.
_LONG = re.compile(rf"(?<![-\w.$)}}*%])({_LABEL}(?:\.{_LABEL})+)\.svc(?:\.cluster\.local)?\.?(?![-\w.{{$])(?::(\d+))?")
# A short host: only in a URL, or as a whole value `host:port`.
_URL = re.compile(
    rf"(?<![\w$)}}])(https?|postgres(?:ql)?|redis|amqp|kafka|grpc|mongodb|mysql|nats|tcp)://"
    rf"(?:[^@/\s\"']*@)?({_LABEL}(?:\.{_LABEL})?)(?::(\d+))?(?=[/?\s\"',;]|$)"
)
_PAIR = re.compile(rf"^({_LABEL}(?:\.{_LABEL})?):(\d+)$")
_NAME = re.compile(rf"^{_LABEL}$")
_HOST_VARIABLE = re.compile(r"(^|_)(HOST|HOSTNAME|ADDR|ADDRESS|SERVER|ENDPOINT)$|^PGHOST$")
# Custom resources whose text names hosts, by group; native kinds but the workloads and ConfigMaps name none.
_CUSTOM = (
    ("keda.sh", "ScaledObject"), ("keda.sh", "ScaledJob"), ("argoproj.io", "AnalysisTemplate"),
    ("argoproj.io", "ClusterAnalysisTemplate"), ("kafka.strimzi.io", "KafkaConnect"),
    ("kafka.strimzi.io", "KafkaMirrorMaker2"), ("kafka.strimzi.io", "KafkaBridge"),
    ("kafka.strimzi.io", "KafkaConnector"), ("monitoring.coreos.com", "Prometheus"),
    ("monitoring.coreos.com", "Probe"), ("monitoring.coreos.com", "AlertmanagerConfig"),
    ("external-secrets.io", "SecretStore"), ("external-secrets.io", "ClusterSecretStore"),
    ("grafana.integreatly.org", "GrafanaDatasource"), ("opentelemetry.io", "OpenTelemetryCollector"),
    ("postgresql.cnpg.io", "Cluster"), ("telemetry.istio.io", "Telemetry"), ("cert-manager.io", "Issuer"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Host:
    """An address in a text: where, the Service and namespace that it means, its port, and how sure it is meant."""

    object: Object
    path: values.Path
    shown: str
    service: str
    namespace: str
    port: int | None
    long: bool


@rule("references/host-unknown")
def host_unknown(cluster: Cluster) -> Iterator[Mistake]:
    """Find addresses of Services that are not there."""
    known = _Known(cluster)
    for host in hosts(cluster, known):
        if known.has(host):
            continue
        if host.namespace not in known.namespaces:
            near = is_near(host.namespace, known.namespaces)
            if host.long or near:
                message = f"'{host.shown}' leads into a namespace '{host.namespace}' that the tree does not have."
                hint = did_you_mean(host.namespace, known.namespaces) if near else "Correct the namespace."
                yield Mistake(host.object, host.path, message, hint, None if near else Severity.WARNING)
            continue
        names = cluster.names("", "Service", host.namespace)
        near = is_near(host.service, names)
        if host.long or near:
            message = f"'{host.shown}': there is no Service '{host.service}' in namespace '{host.namespace}'."
            elsewhere = [item.namespace for item in cluster.of("Service", "") if item.name == host.service]
            hint = f"There is one in namespace '{elsewhere[0]}'." if elsewhere else did_you_mean(host.service, names)
            # A namespace of which the tree holds no Service and no pods is run by others.
            certain = bool(names or cluster.workloads(host.namespace))
            severity = Severity.ERROR if certain else Severity.WARNING
            yield Mistake(host.object, host.path, message, hint or "Correct the name, or add the Service.", severity)


@rule("references/host-port-unknown")
def host_port_unknown(cluster: Cluster) -> Iterator[Mistake]:
    """Find addresses with a port that their Service does not have."""
    known = _Known(cluster)
    for host in hosts(cluster, known):
        ports = known.ports(host)
        if host.port is not None and ports and host.port not in ports:
            message = f"'{host.shown}': the Service '{host.service}' has no port {host.port}."
            shown = ", ".join(str(port) for port in sorted(ports))
            yield Mistake(host.object, host.path, message, f"Its ports: {shown}.")


class _Known:
    """What addresses may lead to, in one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.namespaces = {*cluster.namespaces(), "default", "kube-system"}
        self.entries = {
            host for item in cluster.of("ServiceEntry", "networking.istio.io") for host in item.strings("spec", "hosts")
        }

    def has(self, host: Host) -> bool:
        full = f"{host.service}.{host.namespace}.svc"
        return (
            self.cluster.exists("", "Service", host.namespace, host.service)
            or self.cluster.get("", "Service", "", host.service) is not None
            or may_hide(self.cluster, host.namespace, (host.service,))
            or bool({full, f"{full}.cluster.local"} & self.entries)
        )

    def ports(self, host: Host) -> set[int]:
        """Return the ports of an address's Service, or nothing when they are not known."""
        service = self.cluster.get("", "Service", host.namespace, host.service)
        if service is None:
            made = self.cluster.made("", "Service", host.namespace, host.service)
            return set((made.ports or {}).values()) - {0} if made is not None else set()
        if service.text("spec", "type") == "ExternalName":
            return set()
        found = {port for _, item in service.mappings("spec", "ports") if (port := values.integer(item, "port"))}
        if service.text("spec", "clusterIP") == "None":  # then the pods themselves are called
            behind = backends(self.cluster, service)
            if not behind or not all(pod.complete for pod in behind):
                return set()
            found |= {number for pod in behind for _, number, _ in pod.ports()}
        return found


def service_hosts(cluster: Cluster) -> Iterator[Host]:
    """Yield every address of a Service in a cluster's texts, whether the Service is there or not."""
    yield from hosts(cluster, _Known(cluster))


def hosts(cluster: Cluster, known: _Known) -> Iterator[Host]:
    """Yield every address of a Service in the environment and arguments of pods, ConfigMaps and custom resources."""
    for pod in cluster.templates():
        for path, container in pod.containers():
            for index, variable in values.mappings(container, "env"):
                text, at = values.text(variable, "value"), (*path, "env", index, "value")
                yield from _in_text(pod.object, at, text, pod.namespace, known, values.text(variable, "name"))
            for key in ("command", "args"):
                for place, word in _texts(values.items(container, key), (*path, key)):
                    yield from _in_text(pod.object, place, word, pod.namespace, known)
    for item in cluster.of("ConfigMap", ""):
        for key, text in values.labels(item.value, "data").items():
            # Hosts in a dashboard are remembered choices of a drop-down list.
            shown = "" if "dashboard" in key else text
            yield from _in_text(item, ("data", key), shown, item.namespace, known, key)
    for group, kind in _CUSTOM:
        for item in cluster.of(kind, group):
            for path, text in _texts(item.mapping("spec"), ("spec",)):
                yield from _in_text(item, path, text, item.namespace, known)
    for item in cluster.of("Service", ""):
        text = item.text("spec", "externalName")
        yield from _in_text(item, ("spec", "externalName"), text, item.namespace, known)


def _texts(value: values.Value, path: values.Path) -> Iterator[tuple[values.Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*path, index))


def _in_text(of: Object, path: values.Path, text: str, namespace: str, known: _Known, name: str = "") -> Iterator[Host]:
    if ".svc" in text:
        for found in _LONG.finditer(text):
            *_, service, where = found[1].split(".")
            yield Host(of, path, found[0], service, where, int(found[2]) if found[2] else None, True)
    if "://" in text:
        for found in _URL.finditer(text):
            yield from _short(of, path, found[2], found[3], namespace, known)
    elif ":" in text and len(text) < 2000 and "\n" not in text:
        for part in text.split(","):
            pair = _PAIR.match(part.strip())
            if pair:
                yield from _short(of, path, pair[1], pair[2], namespace, known)
    elif name and _HOST_VARIABLE.search(name) and _NAME.match(text):
        yield from _short(of, path, text, None, namespace, known)


def _short(of: Object, path: values.Path, host: str, port: str | None, namespace: str, known: _Known) -> Iterator[Host]:
    service, _, where = host.partition(".")
    if service == "localhost" or service.isdigit():
        return
    shown = f"{host}:{port}" if port else host
    if where and where not in known.namespaces:
        is_service = known.cluster.get("", "Service", namespace, where) is not None  # a pod of a headless one
        if is_service or not is_near(where, known.namespaces) or where in {"com", "org", "net", "io", "dev", "local"}:
            return
    yield Host(of, path, shown, service, where or namespace, int(port) if port else None, False)
