"""Every value that a template marks is described in the component's values.schema.json, and nothing else is."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from jinja2 import nodes
from rendering import CHECKOUT, units

from generator.plan.units import Unit
from generator.templating.chart.chart import ChartText, chart_text
from generator.templating.engine import Engine

GOLDEN = CHECKOUT / "tests" / "golden"
FOLDERS = [CHECKOUT / "templates", GOLDEN / "atlas" / "templates"]
COMPONENTS = sorted({path.parents[1] for folder in FOLDERS for path in folder.glob("*/*/manifests/*.j2")})
# Stands for a name that templates compute, and for those that a schema does not list.
ANY = "*"
Path_ = tuple[str, ...]
# Helm prints integers from here on with an exponent, unless they pass through int64.
EXPONENT = 1_000_000
# 99,999 days in milliseconds: the longest time that a spec can say.
GREATEST = 99_999 * 86_400_000
# Values below zero that Kubernetes has a meaning for: a priority lower than that of pods without a class.
BELOW_ZERO = {("priorities", ("classes", ANY, "value"))}
# Counts of requests that a spec may write beyond Helm's digits: the gateway's chart passes these through int64.
LARGE = {("gateway", ("rateLimit", "requests")), ("gateway", ("rateLimit", "burst"))}


def marked(templates: Mapping[str, str], files: Mapping[str, str] | None = None) -> set[Path_]:
    """Return the paths that templates give to tune() and regional()."""
    found = set()
    for name, text in templates.items():
        for expression in Engine().compile(name, text, files=files).parts.expressions.values():
            for call in [expression, *expression.find_all(nodes.Call)]:
                name_of = call.node.name if isinstance(call, nodes.Call) and isinstance(call.node, nodes.Name) else ""
                if isinstance(call, nodes.Call) and name_of in ("tune", "regional"):
                    found.add(path_of(call.args[0]))
    return found


def path_of(node: nodes.Expr) -> Path_:
    parts = node.nodes if isinstance(node, nodes.Concat) else [node]
    return tuple("".join(str(part.value) if isinstance(part, nodes.Const) else ANY for part in parts).split("."))


def described(schema: Mapping[str, Any], root: Mapping[str, Any], at: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    """Yield the paths that a schema describes, with what it says of each; what is within lists is part of the list."""
    if "$ref" in schema:
        schema = {**root["$defs"][schema["$ref"].removeprefix("#/$defs/")], **schema}
    if at:
        yield at, schema
    for name, entry in schema.get("properties", {}).items():
        yield from described(entry, root, (*at, name))
    rest = schema.get("additionalProperties")
    if isinstance(rest, Mapping) and rest.keys() & {"description", "properties"}:
        yield from described(rest, root, (*at, ANY))


def named(path: Path_, known: set[Path_], head: Path_ = ()) -> Iterator[Path_]:
    """Yield a marked path; where its template computes a name, once with each name that the schema lists there."""
    if not path:
        yield head
        return
    listed = {each[-1] for each in known if each[:-1] == head} if path[0] == ANY else set()
    for name in listed or {path[0]}:
        yield from named(path[1:], known, (*head, name))


def undescribed(paths: set[Path_], schema: Mapping[str, Any]) -> set[Path_]:
    known = {path for path, _ in described(schema, schema)}
    return {each for path in paths for each in named(path, known) if each not in known}


def unused(paths: set[Path_], schema: Mapping[str, Any]) -> set[Path_]:
    """Return what is described and neither marked, nor part of what is, nor a group of it."""
    known = {path for path, _ in described(schema, schema)}
    used = {each for path in paths for each in named(path, known)}
    return {path for path in known if not any(path == each[: len(path)] or each == path[: len(each)] for each in used)}


def templates_of(component: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in sorted(component.glob("manifests/*.j2"))}


def files_of(component: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in sorted(component.glob("files/*"))}


def schema_of(component: Path) -> dict[str, Any]:
    path = component / "values.schema.json"
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return found


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda path: path.name)
def test_a_schema_describes_the_marked_values_and_no_others(component: Path) -> None:
    paths, schema = marked(templates_of(component), files_of(component)), schema_of(component)
    assert (undescribed(paths, schema), unused(paths, schema)) == (set(), set())
    assert bool(paths) == bool(schema)


def test_a_value_without_description_and_a_description_without_value_are_noticed() -> None:
    template = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n"
        '  tag: [[ tune("image.tag", tag) ]]\n  quota: [[ regional("spaces." ~ name ~ ".quota", quota) ]]\n'
    )
    paths = marked({"a.yaml.j2": template})
    assert paths == {("image", "tag"), ("spaces", ANY, "quota")}
    schema: dict[str, Any] = {"properties": {"image": {"properties": {"tag": {}, "digest": {}}}, "replicas": {}}}
    assert undescribed(paths, schema) == {("spaces", ANY, "quota")}
    assert unused(paths, schema) == {("image", "digest"), ("replicas",)}


def test_a_computed_name_stands_for_each_name_that_a_schema_lists() -> None:
    paths: set[Path_] = {("jobs", ANY, "schedule")}
    both: dict[str, Any] = {name: {"properties": {"schedule": {}}} for name in ("optimize", "vacuum")}
    schema = {"properties": {"jobs": {"properties": both}}}
    assert (undescribed(paths, schema), unused(paths, schema)) == (set(), set())
    both["vacuum"] = {"properties": {"timetable": {}}}
    assert undescribed(paths, schema) == {("jobs", "vacuum", "schedule")}
    assert unused(paths, schema) == {("jobs", "vacuum", "timetable")}


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda path: path.name)
def test_every_value_says_what_it_is_of_which_type_and_within_which_bounds(component: Path) -> None:
    schema = schema_of(component)
    assert [found for path, entry in described(schema, schema) for found in vague(component, path, entry)] == []


def vague(component: Path, path: Path_, entry: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a schema leaves open about a value; the numbers of services and regions are printed as they are."""
    where = ".".join(path)
    types = [entry["type"]] if isinstance(entry.get("type"), str) else entry.get("type", [])
    if not types:
        yield f"{where} has no type"
    if path[-1] != ANY and not entry.get("description", "").endswith("."):
        yield f"{where} is not described"
    if "integer" in types and "string" not in types:
        lowest = -GREATEST if (component.name, path) in BELOW_ZERO else 0
        least, most = (f(entry["enum"]) for f in (min, max)) if "enum" in entry else bounds(entry)
        large = scope_of(component) == "instance" or (component.name, path) in LARGE
        if not lowest <= least < most <= (GREATEST if large else EXPONENT - 1):
            yield f"{where} has no good bounds"


