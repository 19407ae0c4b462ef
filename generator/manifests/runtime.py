"""What operators make at run time from an object in the tree, so that a reference to it does not dangle.

Names are those of the operators' documentation: CloudNativePG 1.30, Strimzi 1.2, cert-manager 1.21, External Secrets
1.3, Prometheus Operator 0.94, RabbitMQ Cluster Operator 2.20, Elastic Cloud on Kubernetes 3.5, and so on.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from generator.manifests import values
from generator.manifests.object import Object


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An object that is there at run time: kind is of the core group unless group says otherwise.

    namespace "*" means every namespace. keys are the data keys of a Secret or ConfigMap, ports the ports of a Service
    by name; None where they are not known. A name that ends in "*" stands for every name that begins so.
    """

    kind: str
    namespace: str
    name: str
    group: str = ""
    keys: frozenset[str] | None = None
    ports: Mapping[str, int] | None = None
    labels: Mapping[str, str | None] = field(default_factory=dict)
    by: Object | None = None


def made_by(of: Object) -> Iterator[Made]:
    """Yield what an operator makes from an object."""
    maker = _MAKERS.get((of.group, of.kind))
    if maker is not None:
        yield from maker(of)
    elif of.group and "." in of.group and not of.group.endswith(_PASSIVE):
        # An operator that is not known here names what it makes after its resource.
        for kind in ("Service", "Secret", "ConfigMap", "ServiceAccount", "PersistentVolumeClaim"):
            yield Made(kind=kind, namespace=of.namespace, name=of.name, by=of)
            yield Made(kind=kind, namespace=of.namespace, name=f"{of.name}-*", by=of)
    connection = of.mapping("spec", "writeConnectionSecretToRef")
    if connection:  # Crossplane: every managed resource and claim
        namespace = values.text(connection, "namespace") or of.namespace
        yield _secret(of, values.text(connection, "name"), namespace=namespace)


_API_SERVER = {"component": "apiserver", "provider": "kubernetes"}


def everywhere() -> tuple[Made, ...]:
    """Return what every cluster has without being told."""
    return (
        Made(kind="ConfigMap", namespace="*", name="kube-root-ca.crt", keys=frozenset({"ca.crt"})),
        Made(kind="ConfigMap", namespace="*", name="istio-ca-root-cert", keys=frozenset({"root-cert.pem"})),
        Made(kind="ConfigMap", namespace="*", name="openshift-service-ca.crt"),
        Made(kind="ServiceAccount", namespace="*", name="default"),
        # Argo CD's own pods make these two.
        Made(kind="Secret", namespace="*", name="argocd-redis", keys=frozenset({"auth"})),
        Made(kind="Secret", namespace="*", name="argocd-initial-admin-secret", keys=frozenset({"password"})),
        Made(kind="Service", namespace="default", name="kubernetes", ports={"https": 443}, labels=_API_SERVER),
    )


def _secret(of: Object, name: str, keys: frozenset[str] | None = None, namespace: str | None = None) -> Made:
    return Made(kind="Secret", namespace=of.namespace if namespace is None else namespace, name=name, keys=keys, by=of)


def _service(of: Object, name: str, **ports: int) -> Made:
    return Made(kind="Service", namespace=of.namespace, name=name, ports=ports or None, by=of)


def _external_secret(of: Object) -> Iterator[Made]:
    name = of.text("spec", "target", "name") or of.name
    keys = None
    target = of.mapping("spec", "target")
    template = values.mapping(target, "template")
    if values.text(target, "creationPolicy") in {"Merge", "None"}:
        pass  # another owner's Secret: its keys are not known here
    elif not of.dig("spec", "dataFrom") and not template.get("data") and not template.get("templateFrom"):
        keys = frozenset(values.text(item, "secretKey") for _, item in of.mappings("spec", "data"))
    elif values.mapping(target, "template", "data") and values.text(target, "template", "mergePolicy") != "Merge":
        keys = frozenset(values.mapping(target, "template", "data"))
    yield _secret(of, name, keys)


