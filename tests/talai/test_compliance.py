"""The controls that TalAI's compliance page maps: each has a fact that the trees show, a setting, or a reason."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from compliance import build_compliance, mistakes, page, read_compliance
from traceability import read

from generator.documents.reader import parse, read_source
from generator.documents.schema import Schemas
from generator.spec.workspace import open_workspace

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "environments" / "talai" / "compliance.yaml"
FACTS = read(ROOT / "environments" / "talai" / "traceability.yaml")
PAGE = ROOT / "docs" / "platforms" / "talai-compliance.md"
COMPLIANCE = read_compliance(FILE)


def problems(file: Path) -> list[str]:
    source = read_source(file, file.name)
    parsed, found = parse(source)
    return [problem.text() for problem in (*found, *Schemas(ROOT / "schemas").check("compliance", parsed, source))]


def test_the_file_is_valid_by_its_schema() -> None:
    assert problems(FILE) == []


def test_every_control_has_something_behind_it_that_is_there() -> None:
    assert list(mistakes(COMPLIANCE, FACTS)) == []


def test_the_page_says_what_the_file_says(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--regenerate"):
        PAGE.write_text(page(COMPLIANCE, FACTS), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page(COMPLIANCE, FACTS)


def test_the_page_claims_no_compliance() -> None:
    text = PAGE.read_text(encoding="utf-8").lower()
    assert "nothing here says that talai complies with anything" in text
    assert [word for word in ("is compliant", "certified", "fully complies") if word in text] == []


def test_every_line_of_the_documents_list_is_a_control() -> None:
    (section,) = [section for section in FACTS.sections if section.title == "Security and compliance"]
    lines = {int(control.number.split()[1]) for control in COMPLIANCE.controls if control.framework == "document"}
    standards = {494, 495, 496, 497}
    assert lines == section.asks - standards
    assert list(COMPLIANCE.titles)[1:] == ["gdpr", "soc2", "hipaa", "pci-dss"]


def test_every_fact_on_security_is_behind_a_control() -> None:
    used = {name for control in COMPLIANCE.controls for name in control.by}
    security = {fact.id for fact in FACTS.facts if fact.part == "security" and fact.status == "shown"}
    assert security - used == set()
    assert len(security) >= 15


def test_the_file_is_no_environment_of_the_platform() -> None:
    assert "compliance" not in open_workspace(ROOT).environments["talai"]


# Negative controls: each kind of mistake is found.


def written() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return copy.deepcopy(parsed)


@pytest.mark.parametrize(
    ("control", "message"),
    [
        ({"asks": "x", "by": ["mutual-tls", "mutual-tsl"]}, "gdpr Art. 33: no fact is named mutual-tsl"),
        ({"asks": "x", "by": ["compliance"]}, "gdpr Art. 33: no tree shows compliance"),
        ({"asks": "x", "settings": ["cluster-audits"]}, "gdpr Art. 33: no setting is named cluster-audits"),
        ({"asks": "x"}, "gdpr Art. 33: nothing enforces it, and nothing says why"),
    ],
)
def test_a_control_with_nothing_real_behind_it_is_found(control: dict[str, Any], message: str) -> None:
    document = written()
    document["frameworks"]["gdpr"]["controls"]["Art. 33"] = control
    assert list(mistakes(build_compliance(document), FACTS)) == [message]


def test_a_setting_that_no_control_needs_is_found() -> None:
    document = written()
    document["settings"]["spare"] = {"what": "x", "where": {"aws": "y"}}
    assert list(mistakes(build_compliance(document), FACTS)) == ["setting spare: no control needs it"]


@pytest.mark.parametrize(
    ("control", "word"),
    [({"asks": "x"}, "is missing"), ({"asks": "x", "by": []}, ".by"), ({"asks": "x", "peple": "y"}, "peple")],
)
def test_the_schema_refuses_a_control_that_says_nothing(control: dict[str, Any], word: str, tmp_path: Path) -> None:
    document = written()
    document["frameworks"]["gdpr"]["controls"]["Art. 33"] = control
    file = tmp_path / "compliance.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    assert any(word in text for text in problems(file))


def test_a_changed_fact_changes_the_page() -> None:
    document = written()
    document["frameworks"]["gdpr"]["controls"]["Art. 33"]["by"] = ["gitops"]
    assert page(build_compliance(document), FACTS) != page(COMPLIANCE, FACTS)
