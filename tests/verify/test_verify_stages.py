"""Each stage passes what is good and refuses what is not."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from rendered import good_files, kind_file, real_toolbox, verified, write_tree

from generator.base.errors import GenError
from generator.base.problem import ObjectRef, Problem
from generator.verify.conformance import judge
from generator.verify.kubeconform import Answer, Verdict, ask, command
from generator.verify.lint import lint
from generator.verify.outcome import Outcome
from generator.verify.report import Report
from generator.verify.subject import rendered_subject
from generator.verify.trees import Tree, find_trees

CONFIG_MAP = kind_file("ConfigMap")
PLACE = "clusters/eu/shop/configmap.yaml"


def check(*trees: Tree) -> Report:
    return verified(trees, ("inventory", "yamllint", "kubeconform"))


def judged(tree: Tree) -> Outcome:
    subject = rendered_subject(tree)
    return judge(ask(subject, real_toolbox()), subject, real_toolbox())


def rules(problems: tuple[Problem, ...]) -> list[tuple[str, str]]:
    return [(problem.rule, problem.file.removeprefix("output/shop/test/")) for problem in problems]


def test_a_good_tree_has_no_problem_and_nothing_is_skipped(tmp_path: Path) -> None:
    files = good_files()
    report = check(write_tree(tmp_path, files))
    assert (report.problems, report.objects, report.skipped) == ((), len(files), 0)
    assert [(stage.name, stage.objects, stage.problems) for stage in report.stages] == [
        ("inventory", len(files), 0),
        ("yamllint", len(files), 0),
        ("kubeconform", len(files), 0),
    ]


def test_the_argocd_folder_is_checked_like_the_clusters(tmp_path: Path) -> None:
    bad = kind_file("Application").replace("project:", "projekt:")
    report = check(write_tree(tmp_path, {PLACE: CONFIG_MAP, "argocd/root.yaml": bad}))
    assert report.objects == 2
    assert {problem.file for problem in report.problems} == {"output/shop/test/argocd/root.yaml"}


def test_other_files_of_a_tree_are_no_manifests(tmp_path: Path) -> None:
    report = check(write_tree(tmp_path, {PLACE: CONFIG_MAP, "README.md": "# Shop\n", "plan/values.yaml": "a: 1\n"}))
    assert (report.problems, report.objects) == ((), 1)


def test_an_empty_tree_does_not_pass(tmp_path: Path) -> None:
    assert rules(check(write_tree(tmp_path, {})).problems) == [("inventory/empty", "output/shop/test")]


def test_a_file_changed_by_hand_is_found(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {PLACE: CONFIG_MAP, "README.md": "# Shop\n"})
    (tree.root / PLACE).write_text(CONFIG_MAP.replace("info", "debug"))
    (tree.root / "README.md").write_text("# Mine\n")
    assert rules(check(tree).problems) == [("inventory/changed", "README.md"), ("inventory/changed", PLACE)]


def test_a_file_that_is_gone_is_found(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {PLACE: CONFIG_MAP, "clusters/eu/shop/service.yaml": kind_file("Service")})
    (tree.root / "clusters/eu/shop/service.yaml").unlink()
    assert rules(check(tree).problems) == [("inventory/missing", "clusters/eu/shop/service.yaml")]


@pytest.mark.parametrize("name", ["clusters/eu/shop/mine.yaml", "argocd/notes.txt"])
def test_a_file_that_nobody_rendered_is_found(name: str, tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {PLACE: CONFIG_MAP, "argocd/root.yaml": kind_file("Application")})
    (tree.root / name).write_text(kind_file("Service"))
    assert ("inventory/foreign", name) in rules(check(tree).problems)


def test_a_link_in_the_place_of_a_manifest_folder_is_not_followed(tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", {PLACE: CONFIG_MAP})
    assert len(tree.files()) == 1
    folder = tree.root / PLACE.partition("/")[0]
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    assert tree.files() == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"files": {}}',
        '{"kubernetes": "1.36"}',
        '{"kubernetes": 1.36, "files": {}}',
        "[" * 100_000,
        '{"kubernetes": ' + "9" * 5000 + "}",
    ],
    ids=["empty", "list", "no version", "no files", "a number", "deep", "a long number"],
)
def test_an_inventory_that_cannot_be_read_stops_with_the_remedy(text: str, tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {PLACE: CONFIG_MAP})
    (tree.root / "inventory.json").write_text(text)
    with pytest.raises(GenError, match=r"^output/shop/test/inventory.json: .*gen render"):
        find_trees(tmp_path, [("shop", "test")])


@pytest.mark.parametrize(
    ("written", "rule", "line"),
    [
        ("data:\n  LOG_LEVEL: info\n  LOG_LEVEL: debug\n", "yamllint/key-duplicates", 10),
        ("data:\n  LOG_LEVEL: info \n", "yamllint/trailing-spaces", 9),
        ("data: {LOG_LEVEL: yes}\n", "yamllint/truthy", 8),
        ("data: {LOG_LEVEL: info}", "yamllint/new-line-at-end-of-file", 8),
        ("data:\n   LOG_LEVEL: info\n", "yamllint/indentation", 9),
        ("data: {LOG_LEVEL: info}\n...\n", "yamllint/document-end", 9),
        ("data: {LOG_LEVEL: [}\n", "yamllint/syntax", 8),
    ],
)
def test_whatever_yamllint_remarks_is_a_problem(written: str, rule: str, line: int, tmp_path: Path) -> None:
    head, _, _ = CONFIG_MAP.partition("data:\n  LOG")
    tree = write_tree(tmp_path, {PLACE: head + written})
    found = [(problem.rule, problem.line) for problem in lint(tree.manifests())]
    assert (rule, line) in found


@pytest.mark.parametrize(
    "text",
    [
        f"# yamllint disable-file\n{CONFIG_MAP}x: [}}\n",
        f"# yamllint disable\n{CONFIG_MAP}x: 1 \n",
        f"{CONFIG_MAP}x: 1 # yamllint disable-line\n",
    ],
)
def test_a_comment_that_switches_yamllint_off_is_a_problem(text: str, tmp_path: Path) -> None:
    problems = lint(write_tree(tmp_path, {PLACE: text}).manifests())
    assert "yamllint/directive" in [problem.rule for problem in problems]


def test_a_value_that_reads_like_such_a_comment_is_none(tmp_path: Path) -> None:
    text = CONFIG_MAP.replace("LOG_LEVEL: info", "lint: |\n    # yamllint disable\n    a: 1")
    assert lint(write_tree(tmp_path, {PLACE: text}).manifests()) == ()


def test_a_comment_a_long_line_and_a_missing_document_start_are_no_problem_to_yamllint(tmp_path: Path) -> None:
    text = f"# made from service.yaml.j2\n{CONFIG_MAP}# {'x' * 300}\n"
    assert lint(write_tree(tmp_path, {PLACE: text.replace("info", "info # the level")}).manifests()) == ()


def test_a_file_that_is_not_utf8_is_a_problem(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {PLACE: CONFIG_MAP})
    (tree.root / PLACE).write_bytes(b"a: \xff\n")
    assert [problem.rule for problem in lint(tree.manifests())] == ["yamllint/syntax"]


def test_many_files_are_linted_like_few(tmp_path: Path) -> None:
    files = {f"clusters/eu/shop/{number}.yaml": CONFIG_MAP for number in range(250)}
    files["clusters/eu/shop/7.yaml"] = CONFIG_MAP + "x: 1 \n"
    files["clusters/eu/shop/240.yaml"] = CONFIG_MAP + "x: 1 \n"
    problems = lint(write_tree(tmp_path, files).manifests())
    assert rules(problems) == [
        ("yamllint/trailing-spaces", "clusters/eu/shop/240.yaml"),
        ("yamllint/trailing-spaces", "clusters/eu/shop/7.yaml"),
    ]


def test_a_misspelt_field_is_shown_with_its_line_path_object_and_nearest_name(tmp_path: Path) -> None:
    text = kind_file("Deployment").replace("containerPort: 8000", "containerport: 8000")
    (problem,) = [found for found in check(write_tree(tmp_path, {PLACE: text})).problems if "unknown" in found.message]
    assert problem == Problem(
        rule="kubeconform/invalid",
        message="unknown field.",
        hint="Did you mean 'containerPort'?",
        file=f"output/shop/test/{PLACE}",
        line=45,
        column=15,
        path="$.spec.template.spec.containers[0].ports[0].containerport",
        object=ObjectRef("apps", "Deployment", "talai", "orchex"),
    )


def test_a_wrong_type_is_shown_at_its_place(tmp_path: Path) -> None:
    text = kind_file("VirtualService").replace("attempts: 2", "attempts: two")
    (problem,) = check(write_tree(tmp_path, {PLACE: text})).problems
    assert (problem.path, problem.message) == ("$.spec.http[0].retries.attempts", "got string, want integer.")


def test_what_yaml_1_1_reads_as_something_else_is_refused(tmp_path: Path) -> None:
    text = CONFIG_MAP.replace("namespace: talai", "namespace: n")
    report = check(write_tree(tmp_path, {PLACE: text}))
    assert ("kubeconform/invalid", "$.metadata.namespace") in [(found.rule, found.path) for found in report.problems]


@pytest.mark.parametrize(
    ("kind", "api_version"),
    [("Deployment", "apps/v1beta1"), ("Deploiment", "apps/v1"), ("Widget", "example.com/v1")],
)
def test_an_object_without_a_schema_is_refused(kind: str, api_version: str, tmp_path: Path) -> None:
    text = f"kind: {kind}\napiVersion: {api_version}\nmetadata:\n  name: a\n"
    (problem,) = check(write_tree(tmp_path, {PLACE: text})).problems
    assert (problem.rule, problem.line) == ("kubeconform/no-schema", 2)
    assert problem.message.startswith(f"there is no schema for {kind} of {api_version}, in Kubernetes 1.36")


def test_a_kind_that_a_kubernetes_version_does_not_know_is_refused_in_that_version(tmp_path: Path) -> None:
    text = "apiVersion: resource.k8s.io/v1\nkind: DeviceClass\nmetadata:\n  name: gpu\nspec: {}\n"
    assert check(write_tree(tmp_path / "new", {PLACE: text}, "1.36")).problems == ()
    (problem,) = check(write_tree(tmp_path / "old", {PLACE: text}, "1.33")).problems
    assert problem.rule == "kubeconform/no-schema"


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("# nothing\n", 0), (f"{CONFIG_MAP}---\n{CONFIG_MAP}", 2), (f"---\n{CONFIG_MAP}---\n", 1)],
    ids=["empty", "comment", "two", "separators"],
)
def test_a_manifest_holds_exactly_one_object(text: str, count: int, tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {PLACE: text})
    found = judged(tree).problems
    assert [(problem.rule, problem.message) for problem in found] == [
        ("kubeconform/count", f"the file holds {count} objects, where a manifest holds exactly one.")
    ] * (count != 1)


def test_a_list_of_objects_is_not_one_object(tmp_path: Path) -> None:
    item = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [item, item]})
    assert ("kubeconform/count", PLACE) in rules(check(write_tree(tmp_path, {PLACE: text})).problems)


@pytest.mark.parametrize("name", ["clusters/eu/shop/a.yml", "clusters/eu/shop/a.json", "argocd/A.YAML"])
def test_an_object_in_a_file_with_another_ending_is_a_problem(name: str, tmp_path: Path) -> None:
    text = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}\n'
    report = check(write_tree(tmp_path, {PLACE: CONFIG_MAP, name: text}))
    assert rules(report.problems) == [("kubeconform/count", name)]


@pytest.mark.parametrize("metadata", ["", "metadata:\n  namespace: a\n"])
def test_an_object_without_a_name_is_a_problem(metadata: str, tmp_path: Path) -> None:
    text = f"apiVersion: v1\nkind: ConfigMap\n{metadata}"
    (problem,) = check(write_tree(tmp_path, {PLACE: text})).problems
    assert problem.rule == "kubeconform/no-name"


def test_a_file_that_kubeconform_cannot_read_is_a_problem(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {PLACE: "apiVersion: v1\nkind: ConfigMap\ndata: {a: [}\n"})
    (problem,) = judged(tree).problems
    assert (problem.rule, problem.line) == ("kubeconform/error", 0)


def test_a_skipped_object_is_counted_and_is_a_problem(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {PLACE: CONFIG_MAP})
    verdict = Verdict(str(tree.root / PLACE), "ConfigMap", "v1", "orchex", "statusSkipped", "")
    outcome = judge(Answer((verdict,), ""), rendered_subject(tree), real_toolbox())
    assert (outcome.skipped, rules(outcome.problems)) == (1, [("kubeconform/skipped", PLACE)])


def test_what_kubeconform_complains_of_beside_its_verdicts_is_a_problem(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {PLACE: CONFIG_MAP})
    subject = rendered_subject(tree)
    verdicts = ask(subject, real_toolbox()).verdicts
    outcome = judge(Answer(verdicts, "open x: permission denied"), subject, real_toolbox())
    assert [problem.message for problem in outcome.problems] == ["kubeconform said: open x: permission denied"]


def test_a_kubeconform_that_does_not_answer_stops_verification(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {PLACE: CONFIG_MAP})
    broken = replace(real_toolbox(), tools={"kubeconform": Path("/bin/false")})
    with pytest.raises(GenError, match=r"kubeconform did not answer \(exit code 1\)"):
        ask(rendered_subject(tree), broken)


def test_kubeconform_is_strict_and_is_given_no_address() -> None:
    words = command("1.36", real_toolbox())
    assert "-strict" in words
    assert not any("http" in word or "ignore" in word or "skip" in word for word in words)
    assert all(Path(location).is_absolute() for location in real_toolbox().schema_locations())


def test_trees_are_checked_each_against_its_own_kubernetes(tmp_path: Path) -> None:
    gpu = "apiVersion: resource.k8s.io/v1\nkind: DeviceClass\nmetadata:\n  name: gpu\nspec: {}\n"
    new = write_tree(tmp_path / "new", {PLACE: gpu}, "1.36")
    old = replace(write_tree(tmp_path / "old", {PLACE: gpu}, "1.33"), shown="output/shop/old")
    report = check(new, old)
    assert (report.objects, [problem.file for problem in report.problems]) == (2, [f"output/shop/old/{PLACE}"])
