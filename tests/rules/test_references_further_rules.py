"""References, placeholders and versions in unusual forms: what is a mistake, and what only looks like one."""

from pathlib import Path

import pytest
from trees import problems, write_files

from generator.manifests.load import load_manifests

APP = """
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: {name}, namespace: argocd, annotations: {{argocd.argoproj.io/sync-wave: "{wave}"}}}}
spec:
  project: {project}
  destination: {{server: https://kubernetes.default.svc, namespace: shop}}
  {source}
"""
PROJECT = """
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {{name: shop, namespace: argocd, annotations: {{argocd.argoproj.io/sync-wave: "{wave}"}}}}
spec: {{sourceRepos: ["https://git.example.com/deploy"], destinations: [{{server: "*", namespace: shop}}]}}
"""
LOCAL = "source: {{repoURL: https://git.example.com/deploy, path: {}, targetRevision: main}}"
CHART = 'source: {{repoURL: https://charts.example.com, chart: billing, targetRevision: "{}"}}'
GATEWAY = """
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {{name: {name}, namespace: shop}}
spec:
  selector: {{istio: ingressgateway}}
  servers:
    - port: {{name: https, number: {number}, protocol: HTTPS}}
      hosts: [{host}]
      tls: {{mode: SIMPLE, credentialName: web}}
    - port: {{name: http, number: {plain}, protocol: HTTP}}
      hosts: ["*"]
      tls: {{httpsRedirect: true}}
---
"""
ROUTE = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: web, namespace: shop}}
spec:
  hosts: {hosts}
  gateways: {gateways}
  http: [{{route: [{{destination: {{host: web}}}}]}}]
"""
EDGE = GATEWAY.format(name="edge", number=443, plain=80, host="shop.example.com")
OTHER = GATEWAY.format(name="other", number=8443, plain=8080, host="pay.example.com")


def found(tmp_path: Path, files: dict[str, str] | str, rule: str) -> list[str]:
    return [problem.message for problem in problems(tmp_path, files) if problem.rule == rule]


@pytest.mark.parametrize(
    ("gateways", "hosts", "count"),
    [
        ("[edge, mesh]", "[shop.example.com, web, api.internal.example.com.svc.cluster.local]", 0),
        ("[edge, mesh]", "[orders.example.com, web]", 1),
        ("[edge, mesh]", "[web]", 1),
        ("[edge, other]", "[shop.example.com, pay.example.com]", 0),
        ("[edge, other]", "[shop.example.com]", 1),
        ("[edge]", "[shop.example.com, orders.example.com]", 1),
        ("[edge, charts/unseen]", "[shop.example.com]", 1),  # that gateway is not there
    ],
)
def test_a_gateway_must_serve_one_host_and_a_host_must_be_served_by_one_gateway(
    tmp_path: Path, gateways: str, hosts: str, count: int
) -> None:
    text = EDGE + OTHER + ROUTE.format(gateways=gateways, hosts=hosts)
    assert len(found(tmp_path, text, "references/virtual-service-gateway")) == count


def test_a_release_in_a_namespace_that_only_another_cluster_declares_is_told(tmp_path: Path) -> None:
    release = """
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: desk, namespace: frontdesk}
spec: {interval: 5m, chart: {spec: {chart: desk, version: 1.2.3}}}
"""
    files = {
        "clusters/berlin/namespaces.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: frontdesk}\n",
        "clusters/oslo/namespaces.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: lab}\n",
        "clusters/berlin/release.yaml": release,
    }
    assert found(tmp_path / "clean", files, "identity/namespace-unknown") == []
    files["clusters/oslo/release.yaml"] = release
    told = found(tmp_path / "bad", files, "identity/namespace-unknown")
    assert told == ["Nobody makes the namespace 'frontdesk' in this cluster."]


def test_a_project_comes_no_later_than_its_applications(tmp_path: Path) -> None:
    root = APP.format(name="root", wave=0, project="default", source=LOCAL.format("apps"))
    for wave, count in (("-5", 0), ("0", 0), ("5", 1)):
        files = {
            "root.yaml": root,
            "apps/projects.yaml": PROJECT.format(wave=wave),
            "apps/shop.yaml": APP.format(name="shop", wave=0, project="shop", source=LOCAL.format("shop")),
            "shop/settings.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\n",
        }
        assert len(found(tmp_path / wave, files, "references/sync-wave-order")) == count


@pytest.mark.parametrize(
    ("version", "count"),
    [("1.2.3", 0), ("1.2.x", 0), ("~1.2", 0), ("v1.2.3", 0), ("*", 1), ("1.x", 1), ("^1.2.0", 1), (">=1.2", 1)],
)
def test_a_version_that_takes_new_minor_versions_moves(tmp_path: Path, version: str, count: int) -> None:
    text = APP.format(name="billing", wave=0, project="shop", source=CHART.format(version))
    assert len(found(tmp_path, text, "references/chart-version-floating")) == count


def pod(value: str, name: str = "MODE") -> str:
    return f"""
