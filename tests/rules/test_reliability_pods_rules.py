"""Probes, resources, selectors and placement of pods: the cases that are easy to get wrong."""

from pathlib import Path

import pytest
from reliability_trees import SERVICE, found, hpa, manifest, pods, severities

HTTP = "httpGet: {path: /, port: http}"
PORTS = "ports: [{name: http, containerPort: 8080}]\n"


def test_a_port_of_health_that_is_not_declared_is_a_risk_only(tmp_path: Path) -> None:
    text = pods(PORTS + "livenessProbe: {httpGet: {port: 8081}}\nreadinessProbe: {httpGet: {port: 8081}}")
    assert severities(tmp_path, "reliability/probe-port", text) == ["warning", "warning"]


def test_a_probe_that_differs_from_the_others_is_a_mistake(tmp_path: Path) -> None:
    text = pods(PORTS + "livenessProbe: {httpGet: {port: 8081}}\nreadinessProbe: {httpGet: {port: http}}")
    assert severities(tmp_path, "reliability/probe-port", text) == ["error"]


@pytest.mark.parametrize("port", ["15021", "8080", "http"])
def test_ports_of_the_sidecar_and_of_the_container_are_there(tmp_path: Path, port: str) -> None:
    assert (
        found(tmp_path, "reliability/probe-port", pods(PORTS + f"livenessProbe: {{httpGet: {{port: {port}}}}}")) == []
    )


def test_a_number_is_fine_when_no_port_is_declared(tmp_path: Path) -> None:
    assert found(tmp_path, "reliability/probe-port", pods("livenessProbe: {tcpSocket: {port: 8081}}")) == []


def test_a_named_port_that_is_misspelt_is_found_with_the_nearest(tmp_path: Path) -> None:
    (problem,) = found(tmp_path, "reliability/probe-port", pods(PORTS + "livenessProbe: {httpGet: {port: htpp}}"))
    assert problem.hint == "Did you mean 'http'?"


@pytest.mark.parametrize(
    "probe",
    [
        "livenessProbe: {}",
        f"livenessProbe: {{{HTTP}, successThreshold: 2}}",
        f"livenessProbe: {{{HTTP}, exec: {{command: [a]}}}}",
    ],
)
def test_a_probe_that_the_api_server_refuses_is_found(tmp_path: Path, probe: str) -> None:
    assert severities(tmp_path, "reliability/probe-invalid", pods(PORTS + probe)) == ["error"]


def test_readiness_may_want_several_successes(tmp_path: Path) -> None:
    text = pods(PORTS + f"readinessProbe: {{{HTTP}, successThreshold: 2}}")
    assert found(tmp_path, "reliability/probe-invalid", text) == []


@pytest.mark.parametrize(("policy", "count"), [("", 1), ("restartPolicy: Always, ", 0)])
def test_only_an_init_container_that_stays_may_have_probes(tmp_path: Path, policy: str, count: int) -> None:
    init = f"initContainers: [{{name: proxy, image: a:1, {policy}startupProbe: {{tcpSocket: {{port: 1}}}}}}]"
    assert len(found(tmp_path, "reliability/probe-invalid", pods(pod=init))) == count


def test_liveness_with_the_patience_of_the_defaults_is_right(tmp_path: Path) -> None:
    assert found(tmp_path, "reliability/liveness-kills-start", pods(f"livenessProbe: {{{HTTP}}}")) == []


def test_liveness_that_restarts_before_readiness_asks_is_a_mistake(tmp_path: Path) -> None:
    text = pods(f"livenessProbe: {{{HTTP}}}\nreadinessProbe: {{{HTTP}, initialDelaySeconds: 60}}")
    assert severities(tmp_path, "reliability/liveness-kills-start", text) == ["error"]


def test_pods_of_no_service_need_no_readiness(tmp_path: Path) -> None:
    assert found(tmp_path, "reliability/no-readiness", pods()) == []
    assert severities(tmp_path, "reliability/no-readiness", pods(), SERVICE) == ["warning"]