def _cluster_external_secret(of: Object) -> Iterator[Made]:
    spec = ("spec", "externalSecretSpec")
    name = of.text(*spec, "target", "name") or of.text("spec", "externalSecretName") or of.name
    yield _secret(of, name, namespace="*")


def _certificate(of: Object) -> Iterator[Made]:
    keys = {"tls.crt", "tls.key", "ca.crt"}
    for store, names in (("jks", ("keystore.jks", "truststore.jks")), ("pkcs12", ("keystore.p12", "truststore.p12"))):
        if of.mapping("spec", "keystores", store):
            keys |= set(names)
    formats = {values.text(item, "type") for _, item in of.mappings("spec", "additionalOutputFormats")}
    keys |= {"tls-combined.pem"} if "CombinedPEM" in formats else set()
    keys |= {"key.der"} if "DER" in formats else set()
    yield _secret(of, of.text("spec", "secretName"), frozenset(keys))


def _issuer(of: Object) -> Iterator[Made]:
    yield _secret(of, of.text("spec", "acme", "privateKeySecretRef", "name"), namespace="*")


def _sealed_secret(of: Object) -> Iterator[Made]:
    keys = frozenset({*of.mapping("spec", "encryptedData"), *of.mapping("spec", "template", "data")})
    yield _secret(of, of.text("spec", "template", "metadata", "name") or of.name, keys)


def _named_secret(*path: str) -> Callable[[Object], Iterator[Made]]:
    def maker(of: Object) -> Iterator[Made]:
        yield _secret(of, of.text(*path) or of.name)

    return maker


def _secret_provider_class(of: Object) -> Iterator[Made]:
    for _, item in of.mappings("spec", "secretObjects"):
        keys = frozenset(values.text(entry, "key") for _, entry in values.mappings(item, "data"))
        yield _secret(of, values.text(item, "secretName"), keys)


def _trust_bundle(of: Object) -> Iterator[Made]:
    for kind, key in (("ConfigMap", "configMap"), ("Secret", "secret")):
        if of.mapping("spec", "target", key):
            yield Made(kind=kind, namespace="*", name=of.name, by=of)


_POSTGRES_KEYS = frozenset(
    {"username", "user", "password", "dbname", "host", "port", "uri", "jdbc-uri", "fqdn-uri", "fqdn-jdbc-uri", "pgpass"}
)


def _cnpg_cluster(of: Object) -> Iterator[Made]:
    for suffix in ("app", "superuser"):
        yield _secret(of, f"{of.name}-{suffix}", _POSTGRES_KEYS)
    for suffix in ("ca", "server", "replication"):
        yield _secret(of, f"{of.name}-{suffix}")
    for suffix in ("rw", "ro", "r"):
        yield _service(of, f"{of.name}-{suffix}", postgres=5432)
    for _, item in of.mappings("spec", "managed", "services", "additional"):
        yield _service(of, values.text(item, "serviceTemplate", "metadata", "name"), postgres=5432)
    yield Made(kind="ServiceAccount", namespace=of.namespace, name=of.name, by=of)
    yield Made(kind="ConfigMap", namespace=of.namespace, name="cnpg-default-monitoring", by=of)


def _cnpg_pooler(of: Object) -> Iterator[Made]:
    yield _service(of, of.name, pgbouncer=5432)


def _kafka(of: Object) -> Iterator[Made]:
    ports = {values.text(item, "name"): values.integer(item, "port") or 0 for _, item in listeners(of)}
    # Strimzi names a listener's port tcp-<name>; clients use the number.
    numbered = {f"tcp-{name}": number for name, number in ports.items()}
    yield _service(of, f"{of.name}-kafka-bootstrap", **numbered)
    yield _service(of, f"{of.name}-kafka-brokers", **numbered)
    for name in ports:
        yield _service(of, f"{of.name}-kafka-{name}-bootstrap")
    for suffix in ("cluster-ca-cert", "clients-ca-cert"):
        yield _secret(of, f"{of.name}-{suffix}", frozenset({"ca.crt", "ca.p12", "ca.password"}))
    for suffix in ("cluster-ca", "clients-ca", "kafka-brokers", "cluster-operator-certs", "*"):
        yield _secret(of, f"{of.name}-{suffix}")
    yield Made(kind="ConfigMap", namespace=of.namespace, name=f"{of.name}-*", by=of)
    for suffix in ("kafka", "entity-operator", "kafka-exporter"):
        yield Made(kind="ServiceAccount", namespace=of.namespace, name=f"{of.name}-{suffix}", by=of)


