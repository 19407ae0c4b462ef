"""Traffic into a region: health and draining, limits, certificates, traces and who may reach whom for them."""

from pathlib import Path
from typing import Any

import pytest
from rendering import Rendered, example_workspace, render

from generator.base.errors import ProblemsError
from generator.base.problem import Problem
from generator.cli.main import main
from generator.spec.load import load
from generator.spec.workspace import open_workspace
from generator.verify.reachability.stage import check_reachability
from generator.verify.subject import rendered_subject
from generator.verify.trees import find_trees

SPEC = """\
regions: [us-west-2, eu-west-1]
namespaces: {istio-ingress: {}, tracing: {}}
mesh: {tracing: {sampling: 0.5%}, accessLog: errors}
gateway: {certificate: shop-gateway-tls, rateLimit: {requests: 100/s, burst: 300}}
components:
  certificates:
    use: traffic/certificates
    namespace: istio-ingress
    secretName: shop-gateway-tls
    issuer: {kind: ClusterIssuer, name: corporate}
services:
  catalog: {exposes: {paths: [/catalog, /health], rateLimit: {requests: 90/m}}}
"""
DRAINED = "in: {us-west-2: {region: {drained: true}}}\n"


def workspace(tmp_path: Path, spec: str) -> Path:
    tmp_path.mkdir(exist_ok=True)
    example = tmp_path / "example.yaml"
    example.write_text(spec, "utf-8")
    return example_workspace(example, tmp_path / "workspace")


def tree(tmp_path: Path, spec: str = SPEC) -> Rendered:
    return render(workspace(tmp_path, spec), "shop", "example")


def only(rendered: Rendered, kind: str, region: str, name: str) -> dict[str, Any]:
    (found,) = (item for item in rendered.of_kind(kind, region).values() if item["metadata"]["name"] == name)
    return found


def answers(rendered: Rendered, region: str) -> dict[str, tuple[int, str]]:
    """Return what the gateway answers by itself: path → status and body."""
    patches = only(rendered, "EnvoyFilter", region, "shop-health")["spec"]["configPatches"]
    assert {(patch["applyTo"], patch["patch"]["operation"]) for patch in patches} == {("HTTP_ROUTE", "INSERT_FIRST")}
    routes = [patch["patch"]["value"] for patch in patches]
    return {
        route["match"]["path"]: (route["direct_response"]["status"], route["direct_response"]["body"]["inline_string"])
        for route in routes
    }


def test_a_region_says_that_it_is_well_and_leaves_the_health_of_services_to_them(tmp_path: Path) -> None:
    rendered = tree(tmp_path)
    assert answers(rendered, "us-west-2") == {"/health/region": (200, "us-west-2")}
    assert answers(rendered, "eu-west-1") == {"/health/region": (200, "eu-west-1")}


def test_a_drained_region_fails_every_check_of_its_health_and_no_other_does(tmp_path: Path) -> None:
    rendered = tree(tmp_path, SPEC + DRAINED)
    assert answers(rendered, "us-west-2") == {"/health/region": (503, "us-west-2"), "/health": (503, "drained")}
    assert answers(rendered, "eu-west-1") == {"/health/region": (200, "eu-west-1")}
    assert "Now it is us-west-2." in rendered.files["README.md"].decode()


def test_draining_changes_nothing_of_a_cluster_but_the_answers_to_health_checks(tmp_path: Path) -> None:
    before, after = tree(tmp_path / "before"), tree(tmp_path / "after", SPEC + DRAINED)
    clusters = {path for path in (*before.files, *after.files) if path.startswith("clusters/")}
    changed = {path for path in clusters if before.files.get(path) != after.files.get(path)}
    assert changed == {"clusters/us-west-2/gateway/envoyfilter-istio-ingress-shop-health.yaml"}


def test_limits_hold_for_the_gateway_and_for_services_but_not_for_health_checks(tmp_path: Path) -> None:
    rendered = tree(tmp_path)
    everything, service = only(rendered, "EnvoyFilter", "us-west-2", "shop-rate-limit")["spec"]["configPatches"]
    limit = everything["patch"]["value"]["typed_config"]
    assert limit["token_bucket"] == {"max_tokens": 300, "tokens_per_fill": 100, "fill_interval": "1s"}
    assert limit["status"] == {"code": "TooManyRequests"}
    assert service["match"]["routeConfiguration"]["vhost"] == {"route": {"name": "catalog"}}
    own = service["patch"]["value"]["typed_per_filter_config"]["envoy.filters.http.local_ratelimit"]
    assert own["token_bucket"] == {"max_tokens": 90, "tokens_per_fill": 90, "fill_interval": "60s"}
    # Envoy limits no share of the requests unless it is told to.
    assert all(each["filter_enforced"]["default_value"]["numerator"] == 100 for each in (limit, own))
    routes = only(rendered, "VirtualService", "us-west-2", "catalog-gateway")["spec"]["http"]
    assert "catalog" in {route.get("name") for route in routes}
    (health,) = only(rendered, "EnvoyFilter", "us-west-2", "shop-health")["spec"]["configPatches"]
    exempt = health["patch"]["value"]["typed_per_filter_config"]["envoy.filters.http.local_ratelimit"]
    assert exempt["disabled"] is True


