"""No value of a chart is there for show: each, changed, changes what the real helm renders, and that still is valid."""

import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from chart_values import (
    Change,
    Objects,
    Trial,
    booleans,
    changes,
    distinct,
    merged,
    nested,
    objects,
    of_regions,
    only,
)
from rendered import real_toolbox
from rendering import CHECKOUT, edit, talai

from generator.deliver.tree import Narrowing, render_tree
from generator.spec.load import load
from generator.spec.workspace import open_workspace
from generator.verify.forms.tool import Tool, Turn, isolated, workers
from generator.verify.kubeconform import command

TAI = CHECKOUT / "tests" / "golden" / "tai" / "output" / "tai" / "production" / "charts" / "tai"
NOTHING_FOR_THIS = "the spec has nothing for this; change it there and render again"
CLOUD = ("cloud",)
Values = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def helm() -> Iterator[Tool]:
    with isolated("helm", real_toolbox().tools["helm"], Turn()) as (tool, _):
        yield tool


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return talai's umbrella chart, in a folder that no test writes to."""
    root = tmp_path_factory.mktemp("talai")
    opened = open_workspace(CHECKOUT)
    tree = render_tree(load(opened, "talai", "production"), opened.catalogue, Narrowing(forms=("helm",)))
    for file in tree.files:
        if file.path.startswith("charts/"):
            path = root / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)
    return root / "charts" / "talai"


def without_effect(helm: Tool, umbrella: Path, charts: Iterable[str], folder: Path) -> list[str]:
    """Return the changes of charts' values that change no object, and leave in the folder what they gave."""
    trial = Trial(helm, umbrella, folder)
    every = {name: changes(umbrella / "charts" / name) for name in charts}
    toggles = {name: booleans(umbrella / "charts" / name) for name in charts}
    left = _dead(trial, every, {}, "first")
    # What a switch turns off is read once the switch is turned.
    defaults = {(name, change.path): change.value for name in every for change in every[name]}
    for number, turned in enumerate(zip_longest(*toggles.values())):
        pairs = [(name, path) for name, path in zip(toggles, turned, strict=True) if path]
        base = {name: nested(path, defaults[name, path]) for name, path in pairs}
        left |= _dead(trial, {name: left[name] for name, _ in pairs if left[name]}, base, f"turned{number}")
    # What is of one cloud is read in its region, whose own values are to be changed.
    for region, base in of_regions(umbrella).items():
        assert trial.rendered(merged(only(umbrella, every), base), region).code == 0
        unread = {name: {change.path for change in found} for name, found in left.items() if found}
        within = {name: changes(umbrella / "charts" / name, base.get(name)) for name in unread}
        again = {name: [change for change in within[name] if change.path in unread[name]] for name in unread}
        left |= _dead(trial, again, base, f"{region}-left")
    return [f"{name}: {change.name}" for name in left for change in left[name]]


def _dead(trial: Trial, every: Mapping[str, list[Change]], base: Values, label: str) -> dict[str, list[Change]]:
    """Return the changes that change nothing, one of each chart at a time."""
    if not every:
        return {}
    start = merged(only(trial.umbrella, every), {name: base[name] for name in base if name in every})
    said = trial.rendered(start, f"{label}-before")
    if said.code and NOTHING_FOR_THIS in said.errors:
        return dict(every)
    assert said.code == 0, said.errors
    before = objects(said.output)
    # Another cloud with the names and addresses of this one makes nothing that is valid: regions have it whole.
    clouds = {name: change for name in every for change in every[name] if change.path == CLOUD}
    others = [[change for change in found if change.path != CLOUD] for found in every.values()]
    rows = [{n: c for n, c in zip(every, row, strict=True) if c} for row in zip_longest(*others)]
    rows += [clouds] if clouds else []

    def judge(numbered: tuple[int, dict[str, Change]]) -> list[tuple[str, Change]]:
        number, row = numbered
        file = "" if any(change.path == CLOUD for change in row.values()) else f"{label}-change{number}"
        said = trial.rendered(merged(start, _values(row)), file)
        if not said.code:
            after = objects(said.output)
            return [(name, change) for name, change in row.items() if before.get(name) == after.get(name)]
        if len(row) > 1:
            return [
                found for pair in enumerate(row.items()) for found in judge((number * 100 + pair[0], dict([pair[1]])))
            ]
        assert NOTHING_FOR_THIS in said.errors, f"{row}: {said.errors}"
        return []

    with workers(Turn()) as pool:
        dead = [found for each in pool.map(judge, enumerate(rows)) for found in each]
    return {name: [change for owner, change in dead if owner == name] for name in every}


