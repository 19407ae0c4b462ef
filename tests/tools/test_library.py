"""The library of CRDs: every source is in it, kubeconform can use all of it, and a misspelt field is refused."""

import json
from pathlib import Path

import pytest
import yaml
from asking import statuses, without_schema
from provisioned import real_toolbox, this_host

from generator.tools.cache import Cache
from generator.tools.host import default_cache
from generator.tools.pins import load_pins
from generator.tools.provision_crds import provide_source
from generator.tools.sources import CrdSource

PINS = load_pins()
SAMPLES = Path(__file__).with_name("crd_samples")
GOOD = sorted((SAMPLES / "good").glob("*.yaml"))


def test_kubeconform_can_use_every_schema_of_the_library(tmp_path: Path) -> None:
    files = sorted(real_toolbox().crds.schemas.glob("*/*.json"))
    kinds = [(f"{file.parent.name}/{file.stem.split('_')[1]}", file.stem.split("_")[0]) for file in files]
    assert len(kinds) > 400
    assert without_schema(kinds, "1.36", tmp_path) == []


def test_a_kind_that_is_not_in_the_library_is_found_to_have_no_schema(tmp_path: Path) -> None:
    unknown = ("shop.example/v1", "Till")
    assert without_schema([unknown, ("argoproj.io/v1alpha1", "Application")], "1.36", tmp_path) == [unknown]


def test_no_schema_of_the_library_leads_out_of_its_file() -> None:
    for file in real_toolbox().crds.schemas.glob("*/*.json"):
        text = file.read_text()
        assert text.count('"$ref":"') == text.count('"$ref":"#/definitions/ObjectMeta"') > 0


def test_every_source_has_a_good_and_a_bad_sample() -> None:
    names = sorted(source.name for source in PINS.crds)
    assert sorted(file.stem for file in GOOD) == names
    assert sorted(file.stem for file in (SAMPLES / "bad").glob("*.yaml")) == names


def test_what_upstream_means_is_valid_and_a_misspelt_field_is_not() -> None:
    good, bad = statuses(SAMPLES / "good"), statuses(SAMPLES / "bad")
    assert {name for name, status in good.items() if status != "statusValid"} == set()
    assert {name for name, status in bad.items() if status != "statusInvalid"} == set()
    assert len(good) == len(bad) == len(PINS.crds)


@pytest.mark.parametrize("source", PINS.crds, ids=lambda source: source.name)
def test_the_sample_of_a_source_is_of_a_kind_that_it_holds(source: CrdSource) -> None:
    sample = yaml.safe_load((SAMPLES / "good" / f"{source.name}.yaml").read_text())
    group, _, version = sample["apiVersion"].partition("/")
    host = this_host()
    real_toolbox()
    folder = provide_source(source, PINS, host, Cache(cache_root(host.environ.get("GITOPS_GEN_CACHE"))))
    held = [json.loads(file.read_text())["spec"] for file in folder.glob("*.json")]
    versions = {
        name["name"]
        for spec in held
        if (spec["group"], spec["names"]["kind"]) == (group, sample["kind"])
        for name in spec["versions"]
    }
    assert version in versions


def test_a_definition_is_found_by_group_and_kind_with_its_scope() -> None:
    toolbox = real_toolbox()
    file = toolbox.definition("cert-manager.io", "ClusterIssuer")
    assert file is not None
    assert json.loads(file.read_text())["metadata"]["name"] == "clusterissuers.cert-manager.io"
    assert toolbox.scope("cert-manager.io", "ClusterIssuer") == "Cluster"
    assert toolbox.scope("cert-manager.io", "Issuer") == "Namespaced"


def test_a_kind_that_no_source_has_gives_neither_definition_nor_scope_nor_schema() -> None:
    toolbox = real_toolbox()
    assert toolbox.definition("shop.example", "Till") is None
    assert toolbox.scope("shop.example", "Till") is None
    assert toolbox.schema_file("1.36", "shop.example/v1", "Till") is None


def test_every_kind_has_a_definition_that_the_api_server_can_install() -> None:
    kinds = real_toolbox().crds.kinds
    assert len(kinds) > 300
    for (group, kind), known in kinds.items():
        definition = json.loads(known.definition.read_text())
        spec = definition["spec"]
        assert (spec["group"], spec["names"]["kind"], spec["scope"]) == (group, kind, known.scope)
        assert definition["metadata"]["name"] == f"{known.plural}.{group}"
        assert [version["name"] for version in spec["versions"] if version["storage"]] == [known.stored]
        assert set(known.versions) <= {version["name"] for version in spec["versions"]}
        assert "status" not in definition


def test_both_versions_of_strimzi_are_in_one_definition() -> None:
    topic = real_toolbox().crds.kinds["kafka.strimzi.io", "KafkaTopic"]
    assert topic.stored == "v1"
    assert {"v1", "v1beta2"} <= set(topic.versions)


def cache_root(own: str | None) -> Path:
    """Return the folder of the cache that `real_toolbox` uses."""
    return Path(own) if own else default_cache(this_host().environ)
