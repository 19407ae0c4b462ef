"""Istio's rules: what they find beyond their pages, and above all what they leave alone."""

from pathlib import Path

import pytest
from trees import problems

WEB = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports:
    - {name: http, port: 80, targetPort: 8080}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      containers: [{name: web, image: registry.example/web:1.0.0, ports: [{name: http, containerPort: 8080}]}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: shop}
---
"""


def virtual_service(http: str, *, hosts: str = "[web]", more: str = "", name: str = "web") -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: {name}, namespace: shop}}
spec:
  hosts: {hosts}
  {more}
  http: {http}
---
"""


def found(tmp_path: Path, text: str, severity: str = "error") -> set[str]:
    """Return the ids of Istio's rules that find something of a severity; other groups have tests of their own."""
    other = ("security/", "reliability/", "drift/", "alerts/")
    return {
        item.rule for item in problems(tmp_path, text) if item.severity == severity and not item.rule.startswith(other)
    }


@pytest.mark.parametrize("host", ["web", "web.shop.svc.cluster.local"])
def test_a_service_is_found_by_its_short_and_its_full_name(host: str, tmp_path: Path) -> None:
    assert found(tmp_path, WEB + virtual_service(f"[{{route: [{{destination: {{host: {host}}}}}]}}]")) == set()


def test_a_name_with_its_namespace_alone_is_a_warning_with_the_full_name(tmp_path: Path) -> None:
    tree = WEB + virtual_service("[{route: [{destination: {host: web.shop}}]}]")
    (problem,) = [item for item in problems(tmp_path, tree) if item.rule == "references/istio-host-unknown"]
    assert problem.severity == "warning"
    assert "web.shop.svc.cluster.local" in problem.hint


def test_a_service_of_a_namespace_that_the_tree_does_not_hold_is_a_warning(tmp_path: Path) -> None:
    tree = WEB + virtual_service("[{route: [{destination: {host: cart.warehouse.svc.cluster.local}}]}]")
    assert "references/istio-host-unknown" not in found(tmp_path, tree)
    assert "references/istio-host-unknown" in found(tmp_path, tree, "warning")


def test_an_outside_host_needs_a_service_entry_that_the_namespace_sees(tmp_path: Path) -> None:
    entry = """
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: maps, namespace: other}
spec:
  hosts: ["*.example.com"]
  exportTo: [%s]
  resolution: NONE
  ports: [{name: tls, number: 443, protocol: TLS}]
---
"""
    route = virtual_service("[{route: [{destination: {host: maps.example.com}}]}]", more="gateways: [edge/public]")
    assert "references/istio-host-unknown" not in found(tmp_path / "seen", entry % '"*"' + route)
    assert "references/istio-host-unknown" in found(tmp_path / "hidden", entry % '"."' + route)


def test_a_service_that_an_operator_makes_is_a_destination(tmp_path: Path) -> None:
    tree = """
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: db, namespace: shop}
spec: {instances: 3}
---
""" + virtual_service("[{route: [{destination: {host: db-rw}}]}]", hosts="[db-rw]")
    assert "references/istio-host-unknown" not in found(tmp_path, tree)


@pytest.mark.parametrize(("weights", "wrong"), [((90, 10), False), ((3, 1), False), ((90, 20), True), ((0, 0), True)])
def test_weights_are_wrong_when_they_were_meant_as_per_cent(
    weights: tuple[int, int], wrong: bool, tmp_path: Path
) -> None:
    targets = ", ".join(f"{{destination: {{host: web}}, weight: {weight}}}" for weight in weights)
    rules = found(tmp_path, WEB + virtual_service(f"[{{route: [{targets}]}}]"))
    assert ("references/virtual-service-weights" in rules) == wrong


def test_virtual_services_of_one_host_at_a_gateway_may_share_it_by_paths(tmp_path: Path) -> None:
    routes = "[{match: [{uri: {prefix: /%s}}], route: [{destination: {host: web}}]}]"
    tree = WEB + "".join(
        virtual_service(routes % path, hosts="[shop.example.com]", more="gateways: [edge/public]", name=path)
        for path in ("cart", "orders")
    )
    assert "references/virtual-service-conflict" not in found(tmp_path, tree)


