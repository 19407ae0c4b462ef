"""How what helm and kustomize say becomes one line and a place."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from generator.base.errors import GenError
from generator.verify.forms import tool as tool_module
from generator.verify.forms.chart import install
from generator.verify.forms.said import remarks, sentence, template_place
from generator.verify.forms.tool import Tool
from generator.verify.forms.tree import FormTree

TREE = FormTree(Path("/somewhere/output/shop/test"), "output/shop/test", ("eu",), {})
LINT = """\
==> Linting /charts/one
[WARNING] templates/cm.yaml: object name does not conform

[ERROR] templates/: nil/templates/cm.yaml:7:15
  executing "nil/templates/cm.yaml" at <.Values.q.r>:
    nil pointer evaluating interface {}.r

==> Linting /charts/two
[ERROR] values.yaml: - at '/a': got number, want string
- at '': additional properties 'c' not allowed

"""


def script(folder: Path, text: str) -> Tool:
    file = folder / "tool.sh"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return Tool("helm", file, folder)


def test_each_remark_of_lint_has_its_chart_file_and_line() -> None:
    found = [(remark.chart, remark.file, remark.line) for remark in remarks(LINT)]
    assert found == [
        ("/charts/one", "templates/cm.yaml", 0),
        ("/charts/one", "templates/cm.yaml", 7),
        ("/charts/two", "values.yaml", 0),
    ]


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("Error: execution error at (cart/templates/cm.yaml:7:8): no branch", ("templates/cm.yaml", 7)),
        ("Error: YAML parse error on cart/templates/cm.yaml: yaml: line 6: no key", ("templates/cm.yaml", 0)),
        ("Error: shop/charts/cart/templates/cm.yaml:3:1\n  executing", ("charts/cart/templates/cm.yaml", 3)),
        ("Error: open nowhere.yaml: no such file", ("", 0)),
    ],
)
def test_the_template_that_helm_names_is_found(said: str, place: tuple[str, int]) -> None:
    assert template_place(said) == place


def test_a_message_is_one_short_line_with_the_tree_by_its_name() -> None:
    said = sentence(
        TREE, "Error: in /somewhere/output/shop/test/charts:\n  bad\n\nUse --debug flag to render out invalid YAML"
    )
    assert said == "in output/shop/test/charts: bad."
    assert len(sentence(TREE, "word " * 1000)) == 400


def test_an_install_that_fails_is_a_problem_of_the_values_file(tmp_path: Path) -> None:
    values = TREE.root / "charts/shop/values-eu.yaml"
    (problem,) = install(script(tmp_path, "echo 'Error: no' >&2; exit 1"), TREE, TREE.root / "charts/shop", values)
    assert (problem.rule, problem.file) == ("helm/install", "output/shop/test/charts/shop/values-eu.yaml")
    assert problem.message == "helm install --dry-run=client fails: no."


def test_a_tool_that_does_not_end_stops_the_work_with_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tool_module, "TIME_LIMIT", 0.1)
    with pytest.raises(GenError, match="Run it by hand"):
        script(tmp_path, "exec /bin/sleep 30").run("build", ".")


def test_a_stopped_tool_ends_at_once_and_runs_no_more(tmp_path: Path) -> None:
    slow = script(tmp_path, f"echo begun >> {tmp_path}/log\nexec /bin/sleep 600")
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(slow.run, "template")
        while not (tmp_path / "log").exists():
            pass
        slow.stopped.set()
        with pytest.raises(GenError, match="was stopped"):
            running.result()
    with pytest.raises(GenError, match="was stopped"):
        slow.run("template")