def _values(row: Mapping[str, Change]) -> Values:
    return {name: change.values() for name, change in row.items()}


def invalid(folder: Path) -> list[str]:
    """Return what kubeconform has against the objects in the files that helm's answers were left in."""
    files = [str(path) for path in sorted(folder.rglob("*.yaml")) if not path.name.endswith(".values.yaml")]
    assert files
    done = subprocess.run([*command("1.36", real_toolbox()), *files], capture_output=True, text=True, check=False)
    resources = json.loads(done.stdout)["resources"]
    return [f"{item['filename']}: {item['msg']}" for item in resources if item["status"] not in {"statusValid", ""}]


@pytest.mark.parametrize("case", ["talai", "tai"])
def test_every_value_changes_what_is_rendered_and_keeps_it_valid(
    case: str, helm: Tool, platform: Path, tmp_path: Path
) -> None:
    ours = distinct(platform, {name for services in talai().platform.services.values() for name in services})
    umbrella, charts = {"talai": (platform, ours), "tai": (TAI, ["governor", "coordinator", "redis"])}[case]
    assert without_effect(helm, umbrella, charts, tmp_path) == []
    assert invalid(tmp_path) == []


def test_a_value_that_nothing_reads_is_noticed(helm: Tool, platform: Path, tmp_path: Path) -> None:
    umbrella = tmp_path / "talai"
    shutil.copytree(platform, umbrella)
    template = umbrella / "charts" / "orchex" / "templates" / "rollout.yaml"
    edit(template, "{{ .Values.terminationGracePeriodSeconds }}", "95")
    (tmp_path / "out").mkdir()
    assert without_effect(helm, umbrella, ["orchex"], tmp_path / "out") == ["orchex: terminationGracePeriodSeconds=96"]


def test_an_object_that_no_schema_takes_is_noticed(tmp_path: Path) -> None:
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: eighty}]}\n"
    (tmp_path / "change.yaml").write_text(service, "utf-8")
    assert len(invalid(tmp_path)) == 1


def of_orchex(helm: Tool, platform: Path, *words: str) -> Objects:
    """Return the objects of orchex' chart by itself, with words for helm."""
    said = helm.run("template", "orchex", platform / "charts" / "orchex", *words)
    assert (said.code, said.errors) == (0, "")
    output = said.output.decode("utf-8").replace("# Source: orchex/", "# Source: talai/charts/orchex/")
    return objects(output.encode())["orchex"]


def kinds_of(found: Objects) -> set[tuple[str, str]]:
    return {(kind, name) for kind, _, name in found}


def test_the_gateway_is_let_in_only_while_it_sends_requests(helm: Tool, platform: Path) -> None:
    before, after = (of_orchex(helm, platform, "--set", f"ingress.enabled={on}") for on in ("true", "false"))
    assert kinds_of(before) - kinds_of(after) == {("VirtualService", "orchex-gateway")}
    for kind in ("AuthorizationPolicy", "NetworkPolicy"):
        key = (kind, "talai", "orchex")
        assert "istio-ingress" in json.dumps(before[key])
        assert "istio-ingress" not in json.dumps(after[key])
        assert "abstract-writer" in json.dumps(after[key])  # a caller within the mesh still is let in


def test_prometheus_is_let_in_only_while_it_scrapes(helm: Tool, platform: Path) -> None:
    before, after = (of_orchex(helm, platform, "--set", f"serviceMonitor.enabled={on}") for on in ("true", "false"))
    assert kinds_of(before) - kinds_of(after) == {("ServiceMonitor", "orchex"), ("PeerAuthentication", "orchex")}
    for kind, word in (("AuthorizationPolicy", "/metrics"), ("NetworkPolicy", "prometheus")):
        assert word in json.dumps(before[kind, "talai", "orchex"])
        assert word not in json.dumps(after[kind, "talai", "orchex"])