@pytest.mark.parametrize(
    ("hook", "grace", "count"),
    [
        ("sleep: {seconds: 30}", 30, 1),
        ("sleep: {seconds: 30}", 45, 0),
        ("exec: {command: [sleep, '30']}", 30, 1),
        ("exec: {command: [sh, -c, 'sleep 1m; kill 1']}", 60, 1),
        ("exec: {command: [sh, -c, 'sleep 0.5']}", 1, 0),
        ("httpGet: {port: 8080}", 1, 0),
    ],
)
def test_a_hook_is_compared_with_the_grace_period(tmp_path: Path, hook: str, grace: int, count: int) -> None:
    text = pods(f"lifecycle: {{preStop: {{{hook}}}}}", pod=f"terminationGracePeriodSeconds: {grace}")
    assert len(found(tmp_path, "reliability/grace-period-short", text)) == count


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("memory", "512m", "Did you mean '512Mi'?"),
        ("memory", "1GB", "Did you mean '1Gi'?"),
        ("cpu", "500mi", "Did you mean '500m'?"),
        ("memory", "512", "Did you mean '512Mi'?"),
        ("cpu", "500Mi", "Did you mean '500m'?"),
        ("memory", "1 Gi", "Did you mean '1Gi'?"),
    ],
)
def test_a_quantity_that_cannot_be_meant_is_found(tmp_path: Path, name: str, value: str, hint: str) -> None:
    (problem,) = found(tmp_path, "reliability/quantity-invalid", pods(f"resources: {{limits: {{{name}: '{value}'}}}}"))
    assert problem.hint == hint


@pytest.mark.parametrize(
    "resources",
    [
        "cpu: 0.5",
        "cpu: '2'",
        "memory: 1e9",
        "memory: 128974848",
        "memory: 1.5Gi",
        "cpu: 100m",
        "ephemeral-storage: 2G",
        "nvidia.com/gpu: 1",
        "memory: 500M",
    ],
)
def test_quantities_of_every_form_are_right(tmp_path: Path, resources: str) -> None:
    assert found(tmp_path, "reliability/quantity-invalid", pods(f"resources: {{limits: {{{resources}}}}}")) == []


def test_a_request_is_compared_by_amount_and_not_by_text(tmp_path: Path) -> None:
    text = pods("resources: {requests: {memory: 1024Mi, cpu: 1000m}, limits: {memory: 1Gi, cpu: 1}}")
    assert found(tmp_path, "reliability/request-over-limit", text) == []


def test_a_quota_is_exceeded_for_certain_only_at_the_fewest_pods(tmp_path: Path) -> None:
    quota = manifest("v1", "ResourceQuota", "q", "spec: {hard: {requests.cpu: '4'}}")
    text = pods("resources: {requests: {cpu: 1}}")
    scaler = hpa("minReplicas: 2\nmaxReplicas: 9")
    assert severities(tmp_path, "reliability/quota-exceeded", text, quota) == []
    assert severities(tmp_path, "reliability/quota-exceeded", text, quota, scaler) == ["warning"]
    more = pods("resources: {requests: {cpu: 2}}")
    assert severities(tmp_path, "reliability/quota-exceeded", more, quota) == ["error"]


ROUTED = "replicas: 3\nstrategy: {canary: {trafficRouting: {istio: {}}, steps: [{setWeight: 10}]}}"


@pytest.mark.parametrize(
    ("strategy", "severity"),
    [
        (ROUTED, ["warning"]),
        ("replicas: 3\nstrategy: {blueGreen: {activeService: cart}}", ["warning"]),
        (ROUTED.replace("trafficRouting", "dynamicStableScale: true, trafficRouting"), []),
        ("replicas: 3\nstrategy: {canary: {steps: [{setWeight: 10}]}}", []),
    ],
)
def test_a_rollout_that_runs_both_versions_whole_needs_room_for_both(
    tmp_path: Path, strategy: str, severity: list[str]
) -> None:
    quota = manifest("v1", "ResourceQuota", "q", "spec: {hard: {requests.cpu: '5'}}")
    rollout = pods("resources: {requests: {cpu: 1}}", kind="Rollout", spec=strategy)
    assert severities(tmp_path, "reliability/quota-exceeded", rollout, quota) == severity
    room = quota.replace("'5'", "'6'")
    assert severities(tmp_path, "reliability/quota-exceeded", rollout, room) == []


