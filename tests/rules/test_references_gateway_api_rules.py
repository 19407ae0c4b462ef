"""The Gateway API's rules: references over namespaces, and listeners that differ enough."""

from pathlib import Path

import pytest
from trees import problems

SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  ports: [{name: http, port: 80}]
---
"""


def gateway(allowed: str, hostname: str = "'*.example.com'") -> str:
    return f"""
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: edge, namespace: edge}}
spec:
  gatewayClassName: istio
  listeners:
    - {{name: http, port: 80, protocol: HTTP, hostname: {hostname}, allowedRoutes: {{namespaces: {allowed}}}}}
---
"""


def route(namespace: str = "shop", section: str = "http", backend: str = "{name: web, port: 80}") -> str:
    return f"""
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: web, namespace: {namespace}}}
spec:
  parentRefs: [{{name: edge, namespace: edge, sectionName: {section}}}]
  hostnames: [shop.example.com]
  rules: [{{backendRefs: [{backend}]}}]
---
"""


def found(tmp_path: Path, text: str) -> set[str]:
    return {
        item.rule
        for item in problems(tmp_path, text)
        if item.rule.startswith("references/") and item.severity == "error"
    }


def test_a_route_of_another_namespace_is_taken_when_the_listener_permits_all(tmp_path: Path) -> None:
    assert found(tmp_path, SERVICE + gateway("{from: All}") + route()) == set()


@pytest.mark.parametrize("allowed", ["{from: Same}", "{}"])
def test_a_route_of_another_namespace_is_not_taken_by_default(allowed: str, tmp_path: Path) -> None:
    assert found(tmp_path, SERVICE + gateway(allowed) + route()) == {"references/route-parent"}


def test_a_misspelt_listener_and_a_host_that_none_serves_are_found(tmp_path: Path) -> None:
    assert found(tmp_path / "a", SERVICE + gateway("{from: All}") + route(section="htpt")) == {
        "references/route-parent"
    }
    tree = SERVICE + gateway("{from: All}", "admin.example.com") + route()
    assert found(tmp_path / "b", tree) == {"references/route-parent"}


def test_a_backend_in_another_namespace_needs_a_grant_there(tmp_path: Path) -> None:
    backend = "{name: web, namespace: shop, port: 80}"
    tree = SERVICE + gateway("{from: All}") + route(namespace="edge", backend=backend)
    grant = """
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: edge, namespace: shop}
spec:
  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: edge}]
  to: [{group: "", kind: Service}]
"""
    assert found(tmp_path / "without", tree) == {"references/route-backend"}
    assert found(tmp_path / "with", tree + grant) == set()


def test_a_gateway_that_cert_manager_serves_by_annotation_needs_no_secret_in_the_tree(tmp_path: Path) -> None:
    tree = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: edge, annotations: {cert-manager.io/cluster-issuer: public}}
spec:
  gatewayClassName: some-controller
  listeners:
    - {name: https, port: 443, protocol: HTTPS, hostname: a.example.com, tls: {certificateRefs: [{name: edge-tls}]}}
    - {name: other, port: 443, protocol: HTTPS, hostname: b.example.com, tls: {certificateRefs: [{name: edge-tls}]}}
---
apiVersion: v1
kind: Secret
metadata: {name: another, namespace: edge}
"""
    assert "references/gateway-certificate" not in found(tmp_path, tree)
    assert "references/gateway-listener" not in found(tmp_path, tree)
