"""Every kind that is rendered: the good object passes, and no field of it can be misspelt anywhere."""

import copy
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml
from rendered import KINDS, kind_file, real_toolbox, write_tree
from rendering import talai

from generator.base.problem import Problem
from generator.documents.node import json_path
from generator.verify.conformance import check_conformance
from generator.verify.subject import rendered_subject

# ECK's definitions leave pods open, that of Rollouts volumes; the test at the end holds ours to what Kubernetes has.
POD_TEMPLATES = {
    "Beat": ("daemonSet", "podTemplate"),
    "Elasticsearch": ("nodeSets", "podTemplate"),
    "Kibana": ("podTemplate",),
    "Logstash": ("podTemplate",),
    "Rollout": ("template",),
}
# Below these keys a user writes keys of their own, so that none of them can be wrong.
FREE = {
    *("annotations", "labels", "matchLabels", "sourceLabels", "data", "hard", "requests"),
    *("default", "defaultRequest", "portLevelMtls", "customTags", "parameters", "nodeSelector"),
}
# Ends of paths below which that holds for one kind, however deep: `limits` is in a container, a list of fields in a
# LimitRange.
FREE_PATHS = {
    "AKSNodeClass": ("tags",),
    "Alertmanager": ("limits",),
    "AlertmanagerConfig": ("route.routes",),
    "BackupStorageLocation": ("config",),
    "Beat": ("spec.config", "podTemplate"),
    "Cluster": ("limits",),
    "ContainerNodePool": ("nodeConfig.metadata", "resourceLabels"),
    "CronJob": ("limits",),
    "Deployment": ("limits",),
    "EC2NodeClass": ("tags",),
    "Elasticsearch": ("service.spec.selector", "nodeSets.config", "podTemplate"),
    "EnvoyFilter": ("patch.value",),
    "FlinkDeployment": ("flinkConfiguration",),
    "Gateway": ("selector",),
    "Kafka": ("config", "limits", "perBrokerAnnotationsTemplate"),
    "KafkaMirrorMaker2": ("config", "limits", "jvmOptions.-XX"),
    "KafkaNodePool": ("limits",),
    "KafkaTopic": ("config",),
    "Kibana": ("spec.config", "podTemplate"),
    "Logstash": ("spec.config", "spec.resources.limits", "spec.pipelines", "podTemplate"),
    "NodePool": ("limits",),
    "ObjectStore": ("limits",),
    "Pod": ("limits",),
    "Pooler": ("limits",),
    "Prometheus": ("limits", "externalLabels"),
    "Rollout": ("limits", "template.spec.volumes"),
    "ScaledObject": ("triggers.metadata",),
    "ScheduledSparkApplication": ("sparkConf",),
    "Service": ("selector",),
    "SparkApplication": ("sparkConf",),
    "StorageAccount": ("tags",),
}
# Nothing of these lies below the top of what they hold that a user does not name.
FLAT = {
    "ConfigMap",
    "KafkaRebalance",
    "KafkaTopic",
    "Namespace",
    "PriorityClass",
    "StorageClass",
    "VolumeSnapshotClass",
}

TIERS = ("growth", "production", "staging")
EXAMPLES = sorted(path.stem for path in KINDS.glob("*.yaml"))
KeyPath: TypeAlias = tuple[str | int, ...]


def keys_of(node: object, kind: str, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Yield the path of every key that Kubernetes, not the user, names."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from keys_of(item, kind, (*path, index))
    elif isinstance(node, dict):
        names = "." + ".".join(step for step in path if isinstance(step, str))
        if names.endswith(tuple(f".{end}" for end in FREE_PATHS.get(kind, ()))):
            return
        free = bool(path) and path[-1] in FREE
        for key, value in node.items():
            if not free:
                yield (*path, key)
            yield from keys_of(value, kind, (*path, key))


def misspelt(document: dict[str, Any], path: KeyPath) -> dict[str, Any]:
    """Return the document with a misspelt copy of a field beside it, so that nothing required is missing."""
    changed = copy.deepcopy(document)
    node: Any = changed
    for key in path[:-1]:
        node = node[key]
    node[wrong(path[-1])] = node[path[-1]]
    return changed


def wrong(key: str | int) -> str:
    return f"{key}{str(key)[-1]}"


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[Problem]]:
    """Kubeconform's problems by file, for a file per field of every example, and the examples themselves."""
    files = {}
    for kind in EXAMPLES:
        text = kind_file(kind)
        document = yaml.safe_load(text)
        files[f"clusters/eu/{kind}/good.yaml"] = text
        for number, path in enumerate(keys_of(document, kind)):
            files[f"clusters/eu/{kind}/{number}.yaml"] = yaml.safe_dump(misspelt(document, path))
    tree = write_tree(tmp_path_factory.mktemp("kinds"), files)
    problems = defaultdict(list)
    for problem in check_conformance([rendered_subject(tree)], real_toolbox()).problems:
        problems[problem.file].append(problem)
    return problems


