"""The definitions that we wrote: complete enough for the API server, closed everywhere, and with their origin."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from asking import statuses
from provisioned import real_toolbox, this_host

from generator.base.errors import GenError
from generator.tools.cache import Cache
from generator.tools.definitions import read_own
from generator.tools.library import read_library
from generator.tools.merging import write_definitions, write_library
from generator.tools.pins import load_pins
from generator.tools.provision_crds import library_entry, provide_source, source_entry
from generator.tools.sources import OwnSource

PINS = load_pins()
OWN = [source for source in PINS.crds if isinstance(source, OwnSource)]
GOOD = Path(__file__).with_name("crd_samples") / "good"


def nodes(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a structural schema and all below it."""
    yield schema
    for below in schema.get("properties", {}).values():
        yield from nodes(below)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from nodes(schema[key])


@pytest.mark.parametrize("source", OWN, ids=lambda source: source.name)
def test_a_definition_of_ours_says_where_upstream_has_it_and_in_which_version(source: OwnSource) -> None:
    for definition in read_own(source):
        annotations = definition["metadata"]["annotations"]
        assert annotations["gitops-gen/version"] == source.version
        assert annotations["gitops-gen/source"].startswith(f"https://{source.after}/blob/{source.version}/")


@pytest.mark.parametrize("source", OWN, ids=lambda source: source.name)
def test_a_definition_of_ours_leaves_nothing_open_below_spec(source: OwnSource) -> None:
    for definition in read_own(source):
        (version,) = definition["spec"]["versions"]
        spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
        for node in nodes(spec):
            assert "x-kubernetes-preserve-unknown-fields" not in node
            if node["type"] == "object":
                assert node.get("properties") or node["additionalProperties"] == {"type": "string"}


@pytest.mark.parametrize("source", OWN, ids=lambda source: source.name)
def test_kubeconform_refuses_each_field_of_a_sample_once_it_is_misspelt(source: OwnSource, tmp_path: Path) -> None:
    sample = yaml.safe_load((GOOD / f"{source.name}.yaml").read_text("utf-8"))
    for field in sample["spec"]:
        spec = {(f"{key}s" if key == field else key): value for key, value in sample["spec"].items()}
        (tmp_path / f"{field}.yaml").write_text(json.dumps({**sample, "spec": spec}), "utf-8")
    found = statuses(tmp_path)
    assert len(found) == len(sample["spec"])
    assert set(found.values()) == {"statusInvalid"}


def test_rules_and_admission_find_a_kind_of_ours_as_they_find_any_other() -> None:
    toolbox = real_toolbox()
    for source in OWN:
        for definition in read_own(source):
            spec = definition["spec"]
            file = toolbox.definition(spec["group"], spec["names"]["kind"])
            assert file is not None
            assert json.loads(file.read_text("utf-8")) == definition
            assert toolbox.scope(spec["group"], spec["names"]["kind"]) == spec["scope"]
            assert re.fullmatch(r"[a-z]+\.[a-z0-9.]+", definition["metadata"]["name"])


def test_a_tree_of_somebody_else_is_judged_without_the_kinds_that_we_wrote() -> None:
    toolbox = real_toolbox()
    others = toolbox.upstream()
    kinds = [(d["spec"]["group"], d["spec"]["names"]["kind"]) for source in OWN for d in read_own(source)]
    assert kinds
    for group, kind in kinds:
        assert toolbox.definition(group, kind) is not None
        assert others.definition(group, kind) is None
    assert toolbox.schema_file("1.36", "s3.services.k8s.aws/v1alpha1", "Bucket") is not None
    assert others.schema_file("1.36", "s3.services.k8s.aws/v1alpha1", "Bucket") is None
    assert others.own_locations() == ()
    assert others.definition("cert-manager.io", "Issuer") is not None


def test_a_definition_of_ours_gives_way_to_one_of_upstream(tmp_path: Path) -> None:
    (definition,) = read_own(OWN[0])
    upstream = {**definition, "metadata": {**definition["metadata"], "annotations": {"by": "upstream"}}}
    for name, each in (("own", definition), ("upstream", upstream)):
        (tmp_path / name).mkdir()
        write_definitions([each], tmp_path / name)
    for name, sources in (("alone", []), ("both", [tmp_path / "upstream"])):
        (tmp_path / name).mkdir()
        assert write_library(sources, tmp_path / name, [tmp_path / "own"]) == 1
    alone, both = (read_library(tmp_path / name).kinds["s3.services.k8s.aws", "Bucket"] for name in ("alone", "both"))
    assert (alone.own, both.own) == (True, False)
    assert json.loads(both.definition.read_text("utf-8"))["metadata"]["annotations"] == {"by": "upstream"}
    assert [file.parent.parent.name for file in tmp_path.glob("both/*/*/bucket_v1alpha1.json")] == ["schemas"]
    assert [file.parent.parent.name for file in tmp_path.glob("alone/*/*/bucket_v1alpha1.json")] == ["own"]


def test_what_is_made_of_a_text_of_ours_is_made_anew_when_the_text_changes(tmp_path: Path) -> None:
    cache, source = Cache(tmp_path), OWN[0]
    changed = replace(source, text=source.text.replace("A bucket of S3.", "A bucket."))
    assert source_entry(changed, cache) != source_entry(source, cache)
    others = tuple(changed if each is source else each for each in PINS.crds)
    assert library_entry(replace(PINS, crds=others), cache) != library_entry(PINS, cache)
    (file,) = provide_source(changed, PINS, this_host(), cache).glob("*.json")
    assert "A bucket." in file.read_text("utf-8")


def test_a_text_of_ours_without_a_definition_is_refused_by_its_name() -> None:
    with pytest.raises(GenError, match=r"^shop 1: no CRD in own/shop\.yaml\. Write one there\.$"):
        list(read_own(OwnSource("shop", "1", "MIT", "example.org/shop", "kind: Till\n")))
