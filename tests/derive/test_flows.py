"""What the rendered policies allow is exactly what the spec calls, and what the platform needs to run it."""

import copy
from typing import Any

import pytest
import yaml
from flows import Connection, Pod, admitted, authorized, carries, network_connections, partly_authorized, pods
from rendering import CHECKOUT, Manifest, Rendered, rendered_once, talai

from generator.spec.model import Platform

GOLDEN = CHECKOUT / "tests" / "golden"
SPECS = {
    "talai": (CHECKOUT, "talai", "production"),
    "atlas": (GOLDEN / "atlas", "atlas", "live"),
    "forge": (GOLDEN / "forge", "forge", "lab"),
}
REGIONS = [
    *(("talai", region) for region in ("us-west-2", "eu-west-1", "ap-south-1")),
    ("atlas", "us-east-1"),
    ("atlas", "north"),
    ("forge", "basement"),
]


def rendered_of(name: str) -> Rendered:
    return rendered_once(*SPECS[name])


def objects_of(rendered: Rendered, region: str) -> list[Manifest]:
    return [o for path, o in rendered.objects.items() if path.startswith(f"clusters/{region}/")]


def bystanders(platform: Platform) -> list[Pod]:
    """Return the platform's own pods, and strangers that nobody may talk to or hear from."""
    found = [
        Pod("dns", "kube-system", {"k8s-app": "kube-dns"}, (53,)),
        Pod("node-agent", "kube-system", {"app": "agent"}, (8000, 9090)),
        Pod("internet", "", {}, (443, 80, 8443), address="203.0.113.7"),
        Pod("metadata-server", "", {}, (443, 80, 8443), address="169.254.169.254"),
        *(Pod(f"stranger-{n.name}", n.name, {"app": "stranger"}, (8000, 9090)) for n in platform.namespaces),
    ]
    if platform.mesh:
        found.append(Pod("istiod", platform.mesh.namespace, {"app": "istiod"}, (15012, 8080)))
    if platform.gateway:
        found.append(Pod("gateway", platform.gateway.namespace, platform.gateway.labels))
    instances = {name for named in platform.instances.values() for name in named}
    if platform.monitoring and "prometheus" not in instances:
        found.append(Pod("prometheus", platform.monitoring.namespace, platform.monitoring.labels, (9090,)))
    tracing = platform.mesh.tracing if platform.mesh else None
    if tracing and tracing.service not in instances:
        found.append(Pod("collector", tracing.namespace, tracing.labels, (tracing.port,)))
    return found


def wanted(platform: Platform, region: str) -> set[Connection]:
    """Return the connections of services that the spec asks for, and those that every pod of theirs needs."""
    services, mesh, instances = platform.services[region], platform.mesh, platform.instances[region]
    meshed = {namespace.name for namespace in platform.namespaces if namespace.mesh and mesh}
    found = set()
    for service in services.values():
        found.add(Connection(service.name, "dns", 53))
        if service.namespace in meshed:
            found.add(Connection(service.name, "istiod", 15012))
        if service.namespace in meshed and mesh and mesh.tracing and mesh.tracing.service not in instances:
            found.add(Connection(service.name, "collector", mesh.tracing.port))
        for callee in service.calls:
            if callee in services:
                found.add(Connection(service.name, callee, services[callee].http_port))
            else:
                found.add(Connection(service.name, "internet", platform.external[callee].port))
        if service.paths:
            found.add(Connection("gateway", service.name, service.http_port))
        if service.metrics_port and platform.monitoring:
            found.add(Connection("prometheus", service.name, service.metrics_port))
    return found


def used(platform: Platform, region: str, found: list[Pod]) -> set[Connection]:
    """Return the connections of services to the pods of the component instances that the spec lets them call."""
    instances = platform.instances[region]
    return {
        Connection(service.name, pod.name, endpoint.port)
        for service in platform.services[region].values()
        for callee in service.uses
        for endpoint in instances[callee].endpoints
        for pod in found
        if pod.namespace == instances[callee].namespace and carries(pod.labels, endpoint.pods)
    }


def found_connections(rendered: Rendered, objects: list[Manifest], region: str) -> set[Connection]:
    everybody = [*pods(objects), *bystanders(rendered.platform)]
    services = rendered.platform.services[region]
    allowed = network_connections(objects, everybody)
    return {c for c in allowed if c.source in services or c.target in services}


def wanted_connections(rendered: Rendered, objects: list[Manifest], region: str) -> set[Connection]:
    return wanted(rendered.platform, region) | used(rendered.platform, region, pods(objects))


