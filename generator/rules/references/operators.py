"""Which API groups the charts of well-known operators bring, and where a tree's Applications install them."""

from collections import defaultdict
from collections.abc import Mapping

from generator.manifests.clusters import Repository

_ISTIO = ("networking.istio.io", "security.istio.io", "telemetry.istio.io", "extensions.istio.io")
_KARPENTER = ("karpenter.sh", "karpenter.k8s.aws", "karpenter.azure.com", "autoscaling.x-k8s.io")
_ELASTIC = (
    "agent", "apm", "autoops", "autoscaling", "beat", "elasticsearch", "enterprisesearch", "kibana", "logstash", "maps",
    "packageregistry", "stackconfigpolicy",
)  # fmt: skip
_ELASTIC_GROUPS = tuple(f"{name}.k8s.elastic.co" for name in _ELASTIC)

CHARTS: Mapping[str, tuple[str, ...]] = {
    "altinity-clickhouse-operator": ("clickhouse.altinity.com", "clickhouse-keeper.altinity.com"),
    "argo-rollouts": ("argoproj.io",),
    "azure-service-operator": (
        "cache.azure.com",
        "compute.azure.com",
        "containerservice.azure.com",
        "dbforpostgresql.azure.com",
        "keyvault.azure.com",
        "managedidentity.azure.com",
        "network.azure.com",
        "resources.azure.com",
        "storage.azure.com",
    ),
    "base": _ISTIO,
    "cert-manager": ("cert-manager.io", "acme.cert-manager.io"),
    "cloudnative-pg": ("postgresql.cnpg.io",),
    "eck-operator": _ELASTIC_GROUPS,
    "eck-operator-crds": _ELASTIC_GROUPS,
    "external-dns": ("externaldns.k8s.io",),
    "external-secrets": ("external-secrets.io", "generators.external-secrets.io"),
    "flagger": ("flagger.app",),
    "flink-kubernetes-operator": ("flink.apache.org",),
    "gatekeeper": ("templates.gatekeeper.sh", "constraints.gatekeeper.sh"),
    "grafana-operator": ("grafana.integreatly.org",),
    "istio-base": _ISTIO,
    "istiod": _ISTIO,
    "jaeger-operator": ("jaegertracing.io",),
    "karpenter": _KARPENTER,
    "karpenter-crd": _KARPENTER,
    "keda": ("keda.sh", "eventing.keda.sh"),
    "kube-prometheus-stack": ("monitoring.coreos.com",),
    "kyverno": ("kyverno.io", "policies.kyverno.io", "reports.kyverno.io", "wgpolicyk8s.io"),
    "mariadb-operator": ("k8s.mariadb.com",),
    "metallb": ("metallb.io",),
    "opensearch-operator": ("opensearch.opster.io",),
    "opentelemetry-operator": ("opentelemetry.io",),
    "pg-operator": ("pgv2.percona.com",),
    "plugin-barman-cloud": ("barmancloud.cnpg.io",),
    "prometheus-operator-crds": ("monitoring.coreos.com",),
    "psmdb-operator": ("psmdb.percona.com",),
    "pxc-operator": ("pxc.percona.com",),
    "rabbitmq-cluster-operator": ("rabbitmq.com",),
    "redis-operator": ("redis.redis.opstreelabs.in",),
    "s3-chart": ("s3.services.k8s.aws", "services.k8s.aws"),
    "sealed-secrets": ("bitnami.com",),
    "snapshot-controller": ("snapshot.storage.k8s.io", "groupsnapshot.storage.k8s.io"),
    "spark-operator": ("sparkoperator.k8s.io",),
    "strimzi-kafka-operator": ("kafka.strimzi.io", "core.strimzi.io"),
    "traefik": ("traefik.io",),
    "trust-manager": ("trust.cert-manager.io",),
    "vault-secrets-operator": ("secrets.hashicorp.com",),
    "velero": ("velero.io",),
    "vertical-pod-autoscaler": ("autoscaling.k8s.io",),
}
"""The name of an operator's chart, as its authors publish it → the API groups whose kinds it brings."""


def installed(repository: Repository) -> Mapping[tuple[str, str], tuple[int, ...]]:
    """Return (cluster, API group) → the Applications (their indexes) whose charts bring the group there."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, item in enumerate(repository.applications):
        for source in item.sources:
            for group in CHARTS.get(chart_name(source.chart), ()):
                found[repository.cluster_of(item), group].append(index)
    return {key: tuple(dict.fromkeys(indexes)) for key, indexes in found.items()}


def chart_name(chart: str) -> str:
    """Return a chart's own name: in an OCI registry a path may stand before it."""
    return chart.rpartition("/")[2]
