"""The pods that operators make of an object in the tree: their labels, their ports, how many there are."""

from collections.abc import Callable, Iterator, Mapping

from generator.manifests import values
from generator.manifests.object import Object
from generator.manifests.runtime import CNPG, STRIMZI, listeners
from generator.manifests.workload import Workload


def pods_of(of: Object) -> Iterator[Workload]:
    """Yield the pods that an operator makes from an object, with the labels that it gives them."""
    maker = _PODS.get((of.group, of.kind))
    for labels, ports in maker(of) if maker is not None else ():
        more = values.labels(of.value, "spec", "inheritedMetadata", "labels")
        yield Workload(of, of.namespace, {**labels, **more}, None, _replicas(of), ports)


def _replicas(of: Object) -> int | None:
    for path in (("spec", "instances"), ("spec", "replicas")):
        count = of.integer(*path)
        if count is not None:
            return count
    return None


_Pods = Iterator[tuple[Mapping[str, str | None], Mapping[str, int]]]


def _managed_by(name: str, instance: str, manager: str) -> dict[str, str | None]:
    return {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/instance": instance,
        "app.kubernetes.io/managed-by": manager,
        "app.kubernetes.io/version": None,
        "app.kubernetes.io/component": None,
        "app.kubernetes.io/part-of": None,
    }


def _cnpg_pods(of: Object) -> _Pods:
    labels: dict[str, str | None] = {"cnpg.io/cluster": of.name, "cnpg.io/podRole": "instance"}
    dynamic = ("cnpg.io/instanceName", "cnpg.io/instanceRole", "role", "cnpg.io/jobRole")
    labels |= dict.fromkeys(dynamic)
    yield (
        labels | _managed_by("postgresql", of.name, "cloudnative-pg"),
        {"postgresql": 5432, "metrics": 9187, "status": 8000},
    )


def _pooler_pods(of: Object) -> _Pods:
    labels: dict[str, str | None] = {"cnpg.io/poolerName": of.name, "cnpg.io/podRole": "pooler"}
    labels |= values.labels(of.value, "spec", "template", "metadata", "labels")
    yield labels | {"cnpg.io/cluster": of.text("spec", "cluster", "name")}, {"pgbouncer": 5432, "metrics": 9127}


def _strimzi_labels(of: Object, name: str, component: str) -> dict[str, str | None]:
    labels: dict[str, str | None] = {
        "strimzi.io/cluster": of.name,
        "strimzi.io/kind": of.kind,
        "strimzi.io/name": f"{of.name}-{name}",
        "strimzi.io/component-type": component,
        "strimzi.io/pool-name": None,
        "strimzi.io/pod-name": None,
        "strimzi.io/controller": None,
        "strimzi.io/controller-name": None,
        "strimzi.io/broker-role": None,
        "strimzi.io/controller-role": None,
    }
    managed = _managed_by(component, of.name, "strimzi-cluster-operator")
    return {**labels, **managed, "app.kubernetes.io/name": component}


def _kafka_pods(of: Object) -> _Pods:
    ports = {f"tcp-{values.text(item, 'name')}": values.integer(item, "port") or 0 for _, item in listeners(of)}
    more = values.labels(of.value, "spec", "kafka", "template", "pod", "metadata", "labels")
    yield {**_strimzi_labels(of, "kafka", "kafka"), **more}, {**ports, "tcp-prometheus": 9404, "tcp-replication": 9091}
    if of.mapping("spec", "entityOperator"):
        # One port for both operators before Strimzi 1.1.
        health = {"healthcheck": 8081, "healthcheck-to": 8080, "healthcheck-uo": 8081}
        yield _strimzi_labels(of, "entity-operator", "entity-operator"), health
    if "kafkaExporter" in of.mapping("spec"):
        yield _strimzi_labels(of, "kafka-exporter", "kafka-exporter"), {"tcp-prometheus": 9404}
    if "cruiseControl" in of.mapping("spec"):
        yield _strimzi_labels(of, "cruise-control", "cruise-control"), {"rest-api": 9090, "tcp-prometheus": 9404}
    if "zookeeper" in of.mapping("spec"):
        yield _strimzi_labels(of, "zookeeper", "zookeeper"), {"tcp-clients": 2181, "tcp-prometheus": 9404}


