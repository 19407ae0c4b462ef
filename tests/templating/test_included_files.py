"""Files that a template includes whole: in manifests, in charts through the real Helm, and what is refused."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from rendered import real_toolbox

from generator.templating.chart.chart import chart_text
from generator.templating.emit import dump
from generator.templating.engine import Engine, Template, TemplateError

HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: dashboards\ndata:\n"
DASHBOARD = '{\n  "title": "Traffic",\n  "legend": "{{service}} {{ $value }} $__interval",\n  "url": "@runbooks@"\n}\n'
FILES = {"traffic.json": DASHBOARD, "wait.sh": 'until curl "$1"; do\n  sleep 1\ndone\n'}


def template(expression: str, files: Mapping[str, str] = FILES) -> Template:
    return Engine().compile("one.yaml.j2", f"{HEAD}  text: [[ {expression} ]]\n", files=files)


def rendered(expression: str, **values: object) -> Any:
    return yaml.safe_load(template(expression).render(values))["data"]["text"]


def refused(expression: str, files: Mapping[str, str] = FILES) -> str:
    with pytest.raises(TemplateError) as error:
        template(expression, files)
    return str(error.value)


def test_a_file_stands_in_the_manifest_as_it_is() -> None:
    assert rendered('file("wait.sh")') == FILES["wait.sh"]


def test_a_place_in_a_file_is_filled_and_legends_stay_as_they_are() -> None:
    text = rendered('file("traffic.json", runbooks=base ~ "/runbooks")', base="https://git.example.com")
    assert json.loads(text) == {
        "title": "Traffic",
        "legend": "{{service}} {{ $value }} $__interval",
        "url": "https://git.example.com/runbooks",
    }


@pytest.mark.parametrize("hostile", ['"}, {"', "a\\b", "a\nb", "é @runbooks@", "</script>"])
def test_what_fills_a_json_file_cannot_leave_its_string(hostile: str) -> None:
    text = rendered('file("traffic.json", runbooks=base)', base=hostile)
    assert json.loads(text)["url"] == hostile


def test_what_is_no_string_cannot_fill_a_place() -> None:
    with pytest.raises(TemplateError, match="a value of type list cannot stand for @runbooks@"):
        rendered('file("traffic.json", runbooks=base)', base=["a"])


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (
            'file("trafic.json", runbooks=base)',
            "there is no files/trafic.json beside the manifests. Did you mean 'traffic",
        ),
        ('file("traffic.json")', "nothing fills @runbooks@ in traffic.json"),
        ('file("traffic.json", runbooks=base, region=base)', "traffic.json has no @region@ to fill"),
        ("file(base)", "file() takes the constant name of a file"),
        ('file("wait.sh", "traffic.json")', "file() takes the constant name of a file"),
        ('file("wait.sh", *base)', "file() takes the constant name of a file"),
        ("file()", "file() takes the constant name of a file"),
        ("file", "'file' is not a value"),
    ],
)
def test_a_wrong_inclusion_is_refused_when_the_template_is_compiled(expression: str, message: str) -> None:
    assert message in refused(expression)


def test_a_file_cannot_be_a_loop_variable() -> None:
    source = f"{HEAD}[% for file in names %]\n  [[ file ]]: a\n[% endfor %]\n"
    with pytest.raises(TemplateError, match="'file' cannot be the name of a value"):
        Engine().compile("one.yaml.j2", source)


def test_a_chart_holds_the_file_so_that_helm_gives_it_back(tmp_path: Path) -> None:
    compiled = template('file("traffic.json", runbooks=base)')
    context = {"base": "https://git.example.com/{{ .Values.x }}"}
    made = chart_text([compiled], {"one": context, "two": context}, None)
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: dashboards\nversion: 0.1.0\n", "utf-8")
    (tmp_path / "values.yaml").write_text(dump(made.values["one"]), "utf-8")
    (tmp_path / "templates" / "one.yaml").write_text(made.templates["one.yaml.j2"], "utf-8")
    command = [str(real_toolbox().tools["helm"]), "template", "dashboards", str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert yaml.safe_load(said.stdout) == yaml.safe_load(compiled.render(context))


def test_a_chart_cannot_fill_a_file_with_what_differs_between_regions() -> None:
    compiled = template('file("traffic.json", runbooks=base)')
    with pytest.raises(TemplateError, match="what fills a file differs between regions"):
        chart_text([compiled], {"one": {"base": "a"}, "two": {"base": "b"}}, None)


def test_the_checksum_of_a_file_follows_its_text() -> None:
    before = rendered('checksum(file("wait.sh"))')
    changed = template('checksum(file("wait.sh"))', {"wait.sh": "sleep 2\n"})
    assert yaml.safe_load(changed.render({}))["data"]["text"] != before
