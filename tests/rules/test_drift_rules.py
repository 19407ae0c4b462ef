"""Files in objects, numbers for strings, durations and characters: the cases that are easy to get wrong."""

import json
from pathlib import Path

import pytest
from reliability_trees import found, manifest, pods, severities


def settings(key: str, text: str) -> str:
    return manifest("v1", "ConfigMap", "settings", f"data: {json.dumps({key: text})}")


@pytest.mark.parametrize(
    ("key", "text", "count"),
    [
        ("a.yaml", "a: [1", 1),
        ("a.yaml", "a: 1\n---\nb: 2\n", 0),
        ("a.yaml", "a: 1\na: 2\n", 1),
        ("a.yaml", "a: !Ref b\n", 0),
        ("a.yaml", "{{ if .x }}\na: [1\n", 0),
        ("a.yaml", "", 0),
        ("a.json", "{,}", 1),
        ("a.json", '{"a": 1}', 0),
        ("a.toml", "a = ", 1),
        ("a.toml", "a = 1\n", 0),
        ("a.txt", "a: [1", 0),
        ("yaml", "a: [1", 0),
        ("a.yaml", "a: |\n  ---\n  b\n", 0),
        ("a.yaml", "a: \U0001f680 b\n", 0),
    ],
)
def test_a_file_in_an_object_is_read_as_its_name_says(tmp_path: Path, key: str, text: str, count: int) -> None:
    assert len(found(tmp_path, "drift/embedded-syntax", settings(key, text))) == count


def test_values_of_a_chart_that_are_a_text_are_read(tmp_path: Path) -> None:
    body = 'spec: {source: {helm: {values: "a: [1"}}}'
    text = manifest("argoproj.io/v1alpha1", "Application", "a", body, namespace="argocd")
    assert severities(tmp_path, "drift/embedded-syntax", text) == ["error"]


def application(helm: str) -> str:
    return manifest(
        "argoproj.io/v1alpha1", "Application", "a", f"spec: {{source: {{helm: {{{helm}}}}}}}", namespace="argocd"
    )


@pytest.mark.parametrize(
    ("helm", "count"),
    [
        ("valuesObject: {image: {tag: 1.10}}", 1),
        ("valuesObject: {image: {tag: '1.10'}}", 0),
        ("valuesObject: {image: {tag: 8}}", 0),
        ("valuesObject: {image: {tag: 1234567}}", 1),
        ("valuesObject: {threshold: 0.5}", 0),
        ('values: "image: {tag: 1.10}"', 1),
        ("valuesObject: {appVersion: 2.0}", 1),
        ("valuesObject: {stage: 2.5}", 0),
    ],
)
def test_a_version_that_is_a_number_is_found(tmp_path: Path, helm: str, count: int) -> None:
    assert len(found(tmp_path, "drift/number-loses-digits", application(helm))) == count


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("10", "Did you mean '10s'?"),
        ("5min", "Did you mean '5m'?"),
        ("2d", "Write '48h'."),
        ("10 s", "Did you mean '10s'?"),
    ],
)
def test_a_duration_that_go_refuses_is_found(tmp_path: Path, value: str, hint: str) -> None:
    text = manifest("networking.istio.io/v1", "VirtualService", "v", f"spec: {{http: [{{timeout: '{value}'}}]}}")
    (problem,) = found(tmp_path, "drift/duration-unit", text)
    assert problem.hint == hint


@pytest.mark.parametrize("value", ["10s", "1m30s", "1.5h", "0s", "0", "250ms"])
def test_a_duration_that_go_reads_is_right(tmp_path: Path, value: str) -> None:
    text = manifest("networking.istio.io/v1", "VirtualService", "v", f"spec: {{http: [{{timeout: '{value}'}}]}}")
    assert found(tmp_path, "drift/duration-unit", text) == []


def test_a_node_that_never_expires_is_right(tmp_path: Path) -> None:
    text = manifest("karpenter.sh/v1", "NodePool", "p", "spec: {template: {spec: {expireAfter: Never}}}")
    assert found(tmp_path, "drift/duration-unit", text) == []


@pytest.mark.parametrize("name", ["cart\u200b", "cart\u00a0", "\ufeffcart", "c\u0430rt", "cart\u2013api"])
def test_a_label_that_only_looks_right_is_found(tmp_path: Path, name: str) -> None:
    text = manifest("v1", "Service", "cart", f"spec: {{selector: {{app: {json.dumps(name)}}}}}")
    (problem,) = found(tmp_path, "drift/hidden-character", text)
    assert problem.severity.value == "error"
    assert problem.hint in {"Write 'cart'.", "Write 'cart-api'."}


@pytest.mark.parametrize(
    "text",
    [
        "Gr\u00fc\u00dfe aus K\u00f6ln",
        "\u0421\u0435\u0440\u0432\u0438\u0441",
        "\u0394t in \u03bcs",
        "\U0001f468\u200d\U0001f4bb",
        "Alerte\u00a0: panne",
        "5\u00b5s",
        "\u65e5\u672c\u8a9e",
    ],
)
def test_text_in_any_language_is_right(tmp_path: Path, text: str) -> None:
    annotated = manifest("v1", "ConfigMap", "c", f"data: {{motto: {json.dumps(text)}}}")
    assert found(tmp_path, "drift/hidden-character", annotated) == []


def test_an_image_with_a_letter_of_another_alphabet_is_found(tmp_path: Path) -> None:
    text = pods().replace("example.com/main:1", "ex\u0430mple.com/main:1")
    (problem,) = found(tmp_path, "drift/hidden-character", text)
    assert "U+0430" in problem.message
    assert problem.hint == "Write 'example.com/main:1'."


@pytest.mark.parametrize(
    ("script", "count"), [("a \\\n b\n", 0), ("a \\ \n b\n", 1), ("a\r\nb\r\n", 1), ("a  \nb\n", 0)]
)
def test_whitespace_that_breaks_a_script_is_found(tmp_path: Path, script: str, count: int) -> None:
    assert len(found(tmp_path, "drift/script-whitespace", settings("run.sh", script))) == count
