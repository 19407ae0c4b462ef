"""TalAI's dashboards: titles of its design document, and nothing read that nobody makes, in panels and in alerts."""

import json
from pathlib import Path

import pytest

from generator.manifests.cluster import Cluster
from generator.manifests.clusters import Repository, divide
from generator.manifests.load import load_manifests
from generator.rules.catalogue import all_rules
from generator.rules.dashboards.content import dashboards_of
from generator.rules.run import check

OUTPUT = Path(__file__).parents[2] / "output" / "talai"
ENVIRONMENTS = ("production", "growth", "staging")
RULES = [rule for rule in all_rules() if rule.id.startswith("dashboards/") or rule.id.startswith("alerts/metric-")]
TITLES = {"Service Health Dashboard", "Infrastructure Dashboard", "Business Metrics Dashboard"}
# What the document says each shows, and the metric or the part of one by which a panel does.
SHOWN = {
    "Service Health Dashboard": [
        "http_requests_total",
        'status=~\\"5..\\"',
        "http_request_duration_seconds_bucket",
        "source_workload, destination_service_name",
        "container_memory_working_set_bytes",
    ],
    "Infrastructure Dashboard": [
        "kube_node_status_condition",
        "node_memory_MemAvailable_bytes",
        "kube_pod_info",
        "kube_pod_status_unschedulable",
        "node_network_receive_bytes_total",
    ],
    "Business Metrics Dashboard": ["active_users", "service, method, handler", "platform:cost_dollars_per_request"],
}


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def tree(request: pytest.FixtureRequest) -> Repository:
    return divide(load_manifests(OUTPUT / str(request.param)))


def regions(tree: Repository) -> list[Cluster]:
    """Return the clusters of the regions: the hub of Argo CD is among a tree's clusters too."""
    found = [cluster for cluster in tree.clusters if "monitoring" in cluster.namespaces()]
    assert found
    return found


def test_every_region_has_the_three_dashboards_of_the_document(tree: Repository) -> None:
    for cluster in regions(tree):
        titles = {str(dashboard.content["title"]) for dashboard in dashboards_of(cluster)}
        assert titles >= TITLES


@pytest.mark.parametrize("title", sorted(TITLES))
def test_a_dashboard_shows_what_the_document_names(tree: Repository, title: str) -> None:
    for cluster in regions(tree):
        (content,) = [each.content for each in dashboards_of(cluster) if each.content["title"] == title]
        text = json.dumps(content["panels"])
        assert [part for part in SHOWN[title] if part not in text] == []


def test_every_panel_and_alert_reads_what_somebody_makes(tree: Repository) -> None:
    assert [f"{problem.text()} [{problem.rule}]" for problem in check(tree, RULES)] == []


def test_a_panel_that_reads_nothing_real_is_found(tmp_path: Path) -> None:
    """The negative control of the test above: production's dashboards with the name of one metric misspelt."""
    (source,) = OUTPUT.glob("production/clusters/us-west-2/*/configmap-service-health.yaml")
    text = source.read_text("utf-8").replace("http_requests_total", "http_request_total")
    (tmp_path / "dashboard.yaml").write_text(text, "utf-8")
    found = [
        problem for problem in check(divide(load_manifests(tmp_path)), RULES) if "http_request_total" in problem.message
    ]
    assert [problem.hint for problem in found] == ["Did you mean 'http_requests_total'?"]