def bounds(entry: Mapping[str, Any]) -> tuple[int, int]:
    return entry.get("minimum", -GREATEST - 1), entry.get("maximum", GREATEST + 1)


def scope_of(component: Path) -> str:
    return str(yaml.safe_load((component / "component.yaml").read_text("utf-8"))["scope"])


@pytest.mark.parametrize(
    ("layer", "entry", "found"),
    [
        ("data/kafka", {"type": "integer", "description": "Records.", "minimum": 1, "maximum": 5_000_000}, []),
        ("workload/service", {"type": "integer", "description": "Seconds.", "minimum": 1, "maximum": 5_000_000}, ["b"]),
        ("data/kafka", {"type": "integer", "description": "Records.", "minimum": 1}, ["b"]),
        ("data/kafka", {"type": "integer", "description": "Records.", "maximum": 9}, ["b"]),
        ("data/kafka", {"type": "integer", "description": "Records.", "minimum": -1, "maximum": 9}, ["b"]),
        ("data/kafka", {"type": "integer", "description": "Records.", "enum": [3, 5]}, []),
        ("data/kafka", {"description": "Records.", "enum": ["all"]}, ["t"]),
        ("data/kafka", {"type": "string"}, ["d"]),
    ],
)
def test_a_value_that_a_schema_leaves_open_is_noticed(layer: str, entry: dict[str, Any], found: list[str]) -> None:
    said = {"b": "some has no good bounds", "t": "some has no type", "d": "some is not described"}
    assert list(vague(CHECKOUT / "templates" / layer, ("some",), entry)) == [said[each] for each in found]


