"""Any string and any integer mean the same in manifests, in Helm's charts and in Kustomize's overlays."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from form_texts import KNOWN, KNOWN_INTEGERS, integers, texts
from form_tools import FORMS, ToolFailedError, differences, helm, leaves_of, read, text_of
from form_workspace import NAME, PLATFORM, REGIONS, Case, expected, write_workspace
from go_reader import GoReader, running
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rendering import edit

from generator.base.errors import ProblemsError
from generator.deliver.tree import render_tree
from generator.spec.load import load
from generator.spec.workspace import open_workspace

KNOWN_CASE = Case(tuple(KNOWN), tuple(KNOWN_INTEGERS))
A_THOUSAND = settings(  # 20 times 50 strings, always the same
    max_examples=20,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),  # culprits() finds the string faster than shrinking does
    suppress_health_check=list(HealthCheck),
)
cases = st.builds(
    lambda texts, numbers: Case(tuple(texts), tuple(numbers)),
    st.lists(texts, min_size=50, max_size=50, unique=True),
    st.lists(integers, min_size=10, max_size=10),
)


@pytest.fixture(scope="module")
def go() -> Iterator[GoReader]:
    with running() as reader:
        yield reader


@pytest.fixture(scope="module")
def known_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rendered(KNOWN_CASE, tmp_path_factory.mktemp("known"))


def rendered(case: Case, folder: Path) -> Path:
    """Render a case into a folder; return where its tree lies."""
    workspace = open_workspace(write_workspace(folder, case))
    tree = render_tree(load(workspace, PLATFORM, "test"), workspace.catalogue)
    root = folder / "tree"
    shutil.rmtree(root, ignore_errors=True)
    contents = {document.path: document.content for document in tree.documents}
    for name, content in (contents | {file.path: file.content for file in tree.files}).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def wrong(form: str, region: str, case: Case, root: Path, go: GoReader) -> list[str]:
    """Return how a form's objects differ from the manifests, and the manifests from what was meant."""
    try:
        found = read(text_of(form, region, root), go)
    except ToolFailedError as error:
        return [str(error)]
    if form == "manifests":
        meant = {name: leaves_of(said) for name, said in expected(case, region).items()}
        said = {name: _said(leaves) for name, leaves in found.items()}
        return differences(said, meant)
    return differences(found, read(text_of("manifests", region, root), go))


def _said(leaves: dict[str, str]) -> dict[str, str]:
    beside = (".apiVersion", ".kind", ".metadata.")
    return {path: value for path, value in leaves.items() if not path.startswith(beside)}


def culprits(form: str, case: Case, folder: Path, go: GoReader) -> list[str]:
    """Return what is wrong with a form in any region: for the smallest part of the case that is wrong by itself."""
    try:
        root = rendered(case, folder)
        found = [line for region in REGIONS for line in wrong(form, region, case, root, go)]
    except ProblemsError as error:
        found = [str(error)]
    if not found or len(case.texts) <= 2:
        return found and [f"{case.texts}: {line}" for line in found]
    middle = len(case.texts) // 2
    halves = (Case(case.texts[:middle], case.numbers), Case(case.texts[middle:], case.numbers))
    return [line for half in halves for line in culprits(form, half, folder, go)] or found


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("form", FORMS)
def test_what_is_known_to_be_hostile_means_the_same_in_every_form(
    form: str, region: str, known_tree: Path, go: GoReader
) -> None:
    assert wrong(form, region, KNOWN_CASE, known_tree, go) == []


def test_a_chart_without_a_values_file_is_the_first_region(known_tree: Path, go: GoReader) -> None:
    chart = known_tree / "charts" / PLATFORM / "charts" / NAME
    assert differences(read(helm(chart, ""), go), read(text_of("manifests", REGIONS[0], known_tree), go)) == []


def test_a_thousand_generated_strings_mean_the_same_in_every_form(
    tmp_path_factory: pytest.TempPathFactory, go: GoReader
) -> None:
    folder = tmp_path_factory.mktemp("generated")

    @A_THOUSAND
    @given(case=cases)
    def hold(case: Case) -> None:
        root = rendered(case, folder)
        failing = [form for form in FORMS for region in REGIONS if wrong(form, region, case, root, go)]
        assert [line for form in dict.fromkeys(failing) for line in culprits(form, case, folder, go)] == []

    hold()


def test_a_value_changed_by_hand_is_noticed(known_tree: Path, tmp_path: Path, go: GoReader) -> None:
    changed = shutil.copytree(known_tree, tmp_path / "tree")
    values = changed / "charts" / PLATFORM / "charts" / NAME / "values-west.yaml"
    edit(values, '"{{ b }}"', '"{{ c }}"')
    assert wrong("chart", "east", KNOWN_CASE, changed, go) == []
    assert wrong("chart", "west", KNOWN_CASE, changed, go) == [
        f'{NAME}-whole.spec.choice: "{{{{ c }}}}" for "{{{{ b }}}}"'
    ]


def test_bare_braces_in_a_template_fail_the_same_check(known_tree: Path, tmp_path: Path, go: GoReader) -> None:
    changed = shutil.copytree(known_tree, tmp_path / "tree")
    templates = changed / "charts" / PLATFORM / "charts" / NAME / "templates"
    edit(templates / "configmap-literal.yaml", "{{`{{ $labels.pod }}`}}", "{{ .Release.Name }}")
    assert wrong("chart", "east", KNOWN_CASE, changed, go) != []
