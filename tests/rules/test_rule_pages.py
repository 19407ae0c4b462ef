"""Every rule has a page with a bad and a good example: the rule finds the first, and nothing in the second."""

from pathlib import Path

import pytest
from trees import repository

from generator.rules.catalogue import all_rules
from generator.rules.page import read_page
from generator.rules.rule import Rule
from generator.rules.run import check

RULES = all_rules()
IDS = [rule.id for rule in RULES]


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_the_bad_example_is_found_by_the_rule(rule: Rule, tmp_path: Path) -> None:
    page = read_page(rule)
    assert page.bad
    assert rule.id in {problem.rule for problem in check(repository(tmp_path, page.bad), [rule])}


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_the_good_example_is_not_found_by_the_rule(rule: Rule, tmp_path: Path) -> None:
    page = read_page(rule)
    assert page.good
    assert check(repository(tmp_path, page.good), [rule]) == ()


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_what_is_found_in_the_bad_example_says_where_and_what_to_do(rule: Rule, tmp_path: Path) -> None:
    for problem in check(repository(tmp_path, read_page(rule).bad), [rule]):
        assert problem.line > 0
        assert problem.object is not None
        assert problem.message.endswith((".", "?"))
        assert problem.hint.endswith((".", "?"))


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_a_rule_lies_in_the_folder_of_its_group(rule: Rule) -> None:
    assert rule.folder.name == rule.id.partition("/")[0]


def test_no_page_is_left_without_its_rule() -> None:
    folders = {rule.folder for rule in RULES}
    assert {page for folder in folders for page in folder.glob("*.md")} == {rule.page for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_a_page_has_a_title_and_says_why(rule: Rule) -> None:
    page = read_page(rule)
    assert page.text.startswith("# ")
    assert not page.title.endswith(".")
    assert len(page.text.partition("## ")[0].split()) > 20
