"""No path and no link leads out of the tree."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import GenError
from generator.tree.files import OwnedFile, TreeHeader, check_path, check_paths
from generator.tree.write import compare, write

HEADER = TreeHeader("0.1.0", "1.36", "talai", "production")
FILES = {"clusters/west/a.yaml": OwnedFile(b"x", "unit", "hash")}


@pytest.mark.parametrize(
    "path",
    ["", "/A", "/etc/passwd", "../x", "a/../x", "a/..", "a//b", "a/", "./a", "a b", "a\nb", "a\\b", "é", "C:/x", "~/x",
     "a\0", ".git/config", "a/.GIT/hooks/x", "a" * 256, "a/b\n"],
)  # fmt: skip
def test_a_path_that_leads_out_or_is_not_portable_is_refused(path: str) -> None:
    with pytest.raises(GenError, match="is no path for a rendered file"):
        check_path(path)
    with pytest.raises(GenError, match="is no path for a rendered file"):
        check_paths([path])


@pytest.mark.parametrize(
    "path", ["a", "README.md", ".gitattributes", "clusters/us-west-2/x/a_b.yaml", "...", "a" * 255]
)
def test_an_ordinary_path_is_taken(path: str) -> None:
    check_paths([path])


@given(st.text(alphabet=st.sampled_from("./\\aA~-\0\n é:"), max_size=12) | st.text(max_size=20))
def test_any_string_is_refused_or_stays_inside(path: str) -> None:
    try:
        check_paths(["a/first", path])
    except GenError:
        return
    inside = os.path.normpath(f"/tree/{path}")
    assert inside == f"/tree/{path}"
    assert inside.startswith("/tree/")


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (["a/x.yaml", "a/X.yaml"], "'a/x.yaml' and 'a/X.yaml' are one file where case is ignored"),
        (["a/x.yaml", "A/y.yaml"], "the folders 'a' and 'A' are one where case is ignored"),
        (["b/a/x", "b/A/c/y"], "the folders 'b/a' and 'b/A' are one where case is ignored"),
        (["a", "A/y.yaml"], "'a' is a file and a folder of the rendered tree"),
        (["a/b", "a/b/c"], "'a/b' is a file and a folder of the rendered tree"),
        (["inventory.json"], "is the name of the inventory"),
        (["Inventory.JSON"], "is the name of the inventory"),
    ],
)
def test_paths_that_are_one_on_some_file_system_are_refused(paths: list[str], message: str) -> None:
    with pytest.raises(GenError, match=message):
        check_paths(paths)


def test_a_new_path_is_not_one_with_a_carried_over_path(tmp_path: Path) -> None:
    root = tmp_path / "output" / "talai" / "production"
    write(root, FILES, HEADER, force=False)
    with pytest.raises(GenError, match="are one file where case is ignored"):
        write(root, {"clusters/west/A.yaml": FILES["clusters/west/a.yaml"]}, HEADER, force=False, keep=lambda _: True)


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "a.yaml").write_text("precious")
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "workspace" / "output" / "talai" / "production"


def refused(root: Path, outside: Path, message: str) -> None:
    for force in (False, True):
        with pytest.raises(GenError, match=message):
            write(root, FILES, HEADER, force=force)
    with pytest.raises(GenError, match=message):
        compare(root, FILES, HEADER)
    assert {path.name: path.read_text() for path in outside.iterdir()} == {"a.yaml": "precious"}


@pytest.mark.parametrize("link", ["clusters", "clusters/west"])
def test_a_linked_folder_at_a_path_of_ours_is_refused(root: Path, outside: Path, link: str) -> None:
    (root / link).parent.mkdir(parents=True)
    (root / link).symlink_to(outside)
    refused(root, outside, "a link or file stands where a folder of the tree has to be")


@pytest.mark.parametrize("path", ["clusters/west/a.yaml", "inventory.json"])
def test_a_link_at_the_path_of_a_file_is_refused(root: Path, outside: Path, path: str) -> None:
    (root / path).parent.mkdir(parents=True)
    (root / path).symlink_to(outside / "a.yaml")
    refused(root, outside, "a link or folder stands where a rendered file has to be")


def test_a_folder_at_the_path_of_a_file_is_refused(root: Path, outside: Path) -> None:
    (root / "clusters/west/a.yaml").mkdir(parents=True)
    refused(root, outside, "a link or folder stands where a rendered file has to be")


@pytest.mark.parametrize("up", [0, 1, 2])
def test_a_link_on_the_way_that_leads_out_of_the_workspace_is_refused(root: Path, outside: Path, up: int) -> None:
    link = [root, *root.parents][up]
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(outside)
    refused(root, outside, "symbolic link")


def test_a_linked_output_folder_inside_the_workspace_is_followed(root: Path) -> None:
    workspace = root.parents[2]
    (workspace / "elsewhere").mkdir(parents=True)
    (workspace / "output").symlink_to("elsewhere")
    write(root, FILES, HEADER, force=False)
    assert (workspace / "elsewhere/talai/production/clusters/west/a.yaml").read_text() == "x"


def test_a_linked_stage_is_removed_and_not_followed(root: Path, outside: Path) -> None:
    root.parent.mkdir(parents=True)
    (root.parent / ".production.gen-stage").symlink_to(outside)
    write(root, FILES, HEADER, force=False)
    assert (outside / "a.yaml").read_text() == "precious"
    assert [path.name for path in root.parent.iterdir()] == ["production"]


def test_an_inventory_that_names_files_outside_removes_none(root: Path, outside: Path) -> None:
    write(root, FILES, HEADER, force=False)
    inventory = root / "inventory.json"
    inventory.write_text(inventory.read_text().replace("clusters/west/a.yaml", "../../../../outside/a.yaml"))
    write(root, {}, HEADER, force=True)
    assert (outside / "a.yaml").read_text() == "precious"


def test_a_foreign_link_to_a_folder_is_kept_and_nothing_behind_it_is_touched(root: Path, outside: Path) -> None:
    write(root, FILES, HEADER, force=False)
    (root / "link").symlink_to(outside)
    write(root, {"b.yaml": OwnedFile(b"y", "unit", "hash")}, HEADER, force=False)
    assert (root / "link").is_symlink()
    assert (outside / "a.yaml").read_text() == "precious"
