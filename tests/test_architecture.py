"""The shape of the code: imports run one way, stages neither print nor read the environment."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "generator"
# From what everybody may import to what nobody may.
LAYERS = (
    "base",
    "tools",
    "documents",
    "components",
    "spec",
    "derive",
    "plan",
    "templating",
    "deliver",
    "tree",
    "manifests",
    "rules",
    "verify",
    "cli",
)
MODULES = sorted(PACKAGE.glob("*/**/*.py"))


def imported_layers(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield (line, layer) of every import of a package of ours, at the top of a module or within a function."""
    for node in ast.walk(tree):
        names: list[str] = []
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        for name in names:
            parts = name.split(".")
            if parts[0] == "generator" and len(parts) > 1:
                yield line, parts[1]


def wrong_imports(layer: str, source: str) -> list[str]:
    allowed = LAYERS[: LAYERS.index(layer) + 1]
    return [f"line {line}: {found}" for line, found in imported_layers(ast.parse(source)) if found not in allowed]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_imports_only_from_its_own_layer_and_those_below(path: Path) -> None:
    layer = path.relative_to(PACKAGE).parts[0]
    assert wrong_imports(layer, path.read_text("utf-8")) == []


def test_an_import_from_a_layer_above_is_noticed() -> None:
    assert wrong_imports("spec", "def f():\n    from generator.deliver.render import Renderer\n") == ["line 2: deliver"]


def test_every_package_has_its_place_among_the_layers() -> None:
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert packages == set(LAYERS)


def forbidden_uses(source: str) -> list[str]:
    """Return the uses of what only cli/ may do: print, exit, read the environment, know click."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in {"print", "input", "exit"}
        ):
            found.append(node.func.id)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            name = f"{node.value.id}.{node.attr}"
            if name in {"os.getenv", "sys.exit", "sys.argv", "os.environ"}:
                found.append(name)
        if isinstance(node, ast.Import) and any(alias.name == "click" for alias in node.names):
            found.append("click")
    return found


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if path.relative_to(PACKAGE).parts[0] not in {"cli", "tools"}],
    ids=lambda path: path.relative_to(PACKAGE).as_posix(),
)
def test_a_stage_neither_prints_nor_exits_nor_reads_the_environment(path: Path) -> None:
    assert forbidden_uses(path.read_text("utf-8")) == []


def test_a_print_in_a_stage_is_noticed() -> None:
    assert forbidden_uses("import os\nprint(os.environ)\n") == ["print", "os.environ"]


def module_imports() -> dict[str, set[str]]:
    """Return module → modules of ours that it imports, wherever in the file."""
    names = {".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path for path in MODULES}
    return {
        name: {
            node.module
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.ImportFrom) and node.module in names
        }
        for name, path in names.items()
    }


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert list(TopologicalSorter(module_imports()).static_order())  # raises CycleError for a circle


def test_a_circle_is_noticed() -> None:
    with pytest.raises(CycleError):
        TopologicalSorter({"a": {"b"}, "b": {"a"}}).prepare()
