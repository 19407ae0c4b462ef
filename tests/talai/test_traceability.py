"""What the TalAI design document asks is shown by the rendered trees, or is no matter of manifests."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from rendered_tree import failures
from traceability import Check, Fact, build, gaps, lines, read

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


def test_nothing_is_left_for_later() -> None:
    assert {fact.status for fact in DOCUMENT.facts} == {"shown", "outside"}
    assert [fact.id for fact in DOCUMENT.facts if (fact.status == "shown") != bool(fact.checks)] == []


def test_the_schema_knows_no_later(tmp_path: Path) -> None:
    file = tmp_path / "traceability.yaml"
    file.write_text(FILE.read_text("utf-8").replace("status: outside", "status: later", 1), encoding="utf-8")
    source = read_source(file, "traceability.yaml")
    (problem,) = Schemas(ROOT / "schemas").check("traceability", parse(source)[0], source)
    assert "later" in problem.text()


HEADING = "## What is no matter of manifests\n"
INTRODUCTION = (
    "What the document asks of people, contracts and cloud accounts, and nothing in a tree could show. (Written by\n"
    "`pytest tests/talai --regenerate` from `environments/talai/traceability.yaml`.)"
)


def outside() -> str:
    rows = sorted((fact for fact in DOCUMENT.facts if fact.status == "outside"), key=lambda fact: min(fact.lines))
    table = "".join(f"| {fact.shown_lines} | {fact.asks} | {fact.because} |\n" for fact in rows)
    return f"\n{INTRODUCTION}\n\n| lines | what | why |\n| --- | --- | --- |\n{table}"


def section(text: str, heading: str) -> tuple[str, str, str]:
    """Return what stands before a section of a page and its heading, the section, and what stands after it."""
    before, found, rest = text.partition(heading)
    body, mark, after = rest.partition("\n## ")
    return before + found, body, mark + after


def test_the_platforms_page_lists_what_the_tree_does_not_show(request: pytest.FixtureRequest) -> None:
    before, body, after = section(README.read_text(encoding="utf-8"), HEADING)
    wanted = outside()
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


def test_no_expectation_holds_in_a_tree_without_objects(tmp_path: Path) -> None:
    (tmp_path / "clusters" / "us-west-2").mkdir(parents=True)
    assert [name for name, environment, expected in CASES if not list(failures(expected, tmp_path, environment))] == []


def test_lines_are_numbers_and_ranges() -> None:
    assert lines([4, "9-11", "13"]) == {4, 9, 10, 11, 13}