apiVersion: v1
kind: Pod
metadata: {{name: web, namespace: shop}}
spec:
  containers:
    - {{name: web, image: registry.example.com/web:1.0.0, env: [{{name: {name}, value: {value}}}]}}
"""


@pytest.mark.parametrize(
    "value", ['"{{ .Values.mode }}"', '"{{ mode }}"', "CHANGEME", '"{{ include \\"web.mode\\" . }}"', "TODO", "FIXME"]
)
def test_a_variable_that_nobody_filled_in_is_told(tmp_path: Path, value: str) -> None:
    assert len(found(tmp_path, pod(value), "identity/placeholder")) == 1


@pytest.mark.parametrize("value", ['"{{.Level}} {{.Message}}"', "todo-service", "https://todo.example.com", "${MODE}"])
def test_an_expression_that_a_program_reads_itself_is_left_alone(tmp_path: Path, value: str) -> None:
    assert found(tmp_path, pod(value), "identity/placeholder") == []


def test_a_template_for_a_program_is_left_alone(tmp_path: Path) -> None:
    assert found(tmp_path, pod('"{{ .Values.mode }}"', "MAIL_TEMPLATE"), "identity/placeholder") == []


def test_null_is_no_value_and_an_empty_string_is_one(tmp_path: Path) -> None:
    assert found(tmp_path / "a", pod('""'), "drift/null-value") == []
    assert len(found(tmp_path / "b", pod("null"), "drift/null-value")) == 1


@pytest.mark.parametrize(
    ("kind", "address", "count"),
    [
        ("IPv4", "10.0.0.1", 0),
        ("IPv6", "fd00::1", 0),
        ("FQDN", "db.example.com", 0),
        ("IPv4", "10.40.12.700", 1),
        ("IPv4", "fd00::1", 1),
        ("IPv4", "127.0.0.1", 1),
        ("FQDN", "Db_1", 1),
    ],
)
def test_the_address_of_an_endpoint_is_of_its_type(tmp_path: Path, kind: str, address: str, count: int) -> None:
    text = (
        "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: a, namespace: shop}\n"
        f'addressType: {kind}\nendpoints: [{{addresses: ["{address}"]}}]\n'
    )
    assert len(found(tmp_path, text, "reliability/endpoint-address-invalid")) == count


def test_a_claim_of_a_pod_that_a_stateful_set_does_not_run_is_told(tmp_path: Path) -> None:
    text = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec: {replicas: 2, volumeClaimTemplates: [{metadata: {name: data}}]}
---
apiVersion: v1
kind: Pod
metadata: {name: copy, namespace: shop}
spec:
  volumes: [{name: data, persistentVolumeClaim: {claimName: data-db-NUMBER}}]
"""
    for number, count in (("0", 0), ("1", 0), ("2", 1), ("first", 1)):
        told = found(tmp_path / number, text.replace("NUMBER", number), "references/claim-missing")
        assert len(told) == count


def test_the_files_that_a_kustomization_names_are_there(tmp_path: Path) -> None:
    text = """
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [web.yaml, ../base, https://github.com/example/deploy//base?ref=v1, ../../outside]
patches: [{patch: "- op: remove"}, {path: patch.yaml}]
configMapGenerator: [{name: a, files: [key=a.conf], envs: [a.env]}]
secretGenerator: [{name: b, files: [kept-elsewhere.key]}]
"""
    files = {"web/kustomization.yaml": text, "base/kustomization.yaml": "resources: []\n"}
    for name in ("web.yaml", "patch.yaml", "a.conf", "a.env"):
        root = write_files(tmp_path / name, {**files, **{f"web/{other}": "{}" for other in ("a.conf", "a.env")}})
        (root / "web" / name).unlink(missing_ok=True)
        for other in {"web.yaml", "patch.yaml"} - {name}:
            (root / "web" / other).write_text("{}")
        told = [problem.message for problem in load_manifests(root).problems]
        assert told == [f"There is no file or folder '{name}' here, so nothing of this kustomization is built."]