TREES = {
    "production": (CHECKOUT, "talai", "production"),
    "staging": (CHECKOUT, "talai", "staging"),
    "atlas": (GOLDEN / "atlas", "atlas", "live"),
    "forge": (GOLDEN / "forge", "forge", "lab"),
    "differing": (Path(__file__).parent / "differing", "atlas", "live"),
    "events": (Path(__file__).parent / "events", "harbor", "live"),
}


def charts(workspace: Path, platform: str, environment: str) -> Iterator[tuple[Unit, ChartText]]:
    """Yield the chart of each component, with its unit in the first region."""
    found: dict[str, list[Unit]] = {}
    for (_, name), unit in units(workspace, platform, environment).items():
        found.setdefault(name, []).append(unit)
    for same in found.values():
        component = same[0].component
        texts = component.templates.items()
        templates = [Engine().compile(name, text, files=component.files) for name, text in texts]
        yield same[0], chart_text(templates, {unit.region: unit.context for unit in same}, component.values)


@pytest.mark.parametrize("tree", TREES)
def test_every_component_is_a_chart_whose_values_meet_its_schema(tree: str) -> None:
    for unit, chart in charts(*TREES[tree]):
        schema = unit.component.values
        for region, values in chart.values.items():
            if values:
                assert schema is not None, unit.name
                found = [error.message for error in jsonschema_rs.iter_errors(dict(schema), values)]
                assert found == [], (unit.name, region)


def test_a_value_that_does_not_meet_its_schema_is_noticed() -> None:
    schema = schema_of(CHECKOUT / "templates" / "workload" / "service")
    (error,) = jsonschema_rs.iter_errors(schema, {"replicaCount": "three"})
    assert "three" in error.message
    (error,) = jsonschema_rs.iter_errors(schema, {"replicas": 3})
    assert "replicas" in error.message


# Values with the names that Helm's own starter chart and the common public charts use for them.
EXPECTED = {
    "replicaCount", "image.repository", "image.tag", "image.digest", "image.pullPolicy", "resources",
    "autoscaling.enabled", "autoscaling.minReplicas", "autoscaling.maxReplicas",
    "autoscaling.targetCPUUtilizationPercentage", "autoscaling.targetMemoryUtilizationPercentage",
    "service.type", "service.port", "ingress.enabled", "env", "config", "podAnnotations", "nodeSelector", "tolerations",
    "podDisruptionBudget.maxUnavailable", "terminationGracePeriodSeconds", "serviceMonitor.enabled",
    "serviceMonitor.interval",
}  # fmt: skip


def test_a_services_chart_has_the_values_that_helm_users_expect_in_every_region() -> None:
    (orchex,) = (chart for unit, chart in charts(*TREES["production"]) if unit.name == "orchex")
    for values in orchex.values.values():
        for path in EXPECTED:
            found: Any = values
            for name in path.split("."):
                assert name in found, path
                found = found[name]


def test_values_that_no_region_changes_are_not_there_unless_they_may_be_tuned() -> None:
    (orchex,) = (chart for unit, chart in charts(*TREES["production"]) if unit.name == "orchex")
    for values in orchex.values.values():
        assert values.keys().isdisjoint({"namespace", "workload", "containerPorts", "networkPolicy", "istio"})


def test_whatever_a_spec_lets_differ_between_regions_is_a_value_where_it_does() -> None:
    found: dict[str, Any] = {unit.name: chart.values for unit, chart in charts(*TREES["differing"])}
    assert [values["workload"] for values in found["search"].values()] == ["Deployment", "StatefulSet"]
    assert [values["containerPorts"] for values in found["search"].values()] == [{"http": 8080}, {"http": 8181}]
    assert [values["persistence"].keys() for values in found["tiles"].values()] == [{"archive", "cache"}, set()]
    assert [values["namespace"] for values in found["web"].values()] == ["maps", "reports"]
    assert [values["istio"]["enabled"] for values in found["lone"].values()] == [True, False]
    assert list(found["extra"]) == ["north"]
