"""Layers: what names a service beats every default, null removes, lists are replaced, and each value has an origin."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from specs import documents, loaded, problems, write, write_text

from generator.documents.reader import Source
from generator.spec.layers import Layer, latest, merge, merge_all, origin, problem_at


def layers_of(*texts: str) -> tuple[Layer, ...]:
    """Return layers whose trees are written as `key: value` lines of one level."""
    import yaml

    return tuple(Layer(Source(f"{i}.yaml", text), (), yaml.safe_load(text) or {}) for i, text in enumerate(texts))


@pytest.mark.parametrize(
    ("base", "over", "expected"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": {"x": 1}}, {"a": {"y": 2}}, {"a": {"x": 1, "y": 2}}),
        ({"a": {"x": 1}}, {"a": None}, {}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": {"x": 1}}, {"a": 5}, {"a": 5}),
        ({"a": 5}, {"a": {"x": 1, "y": None}}, {"a": {"x": 1}}),
        ({}, {"a": {"b": {"c": None}}}, {"a": {"b": {}}}),
    ],
)
def test_maps_merge_null_removes_and_everything_else_is_replaced(
    base: dict[str, Any], over: dict[str, Any], expected: dict[str, Any]
) -> None:
    before = repr((base, over))
    assert merge(base, over) == expected
    assert repr((base, over)) == before


def test_a_later_layer_brings_back_what_an_earlier_one_removed() -> None:
    assert merge_all(layers_of("a: 1", "a: null", "a: 2")) == {"a": 2}


def catalog(root: Path, region: str = "north") -> Any:
    return loaded(root).services[region]["catalog"]


def test_each_layer_of_defaults_beats_the_one_before(tmp_path: Path) -> None:
    def scale(maximum: int) -> dict[str, Any]:
        return {"service": {"scale": {"max": maximum}}}

    write(tmp_path)
    assert catalog(tmp_path).scale.max == 6
    write(tmp_path, {"defaults": scale(7)})
    assert catalog(tmp_path).scale.max == 7
    platform = {"defaults": scale(7), "tiers": {"big": {"users": 1, "defaults": scale(8)}}}
    write(tmp_path, platform, {"tier": "big"})
    assert catalog(tmp_path).scale.max == 8
    write(tmp_path, platform, {"tier": "big", "defaults": scale(9)})
    assert catalog(tmp_path).scale.max == 9
    write(tmp_path, platform, {"tier": "big", "defaults": scale(9), "in": {"north": {"defaults": scale(10)}}})
    assert (catalog(tmp_path).scale.max, catalog(tmp_path, "south").scale.max) == (10, 9)


def test_what_names_a_service_beats_the_defaults_of_every_later_layer(tmp_path: Path) -> None:
    defaults = {"service": {"size": "small"}}
    write(
        tmp_path,
        {"services": {"catalog": {"size": "large"}}, "tiers": {"big": {"users": 1, "defaults": defaults}}},
        {"tier": "big", "defaults": defaults, "in": {"north": {"defaults": defaults}}},
    )
    assert catalog(tmp_path).resources.cpu == "1"


def test_each_layer_that_names_a_service_beats_the_one_before(tmp_path: Path) -> None:
    def tag(version: str) -> dict[str, Any]:
        return {"catalog": {"image": {"tag": version}}}

    platform = {"services": tag("1"), "tiers": {"big": {"users": 1, "services": tag("2")}}}
    write(tmp_path, platform, {"tier": "big"})
    assert catalog(tmp_path).tag == "2"
    write(tmp_path, platform, {"tier": "big", "services": tag("3"), "in": {"south": {"services": tag("4")}}})
    assert (catalog(tmp_path).tag, catalog(tmp_path, "south").tag) == ("3", "4")


def test_null_on_a_service_removes_what_the_defaults_gave_it(tmp_path: Path) -> None:
    alert = {"watches": "restarts", "above": "0%", "for": "5m", "severity": "high"}
    write(
        tmp_path,
        {
            "defaults": {"service": {"alerts": {"Crashing": alert}, "config": {"LEVEL": "info"}}},
            "services": {
                "catalog": {"alerts": {"Crashing": None}, "ports": {"metrics": None}},
                "orders": {"namespace": "shop", "image": {"tag": "1"}},
            },
        },
        {"services": {"catalog": {"config": {"LEVEL": None}}}},
    )
    services = loaded(tmp_path).services["north"]
    assert (services["catalog"].alerts, services["catalog"].metrics_port, services["catalog"].config) == ((), None, {})
    orders = services["orders"]
    assert ([alert.name for alert in orders.alerts], orders.metrics_port, orders.config) == (
        ["Crashing"], 9090, {"LEVEL": "info"},
    )  # fmt: skip


def test_null_on_a_service_removes_a_limit_of_its_size(tmp_path: Path) -> None:
    sizes = {"small": {"cpu": "1", "memory": "1Gi", "limits": {"cpu": "2"}}}
    write(tmp_path, {"sizes": sizes})
    assert catalog(tmp_path).resources.cpu_limit == "2"
    write(tmp_path, {"sizes": sizes, "services": {"catalog": {"resources": {"limits": {"cpu": None}}}}})
    assert catalog(tmp_path).resources.cpu_limit == ""


def test_null_removes_a_service_from_one_region_only(tmp_path: Path) -> None:
    write(tmp_path, {}, {"in": {"south": {"services": {"catalog": None}}}})
    assert {region: list(services) for region, services in loaded(tmp_path).services.items()} == {
        "north": ["catalog"],
        "south": [],
    }


def test_a_service_that_was_removed_starts_from_the_defaults_again(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"services": {"catalog": {"size": "large"}}},
        {
            "services": {"catalog": None},
            "in": {"south": {"services": {"catalog": {"namespace": "shop", "image": {"tag": "2"}}}}},
        },
    )
    services = loaded(tmp_path).services
    assert list(services["north"]) == []
    assert (services["south"]["catalog"].tag, services["south"]["catalog"].resources.cpu) == ("2", "100m")


def test_lists_are_replaced_whole(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"namespaces": {"shop": {"viewers": ["a", "b"]}}},
        {"namespaces": {"shop": {"viewers": ["c"]}}, "in": {"north": {"region": {"zones": ["z"]}}}},
    )
    platform = loaded(tmp_path)
    assert platform.namespaces[0].viewers == ("c",)
    assert [region.zones for region in platform.regions] == [("z",), ("south-a",)]


def test_one_key_of_an_alert_changes_without_the_others_being_repeated(tmp_path: Path) -> None:
    alert = {"watches": "errors", "above": "1%", "for": "5m", "severity": "high"}
    write(
        tmp_path,
        {"services": {"catalog": {"alerts": {"Errors": alert}}}},
        {"services": {"catalog": {"alerts": {"Errors": {"above": "5%"}}}}},
    )
    (found,) = catalog(tmp_path).alerts
    assert (found.above, found.hold) == (Decimal("0.05"), "5m")


def test_regions_without_a_layer_of_their_own_share_one_resolved_spec(tmp_path: Path) -> None:
    write(tmp_path)
    services = loaded(tmp_path).services
    assert services["north"] is services["south"]
    write(tmp_path, {}, {"in": {"south": {"services": {"catalog": {"size": "large"}}}}})
    services = loaded(tmp_path).services
    assert (services["north"]["catalog"].resources.cpu, services["south"]["catalog"].resources.cpu) == ("100m", "1")


@pytest.mark.parametrize(
    ("weights", "chosen", "expected"),
    [
        ({}, ["north", "south"], ["0.5", "0.5"]),
        ({"north": 75, "south": 25}, ["north", "south"], ["0.75", "0.25"]),
        ({"north": 75, "south": 25}, ["south"], ["1"]),
        ({"north": 100, "south": 0}, ["north", "south"], ["1", "0"]),
    ],
)
def test_weights_become_shares_of_the_regions_that_are_chosen(
    weights: dict[str, int], chosen: list[str], expected: list[str], tmp_path: Path
) -> None:
    write(tmp_path, {"regions": {name: {"weight": weight} for name, weight in weights.items()}}, {"regions": chosen})
    assert [region.weight for region in loaded(tmp_path).regions] == [Decimal(share) for share in expected]


def test_an_integer_that_is_written_as_3_0_is_an_integer(tmp_path: Path) -> None:
    write(tmp_path, {"services": {"catalog": {"scale": {"min": 3.0, "max": 5.0}, "ports": {"http": 8080.0}}}})
    service = catalog(tmp_path)
    found = (service.scale.min, service.scale.max, service.http_port)
    assert found == (3, 5, 8080)
    assert {type(number) for number in found} == {int}


PLATFORM = """\
name: shop
gitops: {repository: "https://git.example.com/shop.git"}
regions:
  north: {cloud: aws, zones: [a], registry: r.example.com}
