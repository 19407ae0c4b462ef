"""How the output of a tool falls into documents, and what their text means."""

import pytest

from generator.verify.forms.reading import Item, Reader, Text, Unreadable, split

HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n"


def read(body: str) -> Item | Unreadable:
    return Reader().item(Text(body))


def test_documents_are_divided_and_their_source_is_known() -> None:
    output = f"---\n# Source: c/templates/a.yaml\n# more\n{HEAD}---\n# Source: c/templates/b.yaml\n\n---\n{HEAD}"
    assert list(split(output)) == [Text(HEAD, "c/templates/a.yaml"), Text(HEAD)]


def test_dashes_inside_of_a_text_divide_nothing() -> None:
    output = f"{HEAD}data:\n  a: |\n    ---\n    b\n  b: |\n    # Source: no\n"
    assert list(split(output)) == [Text(output)]


def test_line_breaks_at_the_end_of_a_document_are_kept() -> None:
    first, second = split(f"{HEAD}data:\n  a: |+\n    b\n\n---\n{HEAD}data:\n  a: |+\n    b\n")
    one, other = read(first.body), read(second.body)
    assert isinstance(one, Item)
    assert isinstance(other, Item)
    assert one.value["data"] == {"a": "b\n\n"}
    assert other.value["data"] == {"a": "b\n"}


@pytest.mark.parametrize("scalar", ["yes", "on", "y"])
def test_a_word_means_what_it_means_to_kubernetes(scalar: str) -> None:
    item = read(f"{HEAD}immutable: {scalar}\n")
    assert isinstance(item, Item)
    assert item.value["immutable"] is True
    assert item.notes


@pytest.mark.parametrize(
    "body",
    [
        "just text",
        "[a]",
        f"{HEAD}data: [\n",
        f"{HEAD}...\n---x\n",
        f"{HEAD}spec:\n  <<: x\n",
        f"{HEAD}spec:\n  - <<: [a]\n",
        f"{HEAD}data: *no\n",
        "\udcff: x\n",
    ],
)
def test_what_is_no_object_is_unreadable_with_a_reason(body: str) -> None:
    found = read(body)
    assert isinstance(found, Unreadable)
    assert found.why


def test_a_merge_of_a_mapping_is_a_merge_as_for_kubectl() -> None:
    item = read(f"{HEAD}a: &a\n  b: 1\nspec:\n  <<: *a\n  c: 2\n")
    assert isinstance(item, Item)
    assert item.value["spec"] == {"b": 1, "c": 2}


def test_an_equals_sign_and_a_line_separator_are_read() -> None:
    item = read(f'{HEAD}data:\n  a: =\n  b: "x\u2028y\\u0085z"\n')
    assert isinstance(item, Item)
    assert item.value["data"] == {"a": "=", "b": "x\u2028y\u0085z"}


@pytest.mark.parametrize("content", [b"", b"# nothing\n", b"a: 1\n---\nb: 2\n", b"\xff: 1\n"])
def test_a_manifest_is_one_object(content: bytes) -> None:
    assert isinstance(Reader().manifest("clusters/eu/a/b.yaml", content), Unreadable)


def test_an_object_is_known_by_group_kind_namespace_and_name() -> None:
    item = read("apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: a\n  namespace: b\n")
    assert isinstance(item, Item)
    assert (item.ref.group, item.ref.kind, item.ref.namespace, item.ref.name) == ("apps", "Deployment", "b", "a")
