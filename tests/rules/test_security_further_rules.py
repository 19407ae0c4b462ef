"""Openings that a policy, an Ingress or a Namespace has by a slip, and correct manifests that only look like them."""

from pathlib import Path

import pytest
from trees import repository

from generator.base.problem import Problem, Severity
from generator.rules.catalogue import find_rule
from generator.rules.run import check

POD = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: registry.example.com/web:1}]}
---
"""
CART = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: cart, namespace: shop}
spec:
  podSelector: {matchLabels: {app: cart}}
  policyTypes: [Egress]
  egress: [{to: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 8080}]}]
---
"""


def _found(root: Path, text: str, rule: str) -> tuple[Problem, ...]:
    return check(repository(root, {"x.yaml": text}), [find_rule(f"security/{rule}")])


def _policy(spec: str) -> str:
    head = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
    head += "metadata: {name: web, namespace: shop}\n"
    return f"{head}spec: {{podSelector: {{matchLabels: {{app: web}}}}, {spec}}}\n---\n"


@pytest.mark.parametrize(
    ("rule", "severity"),
    [
        ("{from: [], ports: [{port: 8080}]}", Severity.ERROR),
        ("{ports: [{port: 8080}]}", Severity.WARNING),
        ("{from: [{namespaceSelector: {}}], ports: [{port: 8080}]}", Severity.WARNING),
        ("{from: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 8080}]}", Severity.WARNING),
    ],
)
def test_a_port_is_open_to_everybody_although_a_caller_is_named(tmp_path: Path, rule: str, severity: Severity) -> None:
    text = POD + CART + _policy(f"ingress: [{rule}]")
    (found,) = _found(tmp_path, text, "network-policy-any-caller")
    assert found.severity is severity
    assert "names a caller" in found.message


@pytest.mark.parametrize(
    "text",
    [
        POD + _policy("ingress: [{ports: [{port: 8080}]}]"),
        POD + CART + _policy("ingress: [{ports: [{port: 9443}]}]"),
        POD + CART + _policy("ingress: [{ports: [{port: http-metrics}]}]"),
        POD + CART + _policy("ingress: [{ports: [{port: 8081}]}]"),
        POD + CART + _policy("ingress: []"),
        POD
        + CART
        + _policy("ingress: [{ports: [{port: 8080}]}]")
        + "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n"
        + "spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 8080}]}\n",
        POD + CART + _policy("ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {a: b}}}]}]"),
    ],
)
def test_a_port_may_be_open_where_no_caller_is_known_or_the_outside_calls(tmp_path: Path, text: str) -> None:
    assert _found(tmp_path, text, "network-policy-any-caller") == ()


def _dns(peer: str, port: int) -> str:
    ports = f"[{{port: {port}, protocol: UDP}}, {{port: {port}, protocol: TCP}}]"
    call = "{to: [{podSelector: {matchLabels: {app: cart}}}]}"
    return POD + _policy(f"policyTypes: [Egress], egress: [{call}, {{to: [{peer}], ports: {ports}}}]")


SYSTEM = "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}"
OPENSHIFT = "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: openshift-dns}}"


@pytest.mark.parametrize(
    ("peer", "port"),
    [
        (f"{{{SYSTEM}, podSelector: {{matchLabels: {{k8s-app: kube-dns}}}}}}", 5353),
        (f"{{{SYSTEM}}}", 5353),
        (f"{{{SYSTEM}, podSelector: {{matchLabels: {{k8s-app: kubedns}}}}}}", 53),
    ],
)
def test_dns_is_not_reached_by_another_port_or_another_label(tmp_path: Path, peer: str, port: int) -> None:
    assert [found.severity for found in _found(tmp_path, _dns(peer, port), "egress-without-dns")] == [Severity.ERROR]


@pytest.mark.parametrize(
    ("peer", "port"),
    [
        (f"{{{OPENSHIFT}}}", 5353),
        (f"{{{SYSTEM}, podSelector: {{matchLabels: {{k8s-app: node-local-dns}}}}}}", 53),
        ("{ipBlock: {cidr: 169.254.20.10/32}}", 53),
    ],
)
def test_dns_of_other_clusters_is_known(tmp_path: Path, peer: str, port: int) -> None:
    assert _found(tmp_path, _dns(peer, port), "egress-without-dns") == ()
    assert _found(tmp_path, _dns(peer, port), "dns-peer-unknown") == ()


LEVEL = "pod-security.kubernetes.io/enforce"


def _namespaces(*named: tuple[str, str]) -> str:
    head = "apiVersion: v1\nkind: Namespace\n"
    return "".join(f"{head}metadata: {{name: {name}, labels: {{{labels}}}}}\n---\n" for name, labels in named)


def test_a_namespace_with_pods_lacks_the_level_that_others_have(tmp_path: Path) -> None:
    text = POD + _namespaces(("shop", "team: shop"), ("cart", f"{LEVEL}: restricted"))
    assert [found.severity for found in _found(tmp_path, text, "namespace-without-pod-security")] == [Severity.WARNING]


