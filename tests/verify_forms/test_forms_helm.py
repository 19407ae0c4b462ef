"""The helm stage over the shop: silent when all is right, and one case for each problem that it knows."""

import json
import shutil
from pathlib import Path

import pytest
from shop_tree import CART, edit, helm, of_rule, read, rules, shop

from generator.base.problem import Severity

DEPLOYMENT = f"{CART}/templates/deployment.yaml"
UMBRELLA = "charts/shop"


def test_charts_that_equal_the_manifests_have_no_problem(tmp_path: Path) -> None:
    outcome = helm(shop(tmp_path))
    assert outcome.problems == ()
    assert outcome.note == "2 charts rendered 5 times; 5 objects compared"


def test_a_tree_without_charts_is_not_judged(tmp_path: Path) -> None:
    tree = shop(tmp_path)
    shutil.rmtree(tree.root / "charts")
    assert helm(tree).note == ""


def test_a_value_changed_by_hand_is_reported_where_it_shows(tmp_path: Path) -> None:
    (problem,) = helm(edit(shop(tmp_path), f"{CART}/values-us.yaml", "replicaCount: 3", "replicaCount: 4")).problems
    assert (problem.rule, problem.path) == ("forms/differs", "$.spec.replicas")
    assert problem.file == f"output/shop/test/{DEPLOYMENT}"
    assert str(problem.object) == "Deployment shop/cart"
    assert problem.message == "The chart in us has 4, the manifest has 3."


def test_a_default_changed_by_hand_shows_in_the_first_region_only(tmp_path: Path) -> None:
    outcome = helm(edit(shop(tmp_path), f"{CART}/values.yaml", "replicaCount: 2", "replicaCount: 5"))
    assert [problem.message for problem in outcome.problems] == ["The chart in eu has 5, the manifest has 2."]


def test_defaults_must_be_the_first_region_even_when_its_values_file_says_otherwise(tmp_path: Path) -> None:
    tree = edit(shop(tmp_path), f"{CART}/values.yaml", "replicaCount: 2", "replicaCount: 5")
    tree = edit(tree, f"{CART}/values-eu.yaml", "{}", "replicaCount: 2")
    messages = [problem.message for problem in helm(tree).problems]
    assert "The chart with its defaults has 5, the manifest has 2." in messages
    assert not [message for message in messages if message.startswith("The chart in eu")]


def test_a_value_of_the_umbrella_changed_by_hand_is_reported_of_the_umbrella(tmp_path: Path) -> None:
    (problem,) = helm(edit(shop(tmp_path), f"{UMBRELLA}/values-us.yaml", "replicaCount: 3", "replicaCount: 7")).problems
    assert problem.message == "The umbrella chart in us has 7, the manifest has 3."
    assert problem.file == f"output/shop/test/{DEPLOYMENT}"


def test_a_component_that_the_umbrella_leaves_out_is_missing(tmp_path: Path) -> None:
    (problem,) = helm(edit(shop(tmp_path), f"{UMBRELLA}/values-us.yaml", "enabled: true", "enabled: false")).problems
    assert (problem.rule, str(problem.object)) == ("forms/missing", "ConfigMap shop/audit")
    assert problem.file == f"output/shop/test/{UMBRELLA}/values-us.yaml"


def test_a_component_that_the_umbrella_installs_where_it_should_not_is_extra(tmp_path: Path) -> None:
    (problem,) = helm(edit(shop(tmp_path), f"{UMBRELLA}/values.yaml", "enabled: false", "enabled: true")).problems
    assert (problem.rule, str(problem.object)) == ("forms/extra", "ConfigMap shop/audit")


def test_an_object_without_manifest_and_a_manifest_without_object_are_reported(tmp_path: Path) -> None:
    tree = edit(shop(tmp_path), f"{CART}/templates/configmap.yaml", "name: cart\n  namespace", "name: cat\n  namespace")
    outcome = helm(tree)
    assert {str(problem.object) for problem in of_rule(outcome, "forms/extra")} == {"ConfigMap shop/cat"}
    assert {str(problem.object) for problem in of_rule(outcome, "forms/missing")} == {"ConfigMap shop/cart"}