def test_without_the_autoscaler_the_replicas_are_those_of_the_values(helm: Tool, platform: Path) -> None:
    after = of_orchex(helm, platform, "--set", "autoscaling.enabled=false,replicaCount=5")
    assert after["Rollout", "talai", "orchex"]["spec"]["replicas"] == 5
    assert "HorizontalPodAutoscaler" not in {kind for kind, _ in kinds_of(after)}


def test_another_port_of_the_service_is_its_port_everywhere(helm: Tool, platform: Path) -> None:
    after = of_orchex(helm, platform, "--set", "service.port=8085")
    assert [port["port"] for port in after["Service", "talai", "orchex"]["spec"]["ports"]] == [8085, 9090]
    for name in ("orchex", "orchex-gateway"):
        (route,) = after["VirtualService", "talai", name]["spec"]["http"]
        assert route["route"][0]["destination"]["port"] == {"number": 8085}


@pytest.mark.parametrize(
    ("words", "image", "version"),
    [
        (("--set", "image.tag=2.5.0"), ":2.5.0", "2.5.0"),
        (("--set-string", "image.tag=20260101"), ":20260101", "20260101"),
        (("--set", f"image.tag=,image.digest=sha256:{'0' * 64}"), f"@sha256:{'0' * 64}", ""),
    ],
)
def test_the_image_is_that_of_the_values_and_so_is_the_version(
    helm: Tool, platform: Path, words: tuple[str, str], image: str, version: str
) -> None:
    rollout = of_orchex(helm, platform, *words)["Rollout", "talai", "orchex"]
    (container,) = rollout["spec"]["template"]["spec"]["containers"]
    assert container["image"] == f"111122223333.dkr.ecr.us-west-2.amazonaws.com/talai/orchex{image}"
    for metadata in (rollout["metadata"], rollout["spec"]["template"]["metadata"]):
        assert metadata["labels"]["app.kubernetes.io/version"] == version


def test_entries_of_empty_values_can_be_given_by_set(helm: Tool, platform: Path) -> None:
    tolerations = json.dumps([{"key": "dedicated", "operator": "Exists"}])
    words = ("--set", "podAnnotations.a=b", "--set", "nodeSelector.x=y", "--set-json", f"tolerations={tolerations}")
    template = of_orchex(helm, platform, *words)["Rollout", "talai", "orchex"]["spec"]["template"]
    assert template["metadata"]["annotations"]["a"] == "b"
    assert template["spec"]["nodeSelector"] == {"x": "y"}
    assert template["spec"]["tolerations"] == json.loads(tolerations)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("replicaCounts=4", "at '': additional properties 'replicaCounts' not allowed"),
        ("service.portt=4", "at '/service': additional properties 'portt' not allowed"),
        ("resources.limits.memroy=4Gi", "at '/resources/limits': additional properties 'memroy' not allowed"),
        ("config.NO BLANKS=a", "at '/config': additional properties 'NO BLANKS' not allowed"),
        ("podAnnotations.checksum/config=a", "at '/podAnnotations/checksum~1config'"),
        ("replicaCount=many", "at '/replicaCount': got string, want integer"),
        ("image.tag=2", "at '/image/tag': got number, want string"),
        ("image.tag=", "at '/image/tag': minLength: got 0, want 1"),
        ("image=null", "at '': missing property 'image'"),
        ("service.port=null", "at '/service': missing property 'port'"),
        (
            "autoscaling.targetCPUUtilizationPercentage=null,autoscaling.targetMemoryUtilizationPercentage=null",
            "at '/autoscaling': missing property 'targetCPUUtilizationPercentage'",
        ),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_with_its_place(
    helm: Tool, platform: Path, setting: str, message: str
) -> None:
    said = helm.run("template", "orchex", platform / "charts" / "orchex", "--set", setting)
    assert said.code == 1
    assert message in said.errors


@pytest.mark.parametrize("value", ["resources", "nodeSelector", "tolerations", "env", "config", "podAnnotations"])
def test_what_may_be_empty_may_be_taken_away(helm: Tool, platform: Path, value: str) -> None:
    before, after = of_orchex(helm, platform), of_orchex(helm, platform, "--set", f"{value}=null")
    assert kinds_of(after) == kinds_of(before)
