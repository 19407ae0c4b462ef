"""NetworkPolicies, the mesh's policies and encryption, and what is open to the outside."""

from pathlib import Path

import pytest
from trees import repository

from generator.base.problem import Problem, Severity
from generator.rules.catalogue import find_rule
from generator.rules.run import check

PODS = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  containers:
    - name: web
      image: registry.example.com/web:1
      ports: [{name: http, containerPort: 8080}, {name: http-metrics, containerPort: 9090}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: http}]}
---
"""


def _found(root: Path, text: str, rule: str) -> tuple[Problem, ...]:
    return check(repository(root, {"x.yaml": text}), [find_rule(f"security/{rule}")])


def _policy(spec: str, name: str = "web") -> str:
    head = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
    return f"{head}metadata: {{name: {name}, namespace: shop}}\nspec: {spec}\n---\n"


@pytest.mark.parametrize(
    "spec",
    [
        "{podSelector: {}, policyTypes: [Ingress]}",
        "{podSelector: {}, policyTypes: [Ingress], ingress: []}",
        "{podSelector: {}, ingress: [{ports: [{port: 443}]}]}",
        "{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}",
        "{podSelector: {}, ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: prom}}}]}]}",
    ],
)
def test_policies_that_allow_little_are_fine(spec: str, tmp_path: Path) -> None:
    assert _found(tmp_path, _policy(spec), "network-policy-allows-all") == ()


@pytest.mark.parametrize(
    ("spec", "severity"),
    [
        ("{podSelector: {}, ingress: [{}]}", Severity.ERROR),
        ("{podSelector: {}, ingress: [{from: []}]}", Severity.ERROR),
        ("{podSelector: {matchLabels: {app: web}}, ingress: [{}]}", Severity.ERROR),
        ("{podSelector: {matchLabels: {app: argocd-server}}, ingress: [{}]}", Severity.WARNING),
        ("{podSelector: {}, policyTypes: [Egress], egress: [{}]}", Severity.WARNING),
        ("{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}", Severity.WARNING),
        ("{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}", Severity.WARNING),
    ],
)
def test_policies_that_allow_everything_are_found(spec: str, severity: Severity, tmp_path: Path) -> None:
    assert [item.severity for item in _found(tmp_path, _policy(spec), "network-policy-allows-all")] == [severity]


DENY = _policy("{podSelector: {}, policyTypes: [Egress]}", "deny")
CALLS = _policy("{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{to: [{podSelector: {}}]}]}")
DNS = (
    "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: "
    "{kubernetes.io/metadata.name: %s}}}], ports: [{port: %s, protocol: %s}]}]}"
)


@pytest.mark.parametrize("wrong", [("kube-system", 54, "UDP"), ("kube-sytem", 53, "UDP"), ("kube-system", 53, "TCP")])
def test_pods_that_call_and_may_not_ask_dns_are_found(wrong: tuple[str, int, str], tmp_path: Path) -> None:
    text = PODS + DENY + CALLS.replace("podSelector: {}}]}", "podSelector: {}}], ports: [{port: 8080}]}")
    assert len(_found(tmp_path / "a", text, "egress-without-dns")) == 1
    assert len(_found(tmp_path / "b", text + _policy(DNS % wrong, "dns"), "egress-without-dns")) == 1
    right = _policy(DNS % ("kube-system", 53, "UDP"), "dns")
    assert _found(tmp_path / "c", text + right, "egress-without-dns") == ()


def test_pods_that_call_nobody_need_no_dns(tmp_path: Path) -> None:
    assert _found(tmp_path, PODS + DENY, "egress-without-dns") == ()


def test_pods_that_call_an_address_need_no_dns(tmp_path: Path) -> None:
    address = "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.5/32}}]}]}"
    assert _found(tmp_path, PODS + _policy(address), "egress-without-dns") == ()


def _authorization(spec: str, namespace: str = "shop", name: str = "web") -> str:
    head = "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\n"
    return f"{head}metadata: {{name: {name}, namespace: {namespace}}}\nspec: {spec}\n---\n"


CALLER = "{selector: {matchLabels: {app: web}}, rules: [{from: [{source: {principals: [cluster.local/ns/a/sa/b]}}]}]}"


@pytest.mark.parametrize(
    "text",
    [
        _authorization("{}"),
        _authorization("{}", "istio-system"),
        _authorization("{selector: {matchLabels: {app: web}}, rules: []}") + _authorization(CALLER, name="other"),
        _authorization("{action: DENY, rules: [{to: [{operation: {paths: [/admin]}}]}]}") + _authorization(CALLER),
        _authorization("{rules: [{to: [{operation: {ports: ['9090'], paths: [/metrics]}}]}]}"),
    ],
)
def test_policies_with_few_rules_that_mean_it_are_fine(text: str, tmp_path: Path) -> None:
    for rule in ("authorization-allows-all", "authorization-denies-all", "authorization-without-effect"):
        assert [x for x in _found(tmp_path / rule, PODS + text, rule) if x.severity is not Severity.INFO] == []


def test_an_empty_list_of_rules_on_a_called_workload_is_an_outage(tmp_path: Path) -> None:
    text = PODS + _authorization("{selector: {matchLabels: {app: web}}, rules: []}")
    assert [item.severity for item in _found(tmp_path, text, "authorization-denies-all")] == [Severity.ERROR]


def test_a_policy_that_denies_everything_beats_what_allows_something(tmp_path: Path) -> None:
    text = _authorization("{action: DENY, rules: [{}]}", name="deny") + _authorization(CALLER)
    assert [item.severity for item in _found(tmp_path, text, "authorization-denies-all")] == [Severity.ERROR]


def test_a_gateway_that_lets_everybody_in_is_a_warning(tmp_path: Path) -> None:
    text = _authorization("{selector: {matchLabels: {istio: ingressgateway}}, rules: [{}]}", "istio-system")
    assert [item.severity for item in _found(tmp_path, text, "authorization-allows-all")] == [Severity.WARNING]


def test_claims_verified_for_another_workload_are_not_verified(tmp_path: Path) -> None:
    policy = _authorization(CALLER.replace("principals: [cluster.local/ns/a/sa/b]", "requestPrincipals: ['*']"))
    verified = (
        "apiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {name: a, namespace: shop}\n"
        "spec: {selector: {matchLabels: {app: %s}}, jwtRules: [{issuer: a}]}\n"
    )
    assert _found(tmp_path / "a", policy + verified % "web", "jwt-not-verified") == ()
    assert len(_found(tmp_path / "b", policy + verified % "cart", "jwt-not-verified")) == 1


def _peer(spec: str) -> str:
    head = "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\n"
    return f"{PODS}{head}metadata: {{name: web, namespace: shop}}\nspec: {spec}\n"


@pytest.mark.parametrize(
    "spec",
    [
        "{mtls: {mode: STRICT}}",
        "{selector: {matchLabels: {app: web}}, mtls: {mode: STRICT}, portLevelMtls: {'9090': {mode: PERMISSIVE}}}",
        "{selector: {matchLabels: {app: web}}, portLevelMtls: {'15020': {mode: DISABLE}}}",
        "{selector: {matchLabels: {app: web}}, portLevelMtls: {'8080': {mode: STRICT}}}",
    ],
)
def test_plain_text_for_the_scraped_port_alone_is_fine(spec: str, tmp_path: Path) -> None:
    assert _found(tmp_path, _peer(spec), "plain-text-allowed") == ()


@pytest.mark.parametrize(
    "spec",
    [
        "{mtls: {mode: PERMISSIVE}}",
        "{mtls: {mode: DISABLE}}",
        "{selector: {matchLabels: {app: web}}, portLevelMtls: {'8080': {mode: PERMISSIVE}}}",
    ],
)
def test_plain_text_beyond_it_is_an_error(spec: str, tmp_path: Path) -> None:
    assert [item.severity for item in _found(tmp_path, _peer(spec), "plain-text-allowed")] == [Severity.ERROR]


def test_a_port_that_a_monitor_scrapes_through_its_service_is_scraped(tmp_path: Path) -> None:
    monitor = (
        "---\napiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: web, namespace: shop}\n"
        "spec: {selector: {matchLabels: {app: web}}, endpoints: [{port: http}]}\n"
    )
    text = _peer("{selector: {matchLabels: {app: web}}, portLevelMtls: {'8080': {mode: PERMISSIVE}}}")
    assert _found(tmp_path, text + monitor, "plain-text-allowed") == ()


def test_callers_of_a_strict_host_that_speak_plain_text_always_fail(tmp_path: Path) -> None:
    rule = (
        "---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: web, namespace: shop}\n"
        "spec: {host: web.shop.svc.cluster.local, trafficPolicy: {tls: {mode: DISABLE}}}\n"
    )
    meshed = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio-injection: enabled}}\n"
    strict = _peer("{mtls: {mode: STRICT}}") + rule
    assert _found(tmp_path / "a", strict + meshed, "destination-plain-text")[0].severity is Severity.ERROR
    assert _found(tmp_path / "b", strict, "destination-plain-text")[0].severity is Severity.WARNING


def _service(kind: str, port: int, more: str = "") -> str:
    return (
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: shop{more}}}\n"
        f"spec: {{type: {kind}, ports: [{{port: {port}}}]}}\n"
    )


@pytest.mark.parametrize(
    ("text", "severities"),
    [
        (_service("LoadBalancer", 5432), [Severity.ERROR]),
        (_service("NodePort", 6379), [Severity.ERROR]),
        (_service("LoadBalancer", 8080), [Severity.WARNING]),
        (_service("LoadBalancer", 443), []),
        (_service("ClusterIP", 5432), []),
        (_service("LoadBalancer", 5432).replace("ports:", "loadBalancerSourceRanges: [10.0.0.0/8], ports:"), []),
        (_service("LoadBalancer", 5432, ", annotations: {networking.gke.io/load-balancer-type: Internal}"), []),
        (
            _service(
                "LoadBalancer", 5432, ", annotations: {service.beta.kubernetes.io/azure-load-balancer-internal: 'true'}"
            ),
            [],
        ),
    ],
)
def test_ports_that_the_world_reaches(text: str, severities: list[Severity], tmp_path: Path) -> None:
    assert [item.severity for item in _found(tmp_path, text, "service-exposed")] == severities


@pytest.mark.parametrize(
    "more",
    [
        "annotations: {alb.ingress.kubernetes.io/certificate-arn: 'arn:aws:acm:x'}",
        "annotations: {networking.gke.io/managed-certificates: web}",
    ],
)
def test_an_ingress_whose_certificate_the_cloud_holds_has_tls(more: str, tmp_path: Path) -> None:
    text = (
        f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: web, namespace: shop, {more}}}\n"
        "spec: {rules: [{host: shop.example.com}]}\n"
    )
    assert _found(tmp_path / "a", text, "ingress-without-tls") == ()
    assert _found(tmp_path / "b", text.replace(f", {more}", ""), "ingress-without-tls")[0].severity is Severity.ERROR


def test_a_plain_server_whose_routes_only_redirect_is_fine(tmp_path: Path) -> None:
    gateway = (
        "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: public, namespace: shop}\n"
        "spec: {selector: {istio: ingress},\n  servers: "
        "[{port: {number: 80, name: http, protocol: HTTP}, hosts: [a.io]}]}\n"
    )
    route = (
        "---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: web, namespace: shop}\n"
        "spec: {hosts: [a.io], gateways: [public], http: [{%s}]}\n"
    )
    redirect = route % "redirect: {scheme: https}"
    assert _found(tmp_path / "a", gateway + redirect, "gateway-plain-text") == ()
    backend = route % "route: [{destination: {host: web}}]"
    assert len(_found(tmp_path / "b", gateway + backend, "gateway-plain-text")) == 1