def test_an_object_rendered_twice_is_reported_of_the_chart_and_of_the_umbrella(tmp_path: Path) -> None:
    tree = shop(tmp_path)
    template = tree.root / f"{CART}/templates/configmap.yaml"
    shutil.copyfile(template, template.with_name("again.yaml"))
    messages = {problem.message for problem in of_rule(helm(tree), "forms/duplicate")}
    assert "The chart in eu has this object more than once." in messages
    assert "The umbrella chart in eu has this object more than once." in messages


def test_a_region_without_values_file_is_reported(tmp_path: Path) -> None:
    tree = shop(tmp_path)
    (tree.root / f"{CART}/values-us.yaml").unlink()
    (problem,) = helm(tree).problems
    assert (problem.rule, problem.file) == ("forms/regions", f"output/shop/test/{CART}")
    assert "values-us.yaml is not there" in problem.message


def test_a_region_that_the_umbrella_has_no_values_for_is_reported(tmp_path: Path) -> None:
    tree = shop(tmp_path)
    (tree.root / f"{UMBRELLA}/values-us.yaml").unlink()
    (problem,) = helm(tree).problems
    assert (problem.rule, problem.file) == ("forms/regions", f"output/shop/test/{UMBRELLA}")


def test_a_values_file_of_a_region_without_manifests_is_reported(tmp_path: Path) -> None:
    tree = shop(tmp_path)
    (tree.root / "charts/shop/charts/audit/values-eu.yaml").write_text("{}\n")
    (problem,) = helm(tree).problems
    assert problem.rule == "forms/regions"
    assert "values-eu.yaml is there, but eu has no manifests" in problem.message


