"""What policies let through is compared with what the spec declares, connection by connection."""

import shutil
from pathlib import Path

import pytest

from generator.base.problem import Problem
from generator.manifests.clusters import divide
from generator.manifests.load import load_manifests
from generator.spec.load import load
from generator.spec.workspace import open_workspace
from generator.verify.reachability.declared import declared
from generator.verify.reachability.endpoint import Endpoint
from generator.verify.reachability.mesh import Mesh
from generator.verify.reachability.network import EGRESS, INGRESS, Network
from generator.verify.reachability.stage import check_reachability
from generator.verify.subject import rendered_subject
from generator.verify.trees import find_trees

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"
SPECS = {
    "talai": (ROOT, "talai", "production"),
    "atlas": (GOLDEN / "atlas", "atlas", "live"),
    "forge": (GOLDEN / "forge", "forge", "lab"),
}


def found(workspace: Path, platform: str, environment: str) -> tuple[str, tuple[Problem, ...]]:
    model = load(open_workspace(workspace), platform, environment)
    (tree,) = find_trees(workspace, [(platform, environment)])
    outcome = check_reachability([rendered_subject(tree, model)])
    return outcome.note, outcome.problems


@pytest.mark.parametrize("name", SPECS)
def test_rendered_trees_let_through_exactly_what_their_spec_declares(name: str) -> None:
    note, problems = found(*SPECS[name])
    assert problems == ()
    assert int(note.split()[0]) > 20


def test_the_calls_of_a_spec_are_declared_with_the_flows_that_they_rest_on() -> None:
    model = load(open_workspace(ROOT), "talai", "production")
    shown = {str(connection) for connection in declared(model, "us-west-2")}
    assert {
        "abstract-writer → orchex:8000",
        "orchex → cluster DNS:53",
        "orchex → istiod:15012",
        "ingress gateway → orchex:8000",
        "Prometheus → orchex:9090",
    } <= shown


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    for folder in ("environments", "templates", "output"):
        shutil.copytree(GOLDEN / "atlas" / folder, tmp_path / folder)
    return tmp_path


NORTH = "output/atlas/live/clusters/north"


def policies(workspace: Path, kind: str) -> list[Path]:
    marked = (path for path in sorted((workspace / NORTH).rglob("*.yaml")) if f"\nkind: {kind}\n" in path.read_text())
    # Of NetworkPolicies those of services: a namespace has some of its own.
    services = (path for path in marked if path.with_name("service.yaml").exists() or kind != "NetworkPolicy")
    return [path for path in services if "ingress:" in path.read_text() or kind != "NetworkPolicy"]


def rules(workspace: Path) -> set[str]:
    return {problem.rule for problem in found(workspace, "atlas", "live")[1]}


def test_a_peer_more_in_every_layer_is_found(workspace: Path) -> None:
    (path, *_) = policies(workspace, "NetworkPolicy")
    text = path.read_text()
    path.write_text(text.replace("    - from:\n", "    - from:\n        - namespaceSelector: {}\n", 1))
    authorization = path.with_name("authorizationpolicy.yaml")
    if authorization.exists():
        authorization.write_text(
            authorization.read_text().replace("    - from:\n", "    - to: [{operation: {}}]\n    - from:\n", 1)
        )
    # What the gateway may open, which is one of those that are let in now.
    for leaving in (workspace / NORTH / "gateway").glob("networkpolicy-*.yaml"):
        leaving.write_text(leaving.read_text().replace("  egress:\n", "  egress:\n    - {}\n", 1))
    assert "reachability/undeclared" in rules(workspace)


def test_a_peer_less_is_found_with_the_policy_that_stands_in_the_way(workspace: Path) -> None:
    (path, *_) = policies(workspace, "NetworkPolicy")
    head, _, _ = path.read_text().partition("  ingress:\n")
    path.write_text(head)
    problems = [p for p in found(workspace, "atlas", "live")[1] if p.rule == "reachability/closed"]
    assert problems
    assert all("NetworkPolicy" in problem.message for problem in problems)


def test_without_any_network_policy_much_is_open(workspace: Path) -> None:
    for path in (workspace / NORTH).rglob("*.yaml"):
        if "\nkind: NetworkPolicy\n" in path.read_text():
            path.unlink()
    problems = found(workspace, "atlas", "live")[1]
    assert {problem.rule for problem in problems} == {"reachability/undeclared"}
    assert any("no policy selects it" in problem.message for problem in problems)


POLICY = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p, namespace: shop}}\nspec: {spec}\n"
WEB = Endpoint("web", "shop", {"app": "web"}, {8080: "http"}, "cluster.local/ns/shop/sa/web")
DB = Endpoint("db", "data", {"app": "db"}, {5432: "pg"}, "cluster.local/ns/data/sa/db")
OF_DB = "podSelector: {matchLabels: {app: db}}"
IN_DATA = "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: data}}"
OUTSIDE = Endpoint("outside", "", {}, {443: ""}, "", "203.0.113.7")


def network(tmp_path: Path, spec: str) -> Network:
    (tmp_path / "p.yaml").write_text(POLICY.format(spec=spec))
    (cluster,) = divide(load_manifests(tmp_path)).clusters
    return Network(cluster)