tiers:
  big:
    users: 1
    defaults:
      service:
        shutdown: {grace: 90s}
namespaces: {shop: {}}
defaults:
  service:
    namespace: shop
    scale:
      max: 9
services:
  catalog: {}
  orders:
    image: {tag: "1"}
"""
LIVE = """\
tier: big
regions: [north]
services:
  catalog:
    image: {tag: "2"}
in:
  north:
    services:
      catalog: {health: {start: 1m}}
"""


@pytest.mark.parametrize(
    ("name", "path", "expected"),
    [
        ("catalog", ("scale", "max"), ("platform.yaml", 16, "$.defaults.service.scale.max")),
        ("catalog", ("namespace",), ("platform.yaml", 14, "$.defaults.service.namespace")),
        ("catalog", ("shutdown", "grace"), ("platform.yaml", 10, "$.tiers.big.defaults.service.shutdown.grace")),
        ("catalog", ("image", "tag"), ("live.yaml", 5, "$.services.catalog.image.tag")),
        ("catalog", ("health", "start"), ("live.yaml", 9, "$.in.north.services.catalog.health.start")),
        ("orders", ("image", "tag"), ("platform.yaml", 20, "$.services.orders.image.tag")),
        # Written by nobody: the nearest ancestor answers, and the service itself last.
        ("catalog", ("image", "digest"), ("live.yaml", 5, "$.services.catalog.image")),
        ("orders", ("volumes", "data"), ("platform.yaml", 20, "$.services.orders")),
    ],
)
def test_a_value_is_traced_to_the_line_that_wrote_it_last(
    name: str, path: tuple[str, ...], expected: tuple[str, int, str], tmp_path: Path
) -> None:
    layers = documents(write_text(tmp_path, PLATFORM, LIVE)).service_layers(name, "north")
    found = problem_at(layers, path, "rule", "message", "hint")
    assert (found.file.rpartition("/")[2], found.line, found.path) == expected


def test_what_a_service_written_as_an_empty_map_lacks_is_missing_there_and_not_in_the_defaults(tmp_path: Path) -> None:
    live = "tier: big\nregions: [north]\n"
    assert problems(write_text(tmp_path, PLATFORM, live)) == [
        "environments/shop/platform.yaml:18:3  $.services.catalog: the image has neither tag nor digest. "
        "Add the version that runs, here or in the environment: image: {tag: 1.0.0}."
    ]


def test_a_value_of_the_projects_own_defaults_has_no_file() -> None:
    assert origin((Layer(None, (), {"size": "small"}),), ("size",)) == (None, ("size",))


def test_of_values_that_contradict_each_other_the_newest_is_blamed() -> None:
    layers = layers_of("max: 5", "min: 9", "other: 1")
    assert latest(layers, ("max",), ("min",)) == ("min",)
    assert latest(layers, ("min",), ("max",)) == ("min",)
    assert latest(layers, ("absent",), ("missing",)) == ("absent",)