def test_a_template_that_fails_is_reported_with_its_line(tmp_path: Path) -> None:
    tree = edit(shop(tmp_path), DEPLOYMENT, "replicas: {{", 'replicas: {{ fail "no such cloud" }}{{')
    found = of_rule(helm(tree), "helm/template")
    assert {(problem.file, problem.line) for problem in found} == {(f"output/shop/test/{DEPLOYMENT}", 9)}
    assert all("no such cloud" in problem.message for problem in found)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("replicaCount: 3", "replicaCount: three", "/replicaCount"),
        ("replicaCount: 3", "replicas: 3", "additional properties 'replicas' not allowed"),
    ],
)
def test_values_that_the_schema_refuses_are_reported_of_the_values_file(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    found = of_rule(helm(edit(shop(tmp_path), f"{CART}/values-us.yaml", old, new)), "helm/template")
    assert [problem.file for problem in found] == [f"output/shop/test/{CART}/values-us.yaml"]
    assert said in found[0].message


def test_what_helm_remarks_while_it_renders_is_a_warning(tmp_path: Path) -> None:
    tree = edit(shop(tmp_path), f"{CART}/values.schema.json", '"replicaCount"', '"note": {}, "replicaCount"')
    edit(tree, f"{CART}/values.yaml", "replicaCount: 2", "replicaCount: 2\nnote: x")
    edit(tree, f"{CART}/values-us.yaml", "replicaCount: 3", "replicaCount: 3\nnote: {a: x}")
    (problem,) = of_rule(helm(tree), "helm/warning")
    assert problem.severity is Severity.WARNING
    assert problem.file == f"output/shop/test/{CART}/values-us.yaml"


def test_what_lint_says_is_reported_of_the_template(tmp_path: Path) -> None:
    tree = edit(shop(tmp_path), f"{CART}/templates/configmap.yaml", "name: cart\n  namespace", "name: C_T\n  namespace")
    found = of_rule(helm(tree), "helm/lint")
    assert f"output/shop/test/{CART}/templates/configmap.yaml" in {problem.file for problem in found}
    assert "naming requirements" in found[0].message


def test_a_chart_that_cannot_be_loaded_is_reported(tmp_path: Path) -> None:
    tree = edit(shop(tmp_path), f"{CART}/Chart.yaml", "version: 1.0.0", "version: one")
    assert {"helm/lint", "helm/template"} <= rules(helm(tree))


def test_a_number_that_helm_writes_with_an_exponent_is_ambiguous(tmp_path: Path) -> None:
    tree = shop(tmp_path)
    for region in ("eu", "us"):
        edit(tree, f"clusters/{region}/cart/deployment.yaml", "selector:", "revisionHistoryLimit: 1000000\n  selector:")
    tree = edit(tree, DEPLOYMENT, "selector:", "revisionHistoryLimit: {{ .Values.revisions }}\n  selector:")
    edit(tree, f"{CART}/values.yaml", "replicaCount: 2", "replicaCount: 2\nrevisions: 1000000")
    tree = edit(tree, f"{CART}/values.schema.json", '"replicaCount"', '"revisions": {}, "replicaCount"')
    found = of_rule(helm(tree), "forms/ambiguous")
    assert {problem.path for problem in found} == {"$.spec.revisionHistoryLimit"}
    assert "1e+06" in found[0].message


def test_the_same_number_through_int64_is_no_problem(tmp_path: Path) -> None:
    tree = shop(tmp_path)
    for region in ("eu", "us"):
        edit(tree, f"clusters/{region}/cart/deployment.yaml", "selector:", "revisionHistoryLimit: 1000000\n  selector:")
    tree = edit(tree, DEPLOYMENT, "selector:", "revisionHistoryLimit: {{ int64 .Values.revisions }}\n  selector:")
    edit(tree, f"{CART}/values.yaml", "replicaCount: 2", "replicaCount: 2\nrevisions: 1000000")
    tree = edit(tree, f"{CART}/values.schema.json", '"replicaCount"', '"revisions": {}, "replicaCount"')
    assert helm(tree).problems == ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('LIMIT: "1000000"', "LIMIT: 1000000", 'has 1000000, the manifest has "1000000".'),
        ('ENABLED: "yes"', "ENABLED: yes", 'has true, the manifest has "yes".'),
        ('ENABLED: "yes"', "ENABLED: null", 'has null, the manifest has "yes".'),
        ('  ENABLED: "yes"\n', "", 'has nothing, the manifest has "yes".'),
        ('  ENABLED: "yes"\n', '  ENABLED: "yes"\n  MORE: x\n', 'has "x", the manifest has nothing.'),
    ],
)
def test_types_and_keys_are_compared_strictly(tmp_path: Path, old: str, new: str, expected: str) -> None:
    outcome = helm(edit(shop(tmp_path), f"{CART}/templates/configmap.yaml", old, new))
    assert {problem.message for problem in outcome.problems} == {
        f"The chart in {region} {expected}" for region in ("eu", "us")
    }


def test_the_order_of_a_list_matters(tmp_path: Path) -> None:
    outcome = helm(edit(shop(tmp_path), DEPLOYMENT, '--port, "8080"', '"8080", --port'))
    assert {problem.path for problem in outcome.problems} == {
        "$.spec.template.spec.containers[0].args[1]",
        "$.spec.template.spec.containers[0].args[2]",
    }


def test_labels_are_compared(tmp_path: Path) -> None:
    tree = edit(
        shop(tmp_path), f"{CART}/templates/configmap.yaml", "app.kubernetes.io/name: cart", "helm.sh/chart: cart"
    )
    assert {problem.path for problem in helm(tree).problems} == {
        "$.metadata.labels['app.kubernetes.io/name']",
        "$.metadata.labels['helm.sh/chart']",
    }


def test_many_differences_of_an_object_are_counted_not_listed(tmp_path: Path) -> None:
    extra = "".join(f"  KEY{number}: x\n" for number in range(30))
    tree = edit(shop(tmp_path), f"{CART}/templates/configmap.yaml", "\ndata:\n", f"\ndata:\n{extra}")
    outcome = helm(tree)
    assert len(outcome.problems) == 2 * 21
    assert len([p for p in outcome.problems if p.message.startswith("10 more differences between the chart in")]) == 2