def listeners(of: Object) -> Sequence[tuple[int, Mapping[str, values.Value]]]:
    """Return the listeners of a Kafka with their places in its list."""
    return of.mappings("spec", "kafka", "listeners")


def _kafka_user(of: Object) -> Iterator[Made]:
    yield _secret(of, of.name)


def _suffixed(services: Mapping[str, int | None], secrets: tuple[str, ...] = ()) -> Callable[[Object], Iterator[Made]]:
    """Return a maker of Services and Secrets that are named after their owner; a suffix "" is the owner's own name."""

    def maker(of: Object) -> Iterator[Made]:
        for suffix, port in services.items():
            name = f"{of.name}{suffix}"
            yield _service(of, name, **({"": port} if port is not None else {}))
        for suffix in secrets:
            yield _secret(of, f"{of.name}{suffix}")
        yield Made(kind="ServiceAccount", namespace=of.namespace, name=of.name, by=of)
        yield Made(kind="ServiceAccount", namespace=of.namespace, name=f"{of.name}-*", by=of)
        yield Made(kind="ConfigMap", namespace=of.namespace, name=f"{of.name}-*", by=of)

    return maker


def _elastic(
    workload: str, suffix: str, services: Mapping[str, int | None], secrets: tuple[str, ...] = ()
) -> Callable[[Object], Iterator[Made]]:
    """Return a maker of what Elastic's operator makes: a workload of apps, Services and Secrets."""
    others = _suffixed(services, secrets)

    def maker(of: Object) -> Iterator[Made]:
        yield from others(of)
        name = f"{of.name}{suffix}"
        yield Made(kind=workload, group="apps", namespace=of.namespace, name=name, by=of)
        for _, service in of.mappings("spec", "services"):  # Logstash's own
            known = {
                values.text(port, "name"): values.integer(port, "port") or 0
                for _, port in values.mappings(service, "service", "spec", "ports")
            }
            yield Made(
                kind="Service",
                namespace=of.namespace,
                name=f"{name}-{values.text(service, 'name')}",
                ports=known or None,
                by=of,
            )

    return maker


def _beat(of: Object) -> Iterator[Made]:
    workload = "Deployment" if of.mapping("spec", "deployment") else "DaemonSet"
    yield from _elastic(workload, f"-beat-{of.text('spec', 'type')}", {})(of)


def _fixed_service(name: str, **ports: int) -> Callable[[Object], Iterator[Made]]:
    operated = name.removesuffix("-operated")

    def maker(of: Object) -> Iterator[Made]:
        yield _service(of, name, **ports)
        yield Made(kind="ServiceAccount", namespace=of.namespace, name=f"{operated}-{of.name}", by=of)

    return maker


_SHIM = ("cert-manager.io/issuer", "cert-manager.io/cluster-issuer", "kubernetes.io/tls-acme")
_CERTIFIED = frozenset({"tls.crt", "tls.key", "ca.crt"})


def _ingress(of: Object) -> Iterator[Made]:
    if any(key in of.annotations for key in _SHIM):  # cert-manager makes its Secrets
        for _, tls in of.mappings("spec", "tls"):
            yield _secret(of, values.text(tls, "secretName"), _CERTIFIED)


def _gateway(of: Object) -> Iterator[Made]:
    if any(key in of.annotations for key in _SHIM):
        for _, listener in of.mappings("spec", "listeners"):
            for _, reference in values.mappings(listener, "tls", "certificateRefs"):
                yield _secret(of, values.text(reference, "name"), _CERTIFIED)
    for name in (of.name, f"{of.name}-{of.text('spec', 'gatewayClassName')}"):
        yield Made(kind="Service", namespace=of.namespace, name=name, by=of)
        yield Made(kind="Deployment", group="apps", namespace=of.namespace, name=name, by=of)
        yield Made(kind="ServiceAccount", namespace=of.namespace, name=name, by=of)