@pytest.mark.parametrize(
    ("kind", "key", "severity"),
    [
        ("Rollout", "rollouts-pod-template-hash", []),
        ("Rollout", "pod-template-hash", ["warning"]),
        ("Deployment", "pod-template-hash", []),
        ("Deployment", "rollouts-pod-template-hash", ["warning"]),
        ("StatefulSet", "controller-revision-hash", []),
        ("Deployment", "app", []),
    ],
)
def test_versions_are_spread_apart_by_a_label_that_their_pods_have(
    tmp_path: Path, kind: str, key: str, severity: list[str]
) -> None:
    spread = "topologySpreadConstraints:\n  - {topologyKey: topology.kubernetes.io/zone, maxSkew: 1, "
    spread += (
        f"whenUnsatisfiable: ScheduleAnyway, labelSelector: {{matchLabels: {{app: cart}}}}, matchLabelKeys: [{key}]}}"
    )
    assert severities(tmp_path, "reliability/spread-unmatched", pods(kind=kind, pod=spread)) == severity


def test_what_a_limit_range_gives_answers_a_quota(tmp_path: Path) -> None:
    quota = manifest("v1", "ResourceQuota", "q", "spec: {hard: {limits.memory: 8Gi}}")
    limits = manifest("v1", "LimitRange", "d", "spec: {limits: [{type: Container, default: {memory: 1Gi}}]}")
    assert severities(tmp_path, "reliability/quota-unanswered", pods(), quota) == ["error"]
    assert found(tmp_path, "reliability/quota-unanswered", pods(), quota, limits) == []


def test_a_stable_and_a_canary_with_labels_of_their_own_do_not_share(tmp_path: Path) -> None:
    stable = pods(labels="app: cart, track: stable", selector="{matchLabels: {app: cart, track: stable}}")
    canary = pods(
        name="canary", labels="app: cart, track: canary", selector="{matchLabels: {app: cart, track: canary}}"
    )
    assert found(tmp_path, "reliability/selector-shared", stable, canary) == []


def test_a_selector_that_also_takes_in_another_workload_is_a_risk(tmp_path: Path) -> None:
    other = pods(name="canary", labels="app: cart, track: canary", selector="{matchLabels: {track: canary}}")
    assert severities(tmp_path, "reliability/selector-shared", pods(), other) == ["warning"]


def test_a_rollout_that_takes_over_a_deployment_shares_its_pods(tmp_path: Path) -> None:
    body = "spec: {workloadRef: {apiVersion: apps/v1, kind: Deployment, name: cart}, strategy: {canary: {}}}"
    rollout = manifest("argoproj.io/v1alpha1", "Rollout", "cart", body)
    assert found(tmp_path, "reliability/selector-shared", pods(), rollout) == []
    assert found(tmp_path, "reliability/selector-mismatch", pods(), rollout) == []


@pytest.mark.parametrize(
    "selector", ["{}", "{matchLabels: {app: basket}}", "{matchExpressions: [{key: app, operator: In, values: [x]}]}"]
)
def test_a_selector_that_misses_its_own_pods_is_found(tmp_path: Path, selector: str) -> None:
    assert severities(tmp_path, "reliability/selector-mismatch", pods(selector=selector)) == ["error"]


@pytest.mark.parametrize(
    ("key", "severity"),
    [
        ("topology.kubernetes.io/zones", ["error"]),
        ("kubernetes.io/hostnames", ["error"]),
        ("zone", ["warning"]),
        ("failure-domain.beta.kubernetes.io/zone", ["warning"]),
        ("topology.ebs.csi.aws.com/zone", []),
        ("example.com/rack", []),
        ("topology.kubernetes.io/zone", []),
        ("topology.kubernetes.io/rack", []),
    ],
)
def test_a_topology_key_that_nodes_lack_is_found(tmp_path: Path, key: str, severity: list[str]) -> None:
    term = f"{{topologyKey: {key}, labelSelector: {{matchLabels: {{app: cart}}}}}}"
    text = pods(pod=f"affinity: {{podAntiAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: [{term}]}}}}")
    assert severities(tmp_path, "reliability/topology-key", text) == severity


