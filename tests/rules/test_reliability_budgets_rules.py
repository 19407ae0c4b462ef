"""Disruption budgets and scalers: the cases that are easy to get wrong."""

from pathlib import Path

import pytest
from reliability_trees import budget, found, hpa, manifest, pods, scaled_object, severities

BLOCKS = "reliability/pdb-blocks-drain"


@pytest.mark.parametrize(
    "spec", ["maxUnavailable: 0", "maxUnavailable: 0%", "minAvailable: 100%", "minAvailable: 3", "minAvailable: 67%"]
)
def test_a_budget_that_allows_nothing_is_found(tmp_path: Path, spec: str) -> None:
    assert severities(tmp_path, BLOCKS, pods(), budget(spec)) == ["error"]


@pytest.mark.parametrize("spec", ["maxUnavailable: 1%", "maxUnavailable: 1", "minAvailable: 2", "minAvailable: 66%"])
def test_a_budget_that_allows_one_pod_after_rounding_up_is_right(tmp_path: Path, spec: str) -> None:
    assert found(tmp_path, BLOCKS, pods(), budget(spec)) == []


def test_a_budget_is_compared_with_the_minimum_of_the_scaler(tmp_path: Path) -> None:
    scaler = hpa("minReplicas: 2\nmaxReplicas: 9")
    (problem,) = found(tmp_path, BLOCKS, pods(), budget("minAvailable: 2"), scaler)
    assert "has 2 at the minimum of HorizontalPodAutoscaler/cart" in problem.message


def test_a_scaler_with_a_higher_minimum_than_replicas_makes_a_budget_right(tmp_path: Path) -> None:
    scaler = hpa("minReplicas: 5\nmaxReplicas: 9")
    assert found(tmp_path, BLOCKS, pods(), budget("minAvailable: 3"), scaler) == []


def test_a_target_that_is_scaled_to_zero_is_a_risk_only(tmp_path: Path) -> None:
    assert severities(tmp_path, BLOCKS, pods(), budget("minAvailable: 1"), scaled_object("minReplicaCount: 0")) == [
        "warning"
    ]


def test_a_workload_without_replicas_has_no_pod_to_keep(tmp_path: Path) -> None:
    assert found(tmp_path, BLOCKS, pods(spec="replicas: 0"), budget("minAvailable: 1")) == []


def test_pods_whose_number_is_not_known_are_not_judged(tmp_path: Path) -> None:
    assert found(tmp_path, BLOCKS, pods(kind="DaemonSet", spec="minReadySeconds: 1"), budget("minAvailable: 1")) == []


def test_a_budget_over_two_workloads_counts_both(tmp_path: Path) -> None:
    other = pods(name="basket", labels="app: cart, track: canary", selector="{matchLabels: {track: canary}}")
    assert found(tmp_path, BLOCKS, pods(), other, budget("minAvailable: 3")) == []


@pytest.mark.parametrize("spec", ["minAvailable: 1, maxUnavailable: 1", "maxUnavailable: 150%", 'minAvailable: "2"'])
def test_a_budget_that_the_api_server_refuses_is_found(tmp_path: Path, spec: str) -> None:
    assert severities(tmp_path, "reliability/pdb-invalid", budget(spec)) == ["error"]


def test_a_single_pod_may_be_evicted_without_a_word(tmp_path: Path) -> None:
    text = pods(spec="replicas: 1")
    assert found(tmp_path, "reliability/pdb-protects-nothing", text, budget("maxUnavailable: 1")) == []


def test_budgets_of_different_pods_do_not_overlap(tmp_path: Path) -> None:
    other = manifest(
        "policy/v1", "PodDisruptionBudget", "x", "spec: {maxUnavailable: 1, selector: {matchLabels: {app: x}}}"
    )
    assert found(tmp_path, "reliability/pdb-overlap", pods(), budget("maxUnavailable: 1"), other) == []