@pytest.mark.parametrize(
    ("spec", "allowed"),
    [
        ("{podSelector: {}}", False),
        ("{podSelector: {}, ingress: []}", False),
        ("{podSelector: {}, ingress: [{}]}", True),
        ("{podSelector: {}, ingress: [{from: []}]}", True),
        ("{podSelector: {matchLabels: {app: other}}}", True),
        ("{podSelector: {}, policyTypes: [Egress]}", True),
        ("{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: db}}}]}]}", False),
        ("{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}", True),
        (f"{{podSelector: {{}}, ingress: [{{from: [{{namespaceSelector: {{}}, {OF_DB}}}]}}]}}", True),
        (f"{{podSelector: {{}}, ingress: [{{from: [{{{IN_DATA}}}]}}]}}", True),
        (f"{{podSelector: {{}}, ingress: [{{from: [{{{IN_DATA.replace('data}', 'date}')}}}]}}]}}", False),
        ("{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}", False),
        ("{podSelector: {}, ingress: [{ports: [{port: 8080}]}]}", True),
        ("{podSelector: {}, ingress: [{ports: [{port: http}]}]}", True),
        ("{podSelector: {}, ingress: [{ports: [{port: 8000, endPort: 9000}]}]}", True),
        ("{podSelector: {}, ingress: [{ports: [{port: 8080, protocol: UDP}]}]}", False),
        ("{podSelector: {}, ingress: [{ports: [{port: 9090}]}]}", False),
    ],
)  # fmt: skip
def test_network_policies_mean_what_kubernetes_says(spec: str, allowed: bool, tmp_path: Path) -> None:
    assert network(tmp_path, spec).judge(INGRESS, WEB, DB, 8080).allowed is allowed


@pytest.mark.parametrize(
    ("block", "allowed"),
    [
        ("{cidr: 0.0.0.0/0}", True),
        ("{cidr: 203.0.113.0/24}", True),
        ("{cidr: 0.0.0.0/0, except: [203.0.113.0/24]}", False),
        ("{cidr: 10.0.0.0/8}", False),
        ("{cidr: nonsense}", False),
    ],
)
def test_blocks_of_addresses_are_outside_the_cluster(block: str, allowed: bool, tmp_path: Path) -> None:
    spec = f"{{podSelector: {{}}, policyTypes: [Egress], egress: [{{to: [{{ipBlock: {block}}}]}}]}}"
    assert network(tmp_path, spec).judge(EGRESS, WEB, OUTSIDE, 443).allowed is allowed


SECURITY = "apiVersion: security.istio.io/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: data}}\nspec: {spec}\n"


def mesh(tmp_path: Path, *specs: str, more: str = "") -> Mesh:
    texts = [
        SECURITY.format(kind="AuthorizationPolicy", name=f"p{number}", spec=spec) for number, spec in enumerate(specs)
    ]
    (tmp_path / "p.yaml").write_text("---\n".join([*texts, more] if more else texts))
    (cluster,) = divide(load_manifests(tmp_path)).clusters
    return Mesh(cluster, "istio-system")


FROM_WEB = "from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]"


@pytest.mark.parametrize(
    ("specs", "allowed"),
    [
        (["{}"], False),
        (["{rules: [{}]}"], True),
        ([f"{{rules: [{{{FROM_WEB}}}]}}"], True),
        ([f"{{rules: [{{{FROM_WEB}, to: [{{operation: {{ports: ['5432']}}}}]}}]}}"], True),
        ([f"{{rules: [{{{FROM_WEB}, to: [{{operation: {{ports: ['9090']}}}}]}}]}}"], False),
        (["{rules: [{from: [{source: {namespaces: [shop]}}]}]}"], True),
        (["{rules: [{from: [{source: {principals: ['*']}}]}]}"], True),
        (["{rules: [{from: [{source: {principals: ['*/sa/web']}}]}]}"], True),
        (["{rules: [{from: [{source: {notPrincipals: ['*/sa/web']}}]}]}"], False),
        (["{selector: {matchLabels: {app: other}}, rules: []}"], True),
        (["{rules: [{}]}", f"{{action: DENY, rules: [{{{FROM_WEB}}}]}}"], False),
        (
            ["{rules: [{}]}", f"{{action: DENY, rules: [{{{FROM_WEB}, to: [{{operation: {{paths: [/admin]}}}}]}}]}}"],
            True,
        ),
        (["{action: AUDIT, rules: [{}]}"], True),
    ],
)
def test_authorization_policies_mean_what_istio_says(specs: list[str], allowed: bool, tmp_path: Path) -> None:
    assert mesh(tmp_path, *specs).judge(WEB, DB, 5432).allowed is allowed


@pytest.mark.parametrize(
    ("authentication", "allowed"),
    [
        ("{mtls: {mode: STRICT}}", False),
        ("{mtls: {mode: PERMISSIVE}}", True),
        (
            "{selector: {matchLabels: {app: db}}, mtls: {mode: STRICT}, portLevelMtls: {'5432': {mode: PERMISSIVE}}}",
            True,
        ),
        (
            "{selector: {matchLabels: {app: db}}, mtls: {mode: STRICT}, portLevelMtls: {'9090': {mode: PERMISSIVE}}}",
            False,
        ),
    ],
)
def test_plain_text_passes_only_where_mutual_tls_is_not_strict(
    authentication: str, allowed: bool, tmp_path: Path
) -> None:
    more = SECURITY.format(kind="PeerAuthentication", name="a", spec=authentication)
    assert mesh(tmp_path, "{rules: [{}]}", more=more).judge(OUTSIDE, DB, 5432).allowed is allowed


@pytest.mark.parametrize(("port", "allowed"), [(15020, True), (5432, False)])
def test_no_policy_of_the_mesh_holds_for_the_ports_at_which_a_proxy_answers_itself(
    port: int, allowed: bool, tmp_path: Path
) -> None:
    more = SECURITY.format(kind="PeerAuthentication", name="a", spec="{mtls: {mode: STRICT}}")
    assert mesh(tmp_path, "{}", more=more).judge(OUTSIDE, DB, port).allowed is allowed