def test_a_required_affinity_to_pods_that_are_there_is_right(tmp_path: Path) -> None:
    term = "{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: cache}}}"
    text = pods(pod=f"affinity: {{podAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: [{term}]}}}}")
    cache = pods(name="cache", labels="app: cache", selector="{matchLabels: {app: cache}}")
    assert found(tmp_path, "reliability/affinity-unmet", text, cache) == []
    assert severities(tmp_path, "reliability/affinity-unmet", text) == ["error"]


def test_terms_of_a_node_affinity_are_alternatives(tmp_path: Path) -> None:
    good = "{matchExpressions: [{key: pool, operator: In, values: [a]}]}"
    bad = "{matchExpressions: [{key: pool, operator: In, values: [b]}]}"
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    base = f"nodeSelector: {{pool: a}}\naffinity: {{nodeAffinity: {{{required}: {{nodeSelectorTerms: "
    assert found(tmp_path, "reliability/node-unmatched", pods(pod=f"{base}[{good}, {bad}]}}}}}}")) == []
    assert severities(tmp_path, "reliability/node-unmatched", pods(pod=f"{base}[{bad}]}}}}}}")) == ["error"]


@pytest.mark.parametrize(
    ("strategy", "count"),
    [
        ("{maxSurge: 0, maxUnavailable: 0}", 1),
        ("{maxSurge: 0%, maxUnavailable: 0%}", 1),
        ("{maxUnavailable: 0}", 0),
        ("{maxSurge: 25%, maxUnavailable: 0}", 0),
        ("{maxSurge: 0}", 0),
        ("{maxUnavailable: 120%}", 1),
    ],
)
def test_an_update_needs_room_on_one_side(tmp_path: Path, strategy: str, count: int) -> None:
    text = pods(spec=f"replicas: 3\nstrategy: {{rollingUpdate: {strategy}}}")
    assert len(found(tmp_path, "reliability/update-stuck", text)) == count


def test_the_deadline_of_an_update_is_compared_with_its_default(tmp_path: Path) -> None:
    assert severities(tmp_path, "reliability/update-stuck", pods(spec="minReadySeconds: 600")) == ["error"]
    assert found(tmp_path, "reliability/update-stuck", pods(spec="minReadySeconds: 30")) == []


def test_recreate_is_right_for_a_single_pod(tmp_path: Path) -> None:
    text = pods(spec="replicas: 1\nstrategy: {type: Recreate}")
    assert found(tmp_path, "reliability/update-takes-all", text, SERVICE) == []


def test_ports_of_two_protocols_may_share_a_number(tmp_path: Path) -> None:
    text = pods(
        "ports: [{name: dns, containerPort: 53, protocol: UDP}, {name: dns-tcp, containerPort: 53, protocol: TCP}]"
    )
    assert found(tmp_path, "reliability/container-port-duplicate", text) == []


@pytest.mark.parametrize(
    ("mode", "severity"),
    [
        ("ReadWriteOnce", ["warning"]),
        ("ReadWriteOncePod", ["error"]),
        ("ReadWriteMany", []),
        ("ReadOnlyMany", []),
    ],
)
def test_a_claim_for_one_node_is_not_for_several_pods(tmp_path: Path, mode: str, severity: list[str]) -> None:
    text = pods(pod="volumes: [{name: d, persistentVolumeClaim: {claimName: d}}]")
    claim = manifest(
        "v1",
        "PersistentVolumeClaim",
        "d",
        f"spec: {{accessModes: [{mode}], resources: {{requests: {{storage: 1Gi}}}}}}",
    )
    assert severities(tmp_path, "reliability/claim-shared", text, claim) == severity
