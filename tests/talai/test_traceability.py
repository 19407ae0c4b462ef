"""What the TalAI design document asks is shown by the rendered trees, is for later, or is no matter of manifests."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from object_paths import select
from rendered_tree import amount, failures
from traceability import Check, Fact, build, check, gaps, lines, read

from generator.documents.reader import parse, read_source
from generator.documents.schema import Schemas
from generator.spec.workspace import open_workspace

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "environments" / "talai" / "traceability.yaml"
TREES = ROOT / "output" / "talai"
README = ROOT / "docs" / "platforms" / "talai.md"
DOCUMENT = read(FILE)
ENVIRONMENTS = sorted(path.parent.name for path in TREES.glob("*/inventory.json"))


def cases() -> Iterator[tuple[str, str, Check]]:
    for fact in DOCUMENT.facts:
        for index, expected in enumerate(fact.checks):
            for environment in expected.environments or ENVIRONMENTS:
                yield f"{fact.id}-{index}-{environment}", environment, expected


CASES = list(cases())


@pytest.mark.parametrize(("environment", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_tree_shows_what_the_document_asks(environment: str, expected: Check) -> None:
    assert list(failures(expected, TREES / environment, environment)) == []


def test_the_file_is_valid_by_its_schema() -> None:
    source = read_source(FILE, "traceability.yaml")
    parsed, problems = parse(source)
    assert problems == ()
    assert [problem.text() for problem in Schemas(ROOT / "schemas").check("traceability", parsed, source)] == []


def test_the_schema_refuses_a_misspelt_key(tmp_path: Path) -> None:
    file = tmp_path / "traceability.yaml"
    file.write_text(FILE.read_text("utf-8").replace("    asks: ", "    ask: ", 1), encoding="utf-8")
    source = read_source(file, "traceability.yaml")
    parsed, _ = parse(source)
    assert Schemas(ROOT / "schemas").check("traceability", parsed, source) != ()


def test_every_line_that_asks_for_something_is_claimed_and_no_other() -> None:
    assert list(gaps(DOCUMENT)) == []


def test_the_file_is_no_environment_of_the_platform() -> None:
    assert "traceability" not in open_workspace(ROOT).environments["talai"]


def test_all_three_trees_are_looked_at() -> None:
    assert ENVIRONMENTS == ["growth", "production", "staging"]
    assert {name for _, name, _ in CASES} == set(ENVIRONMENTS)


@pytest.mark.parametrize("part", ["data", "pipeline", "compute", "recovery"])
def test_of_the_parts_below_the_services_nothing_is_left_for_later(part: str) -> None:
    of_part = [fact for fact in DOCUMENT.facts if fact.part == part]
    assert len(of_part) >= 5
    assert [fact.id for fact in of_part if fact.status == "later"] == []


# The two lists of docs/platforms/talai.md: heading → (status, what stands before the table).
LISTS = {
    "## What comes later\n": ("later", "What the document asks of the parts that are not rendered yet."),
    "## What is no matter of manifests\n": (
        "outside",
        "What the document asks of people, contracts and cloud accounts, and nothing in a tree could show.",
    ),
}
WRITTEN = "(Written by\n`pytest tests/talai --regenerate` from `environments/talai/traceability.yaml`.)"


def listed(status: str, introduction: str) -> str:
    rows = sorted((fact for fact in DOCUMENT.facts if fact.status == status), key=lambda fact: min(fact.lines))
    table = "".join(f"| {fact.shown_lines} | {fact.asks} | {fact.because} |\n" for fact in rows)
    return f"\n{introduction} {WRITTEN}\n\n| lines | what | why |\n| --- | --- | --- |\n{table}"


def section(text: str, heading: str) -> tuple[str, str, str]:
    """Return what stands before a section of a page and its heading, the section, and what stands after it."""
    before, found, rest = text.partition(heading)
    body, mark, after = rest.partition("\n## ")
    return before + found, body, mark + after


@pytest.mark.parametrize("heading", LISTS)
def test_the_platforms_page_lists_what_the_tree_does_not_show(heading: str, request: pytest.FixtureRequest) -> None:
    before, body, after = section(README.read_text(encoding="utf-8"), heading)
    wanted = listed(*LISTS[heading])
    if request.config.getoption("--regenerate"):
        body = wanted
        README.write_text(before + body + after, encoding="utf-8")
    assert body == wanted


# Negative controls: each kind of mistake is found.


def written() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return parsed


def changed(fact: str, **values: object) -> list[str]:
    document = copy.deepcopy(written())
    document["facts"][fact].update(values)
    return list(gaps(build(document)))


def first_shown() -> Fact:
    return next(fact for fact in DOCUMENT.facts if fact.status == "shown")


def test_a_line_that_is_not_in_the_document_is_found() -> None:
    name = first_shown().id
    assert changed(name, lines=[*sorted(first_shown().lines), DOCUMENT.length + 5]) != []


def test_a_line_that_nobody_claims_is_found() -> None:
    document = written()
    only = next(
        fact
        for fact in DOCUMENT.facts
        if not any(fact.lines & other.lines for other in DOCUMENT.facts if other != fact)
    )
    del document["facts"][only.id]
    assert any("nothing claims" in text for text in gaps(build(document)))


def test_a_section_that_leaves_lines_out_is_found() -> None:
    document = written()
    del document["sections"][3]
    assert any("begins at" in text for text in gaps(build(document)))


def test_sections_that_end_before_the_document_are_found() -> None:
    document = written()
    document["document"]["lines"] += 1
    assert any("the sections end" in text for text in gaps(build(document)))


STORED = "kind: Store\nmetadata: {name: a, namespace: n}\nspec: {size: SIZE, hosts: [x, y], empty: null}\n"
TREE = {
    "clusters/eu/store/store.yaml": STORED.replace("SIZE", "5Gi"),
    "clusters/us/store/store.yaml": STORED.replace("SIZE", "9Gi"),
    "README.md": "# Recovery\n",
}
STORE = {"file": "clusters/*/store/*.yaml", "object": "Store n/a"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in TREE.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "expected",
    [
        {**STORE, "path": "$.spec.hosts", "equals": ["x", "y"]},
        {**STORE, "file": "clusters/eu/store/store.yaml", "path": "$.spec.size", "equals": "5Gi"},
        {**STORE, "path": "$.spec.hosts", "contains": "x"},
        {**STORE, "path": "$.spec", "contains": {"hosts": ["x", "y"]}},
        {**STORE, "path": "$.spec.hosts[*]", "count": 2},
        {**STORE, "path": "$.spec.size", "atLeast": "5Gi"},
        {**STORE, "path": "$.spec.size", "atMost": "9Gi"},
        {**STORE, "path": "$.spec.size", "matches": "^[59]Gi$"},
        {**STORE, "exists": True},
        {**STORE, "object": "Store n/b", "exists": False},
        {**STORE, "path": "$.spec.hosts[0]", "equalsBy": {"production": "x", "staging": "z"}},
        {"file": "README.md", "says": "Recovery"},
    ],
)
def test_what_the_tree_shows_is_no_failure(expected: dict[str, Any], tree: Path) -> None:
    assert list(failures(check(expected), tree, "production")) == []


@pytest.mark.parametrize(
    ("expected", "reason"),
    [
        ({**STORE, "path": "$.spec.size", "equals": "5Gi"}, "clusters/us"),
        ({**STORE, "file": "clusters/*/stores/*.yaml", "exists": True}, "no such file"),
        ({**STORE, "object": "Store n/b", "exists": True}, "no such object"),
        ({**STORE, "object": "Store m/a", "path": "$.spec.size", "matches": "Gi"}, "no such object"),
        ({**STORE, "path": "$.spec.colour", "equals": "red"}, "no value"),
        ({**STORE, "path": "$.spec.empty", "equals": "red"}, "None, not equals"),
        ({**STORE, "path": "$.spec.hosts", "contains": "z"}, "without"),
        ({**STORE, "path": "$.spec.hosts[*]", "count": 3}, "2 values"),
        ({**STORE, "path": "$.spec.size", "atLeast": "9Gi"}, "clusters/eu"),
        ({**STORE, "path": "$.spec.size", "atMost": "5Gi"}, "clusters/us"),
        ({**STORE, "path": "$.spec.size", "matches": "^5"}, "clusters/us"),
        ({**STORE, "object": "Store n/a", "exists": False}, "there is a value"),
        ({**STORE, "path": "$.spec.hosts[0]", "equalsBy": {"production": "z"}}, "not equalsBy"),
        ({"file": "README.md", "says": "Failover"}, "does not say"),
    ],
)
def test_what_the_tree_does_not_show_is_found(expected: dict[str, Any], reason: str, tree: Path) -> None:
    assert any(reason in text for text in failures(check(expected), tree, "production"))


def test_no_expectation_holds_in_a_tree_without_objects(tmp_path: Path) -> None:
    (tmp_path / "clusters" / "us-west-2").mkdir(parents=True)
    assert [name for name, environment, expected in CASES if not list(failures(expected, tmp_path, environment))] == []


@pytest.mark.parametrize("words", [{}, {"equals": 1, "count": 2}])
def test_an_expectation_has_exactly_one_comparator(words: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="one of equals"):
        check({**STORE, **words})


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("$.a.b", [1]),
        ("$.c[1]", ["y"]),
        ("$.c[5]", []),
        ("$.c[*]", ["x", "y"]),
        ("$.d[name=two].v", [2]),
        ("$.e['f.g/h']", [3]),
        ("$.a[*]", [1]),
        ("$.x.y", []),
    ],
)
def test_a_path_leads_to_values(path: str, values: list[object]) -> None:
    whole = {"a": {"b": 1}, "c": ["x", "y"], "d": [{"name": "one", "v": 1}, {"name": "two", "v": 2}], "e": {"f.g/h": 3}}
    assert select(whole, path) == values


@pytest.mark.parametrize("path", ["a.b", "$a", "$.a..b", "$.a[?x]"])
def test_a_path_that_cannot_be_read_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r"a path begins with|is no step"):
        select({}, path)


def test_amounts_are_compared_in_the_unit_that_is_wanted() -> None:
    assert amount("1Gi", "1Mi") == amount("1024Mi", "1Mi")
    assert amount("1m", "60s") == amount(60, "60s") == amount("60s", "5m")
    assert amount("500m", 1) < amount(1, 1) == amount("1", 1)


def test_lines_are_numbers_and_ranges() -> None:
    assert lines([4, "9-11", "13"]) == {4, 9, 10, 11, 13}