@pytest.mark.parametrize("kind", EXAMPLES)
def test_a_good_object_of_each_kind_passes(kind: str, refused: Mapping[str, list[Problem]]) -> None:
    assert yaml.safe_load(kind_file(kind))["kind"] == kind
    assert refused.get(f"output/shop/test/clusters/eu/{kind}/good.yaml", []) == []


@pytest.mark.parametrize("kind", EXAMPLES)
def test_every_field_of_each_kind_is_refused_when_misspelt(kind: str, refused: Mapping[str, list[Problem]]) -> None:
    document = yaml.safe_load(kind_file(kind))
    for number, path in enumerate(keys_of(document, kind)):
        problems = refused.get(f"output/shop/test/clusters/eu/{kind}/{number}.yaml", [])
        found = [(problem.rule, problem.path, problem.hint) for problem in problems]
        place = json_path((*path[:-1], wrong(path[-1])))
        assert ("kubeconform/invalid", place, f"Did you mean '{path[-1]}'?") in found


@pytest.mark.parametrize("kind", EXAMPLES)
def test_the_examples_reach_metadata_the_body_and_what_lies_below_it(kind: str) -> None:
    document = yaml.safe_load(kind_file(kind))
    paths = [path for path in keys_of(document, kind) if path[0] not in {"apiVersion", "kind"}]
    assert any(len(path) == 2 for path in paths if path[0] == "metadata")
    assert any(path[0] != "metadata" for path in paths)
    assert kind in FLAT or any(len(path) > 2 for path in paths if path[0] != "metadata")


def test_every_kind_in_the_committed_trees_has_an_example_here() -> None:
    output = Path(__file__).parents[2] / "output"
    manifests = [path for folder in ("clusters", "argocd") for path in output.glob(f"*/*/{folder}/**/*.yaml")]
    kinds = {found for path in manifests for found in re.findall(r"^kind: (.+)$", path.read_text(), re.MULTILINE)}
    assert {"Deployment", "Application"} <= kinds <= set(EXAMPLES)


@pytest.mark.parametrize("kind", POD_TEMPLATES)
def test_pods_that_a_definition_leaves_open_have_no_field_that_kubernetes_lacks(kind: str, tmp_path: Path) -> None:
    objects = [o for tier in TIERS for o in talai(tier).of_kind(kind).values()]
    templates = [with_container(template) for o in objects for template in held(o["spec"], POD_TEMPLATES[kind])]
    assert len(templates) >= len(objects) > 3
    assert problems_of_pods(templates, tmp_path / "ours") == []
    wrong_ones = [misspelt(templates[0], path) for path in keys_of(templates[0], "Pod") if path != ("metadata",)]
    assert len(problems_of_pods(wrong_ones, tmp_path / "wrong")) == len(wrong_ones) > 30


def held(node: Any, path: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return what is at a path, through lists."""
    if isinstance(node, list):
        return [found for item in node for found in held(item, path)]
    return held(node[path[0]], path[1:]) if path else [node]


def with_container(template: Mapping[str, Any]) -> dict[str, Any]:
    """Return a template of pods with a container, which ECK adds where there is none."""
    return {**template, "spec": {"containers": [{"name": "main"}], **template["spec"]}}


def problems_of_pods(templates: Iterable[Mapping[str, Any]], workspace: Path) -> list[str]:
    """Return the files for templates of pods, each as an object by itself, that have a problem."""
    top = {"apiVersion": "v1", "kind": "PodTemplate"}
    files = {
        f"clusters/eu/pods/{number}.yaml": yaml.safe_dump({**top, "metadata": {"name": "pods"}, "template": template})
        for number, template in enumerate(templates)
    }
    tree = write_tree(workspace, files)
    return sorted({problem.file for problem in check_conformance([rendered_subject(tree)], real_toolbox()).problems})
