"""Chart templates out of template text, and what the real Helm renders them to."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from rendered import real_toolbox

from generator.base.problem import Problem
from generator.templating.chart.chart import ChartText, chart_text
from generator.templating.emit import dump
from generator.templating.engine import Engine, Template, TemplateError

HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n"
NAME = "templates/test/one/manifests/settings.yaml.j2"


def template(text: str) -> Template:
    """Return a compiled template; the text follows the head of a ConfigMap."""
    return Engine().compile(NAME, HEAD + text)


def chart(
    text: str, contexts: Mapping[str, Mapping[str, object]], schema: Mapping[str, object] | None = None
) -> ChartText:
    """Return the chart of one template in regions with these contexts."""
    return chart_text([template(text)], contexts, schema)


def body(text: str, contexts: Mapping[str, Mapping[str, object]], schema: Mapping[str, object] | None = None) -> str:
    """Return the text of the chart's template below the head."""
    return chart(text, contexts, schema).templates[NAME].removeprefix(HEAD)


def refused(text: str, contexts: Mapping[str, Mapping[str, object]]) -> list[Problem]:
    """Return the problems of a template that cannot be a chart's."""
    try:
        chart(text, contexts)
    except TemplateError as error:
        return list(error.problems)
    return []


def through_helm(text: str, contexts: Mapping[str, Mapping[str, object]], folder: Path, **extra: object) -> Any:
    """Return, by region, what the manifest says and what `helm template` says, parsed."""
    made = chart(text, contexts, extra.get("schema"))  # type: ignore[arg-type]
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: settings\nversion: 0.1.0\n", "utf-8")
    (folder / "templates" / "settings.yaml").write_text(made.templates[NAME], "utf-8")
    found = {}
    for region, context in contexts.items():
        values = folder / f"values-{region}.yaml"
        values.write_text(dump(made.values[region]), "utf-8")
        said = helm(folder, values)
        assert said.returncode == 0, said.stderr
        found[region] = (_parsed(template(text).render(context)), _parsed(said.stdout))
    return found


def helm(folder: Path, values: Path) -> "subprocess.CompletedProcess[str]":
    """Run `helm template` on a chart with one values file."""
    command = [str(real_toolbox().tools["helm"]), "template", "settings", str(folder), "-f", str(values)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def _parsed(text: str) -> list[object]:
    return [document for document in yaml.load_all(text, yaml.CSafeLoader) if document is not None]
