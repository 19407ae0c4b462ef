"""What a component instance sees in a region: typed parameters, callers, callees, peers, buckets, identities."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from rendering import CHECKOUT, render, units

from generator.base.errors import GenError, ProblemsError
from generator.derive.instance import InstanceView

PLATFORM = CHECKOUT / "examples" / "components" / "platform.yaml"
STREAM = CHECKOUT / "examples" / "invalid" / "base" / "templates" / "data" / "stream"
REGIONS = ["us-west-2", "eu-west-1", "ap-south-1"]
ENVIRONMENT: dict[str, Any] = {
    "regions": REGIONS,
    "external": {"mail": {"hosts": ["mail.example.com"], "port": 465}},
    "components": {
        "stream": {
            "use": "data/stream",
            "namespace": "data",
            "bucket": "lake",
            "identity": "streams",
            "class": "fast",
            "topics": {"sales": {}, "returns": {}},
        },
        "reader": {
            "use": "data/stream",
            "namespace": "pipeline",
            "calls": {"stream": {"access": "read", "topics": {"sales": "read"}}, "mail": {}},
        },
    },
    "services": {"orders": {"calls": {"stream": {"topics": {"sales": "write"}}}}},
}


def workspace(root: Path, **changes: Any) -> Path:
    folder = root / "environments" / "shop"
    folder.mkdir(parents=True)
    shutil.copyfile(PLATFORM, folder / "platform.yaml")
    (folder / "live.yaml").write_text(yaml.safe_dump({**ENVIRONMENT, **changes}), "utf-8")
    shutil.copytree(STREAM, root / "templates" / "data" / "stream")
    return root


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return workspace(tmp_path_factory.mktemp("instances"))


def seen(root: Path, region: str, name: str = "stream") -> InstanceView:
    view = units(root, "shop", "live")[region, name].context["instance"]
    assert isinstance(view, InstanceView)
    return view


def test_a_length_is_given_in_the_unit_that_the_component_asks_for(root: Path) -> None:
    assert seen(root, "us-west-2").parameters["retention"] == 7


def test_a_storage_class_has_the_clusters_name(root: Path) -> None:
    assert seen(root, "us-west-2").parameters["class"] == "shop-fast"


@pytest.mark.parametrize(
    ("region", "url", "tiers"),
    [
        ("us-west-2", "s3://shop-live-us-west-2-lake", ["STANDARD_IA", "GLACIER_IR"]),
        ("eu-west-1", "gs://shop-live-eu-west-1-lake", ["NEARLINE", "COLDLINE"]),
        ("ap-south-1", "https://shopcentralindia.blob.core.windows.net/lake", ["Cool", "Cold"]),
    ],
)
def test_a_bucket_is_what_its_cloud_calls_it(root: Path, region: str, url: str, tiers: list[str]) -> None:
    bucket: Any = seen(root, region).parameters["bucket"]
    assert (bucket.url, [transition.storage_class for transition in bucket.transitions]) == (url, tiers)
    assert [transition.days for transition in bucket.transitions] == [30, 90]


@pytest.mark.parametrize(
    ("region", "annotations", "labels"),
    [
        (
            "us-west-2",
            {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/shop-live-us-west-2-streams"},
            {},
        ),
        (
            "eu-west-1",
            {"iam.gke.io/gcp-service-account": "shop-live-streams@shop-project.iam.gserviceaccount.com"},
            {},
        ),
        (
            "ap-south-1",
            {"azure.workload.identity/client-id": "00000000-0000-0000-0000-000000000006"},
            {"azure.workload.identity/use": "true"},
        ),
    ],
)
def test_an_identity_is_derived_or_given(
    root: Path, region: str, annotations: dict[str, str], labels: dict[str, str]
) -> None:
    identity: Any = seen(root, region).parameters["identity"]
    assert (identity.annotations, identity.labels) == (annotations, labels)


def test_callers_are_services_and_instances_with_what_they_may_do(root: Path) -> None:
    clients = seen(root, "us-west-2").clients
    assert [(c.name, c.namespace, c.service, c.access, c.topics) for c in clients] == [
        ("orders", "shop", True, "write", {"sales": "write"}),
        ("reader", "pipeline", False, "read", {"sales": "read"}),
    ]
    assert clients[1].selector == {"app.kubernetes.io/name": "reader"}


def test_an_instance_sees_what_it_calls(root: Path) -> None:
    reader = seen(root, "us-west-2", "reader")
    assert reader.addresses == {"stream": "stream.data:9093"}
    assert [(flow.port, [peer.namespace for peer in flow.peers]) for flow in reader.egress] == [(9093, ["data"])]
    assert reader.external_ports == (465,)


def test_peers_are_the_other_regions_with_their_own_parameters(root: Path) -> None:
    view = seen(root, "eu-west-1")
    assert [peer.name for peer in view.peers] == ["us-west-2", "ap-south-1"]
    assert list(view.regions) == REGIONS
    bucket: Any = view.peers[0].parameters["bucket"]
    assert bucket.url == "s3://shop-live-us-west-2-lake"


def test_an_instance_of_one_region_has_no_peers(tmp_path: Path) -> None:
    components = {"us-west-2": {"components": {"alone": {"use": "data/stream", "namespace": "data"}}}}
    changed = workspace(tmp_path, **{"in": components})
    assert seen(changed, "us-west-2", "alone").peers == ()
    assert ("eu-west-1", "alone") not in units(changed, "shop", "live")


def test_a_caller_is_let_out_to_the_pods_and_told_the_address(root: Path) -> None:
    rendered = render(root, "shop", "live")
    policy = rendered.objects["clusters/us-west-2/orders/networkpolicy.yaml"]
    to_stream = [rule for rule in policy["spec"]["egress"] if rule["ports"] == [{"port": 9093}]]
    assert [peer["podSelector"]["matchLabels"] for rule in to_stream for peer in rule["to"]] == [
        {"app.kubernetes.io/name": "stream"}
    ]
    config = rendered.objects["clusters/us-west-2/orders/configmap.yaml"]
    assert config["data"]["STREAM_URL"] == "stream.data:9093"
    sidecar = rendered.objects["clusters/us-west-2/orders/sidecar.yaml"]
    assert "data/*" in sidecar["spec"]["egress"][0]["hosts"]


def test_an_instance_of_one_cloud_has_nothing_in_the_others(tmp_path: Path) -> None:
    changed = workspace(tmp_path)
    about = changed / "templates" / "data" / "stream" / "component.yaml"
    written = about.read_text("utf-8")
    about.write_text(f"{written}clouds: [aws]\n", "utf-8")
    with pytest.raises(GenError, match="only in some clouds and serves callers"):
        units(changed, "shop", "live")
    about.write_text(f"{written.partition('serves:')[0]}clouds: [aws]\n", "utf-8")
    (changed / "templates" / "data" / "stream" / "schema.json").unlink()
    alone = {"stream": {"use": "data/stream", "namespace": "data"}}
    environment = {**ENVIRONMENT, "services": {}, "components": alone}
    (changed / "environments" / "shop" / "live.yaml").write_text(yaml.safe_dump(environment), "utf-8")
    found = {region for region, name in units(changed, "shop", "live") if name == "stream"}
    assert found == {"us-west-2"}


def test_a_caller_reads_the_keys_of_the_secret_that_the_instance_gives_it(root: Path) -> None:
    workload = render(root, "shop", "live").objects["clusters/us-west-2/orders/deployment.yaml"]
    (container,) = workload["spec"]["template"]["spec"]["containers"]
    reference = {"name": "stream-orders", "key": "password"}
    assert {"name": "STREAM_PASSWORD", "valueFrom": {"secretKeyRef": reference}} in container["env"]


@pytest.mark.parametrize(
    ("kind", "known", "wrong"), [("region", "eu-west-1", "us-east-1"), ("namespace", "data", "dta")]
)
def test_a_word_that_names_a_region_or_a_namespace_names_one_that_is_there(
    tmp_path: Path, kind: str, known: str, wrong: str
) -> None:
    schema = {"properties": {"place": {"type": "array", "items": {"type": "string", "x-as": kind}}}}
    for word, refused in ((known, False), (wrong, True)):
        stream = {"use": "data/stream", "namespace": "data", "place": [word]}
        root = workspace(tmp_path / word, components={"stream": stream}, services={})
        (root / "templates" / "data" / "stream" / "schema.json").write_text(json.dumps(schema), "utf-8")
        if refused:
            with pytest.raises(ProblemsError, match=rf"place\[0\]: there is no {kind} '{word}'"):
                units(root, "shop", "live")
        else:
            assert seen(root, "us-west-2").parameters["place"] == [word]


def test_a_mapping_by_severity_names_severities_of_the_platforms_incidents(tmp_path: Path) -> None:
    schema = {"properties": {"keys": {"type": "object", "propertyNames": {"x-as": "severity"}}}}
    answered = {"alerts": ["critical"], "respond": "5m", "team": "on-call", "notify": ["pagerduty"]}
    for name in ("critical", "critcal"):
        stream = {"use": "data/stream", "namespace": "data", "keys": {name: "first-line"}}
        incidents = {"severities": {"critical": answered}}
        root = workspace(tmp_path / name, components={"stream": stream}, services={}, incidents=incidents)
        (root / "templates" / "data" / "stream" / "schema.json").write_text(json.dumps(schema), "utf-8")
        if name == "critical":
            assert seen(root, "us-west-2").parameters["keys"] == {"critical": "first-line"}
        else:
            with pytest.raises(ProblemsError, match=r"keys\.critcal: there is no severity 'critcal'"):
                units(root, "shop", "live")


@pytest.mark.parametrize(("word", "text"), [("commas", "a,b"), ("alternatives", "a|b")])
def test_a_list_becomes_one_text_where_a_chart_or_an_expression_wants_that(
    word: str, text: str, tmp_path: Path
) -> None:
    root = workspace(
        tmp_path, components={"stream": {"use": "data/stream", "namespace": "data", "place": ["a", "b"]}}, services={}
    )
    schema = {"properties": {"place": {"type": "array", "x-as": word, "items": {"type": "string"}}}}
    (root / "templates" / "data" / "stream" / "schema.json").write_text(json.dumps(schema), "utf-8")
    assert seen(root, "us-west-2").parameters["place"] == text
