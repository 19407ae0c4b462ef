"""Odd platforms in all forms: whatever a spec may say, charts and overlays mean what the manifests mean."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from odd_platforms import OddPlatform
from rendered import means
from test_documented_charts import helm

from generator.base.errors import ProblemsError
from generator.deliver.tree import Narrowing, render_tree
from generator.spec.load import load
from generator.spec.model import FORMS
from generator.spec.workspace import open_workspace
from generator.tree.rendered import header, rendered_files
from generator.tree.write import write
from generator.verify.run import verify
from generator.verify.subject import Subject, rendered_subject
from generator.verify.trees import find_trees

STAGES = ("inventory", "render", "yamllint", "kubeconform", "helm", "kustomize")

PLATFORM = """
name: odd
gitops: {repository: https://git.example.com/odd.git}
regions:
  us: {cloud: aws, zones: [us-a], registry: r.example.com/odd, host: us.example.com, secretStore: STORE}
  eu: {cloud: aws, zones: [eu-a], registry: r.example.com/odd, host: eu.example.com, secretStore: STORE}
mesh: {}
gateway: {certificate: tls}
monitoring: {}
namespaces:
  maps: {mesh: true}
  plain: {}
  monitoring: {podSecurity: baseline, isolated: false}
  istio-system: {podSecurity: privileged, isolated: false}
  istio-ingress: {podSecurity: baseline, isolated: false}
secrets:
  tls: {namespace: istio-ingress, type: kubernetes.io/tls, keys: {tls.crt: crt, tls.key: key}}
defaults:
  service: {namespace: maps, image: {tag: 1.0.0}, resources: {cpu: 100m, memory: 256Mi}, scale: {min: 2, max: 2}}
services:
  web: {exposes: {paths: [/web]}, ports: {http: 8080, metrics: 9090}}
""".replace("STORE", '{role: "arn:aws:iam::111122223333:role/x"}')


def workspace(root: Path, platform: Mapping[str, Any], environment: Mapping[str, Any]) -> Path:
    folder = root / "environments" / "odd"
    folder.mkdir(parents=True)
    (root / "environments" / "workspace.yaml").write_text("render: {odd: [live]}\n", "utf-8")
    for name, document in (("platform", platform), ("live", environment)):
        (folder / f"{name}.yaml").write_text(json.dumps(document, ensure_ascii=False, indent=1), "utf-8")
    return root


def rendered(root: Path) -> Subject:
    """Render a workspace in all forms. Raises ProblemsError."""
    opened = open_workspace(root)
    model = load(opened, "odd", "live")
    tree = render_tree(model, opened.catalogue, Narrowing(forms=FORMS))
    write(opened.output("odd", "live"), rendered_files(tree), header(tree), force=False)
    (found,) = find_trees(root, [("odd", "live")])
    return rendered_subject(found, model)


def problems(subjects: Sequence[Subject], root: Path) -> list[str]:
    used = replace(means(), catalogue=open_workspace(root).catalogue)
    return [problem.text() for problem in verify(subjects, used, STAGES).problems]


def odd(root: Path, **regions: Mapping[str, Any]) -> Path:
    """Return a workspace of the small platform, with what its service is in some regions."""
    overrides = {region: {"services": {"web": service}} for region, service in regions.items()}
    return workspace(root, yaml.safe_load(PLATFORM), {"regions": ["us", "eu"], "in": overrides})


@pytest.mark.parametrize(
    ("us", "eu"),
    [
        pytest.param({}, {"namespace": "plain", "exposes": None}, id="exposed-here-and-outside-the-mesh-there"),
        pytest.param({"config": {"NULL": "a\nb\n"}}, {"config": {"NULL": "c\n"}}, id="lines-in-a-variable-called-null"),
        pytest.param(
            {"podAnnotations": {"x": "a\nb\n"}}, {"podAnnotations": {"x": "\ta"}}, id="a-tab-where-a-block-was"
        ),
        pytest.param({"config": {"SHA": "1e07476"}}, {"config": {"SHA": "2026-23-20"}}, id="a-date-that-is-none"),
    ],
)
def test_it_means_the_same_in_every_form(us: dict[str, Any], eu: dict[str, Any], tmp_path: Path) -> None:
    root = odd(tmp_path, us=us, eu=eu)
    assert problems([rendered(root)], root) == []


def test_the_gateway_is_let_in_at_the_port_of_the_region_where_somebody_turns_it_on(tmp_path: Path) -> None:
    root = odd(tmp_path, eu={"ports": {"http": 9000}, "exposes": None})
    rendered(root)
    chart = root / "output" / "odd" / "live" / "charts" / "odd" / "charts" / "web"
    asked = ["--set", "ingress.enabled=true,ingress.host=a.example.com,ingress.timeout=1s"]
    said = helm(tmp_path, "template", "web", str(chart), "-f", str(chart / "values-eu.yaml"), *asked)
    assert said.returncode == 0, said.stderr
    objects = {(item["kind"], item["metadata"]["name"]): item for item in yaml.safe_load_all(said.stdout) if item}
    policy, network = objects["AuthorizationPolicy", "web"], objects["NetworkPolicy", "web"]
    assert policy["spec"]["rules"][0]["to"][0]["operation"]["ports"] == ["9000"]
    assert network["spec"]["ingress"][0]["ports"] == [{"port": 9000}]


def test_no_template_refuses_what_a_spec_may_say(tmp_path: Path) -> None:
    """Random platforms are rendered in all forms; the tools look at every sixth."""
    valid: list[tuple[Path, Subject]] = []
    for seed in range(32):
        root = workspace(tmp_path / str(seed), *OddPlatform(seed).documents())
        try:
            load(open_workspace(root), "odd", "live")
        except ProblemsError:
            continue  # a spec that gen refuses as such
        valid.append((root, rendered(root)))
    assert len(valid) > 12
    looked_at = valid[::6]
    assert {root: problems([subject], root) for root, subject in looked_at} == {root: [] for root, _ in looked_at}


def test_a_value_changed_by_hand_in_an_odd_platform_is_noticed(tmp_path: Path) -> None:
    root = odd(tmp_path)
    subject = rendered(root)
    values = root / "output" / "odd" / "live" / "charts" / "odd" / "charts" / "web" / "values.yaml"
    values.write_text(values.read_text("utf-8").replace("replicaCount: 2", "replicaCount: 3"), "utf-8")
    assert any("replicas" in text for text in problems([subject], root))
