"""Another tier is one line of spec: what differs then is numbers, and docs/platforms/talai-tiers.md lists them all."""

import json
import re
from collections.abc import Collection

import pytest
from operations_page import Edit, after, before, edited, edits, expected
from rendering import CHECKOUT, Manifest, Rendered
from tier_review import BY_HAND, EFFECTS, NOTES, PARTS, REFUSED, Row, appeared, costs_and_capacity, rows, tables

from generator.base.errors import ProblemsError
from generator.spec.load import load
from generator.spec.workspace import open_workspace

PAGE = CHECKOUT / "docs" / "platforms" / "talai-tiers.md"
COSTS, DIFFERS = "## Costs and capacity\n", "## What differs\n"
(TIER,) = edits("Change the tier")
# Ends of fields that may differ: sizes, counts, bounds, and what is computed from them.
NUMBERS = re.compile(
    r"(?i)(cpu|memory|storage|size|sizegb|count|replicas|replicacount|nodes|pods|parallelism|tasksmax|executors|available"
    r"|max|min|bytes|max_bytes|connections|buffers|cache_size|-xm[sx]|threshold|condition|expr|nodecount|value)$"
)
NODES = re.compile(r"(machineType|instance-type\]\.values|nodeClassRef\.name)$")


def found() -> tuple[Row, ...]:
    return rows(before("growth").objects, after(TIER).objects)


def others(found: Collection[Row]) -> set[tuple[str, str]]:
    """Return the fields that are no numbers: there may be types of machines, nothing else."""
    return {(row.kind, field) for row in found for field in row.fields if not NUMBERS.search(field)}


def written() -> str:
    old, new = before("growth"), after(TIER)
    regions = [region.name for region in old.platform.regions]
    shown = found()
    used = [note for note in NOTES if any(row.effect == note for row in shown)]
    legend = [f"- *{note}*: {NOTES[note]}" for note in used]
    lines = [*costs_and_capacity(old, new), "", DIFFERS.rstrip(), "", *legend]
    lines += tables(shown, regions, (old.platform.tier, new.platform.tier))
    return "\n".join(lines) + "\n"


def test_the_edit_is_one_line() -> None:
    ((file, old, new),) = TIER.hunks
    assert (file, old, new) == ("environments/talai/growth.yaml", "tier: 100k\n", "tier: 1m\n")


def test_a_misspelt_tier_is_one_problem_and_not_one_of_each_component() -> None:
    """Without a tier nearly every component lacks something, which would bury the one line that is wrong."""
    file, old, _ = TIER.hunks[0]
    with pytest.raises(ProblemsError) as caught:
        load(open_workspace(edited(Edit(((file, old, "tier: 1M\n"),)))), "talai", "growth")
    (problem,) = caught.value.problems
    assert problem.text() == f"{file}:2:7  $.tier: there is no tier '1M'. Known: 100k, 10k, 1m."


def test_no_object_appears_or_goes_but_for_those_that_the_page_names() -> None:
    (patterns,) = expected("Change the tier")
    new, gone = appeared(before("growth"), after(TIER))
    assert {f"+ {path}" for path in new} == patterns
    assert gone == []


def test_nothing_but_numbers_and_machines_differs() -> None:
    assert {(kind, field) for kind, field in others(found()) if not NODES.search(field)} == set()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("metadata", "labels", "app.kubernetes.io/name"), "other"),
        (("spec", "template", "spec", "serviceAccountName"), "other"),
        (("spec", "selector", "matchLabels", "app.kubernetes.io/name"), "other"),
    ],
)
def test_a_difference_that_is_no_number_is_noticed(path: tuple[str, ...], value: str) -> None:
    import copy

    objects = before("growth").objects
    file = "clusters/us-west-2/orchex/rollout.yaml"
    changed: Manifest = copy.deepcopy(objects[file])
    part = changed
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    assert others(rows({file: objects[file]}, {file: changed})) == {("Rollout", ".".join(path))}


def test_every_kind_that_differs_has_its_part_of_the_page() -> None:
    known = {kind for kinds in PARTS.values() for kind in kinds}
    assert {row.kind for row in found()} - known == set()


def test_every_volume_is_marked_as_one_that_never_shrinks() -> None:
    volumes = [
        row
        for row in found()
        if any(re.search(r"torage(\.volumes\[\])?\.(size|storage)$|requests\.storage$", f) for f in row.fields)
    ]
    lasting = [row for row in volumes if row.kind not in {"ConfigMap", "CronJob"}]  # of tests and dumps: made anew
    assert {row.kind for row in lasting} == {
        "Cluster", "Elasticsearch", "KafkaNodePool", "Logstash", "Prometheus", "StatefulSet",
    }  # fmt: skip
    assert [row for row in lasting if "never shrinks" not in row.effect] == []


def test_what_needs_a_hand_is_what_the_pages_name() -> None:
    by_hand = {(row.kind, name) for row in found() if row.effect == BY_HAND for name, _ in row.places}
    assert by_hand == {
        ("StatefulSet", "redis"),
        ("StatefulSet", "otel-collector-sampler"),
        ("Prometheus", "prometheus"),
    }
    assert {row.kind for row in found() if row.effect == REFUSED} == {"ContainerNodePool"}


def test_every_effect_is_met_by_some_field() -> None:
    """A row of EFFECTS that nothing has any more would be a remark about nothing."""
    from fnmatch import fnmatchcase

    fields = [(row.kind, field) for row in found() for field in row.fields]
    unused = [e for e in EFFECTS if not any(fnmatchcase(k, e[0]) and fnmatchcase(f, e[1]) for k, f in fields)]
    assert unused == []


def test_the_same_tier_differs_in_nothing() -> None:
    objects = before("growth").objects
    assert rows(objects, objects) == ()
    assert appeared(before("growth"), before("growth")) == ([], [])


def test_the_page_is_what_the_trees_show(request: pytest.FixtureRequest) -> None:
    prose = PAGE.read_text("utf-8").partition(COSTS)[0]
    page = f"{prose}{COSTS}{written()}"
    if request.config.getoption("--regenerate"):
        PAGE.write_text(page, encoding="utf-8")
    assert PAGE.read_text("utf-8") == page


def test_what_the_environment_says_itself_is_out_of_the_tiers_reach() -> None:
    """The page tells so of the pools general and spot, and of what follows for the loss of a region."""
    pools = [path for path in after(TIER).objects if path.endswith(("nodepool-general.yaml", "nodepool-spot.yaml"))]
    assert len(pools) == 6
    for path in pools:
        old, new = before("growth").objects[path]["spec"], after(TIER).objects[path]["spec"]
        assert old.get("limits") == new.get("limits")
        assert old.get("autoscaling") == new.get("autoscaling")
    pool = "general: {{nodes: {{max: {}}}}}, spot: {{nodes: {{max: {}}}}}"
    own = (((15, 10), (70, 30)), ((9, 6), (42, 18)), ((6, 4), (28, 12)))
    hunks = (("environments/talai/growth.yaml", pool.format(*few), pool.format(*many)) for few, many in own)
    raised = after(Edit((*TIER.hunks, *hunks)))
    assert [loss_of_the_primary(tree) for tree in (before("growth"), after(TIER), raised)] == [True, False, True]


def loss_of_the_primary(tree: Rendered) -> bool:
    """Say whether the capacity model finds the promised throughput carried without us-west-2."""
    cases = json.loads(tree.files["plan/capacity.json"])["cases"]
    (carried,) = (
        case["carried"] for case in cases if (case["demand"], case["lost_region"]) == ("throughput", "us-west-2")
    )
    return bool(carried)
