"""What is written, what is left alone, and what is noticed before it is lost."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from generator.base.errors import GenError
from generator.tree.changes import Changes
from generator.tree.files import OwnedFile, TreeHeader
from generator.tree.swap import Steps, exchange
from generator.tree.write import compare, write

HEADER = TreeHeader("0.1.0", "1.36", "talai", "production")


def files(**contents: str) -> dict[str, OwnedFile]:
    """Return files named by their keywords: west_a stands for clusters/west/a.yaml."""
    names = {name: f"clusters/{name.replace('_', '/')}.yaml" for name in contents}
    return {names[name]: OwnedFile(text.encode(), f"unit/{name}", "hash") for name, text in contents.items()}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "output" / "talai" / "production"


def state(root: Path) -> dict[str, tuple[int, int]]:
    """Return inode and time of every file and folder: what a write that writes nothing leaves as it is."""
    return {
        str(path): (path.lstat().st_ino, path.lstat().st_mtime_ns) for path in [root.parent, root, *root.rglob("*")]
    }


def test_a_fresh_tree_has_every_file_and_an_inventory_of_one_line_an_entry(root: Path) -> None:
    changes = write(root, files(west_a="x", east_b="y"), HEADER, force=False)
    assert changes == Changes(added=("clusters/east/b.yaml", "clusters/west/a.yaml", "inventory.json"))
    assert (root / "clusters/west/a.yaml").read_text() == "x"
    digests = (
        "a1fce4363854ff888cff4b8e7875d600c2682390412a8cf79b37d0b11148b0fa",
        "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
    )
    assert (root / "inventory.json").read_text() == (
        '{\n"generator": "0.1.0",\n"kubernetes": "1.36",\n"platform": "talai",\n"environment": "production",\n'
        '"forms": ["manifests"],\n"asked": null,\n"files": {\n'
        f'"clusters/east/b.yaml": {{"sha256": "{digests[0]}", "unit": "unit/east_b", "input": "hash"}},\n'
        f'"clusters/west/a.yaml": {{"sha256": "{digests[1]}", "unit": "unit/west_a", "input": "hash"}}\n'
        "}\n}\n"
    )
    assert list(json.loads((root / "inventory.json").read_text())["files"]) == [
        "clusters/east/b.yaml",
        "clusters/west/a.yaml",
    ]


def test_nothing_is_touched_when_nothing_differs(root: Path) -> None:
    write(root, files(west_a="x"), HEADER, force=False)
    before = state(root)
    assert not write(root, files(west_a="x"), HEADER, force=False)
    assert state(root) == before


def test_comparing_writes_nothing(root: Path) -> None:
    assert compare(root, files(west_a="x"), HEADER).added == ("clusters/west/a.yaml", "inventory.json")
    assert not root.parent.exists()
    write(root, files(west_a="x"), HEADER, force=False)
    before = state(root)
    changes = compare(root, files(west_a="z", east_b="y"), HEADER)
    assert changes == Changes(("clusters/east/b.yaml",), ("clusters/west/a.yaml", "inventory.json"))
    assert state(root) == before


def test_stale_files_go_with_the_folders_that_they_empty(root: Path) -> None:
    write(root, files(west_a="x", east_b="y"), HEADER, force=False)
    assert write(root, files(west_a="x"), HEADER, force=False).removed == ("clusters/east/b.yaml",)
    assert not (root / "clusters/east").exists()
    assert (root / "clusters/west/a.yaml").exists()


def test_an_unchanged_file_stays_the_same_file(root: Path) -> None:
    write(root, files(west_a="x", east_b="y"), HEADER, force=False)
    inode = (root / "clusters/west/a.yaml").stat().st_ino
    write(root, files(west_a="x", east_b="z"), HEADER, force=False)
    assert (root / "clusters/west/a.yaml").stat().st_ino == inode


@pytest.mark.parametrize("steps", [Steps(), Steps(exchange=lambda _one, _other: False)], ids=["exchange", "renames"])
def test_foreign_files_links_and_empty_folders_stay_with_their_modes(root: Path, steps: Steps) -> None:
    write(root, files(west_a="x", east_b="y"), HEADER, force=False)
    (root / "clusters/east/notes.txt").write_text("mine")
    (root / "clusters/east/notes.txt").chmod(0o600)
    (root / "empty/inner").mkdir(parents=True)
    (root / "empty").chmod(0o700)
    (root / "link").symlink_to("nowhere")
    os.mkfifo(root / "fifo")
    write(root, files(west_a="z"), HEADER, force=False, steps=steps)
    assert (root / "clusters/east/notes.txt").read_text() == "mine"
    assert stat.S_IMODE((root / "clusters/east/notes.txt").stat().st_mode) == 0o600
    assert stat.S_IMODE((root / "empty").stat().st_mode) == 0o700
    assert (root / "empty/inner").is_dir()
    assert (root / "link").readlink() == Path("nowhere")
    assert (root / "fifo").is_fifo()
    assert not (root / "clusters/east/b.yaml").exists()


def test_a_foreign_file_is_copied_where_it_cannot_be_linked(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    write(root, files(west_a="x"), HEADER, force=False)
    (root / "notes.txt").write_text("mine")
    (root / "link").symlink_to("nowhere")
    monkeypatch.setattr(os, "link", refuse)
    write(root, files(west_a="z"), HEADER, force=False)
    assert (root / "notes.txt").read_text() == "mine"
    assert (root / "link").is_symlink()


def test_a_hand_edit_is_named_and_nothing_is_written_without_force(root: Path) -> None:
    write(root, files(west_a="x", east_b="y", south_c="s"), HEADER, force=False)
    (root / "clusters/west/a.yaml").write_text("edited")
    (root / "clusters/south/c.yaml").write_text("edited")
    before = state(root)
    changes = write(root, files(west_a="x", east_b="z"), HEADER, force=False)
    assert changes.edited == ("clusters/south/c.yaml", "clusters/west/a.yaml")
    assert state(root) == before
    assert write(root, files(west_a="x", east_b="z"), HEADER, force=True).edited == changes.edited
    assert (root / "clusters/west/a.yaml").read_text() == "x"
    assert not (root / "clusters/south").exists()


def test_an_edit_that_the_new_rendering_agrees_with_is_none(root: Path) -> None:
    write(root, files(west_a="x"), HEADER, force=False)
    (root / "clusters/west/a.yaml").write_text("new")
    changes = write(root, files(west_a="new"), HEADER, force=False)
    assert changes == Changes(changed=("inventory.json",))
    assert not compare(root, files(west_a="new"), HEADER)


def test_a_file_that_was_deleted_by_hand_comes_back(root: Path) -> None:
    write(root, files(west_a="x"), HEADER, force=False)
    (root / "clusters/west/a.yaml").unlink()
    assert write(root, files(west_a="x"), HEADER, force=False) == Changes(added=("clusters/west/a.yaml",))


def test_a_foreign_file_at_a_path_of_ours_counts_as_edited_unless_it_is_the_same(root: Path) -> None:
    (root / "clusters/west").mkdir(parents=True)
    (root / "clusters/west/a.yaml").write_text("mine")
    assert write(root, files(west_a="x"), HEADER, force=False).edited == ("clusters/west/a.yaml",)
    assert (root / "clusters/west/a.yaml").read_text() == "mine"
    assert write(root, files(west_a="mine"), HEADER, force=False) == Changes(added=("inventory.json",))


CONFLICT = b"<<<<<<< ours\n=======\n>>>>>>> theirs\n"


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (lambda text: CONFLICT + text, "inventory.json has the markers of a merge conflict on line 1"),
        (lambda text: text[: len(text) // 2], "inventory.json is not as gen writes it"),
        (lambda _text: b"", "inventory.json is not as gen writes it"),
        (lambda _text: b"[]", "inventory.json is not as gen writes it"),
        (lambda _text: b'{"files": []}', "inventory.json is not as gen writes it"),
        (lambda _text: b"\xff", "inventory.json is not as gen writes it"),
        (lambda _text: b"[" * 100_000, "inventory.json is not as gen writes it"),
        (lambda text: text.replace(b"clusters/", b"../../../"), "inventory.json is not as gen writes it"),
        (lambda text: text.replace(b'"sha256": "', b'"sha256": "x'), "inventory.json is not as gen writes it"),
    ],
)
def test_a_damaged_inventory_is_edited_and_needs_force(root: Path, broken: object, why: str) -> None:
    write(root, files(west_a="x", east_b="y"), HEADER, force=False)
    inventory = root / "inventory.json"
    whole = inventory.read_bytes()
    inventory.write_bytes(broken(whole))  # type: ignore[operator]
    changes = write(root, files(west_a="z", east_b="y"), HEADER, force=False)
    assert changes.edited == ("clusters/west/a.yaml", "inventory.json")
    assert changes.damaged == why
    write(root, files(west_a="x", east_b="y"), HEADER, force=True)
    assert inventory.read_bytes() == whole


def test_stale_files_go_even_when_the_inventory_has_a_merge_conflict(root: Path) -> None:
    write(root, files(west_a="x", east_b="y"), HEADER, force=False)
    inventory = root / "inventory.json"
    inventory.write_bytes(CONFLICT + inventory.read_bytes())
    assert write(root, files(west_a="x"), HEADER, force=True).removed == ("clusters/east/b.yaml",)


def test_a_narrowed_run_carries_over_what_it_did_not_render(root: Path) -> None:
    write(root, files(west_a="x", west_old="o", east_b="y"), HEADER, force=False)
    inventory = json.loads((root / "inventory.json").read_text())["files"]
    (root / "clusters/east/b.yaml").write_text("edited, and none of this run's business")
    changes = write(root, files(west_a="z"), HEADER, force=False, keep=lambda path: path.startswith("clusters/east/"))
    assert changes == Changes((), ("clusters/west/a.yaml", "inventory.json"), ("clusters/west/old.yaml",))
    assert (root / "clusters/east/b.yaml").read_text().startswith("edited")
    after = json.loads((root / "inventory.json").read_text())["files"]
    assert after["clusters/east/b.yaml"] == inventory["clusters/east/b.yaml"]
    assert list(after) == ["clusters/east/b.yaml", "clusters/west/a.yaml"]


def test_a_narrowed_run_needs_an_inventory_to_carry_over(root: Path) -> None:
    write(root, files(west_a="x", east_b="y"), HEADER, force=False)
    (root / "inventory.json").unlink()
    with pytest.raises(GenError, match=r"inventory\.json is missing.*Render all of it, with --force"):
        write(root, files(west_a="z"), HEADER, force=True, keep=lambda _path: True)


def test_modes_do_not_depend_on_the_umask(root: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; os.umask(0o077)\n"
        "from generator.tree.files import OwnedFile, TreeHeader; from generator.tree.write import write\n"
        "files = {'a/b/c.yaml': OwnedFile(b'x', 'u', 'h')}\n"
        "write(Path(sys.argv[1]), files, TreeHeader('0', '1', 'p', 'e'), force=False)"
    )
    subprocess.run([sys.executable, "-c", code, str(root)], check=True)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [root, *root.rglob("*")]}
    assert modes == {"production": 0o755, "a": 0o755, "b": 0o755, "c.yaml": 0o644, "inventory.json": 0o644}


def test_a_second_writer_is_told_so_and_a_later_one_is_not(root: Path) -> None:
    def second(name: str) -> None:
        if name == "written":
            with pytest.raises(GenError, match=r"another gen render is writing .*talai\. Wait for it to end"):
                write(root, files(west_a="second"), HEADER, force=False)

    write(root, files(west_a="first"), HEADER, force=False, steps=Steps(checkpoint=second))
    assert (root / "clusters/west/a.yaml").read_text() == "first"
    assert write(root, files(west_a="third"), HEADER, force=False).changed
    assert [path.name for path in root.parent.iterdir()] == ["production"]


def test_names_are_exchanged_in_one_step_on_this_system(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    assert exchange(tmp_path / "one", tmp_path / "other")
    assert (tmp_path / "one/other").exists()
    assert (tmp_path / "other/one").exists()
    with pytest.raises(FileNotFoundError):
        exchange(tmp_path / "one", tmp_path / "missing")


def test_an_exchange_that_the_system_cannot_make_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "one/inner").mkdir(parents=True)
    assert not exchange(tmp_path / "one", tmp_path / "one/inner")  # EINVAL, as from a file system without exchange
    assert (tmp_path / "one/inner").is_dir()


@pytest.mark.parametrize(("lines", "clean"), [((0, 19), True), ((9, 9), False)])
def test_inventories_of_two_branches_merge_when_they_differ_in_different_entries(
    root: Path, lines: tuple[int, int], clean: bool
) -> None:
    names = [f"w{number:02}_a" for number in range(20)]
    for branch, changed in (("base", -1), ("ours", lines[0]), ("theirs", lines[1])):
        contents = {name: branch if number == changed else "x" for number, name in enumerate(names)}
        write(root, files(**contents), HEADER, force=False)
        (root.parent / branch).write_bytes((root / "inventory.json").read_bytes())
    merge = ["git", "merge-file", "-p", "ours", "base", "theirs"]
    merged = subprocess.run(merge, cwd=root.parent, capture_output=True, text=True, check=False)
    assert (merged.returncode == 0) == clean
    if clean:
        both = {names[lines[0]]: "ours", names[lines[1]]: "theirs"}
        write(root, files(**{name: both.get(name, "x") for name in names}), HEADER, force=False)
        assert merged.stdout == (root / "inventory.json").read_text()