def _strimzi_pods(name: str, component: str, port: int) -> Callable[[Object], _Pods]:
    def maker(of: Object) -> _Pods:
        yield _strimzi_labels(of, name, component), {"rest-api": port, "tcp-prometheus": 9404}

    return maker


def _rabbitmq_pods(of: Object) -> _Pods:
    labels = _managed_by(of.name, of.name, "") | {"app.kubernetes.io/component": "rabbitmq"}
    yield labels | {"app.kubernetes.io/managed-by": None}, {"amqp": 5672, "management": 15672, "prometheus": 15692}


_ELASTIC_ROLES = (
    "data", "data_cold", "data_content", "data_frozen", "data_hot", "data_warm", "ingest", "master", "ml",
    "remote_cluster_client", "transform", "voting_only",
)  # fmt: skip


def _elastic_pods(kind: str, ports: Mapping[str, int]) -> Callable[[Object], _Pods]:
    def maker(of: Object) -> _Pods:
        key = "cluster-name" if kind == "elasticsearch" else "name"
        labels: dict[str, str | None] = {"common.k8s.elastic.co/type": kind, f"{kind}.k8s.elastic.co/{key}": of.name}
        dynamic = ["statefulset-name", "version", "http-scheme", *(f"node-{role}" for role in _ELASTIC_ROLES)]
        labels |= dict.fromkeys(f"{kind}.k8s.elastic.co/{name}" for name in dynamic)
        workloads = [of.mapping("spec", name) for name in ("daemonSet", "deployment") if of.mapping("spec", name)]
        for nodes in [item for _, item in of.mappings("spec", "nodeSets")] or workloads or [of.mapping("spec")]:
            more = {
                values.text(port, "name"): values.integer(port, "containerPort") or 0
                for _, container in values.mappings(nodes, "podTemplate", "spec", "containers")
                for _, port in values.mappings(container, "ports")
            }
            yield {**labels, **values.labels(nodes, "podTemplate", "metadata", "labels")}, {**ports, **more}

    return maker


# The containers beside Prometheus' and Alertmanager's own: reloader, Thanos sidecar.
_RELOADER = {"reloader-web": 8080}
_GRPC = {"grpc": 10901, "http": 10902}
_MESH = {"mesh-tcp": 9094, "mesh-udp": 9094}


def _prometheus_pods(name: str, ports: Mapping[str, int]) -> Callable[[Object], _Pods]:
    def maker(of: Object) -> _Pods:
        labels = _managed_by(name, of.name, "prometheus-operator")
        own: dict[str, str | None] = {name: of.name, "operator.prometheus.io/name": of.name}
        yield {**labels, **own, **values.labels(of.value, "spec", "podMetadata", "labels")}, ports

    return maker


def _flink_pods(of: Object) -> _Pods:
    template = of.mapping("spec", "podTemplate")
    ports = {"rest": 8081}
    for _, container in values.mappings(template, "spec", "containers"):
        for _, port in values.mappings(container, "ports"):
            ports[values.text(port, "name")] = values.integer(port, "containerPort") or 0
    for component in ("jobmanager", "taskmanager"):
        labels: dict[str, str | None] = {"app": of.name, "component": component, "type": "flink-native-kubernetes"}
        yield {**labels, **values.labels(template, "metadata", "labels")}, ports


def _spark_pods(*template: str) -> Callable[[Object], _Pods]:
    def maker(of: Object) -> _Pods:
        for role in ("driver", "executor"):
            # A scheduled application's runs are named after it and the time.
            labels: dict[str, str | None] = {"spark-role": role, "sparkoperator.k8s.io/app-name": None}
            labels |= {"sparkoperator.k8s.io/submission-id": None, "spark-app-name": None}
            labels |= {} if template else {"sparkoperator.k8s.io/app-name": of.name}
            yield {**labels, **values.labels(of.value, "spec", *template, role, "labels")}, _SPARK_PORTS[role]

    return maker