def test_a_source_of_flux_in_another_namespace_needs_its_namespace(tmp_path: Path) -> None:
    text = """
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: charts, namespace: flux}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: a, namespace: shop}
spec: {chart: {spec: {chart: a, version: 1.0.0, sourceRef: {kind: HelmRepository, name: charts WHERE}}}}
"""
    rule = "references/flux-source-missing"
    assert found(tmp_path / "a", text.replace(" WHERE", ", namespace: flux"), rule) == []
    assert len(found(tmp_path / "b", text.replace(" WHERE", ""), rule)) == 1


def test_the_certificate_behind_a_gateway_is_for_its_hosts(tmp_path: Path) -> None:
    certificate = """
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: web, namespace: shop}
spec: {secretName: web, dnsNames: NAMES, issuerRef: {name: a, kind: ClusterIssuer}}
"""
    for number, (names, count) in enumerate(
        (("[shop.example.com]", 0), ('["*.example.com"]', 0), ("[www.example.com]", 1))
    ):
        text = EDGE + certificate.replace("NAMES", names)
        assert len(found(tmp_path / str(number), text, "references/certificate-other-host")) == count


def test_rights_to_topics_that_nobody_declares_are_told_but_not_prefixes_or_what_a_user_makes(tmp_path: Path) -> None:
    text = """
apiVersion: kafka.strimzi.io/v1
kind: KafkaTopic
metadata: {name: orders-events, namespace: data, labels: {strimzi.io/cluster: main}}
spec: {topicName: orders.events}
---
apiVersion: kafka.strimzi.io/v1
kind: KafkaUser
metadata: {name: billing, namespace: data, labels: {strimzi.io/cluster: main}}
spec:
  authorization:
    type: simple
    acls:
      - {resource: {type: topic, name: orders.events}, operations: [Read]}
      - {resource: {type: topic, name: "*"}, operations: [Read]}
      - {resource: {type: topic, name: bill, patternType: prefix}, operations: [Read]}
      - {resource: {type: topic, name: bill.made}, operations: [Create, Write]}
      - {resource: {type: group, name: billing}, operations: [Read]}
      - {resource: {type: topic, name: order.events}, operations: [Read]}
"""
    told = found(tmp_path, text, "references/kafka-topic-unknown")
    assert told == ["No KafkaTopic declares the topic 'order.events'."]


def test_a_database_does_not_wait_for_the_secret_that_its_operator_would_make(tmp_path: Path) -> None:
    database = """
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: pg, namespace: shop}
spec:
  instances: 3
  affinity: {topologyKey: KEY}
  bootstrap: {initdb: {secret: {name: pg-app}}}
"""
    maker = """---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: pg-app, namespace: shop}
spec: {target: {name: pg-app}}
"""
    text = database.replace("KEY", "topology.kubernetes.io/zone")
    assert len(found(tmp_path / "a", text, "reliability/postgres-refused")) == 1
    assert found(tmp_path / "b", text + maker, "reliability/postgres-refused") == []
    assert found(tmp_path / "c", text, "reliability/topology-key") == []
    misspelt = database.replace("KEY", "topology.kubernetes.io/zones")
    assert len(found(tmp_path / "d", misspelt, "reliability/topology-key")) == 1


def test_a_chart_beside_secrets_of_the_tree_brings_only_secrets_of_its_own_name(tmp_path: Path) -> None:
    release = APP.format(name="ingress", wave=0, project="shop", source=CHART.format("1.0.0"))
    maker = """---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: shop-tls, namespace: shop}
spec: {target: {name: shop-tls}}
---
"""
    for name, count in (("shop-tls", 0), ("ingress-default", 0), ("orders-cert", 1)):
        gateway = EDGE.replace("credentialName: web", f"credentialName: {name}")
        told = found(tmp_path / name, release + maker + gateway, "references/istio-gateway-certificate")
        assert len(told) == count


def test_a_misspelt_short_address_is_told_and_a_host_elsewhere_is_not(tmp_path: Path) -> None:
    service = """---
apiVersion: v1
kind: Service
metadata: {name: catalog, namespace: shop}
spec: {type: ExternalName, externalName: catalog.example.com}
"""
    for number, (value, count) in enumerate(
        (("http://catalg:8080", 1), ("http://catalog:8080", 0), ("http://registry:5000", 0))
    ):
        assert len(found(tmp_path / str(number), pod(value) + service, "references/host-unknown")) == count
