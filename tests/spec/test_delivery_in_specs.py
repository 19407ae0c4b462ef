"""What a spec says of forms, versions and pods, as it is resolved: layers, defaults, and what is refused."""

from pathlib import Path
from typing import Any

import pytest
from specs import loaded, problems, write

from generator.spec.model import Platform, Service

TOLERATION = {"effect": "NoExecute", "tolerationSeconds": 60.0, "operator": "Exists", "key": "spot"}


def platform(root: Path, service: dict[str, Any] | None = None, **environment: Any) -> Platform:
    return loaded(write(root, {"services": {"catalog": service or {}}}, environment))


def catalog(root: Path, service: dict[str, Any] | None = None, **environment: Any) -> Service:
    return platform(root, service, **environment).services["north"]["catalog"]


def test_a_spec_that_says_nothing_is_delivered_as_manifests_and_nothing_else_is_rendered(tmp_path: Path) -> None:
    found = platform(tmp_path)
    assert (found.gitops.delivery, found.gitops.forms, found.version) == ("manifests", (), "0.1.0")
    assert found.services["north"]["catalog"].delivery == "manifests"


def test_forms_come_in_one_order_however_they_are_written(tmp_path: Path) -> None:
    found = platform(tmp_path, gitops={"forms": ["kustomize", "manifests", "helm"]})
    assert found.gitops.forms == ("manifests", "helm", "kustomize")


def test_an_environment_has_a_delivery_and_a_version_of_its_own(tmp_path: Path) -> None:
    base = {"gitops": {"delivery": "manifests", "forms": ["helm"]}, "version": "1.4.0"}
    write(tmp_path, base, {"gitops": {"delivery": "helm", "forms": []}, "version": "1.5.0-rc.1"})
    found = loaded(tmp_path)
    assert (found.gitops.delivery, found.gitops.forms, found.version) == ("helm", (), "1.5.0-rc.1")
    assert found.gitops.repository == "https://git.example.com/shop/platform.git"


def test_a_service_is_delivered_as_it_says_else_as_the_defaults_say_else_as_the_platform(tmp_path: Path) -> None:
    gitops = {"delivery": "helm"}
    defaults = {"service": {"delivery": "kustomize"}}
    assert catalog(tmp_path, gitops=gitops).delivery == "helm"
    assert catalog(tmp_path, gitops=gitops, defaults=defaults).delivery == "kustomize"
    assert catalog(tmp_path, {"delivery": "manifests"}, gitops=gitops, defaults=defaults).delivery == "manifests"


@pytest.mark.parametrize("version", ["0.0.0", "1.4.0", "10.20.30-rc.1", "1.0.0--", "1.0.0-0a.b-c"])
def test_a_semantic_version_is_taken(version: str, tmp_path: Path) -> None:
    assert platform(tmp_path, version=version).version == version


@pytest.mark.parametrize("version", ["1", "1.4", "v1.4.0", "01.4.0", "1.4.0-01", "1.4.0+build.5", "1.4.0-", "1.4.0\n"])
def test_what_is_no_semantic_version_is_refused(version: str, tmp_path: Path) -> None:
    (said,) = problems(write(tmp_path, None, {"version": version}))
    assert "is not a semantic version" in said


def test_a_service_has_the_defaults_of_kubernetes_and_of_the_web(tmp_path: Path) -> None:
    found = catalog(tmp_path)
    assert (found.service_port, found.pull_policy) == (80, "IfNotPresent")
    assert (found.environment, found.node_selector, found.tolerations, found.pod_annotations) == ({}, {}, (), {})


def test_what_is_said_of_the_pods_comes_in_the_order_of_names_and_in_the_words_of_kubernetes(tmp_path: Path) -> None:
    written = {
        "image": {"pullPolicy": "Always"},
        "ports": {"service": 8080},
        "env": {"ZONE": "a", "LEVEL": "$(ZONE)"},
        "nodeSelector": {"disk": "ssd", "arch": "arm64"},
        "tolerations": [TOLERATION],
        "podAnnotations": {"b": "", "a": "1"},
    }
    found = catalog(tmp_path, written)
    assert (found.service_port, found.pull_policy) == (8080, "Always")
    assert list(found.environment.items()) == [("LEVEL", "$(ZONE)"), ("ZONE", "a")]
    assert list(found.node_selector) == ["arch", "disk"]
    assert list(found.pod_annotations.items()) == [("a", "1"), ("b", "")]
    (toleration,) = found.tolerations
    assert list(toleration.items()) == [
        ("key", "spot"), ("operator", "Exists"), ("effect", "NoExecute"), ("tolerationSeconds", 60)
    ]  # fmt: skip
    assert isinstance(toleration["tolerationSeconds"], int)


def test_a_later_layer_removes_a_variable_a_label_and_an_annotation(tmp_path: Path) -> None:
    base = {"env": {"A": "1", "B": "2"}, "nodeSelector": {"disk": "ssd"}, "podAnnotations": {"a": "1"}}
    less = {"catalog": {"env": {"A": None}, "nodeSelector": {"disk": None}, "podAnnotations": {"a": None}}}
    found = catalog(tmp_path, base, services=less)
    assert (found.environment, found.node_selector, found.pod_annotations) == ({"B": "2"}, {}, {})


@pytest.mark.parametrize("registry", ["platform", "library/web", "localhost:5000", "registry.example.com:5000/a/b"])
def test_a_registry_is_a_host_or_a_path_of_docker_hub(registry: str, tmp_path: Path) -> None:
    north = {"north": {"region": {"registry": registry}}}
    assert platform(tmp_path, **{"in": north}).regions[0].registry == registry


def test_a_patch_stands_as_long_as_no_chart_is_made_of_its_service(tmp_path: Path) -> None:
    patch = {"patches": [{"kind": "Deployment", "operations": [{"op": "remove", "path": "/spec/replicas"}]}]}
    for gitops, others in (({}, {}), ({"forms": ["kustomize"]}, {}), ({"delivery": "helm"}, {"delivery": "kustomize"})):
        assert problems(write(tmp_path, {"services": {"catalog": {**patch, **others}}}, {"gitops": gitops})) == []
    (said,) = problems(write(tmp_path, {"services": {"catalog": patch}}, {"gitops": {"forms": ["helm"]}}))
    assert "$.services.catalog.patches[0]: a patch cannot reach a chart's templates" in said


def test_a_patch_in_the_defaults_is_reported_once_where_it_stands(tmp_path: Path) -> None:
    patch = {"patches": [{"kind": "Deployment", "operations": [{"op": "remove", "path": "/spec/replicas"}]}]}
    services = {"catalog": {}, "basket": {"namespace": "shop", "image": {"tag": "1.0.0"}}}
    base = {"defaults": {"service": patch}, "services": services, "gitops": {"delivery": "helm"}}
    (said,) = problems(write(tmp_path, base))
    assert "$.defaults.service.patches[0]" in said


def test_a_patch_contradicts_the_chart_that_another_region_asks_for(tmp_path: Path) -> None:
    patch = {"patches": [{"kind": "Deployment", "operations": [{"op": "remove", "path": "/spec/replicas"}]}]}
    layers = {
        "north": {"services": {"catalog": patch}},
        "south": {"services": {"catalog": {"delivery": "helm"}}},
    }
    (said,) = problems(write(tmp_path, None, {"in": layers}))
    assert "$.in.north.services.catalog.patches[0]" in said