@pytest.mark.parametrize(("name", "region"), REGIONS)
def test_network_policies_allow_the_calls_and_the_platform_flows_and_nothing_else(name: str, region: str) -> None:
    rendered = rendered_of(name)
    objects = objects_of(rendered, region)
    assert found_connections(rendered, objects, region) == wanted_connections(rendered, objects, region)


@pytest.mark.parametrize("region", ["us-west-2", "eu-west-1", "ap-south-1"])
def test_every_port_that_an_instance_serves_is_one_of_pods_in_the_tree(region: str) -> None:
    rendered = talai()
    found = pods(objects_of(rendered, region))
    serving = [instance for instance in rendered.platform.instances[region].values() if instance.endpoints]
    assert len(serving) >= 4
    for instance in serving:
        for endpoint in instance.endpoints:
            its = [p for p in found if p.namespace == instance.namespace and carries(p.labels, endpoint.pods)]
            assert its, instance.name
            assert all(endpoint.port in pod.ports for pod in its), instance.name


@pytest.mark.parametrize("region", ["us-west-2", "eu-west-1", "ap-south-1"])
def test_instances_let_in_no_stranger_and_no_service_that_does_not_call_them(region: str) -> None:
    rendered = talai()
    objects = objects_of(rendered, region)
    assert let_in(rendered, objects, region) == used(rendered.platform, region, pods(objects))


def let_in(rendered: Rendered, objects: list[Manifest], region: str) -> set[Connection]:
    """Return which services and strangers the policies of instances let in, whether or not they are let out."""
    platform, found = rendered.platform, pods(objects)
    of_instances = {pod.name for pod in found if pod.unit in platform.instances[region]}
    assert len(of_instances) > 20
    # Its own parameter lets the gateway's namespace send spans.
    others = {pod.name for pod in bystanders(platform)} - {"gateway", "stranger-istio-ingress"}
    others |= platform.services[region].keys()
    everybody = [*found, *bystanders(platform)]
    return {c for c in admitted(objects, everybody) if c.target in of_instances and c.source in others}


def test_the_calls_of_talai_are_those_that_its_spec_writes() -> None:
    spec: Any = yaml.safe_load((CHECKOUT / "environments/talai/platform.yaml").read_text("utf-8"))
    services = spec["services"]
    written = {
        (caller, callee) for caller, service in services.items() for callee in service.get("calls", {})
        if callee in services
    }  # fmt: skip
    rendered = talai()
    found = found_connections(rendered, objects_of(rendered, "us-west-2"), "us-west-2")
    assert {(c.source, c.target) for c in found if c.source in services and c.target in services} == written
    unit = {pod.name: pod.unit for pod in pods(objects_of(rendered, "us-west-2"))}
    to_stores = {
        (caller, callee) for caller, service in services.items() for callee in service.get("calls", {})
        if callee in rendered.platform.instances["us-west-2"]
    }  # fmt: skip
    stores = {callee for _, callee in to_stores}
    assert stores >= {"postgres", "redis", "elasticsearch", "kafka"}
    assert {(c.source, unit[c.target]) for c in found if unit.get(c.target) in stores} == to_stores
    assert {c.target for c in found if c.source == "gateway"} == set(services)
    assert {c.source for c in found if c.target == "internet"} == {
        name for name, service in services.items() if "anthropic" in service.get("calls", {})
    }


@pytest.mark.parametrize("tampering", ["an ingress peer more", "an egress rule less", "no default"])
def test_a_policy_that_allows_more_or_less_is_noticed(tampering: str) -> None:
    rendered = talai()
    objects = copy.deepcopy(objects_of(rendered, "us-west-2"))
    policies = {o["metadata"]["name"]: o for o in objects if o["kind"] == "NetworkPolicy"}
    if tampering == "an ingress peer more":
        extra = {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "stranger"}}}
        policies["orchex"]["spec"]["ingress"][0]["from"].append(extra)
    elif tampering == "an egress rule less":
        rules = policies["orchex"]["spec"]["egress"]
        rules.remove(next(rule for rule in rules if rule["ports"] == [{"port": 8000}]))
    else:
        objects = [o for o in objects if o["metadata"]["name"] not in {"default-deny", "prompt-marketplace"}]
    found = found_connections(rendered, objects, "us-west-2")
    assert found != wanted_connections(rendered, objects, "us-west-2")


def test_a_policy_of_an_instance_that_lets_in_a_stranger_is_noticed() -> None:
    rendered = talai()
    objects = copy.deepcopy(objects_of(rendered, "us-west-2"))
    (policy,) = (o for o in objects if (o["kind"], o["metadata"]["name"]) == ("NetworkPolicy", "redis-sentinel"))
    policy["spec"]["ingress"].append({"from": [{"namespaceSelector": {}}]})
    assert Connection("stranger-talai", "redis-sentinel", 26379) in let_in(rendered, objects, "us-west-2")


