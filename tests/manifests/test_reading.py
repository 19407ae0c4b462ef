"""Manifests are read as Kubernetes' own tools read them, within limits, and what others read differently is noted."""

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from generator.manifests.load import load_manifests
from generator.manifests.read import NODE_LIMIT, read_documents

ROOT = Path(__file__).parents[2]


def rules(content: str) -> list[str]:
    return [note.rule for note in read_documents(content.encode()).notes]


def values(content: str) -> tuple[object, ...]:
    return read_documents(content.encode()).documents


@pytest.mark.parametrize("path", sorted((ROOT / "output").glob("*/*/clusters/*/[a-l]*/*.yaml"))[:200], ids=str)
def test_what_gen_renders_is_read_like_every_yaml_reader_does(path: Path) -> None:
    reading = read_documents(path.read_bytes())
    assert list(reading.documents) == list(yaml.safe_load_all(path.read_bytes()))
    assert reading.notes == ()


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
def test_json_comes_back_as_it_was_written(value: object) -> None:
    assert read_documents(json.dumps(value).encode(), is_json=True).documents == (value,)


@given(st.text())
def test_no_text_is_read_with_an_exception(text: str) -> None:
    read_documents(text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", True), ("off", False), ("n", False), ("0644", 420), ("0o17", 15), ("1e3", 1000.0), ("1_000", 1000),
        ("12:30", "12:30"), ("2024-01-01", "2024-01-01"), ("089", 89), ("0x1F", 31),
        (".1_0", 0.1), ("._1", "._1"), (".1_", ".1_"),
    ],
)  # fmt: skip
def test_a_scalar_that_readers_disagree_over_is_noted_and_read_as_kubernetes_does(written: str, value: object) -> None:
    assert values(f"a: {written}\n") == ({"a": value},)
    if written != "0x1F":
        assert rules(f"a: {written}\n") == ["drift/ambiguous-scalar"]


@pytest.mark.parametrize("written", ['"yes"', "'012'", "true", "12", "1.5", "text", "|\n  no", "!!str 012"])
def test_a_scalar_that_all_readers_agree_on_is_not_noted(written: str) -> None:
    assert rules(f"a: {written}\n") == []


def test_documents_are_separated_and_empty_ones_are_none() -> None:
    assert values("a: 1\n---\n# nothing\n---\nb: 2\n") == ({"a": 1}, None, {"b": 2})


def test_anchors_and_merge_keys_are_resolved() -> None:
    text = "base: &b {p: 1, q: 2}\nmore:\n  <<: *b\n  q: 3\nlist:\n  <<: [*b, {r: 4}]\n"
    assert values(text) == ({"base": {"p": 1, "q": 2}, "more": {"q": 3, "p": 1}, "list": {"p": 1, "q": 2, "r": 4}},)
    assert rules(text) == []


def test_a_key_that_kubernetes_reads_as_a_boolean_is_noted() -> None:
    assert values("data: {y: 1}\n") == ({"data": {"true": 1}},)
    assert rules("data: {y: 1}\n") == ["drift/ambiguous-scalar"]


def test_a_duplicate_key_is_noted_with_its_line() -> None:
    (note,) = read_documents(b"a:\n  b: 1\n  b: 2\n").notes
    assert (note.rule, note.line, note.path) == ("identity/duplicate-key", 3, ("a", "b"))


def test_a_duplicate_key_in_json_is_noted() -> None:
    assert [note.rule for note in read_documents(b'{"a": 1, "a": 2}', is_json=True).notes] == ["identity/duplicate-key"]


@pytest.mark.parametrize("text", ["a: [1\n", "a: b: c\n", "\ta: 1\n", "a: *x\n", "[1]: 2\n"])
def test_what_is_no_yaml_is_noted(text: str) -> None:
    assert rules(text) != []


def test_aliases_that_stand_for_too_many_values_stop_the_reading() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert NODE_LIMIT < 10**9
    assert rules("\n".join(levels)) == ["manifests/limit"]


def test_nesting_without_end_stops_the_reading() -> None:
    assert rules("[" * 5000) == ["manifests/limit"]
    assert [note.rule for note in read_documents(b"[" * 100_000, is_json=True).notes] == ["manifests/limit"]


def test_bytes_that_are_not_utf8_are_noted_with_their_place() -> None:
    (note,) = read_documents(b"a: 1\nb: \xff\n").notes
    assert (note.rule, note.line, note.column) == ("manifests/encoding", 2, 4)


def write(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".yaml").write_text(text)
    return root


CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\n"


def test_lists_are_read_as_their_items(tmp_path: Path) -> None:
    text = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: s}}\n"
    text += "- {apiVersion: v1, kind: ConfigMapList, items: [{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}]}\n"
    manifests = load_manifests(write(tmp_path, all=text))
    assert [(item.kind, item.place.within) for item in manifests.objects] == [
        ("Secret", ("items", 0)),
        ("ConfigMap", ("items", 1, "items", 0)),
    ]


def test_what_is_no_object_is_left_alone(tmp_path: Path) -> None:
    manifests = load_manifests(write(tmp_path, values="a: 1\n", compose="services: {}\n", real=CONFIG))
    assert (len(manifests.objects), manifests.problems) == (1, ())


@pytest.mark.parametrize("text", [CONFIG.replace("kind: ConfigMap\n", ""), CONFIG.replace("apiVersion: v1\n", "")])
def test_an_object_without_kind_or_version_is_a_problem(text: str, tmp_path: Path) -> None:
    (problem,) = load_manifests(write(tmp_path, broken=text)).problems
    assert problem.rule == "identity/no-kind"


def test_hidden_folders_charts_and_links_to_elsewhere_are_not_entered(tmp_path: Path) -> None:
    root = write(tmp_path / "tree", real=CONFIG, chart__templates__a="{{ if }}\n", chart__Chart="name: x\n")
    (root / ".git").mkdir()
    (root / ".git" / "x.yaml").write_text(CONFIG)
    (tmp_path / "outside.yaml").write_text(CONFIG)
    (root / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    manifests = load_manifests(root)
    assert (len(manifests.objects), manifests.charts) == (1, ("chart",))
    assert [problem.rule for problem in manifests.problems] == ["manifests/link"]


def test_a_kustomization_gives_its_namespace_and_its_patches_are_no_objects(tmp_path: Path) -> None:
    settings = "namespace: shop\nresources: [a.yaml]\npatches:\n- path: patch.yaml\n"
    root = write(tmp_path, kustomization=settings, a=CONFIG.replace(", namespace: b", ""), patch=CONFIG)
    (item,) = load_manifests(root).objects
    assert (item.name, item.namespace) == ("a", "shop")


def test_what_matches_an_exclusion_is_not_read(tmp_path: Path) -> None:
    root = write(tmp_path, real=CONFIG, vendor__a=CONFIG)
    assert len(load_manifests(root, exclude=["vendor"]).objects) == 1