_SPARK_PORTS = {"driver": {"driver-rpc-port": 7078, "blockmanager": 7079, "spark-ui": 4040}, "executor": {}}


def _gateway_pods(of: Object) -> _Pods:
    labels: dict[str, str | None] = {"gateway.networking.k8s.io/gateway-name": of.name}
    yield labels | {"gateway.networking.k8s.io/gateway-class-name": of.text("spec", "gatewayClassName")}, {}


def _named_pods(key: str, suffix: str = "", **ports: int) -> Callable[[Object], _Pods]:
    def maker(of: Object) -> _Pods:
        labels = _managed_by(f"{of.name}{suffix}", of.name, "") | {"app.kubernetes.io/managed-by": None}
        yield labels | {key: f"{of.name}{suffix}"}, ports

    return maker


_PODS: Mapping[tuple[str, str], Callable[[Object], _Pods]] = {
    ("acid.zalan.do", "postgresql"): _named_pods("cluster-name", postgresql=5432),
    ("agent.k8s.elastic.co", "Agent"): _elastic_pods("agent", {}),
    ("apm.k8s.elastic.co", "ApmServer"): _elastic_pods("apm", {"https": 8200}),
    ("beat.k8s.elastic.co", "Beat"): _elastic_pods("beat", {}),
    ("logstash.k8s.elastic.co", "Logstash"): _elastic_pods("logstash", {"https": 9600}),
    ("elasticsearch.k8s.elastic.co", "Elasticsearch"): _elastic_pods("elasticsearch", {"https": 9200}),
    ("flink.apache.org", "FlinkDeployment"): _flink_pods,
    ("gateway.networking.k8s.io", "Gateway"): _gateway_pods,
    ("grafana.integreatly.org", "Grafana"): _named_pods("app", grafana=3000),
    (STRIMZI, "Kafka"): _kafka_pods,
    (STRIMZI, "KafkaBridge"): _strimzi_pods("bridge", "kafka-bridge", 8080),
    (STRIMZI, "KafkaConnect"): _strimzi_pods("connect", "kafka-connect", 8083),
    (STRIMZI, "KafkaMirrorMaker2"): _strimzi_pods("mirrormaker2", "kafka-mirror-maker-2", 8083),
    ("kibana.k8s.elastic.co", "Kibana"): _elastic_pods("kibana", {"https": 5601}),
    ("minio.min.io", "Tenant"): _named_pods("v1.min.io/tenant", minio=9000),
    ("monitoring.coreos.com", "Alertmanager"): _prometheus_pods("alertmanager", {"web": 9093, **_MESH, **_RELOADER}),
    ("monitoring.coreos.com", "Prometheus"): _prometheus_pods("prometheus", {"web": 9090, **_GRPC, **_RELOADER}),
    ("monitoring.coreos.com", "ThanosRuler"): _prometheus_pods(
        "thanos-ruler", {"web": 10902, "grpc": 10901, **_RELOADER}
    ),
    ("opentelemetry.io", "OpenTelemetryCollector"): _named_pods("app.kubernetes.io/name", "-collector"),
    (CNPG, "Cluster"): _cnpg_pods,
    (CNPG, "Pooler"): _pooler_pods,
    ("rabbitmq.com", "RabbitmqCluster"): _rabbitmq_pods,
    ("redis.redis.opstreelabs.in", "Redis"): _named_pods("app", redis=6379),
    ("redis.redis.opstreelabs.in", "RedisReplication"): _named_pods("app", redis=6379),
    ("redis.redis.opstreelabs.in", "RedisCluster"): _named_pods("app", "-leader", redis=6379),
    ("sparkoperator.k8s.io", "ScheduledSparkApplication"): _spark_pods("template"),
    ("sparkoperator.k8s.io", "SparkApplication"): _spark_pods(),
}