def _keda(of: Object) -> Iterator[Made]:
    name = of.text("spec", "advanced", "horizontalPodAutoscalerConfig", "name") or f"keda-hpa-{of.name}"
    yield Made(kind="HorizontalPodAutoscaler", group="autoscaling", namespace=of.namespace, name=name, by=of)


def _stateful_set(of: Object) -> Iterator[Made]:
    for _, claim in of.mappings("spec", "volumeClaimTemplates"):
        name = f"{values.text(claim, 'metadata', 'name')}-{of.name}-*"
        yield Made(kind="PersistentVolumeClaim", namespace=of.namespace, name=name, by=of)


def _zalando(of: Object) -> Iterator[Made]:
    for suffix in ("", "-repl", "-pooler"):
        yield _service(of, f"{of.name}{suffix}")
    yield _secret(of, f"*.{of.name}.credentials.postgresql.acid.zalan.do")


def _knative(of: Object) -> Iterator[Made]:
    yield _service(of, of.name)


def _flux_release(of: Object) -> Iterator[Made]:
    namespace = of.text("spec", "targetNamespace") or of.namespace
    for kind in ("Service", "Secret", "ConfigMap", "ServiceAccount"):
        for name in (of.text("spec", "releaseName") or of.name, f"{of.text('spec', 'releaseName') or of.name}-*"):
            yield Made(kind=kind, namespace=namespace, name=name, by=of)


