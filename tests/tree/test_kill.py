"""A writer that is killed leaves the old tree or the new one, and the next run cleans up after it."""

import subprocess
import sys
from pathlib import Path

import pytest

from generator.tree.swap import recover, stage_of
from generator.tree.write import compare, write

sys.path.insert(0, str(Path(__file__).parent))
from killed_writer import HEADER, NEW, OLD

CHECKPOINTS = ["recovered", "stage made", "folders made", "linked", "written", "flushed"]
AFTER = ["swapped", "stage removed"]


def snapshot(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name != "inventory.json"
    }


def content(files: dict[str, object]) -> dict[str, bytes]:
    return {path: file.content for path, file in files.items()} | {"notes/mine.txt": b"mine\n"}  # type: ignore[attr-defined]


def old_tree(workspace: Path) -> Path:
    root = workspace / "output" / "talai" / "production"
    write(root, OLD, HEADER, force=False)
    (root / "notes").mkdir()
    (root / "notes" / "mine.txt").write_bytes(b"mine\n")
    return root


def run(root: Path, checkpoint: int, way: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(Path(__file__).with_name("killed_writer.py")), str(root), str(checkpoint), way]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("way", "names"), [("exchange", [*CHECKPOINTS, *AFTER]), ("renames", [*CHECKPOINTS, "moved away", *AFTER])]
)
def test_the_checkpoints_are_those_that_the_tests_kill_at(way: str, names: list[str], tmp_path: Path) -> None:
    assert run(old_tree(tmp_path), -1, way).stdout.splitlines() == names


@pytest.mark.parametrize(
    ("way", "checkpoint"), [*(("exchange", k) for k in range(8)), *(("renames", k) for k in range(9))]
)
def test_a_kill_at_any_step_leaves_one_whole_tree_and_the_next_run_the_new_one(
    way: str, checkpoint: int, tmp_path: Path
) -> None:
    root = old_tree(tmp_path)
    killed = run(root, checkpoint, way)
    assert killed.returncode == -9, killed.stderr
    moved_away = way == "renames" and checkpoint == len(CHECKPOINTS)
    assert root.exists() != moved_away
    if moved_away:
        recover(root)
    swapped = checkpoint >= len(CHECKPOINTS) + (way == "renames")
    assert snapshot(root) == content(dict(NEW if swapped else OLD))
    assert not compare(root, NEW if swapped else OLD, HEADER)

    write(root, NEW, HEADER, force=False)
    assert snapshot(root) == content(dict(NEW))
    assert not compare(root, NEW, HEADER)
    assert [path.name for path in root.parent.iterdir()] == ["production"]


def test_a_folder_that_was_half_removed_is_cleaned_up_when_nothing_differs(tmp_path: Path) -> None:
    root = old_tree(tmp_path)
    (stage_of(root) / "clusters").mkdir(parents=True)
    (root.parent / ".production.gen-old").mkdir()
    assert not write(root, OLD, HEADER, force=False)
    assert [path.name for path in root.parent.iterdir()] == ["production"]


def test_what_was_staged_is_removed_when_writing_fails(tmp_path: Path) -> None:
    from generator.base.errors import GenError
    from generator.tree.swap import Steps

    def full_disk(name: str) -> None:
        if name == "written":
            raise OSError(28, "No space left on device")

    root = old_tree(tmp_path)
    with pytest.raises(GenError, match=r"No space left on device\)\. Check its permissions and the free space"):
        write(root, NEW, HEADER, force=False, steps=Steps(checkpoint=full_disk))
    assert snapshot(root) == content(dict(OLD))
    assert [path.name for path in root.parent.iterdir()] == ["production"]