@pytest.mark.parametrize(
    ("scaler", "count"),
    [
        (hpa("minReplicas: 1\nmaxReplicas: 1"), 0),
        (hpa("maxReplicas: 0"), 1),
        (hpa("minReplicas: 0\nmaxReplicas: 3"), 1),
        (scaled_object("minReplicaCount: 0"), 0),
        (scaled_object("minReplicaCount: 101"), 1),
        (scaled_object("minReplicaCount: 2\nidleReplicaCount: 2"), 1),
        (scaled_object("minReplicaCount: 2\nidleReplicaCount: 0"), 0),
        (hpa("minReplicas: 0\nmaxReplicas: 3\nmetrics: [{type: External}]"), 0),
    ],
)
def test_the_range_of_a_scaler_is_judged_with_its_defaults(tmp_path: Path, scaler: str, count: int) -> None:
    assert len(found(tmp_path, "reliability/scaler-range", scaler)) == count


CPU = (
    "maxReplicas: 9\nmetrics:\n  - type: Resource\n"
    "    resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}"
)


def test_a_limit_is_a_request_to_measure_by(tmp_path: Path) -> None:
    assert found(tmp_path, "reliability/scaler-metric", pods("resources: {limits: {cpu: 1}}"), hpa(CPU)) == []


def test_a_default_of_the_namespace_is_a_request_to_measure_by(tmp_path: Path) -> None:
    limits = manifest("v1", "LimitRange", "d", "spec: {limits: [{type: Container, defaultRequest: {cpu: 100m}}]}")
    assert found(tmp_path, "reliability/scaler-metric", pods(), limits, hpa(CPU)) == []


def test_an_init_container_that_ends_needs_no_request_to_measure_by(tmp_path: Path) -> None:
    text = pods("resources: {requests: {cpu: 1}}", pod="initContainers: [{name: wait, image: example.com/wait:1}]")
    assert found(tmp_path, "reliability/scaler-metric", text, hpa(CPU)) == []


def test_an_average_value_needs_no_request(tmp_path: Path) -> None:
    target = "{type: AverageValue, averageValue: 1}"
    metric = f"maxReplicas: 9\nmetrics:\n  - {{type: Resource, resource: {{name: cpu, target: {target}}}}}"
    assert found(tmp_path, "reliability/scaler-metric", pods(), hpa(metric)) == []


@pytest.mark.parametrize(("number", "severity"), [(0, "error"), (-5, "error"), (120, "warning")])
def test_a_utilization_out_of_reach_is_found(tmp_path: Path, number: int, severity: str) -> None:
    text = pods("resources: {requests: {cpu: 1}}")
    scaler = hpa(CPU.replace("70", str(number)))
    assert severities(tmp_path, "reliability/scaler-metric", text, scaler) == [severity]


@pytest.mark.parametrize(
    ("behavior", "severity"),
    [
        ("scaleDown: {stabilizationWindowSeconds: 3601}", "error"),
        ("scaleUp: {policies: []}", "error"),
        ("scaleDown: {policies: [{type: Pods, value: 1, periodSeconds: 1801}]}", "error"),
        ("scaleDown: {policies: [{type: Pods, value: 0, periodSeconds: 60}]}", "error"),
        ("scaleDown: {selectPolicy: Disabled}", "info"),
        ("scaleUp: {selectPolicy: Disabled}", "warning"),
    ],
)
def test_behavior_out_of_bounds_is_found(tmp_path: Path, behavior: str, severity: str) -> None:
    text = hpa(f"maxReplicas: 9\nbehavior: {{{behavior}}}")
    assert severities(tmp_path, "reliability/scaler-behavior", text) == [severity]


def test_pods_measured_by_their_own_cpu_cannot_come_back_from_zero(tmp_path: Path) -> None:
    text = scaled_object("minReplicaCount: 0\ntriggers: [{type: cpu, metadata: {value: '60'}}]")
    assert severities(tmp_path, "reliability/keda-settings", text) == ["error"]


def test_a_cron_trigger_in_an_unknown_zone_is_found_with_the_nearest(tmp_path: Path) -> None:
    metadata = "{timezone: Europe/Berlim, start: 0 8 * * *, end: 0 18 * * *, desiredReplicas: '5'}"
    (problem,) = found(
        tmp_path, "reliability/keda-settings", scaled_object(f"triggers: [{{type: cron, metadata: {metadata}}}]")
    )
    assert problem.hint == "Did you mean 'Europe/Berlin'?"
