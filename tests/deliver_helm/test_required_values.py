"""What a chart's values must not lose: whoever sets a value to null takes it away, and Helm would print nothing."""

from typing import Any

import pytest

from generator.deliver.helm.required import requiring

STRING = {"type": "string"}
VALUES: dict[str, object] = {"image": {"tag": "1"}, "port": 80, "on": False, "labels": {}, "env": [], "share": None}
USED: dict[str, Any] = {"image": {"tag": {}}, "port": {}, "on": {}, "labels": {}, "env": {}, "share": {}}


def schema(**more: Any) -> dict[str, Any]:
    image = {"type": "object", "properties": {"tag": STRING}}
    names = {name: {"type": "object"} for name in VALUES}
    return {"type": "object", "properties": {**names, "image": image, **more}}


def test_scalars_that_are_printed_are_asked_for_and_the_mappings_above_them() -> None:
    found = requiring(schema(), USED, [VALUES])
    assert found["required"] == ["image", "port", "on"]
    assert found["properties"]["image"]["required"] == ["tag"]


@pytest.mark.parametrize("types", ["null", ["integer", "null"]])
def test_what_may_be_null_may_be_missing(types: object) -> None:
    assert requiring(schema(port={"type": types}), USED, [VALUES])["required"] == ["image", "on"]


def test_what_one_region_does_not_have_may_be_missing() -> None:
    without = {name: value for name, value in VALUES.items() if name not in {"image", "port"}}
    assert requiring(schema(), USED, [VALUES, without])["required"] == ["on"]


def test_what_the_schema_asks_for_itself_stays() -> None:
    found = requiring({**schema(), "required": ["env"]}, USED, [VALUES])["required"]
    assert sorted(found) == ["env", "image", "on", "port"]
