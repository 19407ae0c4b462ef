"""What docs/operations.md tells people to do is done, to the letter, and its diffs are those that come of it."""

import json
from pathlib import Path
from tempfile import mkdtemp

import pytest
import yaml
from operations_page import Edit, after, before, changes, differences, edited, edits, expected, said
from rendering import Manifest, Rendered, render

from generator.base.errors import ProblemsError
from generator.spec.load import load
from generator.spec.workspace import open_workspace

FORMS = ("~ charts/", "~ kustomize/")
WORKLOADS = ("Deployment", "StatefulSet", "Rollout", "DaemonSet", "CronJob", "HorizontalPodAutoscaler", "ScaledObject")
VERSION, REGIONAL = edits("Change a version")
(DRAIN,) = edits("Drain a region")
REFUSED, WRITES = edits("The region that takes writes")
(TIER,) = edits("Change the tier")
(SERVICE,) = edits("Add a service")
(REGION,) = edits("Add a region")
(DRAINED,) = expected("Drain a region")
IN_ALL, IN_ONE = expected("Change a version")
SHOWN = {
    "a version": (VERSION, IN_ALL),
    "a version in one region": (REGIONAL, IN_ONE),
    "a drained region": (DRAIN, DRAINED),
    "a service": (SERVICE, frozenset().union(*expected("Add a service"))),
    "a region": (REGION, frozenset().union(*expected("Add a region"))),
}


def diff(change: Edit) -> frozenset[str]:
    return changes(before(change.environment).files, after(change).files)


def problems(change: Edit) -> list[str]:
    with pytest.raises(ProblemsError) as caught:
        load(open_workspace(edited(change)), "talai", change.environment)
    return [problem.text().partition("  ")[2] for problem in caught.value.problems]


def topology(tree: Rendered) -> Manifest:
    found: Manifest = json.loads(tree.files["plan/topology.json"])
    return found


@pytest.mark.parametrize("name", SHOWN)
def test_the_page_names_every_file_that_changes_and_no_other(name: str) -> None:
    change, patterns = SHOWN[name]
    assert differences(patterns, diff(change)) == []


def test_a_file_that_the_page_leaves_out_or_that_does_not_change_is_noticed() -> None:
    _, patterns = SHOWN["a drained region"]
    assert differences(patterns, {*diff(DRAIN), "~ clusters/eu-west-1/orchex/rollout.yaml"}) == [
        "~ clusters/eu-west-1/orchex/rollout.yaml"
    ]
    assert differences({*patterns, "~ edge/zone.json"}, diff(DRAIN)) == ["~ edge/zone.json"]


# A version.


def test_a_new_version_changes_the_image_and_its_label_and_no_other_line() -> None:
    old, new = before("production").files, after(VERSION).files
    for path in (path for path in old if path.endswith("/orchex/rollout.yaml") and path.startswith("clusters/")):
        pairs = zip(old[path].decode().splitlines(), new[path].decode().splitlines(), strict=True)
        lines = [(a.strip(), b.strip()) for a, b in pairs if a != b]
        assert len(lines) == 3
        assert [b for _, b in lines] == [a.replace("2.4.1", "2.5.0") for a, _ in lines]


# A drained region.


def test_draining_changes_no_workload() -> None:
    kinds = {path: item["kind"] for path, item in before("production").objects.items()}
    touched = {kinds[line[2:]] for line in diff(DRAIN) if line[2:] in kinds}
    assert touched == {"EnvoyFilter", "Probe", "PrometheusRule"}
    assert touched.isdisjoint(WORKLOADS)


def test_the_others_share_all_of_the_traffic_in_proportion() -> None:
    shares = {entry["name"]: entry["traffic_share"] for entry in topology(after(DRAIN))["regions"]}
    assert shares["eu-west-1"] == 0
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["us-west-2"] / shares["ap-south-1"] == pytest.approx(50 / 20, rel=1e-4)


def test_the_edge_sends_nobody_to_a_drained_region() -> None:
    table = after(DRAIN).files["edge/src/platform.js"].decode()
    assert '"eu-west-1"' in before("production").files["edge/src/platform.js"].decode()
    assert '"eu-west-1"' not in table
    assert "api-eu.talai.io" not in table