_Maker = Callable[[Object], Iterator[Made]]
CNPG = "postgresql.cnpg.io"
STRIMZI = "kafka.strimzi.io"
_MAKERS: Mapping[tuple[str, str], _Maker] = {
    ("acid.zalan.do", "postgresql"): _zalando,
    ("agent.k8s.elastic.co", "Agent"): _suffixed({"-agent-http": 8220}),
    ("apm.k8s.elastic.co", "ApmServer"): _suffixed({"-apm-http": 8200}, ("-apm-token", "-apm-http-certs-public")),
    ("apps", "StatefulSet"): _stateful_set,
    ("beat.k8s.elastic.co", "Beat"): _beat,
    ("bitnami.com", "SealedSecret"): _sealed_secret,
    ("cert-manager.io", "Certificate"): _certificate,
    ("cert-manager.io", "ClusterIssuer"): _issuer,
    ("cert-manager.io", "Issuer"): _issuer,
    ("elasticsearch.k8s.elastic.co", "Elasticsearch"): _suffixed(
        {"-es-http": 9200, "-es-internal-http": 9200, "-es-transport": 9300, "-es-*": None},
        ("-es-elastic-user", "-es-http-certs-public", "-es-http-certs-internal", "-es-http-ca-internal", "-es-*"),
    ),
    ("external-secrets.io", "ExternalSecret"): _external_secret,
    ("external-secrets.io", "ClusterExternalSecret"): _cluster_external_secret,
    ("flink.apache.org", "FlinkDeployment"): _suffixed({"-rest": 8081, "": None}),
    ("gateway.networking.k8s.io", "Gateway"): _gateway,
    ("grafana.integreatly.org", "Grafana"): _suffixed({"-service": 3000}, ("-admin-credentials",)),
    ("helm.toolkit.fluxcd.io", "HelmRelease"): _flux_release,
    ("infisical.com", "InfisicalSecret"): _named_secret("spec", "managedSecretReference", "secretName"),
    ("jaegertracing.io", "Jaeger"): _suffixed({"-query": None, "-collector": None, "-agent": None}),
    ("k8s.keycloak.org", "Keycloak"): _suffixed({"-service": None, "-discovery": None}, ("-initial-admin",)),
    (STRIMZI, "Kafka"): _kafka,
    (STRIMZI, "KafkaBridge"): _suffixed({"-bridge-service": 8080}),
    (STRIMZI, "KafkaConnect"): _suffixed({"-connect-api": 8083}),
    (STRIMZI, "KafkaMirrorMaker2"): _suffixed({"-mirrormaker2-api": 8083}),
    (STRIMZI, "KafkaUser"): _kafka_user,
    ("networking.k8s.io", "Ingress"): _ingress,
    ("keda.sh", "ScaledObject"): _keda,
    ("kibana.k8s.elastic.co", "Kibana"): _elastic(
        "Deployment", "-kb", {"-kb-http": 5601}, ("-kb-http-certs-public", "-kb-user")
    ),
    ("kubernetes.dopplersecrets.io", "DopplerSecret"): _named_secret("spec", "managedSecret", "name"),
    ("logstash.k8s.elastic.co", "Logstash"): _elastic("StatefulSet", "-ls", {"-ls-api": 9600}),
    ("minio.min.io", "Tenant"): _suffixed({"-hl": 9000, "-console": None}, ("-tls",)),
    ("monitoring.coreos.com", "Alertmanager"): _fixed_service("alertmanager-operated", web=9093),
    ("monitoring.coreos.com", "Prometheus"): _fixed_service("prometheus-operated", web=9090),
    ("monitoring.coreos.com", "PrometheusAgent"): _fixed_service("prometheus-agent-operated", web=9090),
    ("monitoring.coreos.com", "ThanosRuler"): _fixed_service("thanos-ruler-operated", web=10902),
    ("onepassword.com", "OnePasswordItem"): _named_secret("metadata", "name"),
    ("opentelemetry.io", "OpenTelemetryCollector"): _suffixed(
        {"-collector": None, "-collector-headless": None, "-collector-monitoring": 8888}
    ),
    (CNPG, "Cluster"): _cnpg_cluster,
    (CNPG, "Pooler"): _cnpg_pooler,
    ("rabbitmq.com", "RabbitmqCluster"): _suffixed(
        {"": None, "-nodes": None}, ("-default-user", "-erlang-cookie", "-server-conf")
    ),
    ("rabbitmq.com", "User"): _suffixed({}, ("-user-credentials",)),
    ("redis.redis.opstreelabs.in", "Redis"): _suffixed({"": 6379, "-headless": 6379, "-additional": 6379}),
    ("redis.redis.opstreelabs.in", "RedisCluster"): _suffixed({"-leader": 6379, "-follower": 6379, "-*": None}),
    ("redis.redis.opstreelabs.in", "RedisReplication"): _suffixed({"": 6379, "-headless": 6379, "-*": None}),
    ("redis.redis.opstreelabs.in", "RedisSentinel"): _suffixed({"-sentinel": 26379, "-*": None}),
    ("secrets-store.csi.x-k8s.io", "SecretProviderClass"): _secret_provider_class,
    ("secrets.hashicorp.com", "VaultDynamicSecret"): _named_secret("spec", "destination", "name"),
    ("secrets.hashicorp.com", "VaultPKISecret"): _named_secret("spec", "destination", "name"),
    ("secrets.hashicorp.com", "VaultStaticSecret"): _named_secret("spec", "destination", "name"),
    ("serving.knative.dev", "Service"): _knative,
    ("sparkoperator.k8s.io", "SparkApplication"): _suffixed({"-ui-svc": 4040, "-*": None}),
    ("trust.cert-manager.io", "Bundle"): _trust_bundle,
}

# Groups whose resources are settings: nothing is made from them that others refer to by name.
_PASSIVE = (
    "istio.io", "argoproj.io", "monitoring.coreos.com", "cert-manager.io", "external-secrets.io", "keda.sh",
    "gateway.networking.k8s.io", "k8s.io", "karpenter.sh", "karpenter.k8s.aws", "kyverno.io", "velero.io",
    "cilium.io", "strimzi.io", "cnpg.io", "projectcalico.org", "fluxcd.io", "traefik.io", "gatekeeper.sh",
)  # fmt: skip