def test_without_limits_there_is_no_filter(tmp_path: Path) -> None:
    spec = SPEC.replace(", rateLimit: {requests: 100/s, burst: 300}", "").replace(", rateLimit: {requests: 90/m}", "")
    rendered = tree(tmp_path, spec)
    assert {found["metadata"]["name"] for found in rendered.of_kind("EnvoyFilter").values()} == {"shop-health"}
    (health,) = only(rendered, "EnvoyFilter", "us-west-2", "shop-health")["spec"]["configPatches"]
    assert "typed_per_filter_config" not in health["patch"]["value"]


def test_a_limit_of_a_service_alone_lets_everything_else_through(tmp_path: Path) -> None:
    rendered = tree(tmp_path, SPEC.replace(", rateLimit: {requests: 100/s, burst: 300}", ""))
    everything, service = only(rendered, "EnvoyFilter", "us-west-2", "shop-rate-limit")["spec"]["configPatches"]
    assert "token_bucket" not in everything["patch"]["value"]["typed_config"]
    assert service["applyTo"] == "HTTP_ROUTE"


def test_each_region_has_a_certificate_for_its_own_host(tmp_path: Path) -> None:
    rendered = tree(tmp_path)
    found = {
        region: only(rendered, "Certificate", region, "shop-gateway-tls")["spec"]["dnsNames"]
        for region in ("us-west-2", "eu-west-1")
    }
    assert found == {"us-west-2": ["api.example.com"], "eu-west-1": ["api-eu.example.com"]}


@pytest.mark.parametrize(
    ("word", "expression"), [("errors", "response.code >= 400 || response.code == 0"), ("all", "")]
)
def test_proxies_log_what_the_spec_says(word: str, expression: str, tmp_path: Path) -> None:
    rendered = tree(tmp_path, SPEC.replace("accessLog: errors", f"accessLog: {word}"))
    (logging,) = only(rendered, "Telemetry", "us-west-2", "default")["spec"]["accessLogging"]
    assert logging.get("filter", {}).get("expression", "") == expression


def test_traces_go_to_a_collector_that_proxies_know_and_may_reach(tmp_path: Path) -> None:
    rendered = tree(tmp_path)
    (tracing,) = only(rendered, "Telemetry", "us-west-2", "default")["spec"]["tracing"]
    assert tracing == {"providers": [{"name": "otel-tracing"}], "randomSamplingPercentage": 0.5}
    (egress,) = only(rendered, "Sidecar", "us-west-2", "catalog")["spec"]["egress"]
    assert "tracing/otel-collector.tracing.svc.cluster.local" in egress["hosts"]
    policies = rendered.of_kind("NetworkPolicy", "us-west-2").values()
    allowed = {
        (policy["metadata"]["namespace"], policy["metadata"]["name"])
        for policy in policies
        for rule in policy["spec"].get("egress", ())
        if 4317 in [port["port"] for port in rule.get("ports", ())]
    }
    assert allowed == {("shop", "platform-flows"), ("istio-ingress", "shop-gateway")}


def test_without_a_word_on_telemetry_there_is_none(tmp_path: Path) -> None:
    rendered = tree(tmp_path, SPEC.replace("mesh: {tracing: {sampling: 0.5%}, accessLog: errors}", "mesh: {}"))
    assert rendered.of_kind("Telemetry") == {}


def test_an_isolated_gateway_reaches_the_exposed_services_and_no_others(tmp_path: Path) -> None:
    policy = only(tree(tmp_path), "NetworkPolicy", "us-west-2", "shop-gateway")["spec"]
    assert policy["podSelector"] == {"matchLabels": {"istio": "ingress"}}
    peers = [peer["podSelector"]["matchLabels"] for rule in policy["egress"] for peer in rule["to"]]
    assert peers == [
        {"app": "istiod"},
        {"app.kubernetes.io/name": "otel-collector"},
        {"app.kubernetes.io/name": "catalog"},
    ]
    open_namespace = tree(tmp_path / "open", SPEC.replace("istio-ingress: {}", "istio-ingress: {isolated: false}"))
    names = {found["metadata"]["name"] for found in open_namespace.of_kind("NetworkPolicy").values()}
    assert "shop-gateway" not in names


def reachable(tmp_path: Path, spec: str) -> tuple[Problem, ...]:
    root = workspace(tmp_path, spec)
    with pytest.raises(SystemExit) as done:
        main(["render", "--env", "example", "--workspace", str(root)])
    assert done.value.code == 0
    model = load(open_workspace(root), "shop", "example")
    (found,) = find_trees(root, [("shop", "example")])
    return check_reachability([rendered_subject(found, model)]).problems


def test_a_collector_that_lets_nobody_in_is_noticed(tmp_path: Path) -> None:
    problems = reachable(tmp_path / "closed", SPEC)
    assert {problem.rule for problem in problems} == {"reachability/closed"}
    assert all("collector of traces:4317" in problem.message for problem in problems)
    assert reachable(tmp_path / "open", SPEC.replace("tracing: {}}", "tracing: {isolated: false}}")) == ()


def test_a_secret_of_the_platform_may_not_be_made_a_second_time(tmp_path: Path) -> None:
    keys = "keys: {tls.crt: shop-crt, tls.key: shop-key}"
    secret = f"secrets: {{shop-gateway-tls: {{namespace: istio-ingress, type: kubernetes.io/tls, {keys}}}}}\n"
    with pytest.raises(ProblemsError) as caught:
        tree(tmp_path, SPEC + secret)
    assert "a component makes 'shop-gateway-tls' as well" in str(caught.value)