def test_the_gateway_of_the_drained_region_alone_tells_health_checks_so() -> None:
    answers = {}
    for path, item in after(DRAIN).of_kind("EnvoyFilter").items():
        if path.endswith("-health.yaml"):
            (first, *_) = item["spec"]["configPatches"]
            answers[path.split("/")[1]] = first["patch"]["value"]["direct_response"]["status"]
    assert answers == {"us-west-2": 200, "eu-west-1": 503, "ap-south-1": 200}


def test_the_page_quotes_why_the_region_that_takes_writes_cannot_be_drained() -> None:
    assert problems(REFUSED) == list(said("The region that takes writes"))


def test_it_can_be_drained_once_another_takes_writes() -> None:
    (patterns,) = expected("The region that takes writes")
    drained = {pattern.replace("eu-west-1", "us-west-2") for pattern in DRAINED if not pattern.startswith(FORMS)}
    assert differences({*patterns, *drained}, {line for line in diff(WRITES) if not line.startswith(FORMS)}) == []
    shares = {entry["name"]: entry["traffic_share"] for entry in topology(after(WRITES))["regions"]}
    assert shares == {"us-west-2": 0, "eu-west-1": 0.6, "ap-south-1": 0.4}


@pytest.mark.parametrize("kept", [0, 1])
def test_writes_cannot_move_by_half(kept: int) -> None:
    (file, old, new), *_ = WRITES.hunks
    moved = [line for line in new.splitlines(keepends=True) if "writes" in line]
    (found,) = problems(Edit(((file, old, new.replace(moved[1 - kept], "")),)))
    assert "$.edge.writes: postgres is written in" in found


# A service.


def test_a_service_lets_nobody_else_in() -> None:
    """Callers and callees of the new service are all that connects to it, and it connects to nothing else."""
    policies = after(SERVICE).of_kind("AuthorizationPolicy", "us-west-2")
    mentions = [p.split("/")[2] for p, item in policies.items() if "sa/figure-maker" in yaml.safe_dump(item)]
    assert mentions == ["lit-review"]
    networks = after(SERVICE).of_kind("NetworkPolicy", "us-west-2")
    named = {p.split("/")[2] for p, item in networks.items() if "figure-maker" in yaml.safe_dump(item)}
    assert named == {"figure-maker", "lit-review", "postgres", "kafka", "otel-collector", "gateway"}


def test_a_service_of_one_environment_is_no_matter_of_the_others() -> None:
    (_, _, text), *_ = (hunk for hunk in SERVICE.hunks if "figure-maker" in hunk[2])
    lines = text.removesuffix("  grant-writer:\n")
    added = Edit((("environments/talai/staging.yaml", "services:\n", f"services:\n{lines}"),))
    workspace = edited(added)
    assert any(line.startswith("+ clusters/us-west-2/figure-maker/") for line in diff(added))
    assert render(workspace, "talai", "growth").files == before("growth").files


# A region.


def test_a_region_changes_no_service_of_another() -> None:
    services = set(before("growth").platform.services["us-west-2"])
    touched = {line.split("/")[2] for line in diff(REGION) if line.startswith("~ clusters/")}
    assert touched.isdisjoint(services)


def test_the_page_names_what_is_missing_of_a_region() -> None:
    without = Edit(tuple(hunk for hunk in REGION.hunks if "kafka-eu-central-1" not in hunk[2]))
    text = "\n".join(problems(without))
    assert "'nodes' is missing" in text
    assert "'address' is missing" in text


# Back again.


def test_the_reverted_specs_give_the_same_bytes_and_leave_nothing_behind() -> None:
    from rendering import read_tree

    from generator.deliver.tree import render_tree
    from generator.tree.rendered import header, rendered_files
    from generator.tree.write import write

    workspace, root = edited(SERVICE), Path(mkdtemp(prefix="gen-operations-test-")) / "tree"
    trees = []
    for there in (workspace, edited(Edit(()))):
        opened = open_workspace(there)
        tree = render_tree(load(opened, "talai", "growth"), opened.catalogue)
        write(root, rendered_files(tree), header(tree), force=False)
        trees.append(read_tree(root))
    assert "runbooks/figure-maker.md" in trees[0]
    assert trees[1] == before("growth").files