def test_an_object_that_is_no_object_is_unreadable(tmp_path: Path) -> None:
    tree = shop(tmp_path)
    (tree.root / f"{CART}/templates/list.yaml").write_text("- a\n- b\n")
    assert {"forms/unreadable", "helm/template"} & rules(helm(tree))


def test_a_component_that_has_only_manifests_is_left_alone(tmp_path: Path) -> None:
    tree = shop(tmp_path)
    other = tree.root / "clusters/eu/other/configmap.yaml"
    other.parent.mkdir()
    shutil.copyfile(tree.root / "clusters/us/audit/configmap.yaml", other)
    assert helm(read(tree.root)).problems == ()


def test_a_release_that_helm_cannot_store_is_reported(tmp_path: Path) -> None:
    tree = shop(tmp_path)
    # Hexadecimal digits of a fixed sequence, which no compression makes small enough.
    number, digits = 1, []
    for _ in range(26_000):
        number = pow(number + 7, 3, 2**251 - 9)
        digits.append(f"{number:063x}")
    text = f'  BULK: "{"".join(digits)}"\n'
    edit(tree, f"{CART}/templates/configmap.yaml", "\ndata:\n", f"\ndata:\n{text}")
    for region in ("eu", "us"):
        tree = edit(tree, f"clusters/{region}/cart/configmap.yaml", "\ndata:\n", f"\ndata:\n{text}")
    found = of_rule(helm(tree), "helm/release-size")
    assert {problem.file.removeprefix("output/shop/test/") for problem in found} == {
        f"{folder}/values-{region}.yaml" for folder in (UMBRELLA, CART) for region in ("eu", "us")
    }
    assert "one by one" in found[0].hint


def test_several_trees_are_judged_at_once_each_under_its_name(tmp_path: Path) -> None:
    first, second = shop(tmp_path / "one"), shop(tmp_path / "two")
    second = edit(second, f"{CART}/values-us.yaml", "replicaCount: 3", "replicaCount: 4")
    outcome = helm(first, second)
    assert outcome.note == "4 charts rendered 10 times; 10 objects compared"
    assert len(outcome.problems) == 1


def test_the_tree_is_not_touched(tmp_path: Path) -> None:
    tree = shop(tmp_path)
    before = {path: path.read_bytes() for path in tree.root.rglob("*") if path.is_file()}
    helm(tree)
    assert before == {path: path.read_bytes() for path in tree.root.rglob("*") if path.is_file()}


def test_problems_can_be_written_as_json(tmp_path: Path) -> None:
    outcome = helm(edit(shop(tmp_path), f"{CART}/values-us.yaml", "replicaCount: 3", "replicaCount: 4"))
    assert json.dumps([problem.as_json() for problem in outcome.problems])


def test_a_manifest_that_is_no_object_is_reported(tmp_path: Path) -> None:
    tree = shop(tmp_path)
    (tree.root / "clusters/us/audit/configmap.yaml").write_text("- a\n")
    (problem,) = of_rule(helm(read(tree.root)), "forms/unreadable")
    assert problem.file == "output/shop/test/clusters/us/audit/configmap.yaml"


def test_two_manifests_of_one_object_are_reported(tmp_path: Path) -> None:
    tree = shop(tmp_path)
    manifest = tree.root / "clusters/us/audit/configmap.yaml"
    shutil.copyfile(manifest, manifest.with_name("more.yaml"))
    (problem,) = of_rule(helm(read(tree.root)), "forms/duplicate")
    assert problem.file == "output/shop/test/clusters/us/audit/more.yaml"


def test_many_problems_of_a_chart_are_counted_not_listed(tmp_path: Path) -> None:
    tree = shop(tmp_path)
    manifest = tree.root / "clusters/us/audit/configmap.yaml"
    for number in range(70):
        text = manifest.read_text().replace("name: audit", f"name: audit-{number}")
        manifest.with_name(f"configmap-{number}.yaml").write_text(text)
    problems = helm(read(tree.root)).problems
    assert len(problems) == 61
    assert problems[-1].message == "10 more problems of the chart in us."