def principals(platform: Platform, region: str) -> dict[str, str]:
    """Return identity → who has it; "" is plain text."""
    assert platform.mesh
    domain = platform.mesh.trust_domain
    found = {f"{domain}/ns/{s.namespace}/sa/{s.name}": s.name for s in platform.services[region].values()}
    found |= {"": "plain text", f"{domain}/ns/default/sa/default": "a stranger"}
    if platform.gateway:
        found[f"{domain}/ns/{platform.gateway.namespace}/sa/{platform.gateway.service_account}"] = "gateway"
    return found


@pytest.mark.parametrize(("name", "region"), REGIONS)
def test_authorization_policies_name_the_callers_and_nobody_else(name: str, region: str) -> None:
    rendered = rendered_of(name)
    platform = rendered.platform
    objects = objects_of(rendered, region)
    meshed = {namespace.name for namespace in platform.namespaces if namespace.mesh}
    guarded = [pod for pod in pods(objects) if pod.namespace in meshed]
    names = principals(platform, region)
    found = {
        Connection(names[c.source], c.target, c.port) for c in authorized(objects, guarded, names)
    }  # fmt: skip
    inside = {pod.name for pod in guarded}
    assert found == {c for c in wanted(platform, region) if c.target in inside and c.source != "prometheus"}


@pytest.mark.parametrize(("name", "region"), REGIONS)
def test_without_an_identity_nothing_but_the_metrics_can_be_read(name: str, region: str) -> None:
    rendered = rendered_of(name)
    objects = objects_of(rendered, region)
    meshed = {namespace.name for namespace in rendered.platform.namespaces if namespace.mesh}
    guarded = [pod for pod in pods(objects) if pod.namespace in meshed]
    scraped = {
        (pod.name, service.metrics_port)
        for pod in guarded
        if (service := rendered.platform.services[region][pod.name]).metrics_port and rendered.platform.monitoring
    }
    found = list(partly_authorized(objects, guarded))
    assert {(pod, port) for pod, port, _ in found} == scraped
    assert all(operation == {"methods": ["GET"], "paths": ["/metrics"]} for _, _, operation in found)


@pytest.mark.parametrize(("name", "region"), REGIONS)
def test_plain_text_is_taken_on_the_metrics_port_only(name: str, region: str) -> None:
    rendered = rendered_of(name)
    policies = [o for o in objects_of(rendered, region) if o["kind"] == "PeerAuthentication"]
    assert rendered.platform.mesh
    roots = [o for o in policies if o["metadata"]["namespace"] == rendered.platform.mesh.namespace]
    assert [(o["metadata"]["name"], o["spec"]) for o in roots] == [("default", {"mtls": {"mode": "STRICT"}})]
    for policy in policies:
        assert policy["spec"]["mtls"]["mode"] == "STRICT"
        if policy not in roots:
            service = rendered.platform.services[region][policy["metadata"]["name"]]
            assert policy["spec"]["portLevelMtls"] == {str(service.metrics_port): {"mode": "PERMISSIVE"}}


@pytest.mark.parametrize(("name", "region"), REGIONS)
def test_a_sidecar_knows_the_hosts_that_its_service_calls_and_no_other(name: str, region: str) -> None:
    rendered = rendered_of(name)
    platform, services = rendered.platform, rendered.platform.services[region]
    assert platform.mesh
    for sidecar in rendered.of_kind("Sidecar", region).values():
        service = services[sidecar["metadata"]["name"]]
        inside = {
            f"{services[c].namespace}/{c}.{services[c].namespace}.svc.cluster.local"
            for c in service.calls if c in services
        }  # fmt: skip
        outside = {
            f"{platform.mesh.namespace}/{host}"
            for c in service.calls if c in platform.external for host in platform.external[c].hosts
        }  # fmt: skip
        # Of what operators make only the namespace is known.
        stores = {f"{rendered.platform.instances[region][callee].namespace}/*" for callee in service.uses}
        tracing = platform.mesh.tracing
        if tracing and f"{tracing.namespace}/*" not in stores:
            inside.add(f"{tracing.namespace}/{tracing.host}")
        (egress,) = sidecar["spec"]["egress"]
        assert set(egress["hosts"]) == (inside | outside | stores or {"~/*"})
        assert sidecar["spec"]["outboundTrafficPolicy"] == {"mode": "REGISTRY_ONLY"}


def test_the_evaluator_knows_that_a_pod_without_a_policy_talks_to_everybody() -> None:
    one, other = Pod("one", "a", {}, (1,)), Pod("other", "b", {}, (2,))
    assert network_connections([], [one, other]) == {Connection("one", "other", 2), Connection("other", "one", 1)}
