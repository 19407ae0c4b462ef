"""Which templates are refused and with which words, and what the others render."""

import json
from pathlib import Path

import jinja2
import pytest
import yaml
from template_files import INVALID, VALID, beside, problems, rendered, source

from generator.templating.language import environment


def name(path: Path) -> str:
    return path.name.removesuffix(".yaml.j2")


@pytest.mark.parametrize("template", INVALID, ids=name)
def test_a_template_that_could_break_is_refused_with_its_place_and_the_remedy(template: Path) -> None:
    expected = beside(template, ".txt").read_text("utf-8")
    assert expected != ""
    assert problems(template) == expected


@pytest.mark.parametrize("template", VALID, ids=name)
def test_a_template_renders_its_expected_text(template: Path) -> None:
    assert rendered(template) == beside(template, ".yaml").read_text("utf-8")


@pytest.mark.parametrize("template", VALID, ids=name)
def test_a_template_means_the_same_to_jinja2_itself(template: Path) -> None:
    jinja = environment()
    jinja.undefined = jinja2.StrictUndefined
    jinja.finalize = json.dumps  # JSON is the one form of a value that is safe wherever it stands
    jinja.globals["tune"] = lambda _, value: value
    values = json.loads(beside(template, ".json").read_text("utf-8"))
    text = jinja.from_string(source(template)).render(values)
    assert list(yaml.safe_load_all(rendered(template))) == list(yaml.safe_load_all(text))


def test_every_expectation_has_its_template() -> None:
    folders = Path(__file__).parent
    orphans = [path for path in folders.glob("invalid/*.txt") if not path.with_suffix(".yaml.j2").exists()]
    orphans += [path for path in folders.glob("valid/*.yaml") if not path.with_suffix(".yaml.j2").exists()]
    orphans += [path for path in folders.glob("valid/*.json") if not path.with_suffix(".yaml.j2").exists()]
    assert orphans == []
    assert len(INVALID) > 100