def test_two_catch_all_routes_of_one_host_at_a_gateway_are_found(tmp_path: Path) -> None:
    route = "[{route: [{destination: {host: web}}]}]"
    tree = WEB + "".join(
        virtual_service(route, hosts="[shop.example.com]", more="gateways: [edge/public]", name=name)
        for name in ("one", "two")
    )
    assert "references/virtual-service-conflict" in found(tmp_path, tree)


@pytest.mark.parametrize(
    ("first", "second", "wrong"),
    [
        ("{uri: {prefix: /api}}", "{uri: {prefix: /api/v2}}", True),
        ("{uri: {prefix: /api}, headers: {x: {exact: y}}}", "{uri: {prefix: /api/v2}}", False),
        ("{uri: {exact: /api}}", "{uri: {prefix: /api}}", False),
        ("{sourceLabels: {app: web}}", "{uri: {prefix: /}}", False),
        ("{uri: {prefix: /}}", "{uri: {exact: /x}}", True),
    ],
)
def test_a_route_is_unreachable_only_behind_one_that_takes_all_of_it(
    first: str, second: str, wrong: bool, tmp_path: Path
) -> None:
    route = "route: [{destination: {host: web}}]"
    tree = WEB + virtual_service(f"[{{match: [{first}], {route}}}, {{match: [{second}], {route}}}]")
    assert ("references/unreachable-route" in found(tmp_path, tree)) == wrong


def test_subsets_of_a_canary_may_have_the_labels_of_the_service_itself(tmp_path: Path) -> None:
    tree = (
        WEB
        + """
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: web, namespace: shop}
spec:
  host: web
  subsets:
    - {name: stable, labels: {app: web}}
    - {name: canary, labels: {app: web}}
"""
    )
    assert found(tmp_path, tree) == set()


def test_plain_text_is_no_mismatch_for_a_port_with_a_mode_of_its_own(tmp_path: Path) -> None:
    tree = (
        WEB
        + """
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  mtls: {mode: STRICT}
  portLevelMtls: {"8080": {mode: DISABLE}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: web, namespace: shop}
spec:
  host: web
  trafficPolicy: {tls: {mode: DISABLE}}
"""
    )
    assert "references/mtls-mismatch" not in found(tmp_path, tree)


@pytest.mark.parametrize(
    ("principal", "wrong"),
    [
        ("cluster.local/ns/shop/sa/web", False),
        ("cluster.local/ns/istio-ingress/sa/istio-ingress", False),
        ("cluster.local/ns/shop/*", False),
        ("spiffe://cluster.local/ns/shop/sa/web", True),
        ("cluster.local/shop/web", True),
        ("cluster.local/ns/shop/sa/wbe", True),
        ("cluster.local/ns/shpo/sa/web", True),
    ],
)
def test_a_principal_is_an_account_that_is_there(principal: str, wrong: bool, tmp_path: Path) -> None:
    tree = (
        WEB
        + f"""
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: web, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  rules: [{{from: [{{source: {{principals: ["{principal}"]}}}}]}}]
"""
    )
    assert ("references/authorization-principal-unknown" in found(tmp_path, tree)) == wrong


def test_a_gateway_whose_pods_come_with_a_chart_is_left_alone(tmp_path: Path) -> None:
    tree = """
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: public, namespace: edge}
spec:
  selector: {istio: public-edge}
  servers: [{port: {name: http, number: 80, protocol: HTTP}, hosts: ["*"], tls: {httpsRedirect: true}}]
"""
    assert found(tmp_path, tree) == set()


def test_a_policy_in_a_namespace_without_pods_of_the_tree_is_left_alone(tmp_path: Path) -> None:
    tree = (
        WEB
        + """
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: edge, namespace: istio-ingress}
spec:
  selector: {matchLabels: {istio: ingress}}
  rules: [{to: [{operation: {ports: ["443"]}}]}]
"""
    )
    assert found(tmp_path, tree) == set()
