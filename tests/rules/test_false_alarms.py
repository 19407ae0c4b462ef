"""What well-kept public repositories do, and no rule may take for a mistake; beside each the mistake itself."""

from pathlib import Path

import pytest
from trees import problems

from generator.base.problem import Severity
from generator.manifests.load import load_manifests

POD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, version: v1}}
    spec:
      containers: [{name: web, image: "example.org/web:1.0.0", ports: [{containerPort: 8080}, {containerPort: 9090}]}]
---
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}%s]}
---
"""
VIRTUAL_SERVICE = """\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web}
spec: {hosts: [web], http: [{route: [{destination: {host: %s, subset: v1}}]}]}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: web}
spec: {host: web, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]}
---
"""
KUSTOMIZATION = (
    "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: shop\nresources: [a.yaml]\n"
)
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: %s}\n---\n"


def severities(tmp_path: Path, files: str | dict[str, str], rule: str) -> list[Severity]:
    return [item.severity for item in problems(tmp_path, files) if item.rule == rule]


def test_a_host_is_found_beside_a_virtual_service_without_a_namespace(tmp_path: Path) -> None:
    here = POD + SERVICE % "" + VIRTUAL_SERVICE
    assert severities(tmp_path / "good", here % "web", "references/istio-host-unknown") == []
    assert severities(tmp_path / "bad", here % "wbe", "references/istio-host-unknown") == [Severity.ERROR]


def test_a_full_host_of_the_current_namespace_is_found_in_objects_without_one(tmp_path: Path) -> None:
    text = POD + SERVICE % "" + VIRTUAL_SERVICE % "web.default.svc.cluster.local"
    assert severities(tmp_path, text, "references/istio-host-unknown") == []


def test_an_empty_subset_is_an_error_only_where_a_route_leads_to_it(tmp_path: Path) -> None:
    text = POD + SERVICE % "" + VIRTUAL_SERVICE % "web"
    assert severities(tmp_path / "idle", text, "references/subset-no-pods") == [Severity.WARNING]
    called = text.replace("subset: v1", "subset: v2")
    assert severities(tmp_path / "called", called, "references/subset-no-pods") == [Severity.ERROR]


@pytest.mark.parametrize(
    ("more", "severity"),
    [
        (", {name: metrics, port: 9090}, {name: admin, port: 9000}", Severity.WARNING),  # declared ports are all used
        (", {name: metrics, port: 9091}", Severity.ERROR),  # 9090 is left
        (", {name: metrics, port: 9090}, {name: admin, port: 9000, targetPort: admin}", Severity.ERROR),  # by name
    ],
)
def test_an_undeclared_target_port_is_certain_while_a_declared_one_is_left(
    more: str, severity: Severity, tmp_path: Path
) -> None:
    assert severities(tmp_path, POD + SERVICE % more, "references/service-port-unknown") == [severity]


def test_the_reloader_of_a_prometheus_has_a_port(tmp_path: Path) -> None:
    text = (
        "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: k8s, namespace: monitoring}\nspec: {}"
        "\n---\napiVersion: v1\nkind: Service\nmetadata: {name: prometheus, namespace: monitoring}\nspec:\n"
        "  selector: {app.kubernetes.io/name: prometheus}\n"
        "  ports: [{name: web, port: 9090, targetPort: web}, {name: reloader, port: 8080, targetPort: %s}]\n"
    )
    assert severities(tmp_path / "good", text % "reloader-web", "references/service-port-unknown") == []
    assert severities(tmp_path / "bad", text % "relaoder-web", "references/service-port-unknown") == [Severity.ERROR]


def test_the_service_of_the_api_server_can_be_monitored(tmp_path: Path) -> None:
    text = (
        "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: api, namespace: monitoring}\n"
        "spec:\n  endpoints: [{port: https}]\n  namespaceSelector: {matchNames: [default]}\n"
        "  selector: {matchLabels: {component: %s, provider: kubernetes}}\n"
    )
    assert severities(tmp_path / "good", text % "apiserver", "references/monitor-no-target") == []
    assert severities(tmp_path / "bad", text % "apisrever", "references/monitor-no-target")


def test_an_image_that_ko_writes_in_is_not_malformed(tmp_path: Path) -> None:
    for image, wrong in (("ko://example.org/web", False), ("docker://example.org/web:1", True)):
        text = POD.replace("example.org/web:1.0.0", image)
        assert bool(severities(tmp_path / str(wrong), text, "security/image-malformed")) == wrong


def test_the_template_of_a_rebalance_belongs_to_no_cluster(tmp_path: Path) -> None:
    text = "apiVersion: kafka.strimzi.io/v1\nkind: KafkaRebalance\nmetadata: {name: a, namespace: x%s}\nspec: {}\n"
    note = ', annotations: {strimzi.io/rebalance-template: "true"}'
    assert severities(tmp_path / "good", text % note, "references/kafka-cluster-missing") == []
    assert severities(tmp_path / "bad", text % "", "references/kafka-cluster-missing") == [Severity.ERROR]


def test_kustomize_names_the_namespace_that_it_puts_objects_into(tmp_path: Path) -> None:
    files = {"a.yaml": NAMESPACE % "_"}
    assert severities(tmp_path / "bad", files, "identity/name") == [Severity.ERROR]
    assert severities(tmp_path / "good", {**files, "kustomization.yaml": KUSTOMIZATION}, "identity/name") == []


def test_settings_of_a_tool_need_no_name(tmp_path: Path) -> None:
    assert severities(tmp_path / "tool", "apiVersion: k3d.io/v1alpha5\nkind: Simple\n", "identity/name") == []
    iop = "apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: {namespace: a}\n"
    assert severities(tmp_path / "istio", iop, "identity/name") == []
    bad = "apiVersion: apps/v1\nkind: Deployment\nspec: {}\n"
    assert severities(tmp_path / "bad", bad, "identity/name") == [Severity.ERROR]


def test_flux_says_in_which_namespace_a_folder_lands(tmp_path: Path) -> None:
    flux = (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: web, namespace: flux-system}"
        "\nspec: {path: ./apps/%s, targetNamespace: shop, prune: true, interval: 1h}\n"
    )
    caller = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\ndata: {url: 'http://web.shop.svc:80'}\n"
    )
    other = SERVICE.replace("{name: web}", "{name: other, namespace: elsewhere}") % ""
    files = {"apps/web/web.yaml": POD + SERVICE % "", "caller.yaml": caller, "other.yaml": other}
    monitor = (
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a, namespace: shop}\n"
        "spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}\n"
    )
    files["budget.yaml"] = monitor
    assert severities(tmp_path / "good", {**files, "flux.yaml": flux % "web"}, "references/budget-no-pods") == []
    assert severities(tmp_path / "bad", {**files, "flux.yaml": flux % "wbe"}, "references/budget-no-pods")


def test_the_objects_of_a_chart_that_flux_installs_are_unseen(tmp_path: Path) -> None:
    release = (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: %s, namespace: a}\nspec: {}\n---\n"
    )
    budget = (
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: cache, namespace: a}\n"
        "spec: {maxUnavailable: 1, selector: {matchLabels: {app: cache}}}\n---\n"
    )
    own = POD.replace("{name: web}", "{name: web, namespace: a}")
    rule = "references/budget-no-pods"
    assert severities(tmp_path / "good", own + budget + release % "cache", rule) == []
    assert severities(tmp_path / "bad", own + budget + release % "queue", rule) == [Severity.ERROR]


def test_values_of_a_chart_and_configurations_of_a_program_hold_placeholders_of_their_own(tmp_path: Path) -> None:
    release = (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: a, namespace: a}\n"
        "spec: {values: {hostnames: ['{{ .Release.Name }}.example.org']}}\n---\n"
    )
    beat = (
        "apiVersion: beat.k8s.elastic.co/v1beta1\nkind: Beat\nmetadata: {name: a, namespace: a}\n"
        "spec: {type: metricbeat, config: {modules: [{hosts: ['https://${NODE_NAME}:10250']}]}}\n---\n"
    )
    route = (
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: a}\n"
        "spec: {hostnames: ['{{ host }}']}\n"
    )
    assert severities(tmp_path / "good", release + beat, "identity/placeholder") == []
    assert severities(tmp_path / "bad", route, "identity/placeholder") == [Severity.ERROR]


def test_a_virtual_service_for_mesh_and_gateway_may_name_a_host_of_the_cluster(tmp_path: Path) -> None:
    gateway = (
        "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: edge, namespace: a}\nspec:\n"
        "  selector: {istio: ingressgateway}\n"
        "  servers: [{port: {number: 443, name: https, protocol: HTTPS}, hosts: [shop.example.org], "
        "tls: {mode: SIMPLE, credentialName: edge}}]\n---\n"
    )
    service = (
        "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: shop, namespace: a}\nspec:\n"
        "  hosts: [shop.example.org, shop.a.svc.cluster.local]\n  gateways: [%s]\n"
        "  http: [{route: [{destination: {host: shop.a.svc.cluster.local}}]}]\n"
    )
    rule = "references/virtual-service-gateway"
    assert severities(tmp_path / "good", gateway + service % "edge, mesh", rule) == []
    assert severities(tmp_path / "bad", gateway + service % "edge", rule) == [Severity.ERROR]


def test_the_namespace_of_a_platform_is_no_misspelt_one_of_the_tree(tmp_path: Path) -> None:
    text = NAMESPACE % "istio-apps" + "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: %s}\n"
    assert severities(tmp_path / "good", text % "istio-system", "identity/namespace-unknown") == []
    assert severities(tmp_path / "bad", text % "istio-aps", "identity/namespace-unknown") == [Severity.ERROR]


def test_a_secret_that_is_carried_over_once_has_one_owner(tmp_path: Path) -> None:
    text = (
        "apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: a, namespace: a}\n"
        "spec: {secretName: a-tls, dnsNames: [a.example.org], issuerRef: {name: x}}\n---\n"
        "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: a-tls, namespace: a}\n"
        "spec: {secretStoreRef: {name: x}, target: {name: a-tls, creationPolicy: %s}}\n"
    )
    assert severities(tmp_path / "good", text % "Orphan", "references/secret-two-owners") == []
    assert severities(tmp_path / "bad", text % "Owner", "references/secret-two-owners") == [Severity.ERROR]


def test_an_equals_sign_alone_is_a_string_to_every_reader_of_kubernetes(tmp_path: Path) -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: %s\n"
    for scalar, severity in (("=", Severity.WARNING), ("yes", Severity.ERROR)):
        (tmp_path / "a.yaml").write_text(text % scalar, encoding="utf-8")
        (problem,) = load_manifests(tmp_path).problems
        assert (problem.rule, problem.severity) == ("drift/ambiguous-scalar", severity)


def test_a_policy_that_means_either_peer_is_worth_knowing_only(tmp_path: Path) -> None:
    policy = (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec:\n  podSelector: {}\n"
        "  ingress: [{from: [{podSelector: {matchLabels: {app: %s}}}, {namespaceSelector: {matchLabels: {a: b}}}]}]\n"
    )
    rule = "security/network-policy-either-selector"
    assert severities(tmp_path / "beside", POD + policy % "web", rule) == [Severity.INFO]
    assert severities(tmp_path / "nowhere", POD + policy % "ingress", rule) == [Severity.WARNING]


def test_a_slice_made_by_hand_names_its_service(tmp_path: Path) -> None:
    text = (
        "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\naddressType: IPv4\n"
        "metadata: {name: a, namespace: a, labels: {kubernetes.io/%s: a}}\n"
    )
    assert severities(tmp_path / "good", text % "service-name", "identity/reserved-prefix") == []
    assert severities(tmp_path / "bad", text % "team", "identity/reserved-prefix") == [Severity.WARNING]


@pytest.mark.parametrize(("groups", "found"), [("[cert-manager.io]", 0), ('["", cert-manager.io]', 1), ('["*"]', 1)])
def test_a_webhook_for_everything_of_another_group_blocks_no_pods(tmp_path: Path, groups: str, found: int) -> None:
    text = f"""\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {{name: certificates}}
webhooks:
  - name: webhook.cert-manager.io
    clientConfig: {{service: {{name: webhook, namespace: cert-manager, path: /validate}}}}
    rules: [{{apiGroups: {groups}, apiVersions: [v1], operations: [CREATE], resources: ["*/*"]}}]
    failurePolicy: Fail
    sideEffects: None
    admissionReviewVersions: [v1]
"""
    assert len(severities(tmp_path, text, "security/webhook-blocks-itself")) == found
