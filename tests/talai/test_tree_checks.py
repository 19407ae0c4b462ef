"""The checks of traceability.yaml themselves: what a tree shows is no failure, what it does not show is one."""

from pathlib import Path
from typing import Any

import pytest
from object_paths import select
from rendered_tree import amount, failures
from traceability import check

PAGE = """# Guide

| who | when |
| --- | --- |
| on-call | 5m\\. |

## Look

1. Pods:
   ```sh
   # no heading
   kubectl get pods
   ```
2. Nodes.

### Closer

Further.

## Act
"""
STORED = "kind: Store\nmetadata: {name: a, namespace: n}\nspec: {size: SIZE, hosts: [x, y], empty: null}\n"
TREE = {
    "clusters/eu/store/store.yaml": STORED.replace("SIZE", "5Gi"),
    "clusters/us/store/store.yaml": STORED.replace("SIZE", "9Gi"),
    "README.md": "# Recovery\n",
    "plan.json": '{"tiers": {"a.b": {"users": 5}}}',
    "edge/worker.jsonc": '// Written.\n{"name": "edge", "url": "https://x"}\n',
    "edge/data.js": 'export default {\n  "hosts": ["a"]\n};\n',
    "edge/code.js": "export default function () {}\n",
    "guide.md": PAGE,
    "board.yaml": 'kind: ConfigMap\nmetadata: {name: b}\ndata: {b.json: \'{"panels": [{"title": "Rate"}]}\'}\n',
}
STORE = {"file": "clusters/*/store/*.yaml", "object": "Store n/a"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in TREE.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "expected",
    [
        {**STORE, "path": "$.spec.hosts", "equals": ["x", "y"]},
        {**STORE, "file": "clusters/eu/store/store.yaml", "path": "$.spec.size", "equals": "5Gi"},
        {**STORE, "path": "$.spec.hosts", "contains": "x"},
        {**STORE, "path": "$.spec", "contains": {"hosts": ["x", "y"]}},
        {**STORE, "path": "$.spec.hosts[*]", "count": 2},
        {**STORE, "path": "$.spec.size", "atLeast": "5Gi"},
        {**STORE, "path": "$.spec.size", "atMost": "9Gi"},
        {**STORE, "path": "$.spec.size", "matches": "^[59]Gi$"},
        {**STORE, "exists": True},
        {**STORE, "object": "Store n/b", "exists": False},
        {**STORE, "path": "$.spec.hosts[0]", "equalsBy": {"production": "x", "staging": "z"}},
        {"file": "README.md", "says": "Recovery"},
        {"file": "plan.json", "path": "$.tiers['a.b'].users", "equals": 5},
        {"file": "edge/worker.jsonc", "path": "$.url", "equals": "https://x"},
        {"file": "edge/data.js", "path": "$.hosts", "equals": ["a"]},
        {"file": "edge/code.js", "path": "$.bytes", "atLeast": 20},
        {"file": "guide.md", "path": "$['Guide'].rows[who=on-call].when", "equals": "5m."},
        {"file": "guide.md", "path": "$['Look'].steps[*]", "count": 2},
        {"file": "guide.md", "path": "$['Look'].steps[1]", "contains": "Nodes."},
        {"file": "guide.md", "path": "$['Look'].shell[*]", "contains": "kubectl get pods"},
        {"file": "guide.md", "path": "$['Look'].text", "contains": "Further."},
        {"file": "guide.md", "path": "$['Closer'].shell[*]", "count": 0},
        {"file": "board.yaml", "path": "$.data['b.json']().panels[title=Rate]", "exists": True},
    ],
)
def test_what_the_tree_shows_is_no_failure(expected: dict[str, Any], tree: Path) -> None:
    assert list(failures(check(expected), tree, "production")) == []


@pytest.mark.parametrize(
    ("expected", "reason"),
    [
        ({**STORE, "path": "$.spec.size", "equals": "5Gi"}, "clusters/us"),
        ({**STORE, "file": "clusters/*/stores/*.yaml", "exists": True}, "no such file"),
        ({**STORE, "object": "Store n/b", "exists": True}, "no such object"),
        ({**STORE, "object": "Store m/a", "path": "$.spec.size", "matches": "Gi"}, "no such object"),
        ({**STORE, "path": "$.spec.colour", "equals": "red"}, "no value"),
        ({**STORE, "path": "$.spec.empty", "equals": "red"}, "None, not equals"),
        ({**STORE, "path": "$.spec.hosts", "contains": "z"}, "without"),
        ({**STORE, "path": "$.spec.hosts[*]", "count": 3}, "2 values"),
        ({**STORE, "path": "$.spec.size", "atLeast": "9Gi"}, "clusters/eu"),
        ({**STORE, "path": "$.spec.size", "atMost": "5Gi"}, "clusters/us"),
        ({**STORE, "path": "$.spec.size", "matches": "^5"}, "clusters/us"),
        ({**STORE, "object": "Store n/a", "exists": False}, "there is a value"),
        ({**STORE, "path": "$.spec.hosts[0]", "equalsBy": {"production": "z"}}, "not equalsBy"),
        ({"file": "README.md", "says": "Failover"}, "does not say"),
        ({"file": "plan.json", "path": "$.tiers['a.b'].users", "equals": 6}, "5, not equals"),
        ({"file": "edge/data.js", "path": "$.hosts", "contains": "b"}, "without"),
        ({"file": "edge/code.js", "path": "$.hosts", "exists": True}, "there is not a value"),
        ({"file": "guide.md", "path": "$['no heading'].text", "exists": True}, "there is not a value"),
        ({"file": "guide.md", "path": "$['Act'].text", "contains": "kubectl"}, "without"),
        ({"file": "board.yaml", "path": "$.data['b.json']().panels[title=Errors]", "exists": True}, "there is not"),
    ],
)
def test_what_the_tree_does_not_show_is_found(expected: dict[str, Any], reason: str, tree: Path) -> None:
    assert any(reason in text for text in failures(check(expected), tree, "production"))


@pytest.mark.parametrize("words", [{}, {"equals": 1, "count": 2}])
def test_an_expectation_has_exactly_one_comparator(words: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="one of equals"):
        check({**STORE, **words})


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("$.a.b", [1]),
        ("$.c[1]", ["y"]),
        ("$.c[5]", []),
        ("$.c[*]", ["x", "y"]),
        ("$.d[name=two].v", [2]),
        ("$.e['f.g/h']", [3]),
        ("$.a[*]", [1]),
        ("$.x.y", []),
    ],
)
def test_a_path_leads_to_values(path: str, values: list[object]) -> None:
    whole = {"a": {"b": 1}, "c": ["x", "y"], "d": [{"name": "one", "v": 1}, {"name": "two", "v": 2}], "e": {"f.g/h": 3}}
    assert select(whole, path) == values


@pytest.mark.parametrize("path", ["a.b", "$a", "$.a..b", "$.a[?x]"])
def test_a_path_that_cannot_be_read_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r"a path begins with|is no step"):
        select({}, path)


def test_amounts_are_compared_in_the_unit_that_is_wanted() -> None:
    assert amount("1Gi", "1Mi") == amount("1024Mi", "1Mi")
    assert amount("1m", "60s") == amount(60, "60s") == amount("60s", "5m")
    assert amount("500m", 1) < amount(1, 1) == amount("1", 1)