@pytest.mark.parametrize(
    "namespaces",
    [
        (("shop", "team: shop"), ("cart", "team: cart")),
        (("shop", f"{LEVEL}: privileged"), ("cart", f"{LEVEL}: restricted")),
        (("shop", f"{LEVEL}: baseline"), ("empty", "team: cart")),
        (("shop", f"{LEVEL}d: baseline"), ("cart", f"{LEVEL}: restricted")),
    ],
)
def test_a_namespace_without_a_level_is_fine_where_nobody_has_one_or_it_is_empty(
    tmp_path: Path, namespaces: tuple[tuple[str, str], ...]
) -> None:
    assert _found(tmp_path, POD + _namespaces(*namespaces), "namespace-without-pod-security") == ()


STRICT = "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: default, namespace: shop}\n"


def test_a_namespace_that_lost_its_sidecars_is_an_error_where_it_has_policies(tmp_path: Path) -> None:
    text = POD + _namespaces(("shop", "team: shop"), ("cart", "istio-injection: enabled")) + STRICT
    assert [found.severity for found in _found(tmp_path, text, "namespace-outside-mesh")] == [Severity.ERROR]


@pytest.mark.parametrize(
    "text",
    [
        POD + _namespaces(("shop", "team: shop")) + STRICT,
        POD + _namespaces(("shop", "istio.io/dataplane-mode: ambient"), ("cart", "istio-injection: enabled")) + STRICT,
        POD + _namespaces(("shop", "istio-injection: disabled"), ("cart", "istio-injection: enabled")) + STRICT,
        POD.replace("{app: web}", '{app: web, sidecar.istio.io/inject: "true"}')
        + _namespaces(("shop", "team: shop"), ("cart", "istio-injection: enabled"))
        + STRICT,
    ],
)
def test_pods_that_are_in_the_mesh_in_another_way_are_left_alone(tmp_path: Path, text: str) -> None:
    assert _found(tmp_path, text, "namespace-outside-mesh") == ()


def _deny(rule: str) -> str:
    head = "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: %s, namespace: shop}\n"
    allow = head % "allow" + "spec: {rules: [{from: [{source: {principals: [cluster.local/ns/a/sa/b]}}]}]}\n---\n"
    return allow + head % "deny" + f"spec: {{action: DENY, rules: [{rule}]}}\n"


@pytest.mark.parametrize("rule", ['{to: [{operation: {paths: ["/*"]}}]}', '{from: [{source: {principals: ["*"]}}]}'])
def test_a_denial_of_everybody_in_other_words_is_found(tmp_path: Path, rule: str) -> None:
    assert len(_found(tmp_path, _deny(rule), "authorization-denies-all")) == 1


@pytest.mark.parametrize(
    "rule",
    [
        '{to: [{operation: {paths: ["/admin/*"]}}]}',
        '{from: [{source: {notPrincipals: ["*"]}}]}',
        '{from: [{source: {namespaces: [lab]}}], to: [{operation: {paths: ["/*"]}}]}',
        '{to: [{operation: {paths: ["/*"], methods: [DELETE]}}]}',
    ],
)
def test_a_denial_of_something_is_fine(tmp_path: Path, rule: str) -> None:
    assert _found(tmp_path, _deny(rule), "authorization-denies-all") == ()


def test_keys_without_tls_within_the_cluster_are_a_warning(tmp_path: Path) -> None:
    head = "apiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {name: a, namespace: shop}\nspec: "
    text = head + "{jwtRules: [{issuer: x, jwksUri: 'http://keys.login.svc/keys'}, {issuer: 'http://x', jwks: '{}'}]}"
    assert [found.severity for found in _found(tmp_path, text, "jwt-keys-plain-text")] == [Severity.WARNING]


def test_a_store_over_tls_and_one_without_a_server_are_fine(tmp_path: Path) -> None:
    head = "apiVersion: external-secrets.io/v1\nkind: ClusterSecretStore\n"
    head += "metadata: {name: %s}\nspec: {provider: %s}\n---\n"
    text = head % ("a", "{vault: {server: 'https://v'}}") + head % ("b", "{aws: {region: eu}}") + head % ("c", "[]")
    assert _found(tmp_path, text, "secret-store-plain-text") == ()


def _ingress(rules: str, more: str = "") -> str:
    head = "apiVersion: networking.k8s.io/v1\nkind: Ingress\n"
    return f"{head}metadata: {{name: web, namespace: shop{more}}}\nspec: {{rules: [{rules}]}}\n"


def test_an_ingress_without_any_host_is_worth_knowing_and_one_beside_a_host_a_warning(tmp_path: Path) -> None:
    path = "http: {paths: [{path: /, pathType: Prefix}]}"
    alone = _found(tmp_path / "a", _ingress(f"{{{path}}}"), "ingress-any-host")
    beside = _found(tmp_path / "b", _ingress(f"{{{path}}}, {{host: a.example.com, {path}}}"), "ingress-any-host")
    assert [found.severity for found in (*alone, *beside)] == [Severity.INFO, Severity.WARNING]


def test_other_annotations_of_the_proxy_are_no_snippets(tmp_path: Path) -> None:
    more = ", annotations: {nginx.ingress.kubernetes.io/proxy-body-size: 1m, example.com/server-snippet: x}"
    assert _found(tmp_path, _ingress("{host: a.example.com}", more), "ingress-snippet") == ()
