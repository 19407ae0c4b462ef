"""The cases of examples/invalid: a sound platform in base/, and beside it one folder a mistake.

A case holds the files that differ from base/: those at its top stand for files of base/environments/shop/, those in a
folder for files of the workspace. expected.txt is what gen says of it, a problem a line.
"""

import shutil
from pathlib import Path

from generator.base.errors import GenError
from generator.deliver.tree import render_tree
from generator.spec.load import load
from generator.spec.workspace import open_workspace

INVALID = Path(__file__).resolve().parents[2] / "examples" / "invalid"
BASE = INVALID / "base"
PLATFORM = Path("environments/shop")
EXPECTED = "expected.txt"
CASES = sorted(path for path in INVALID.iterdir() if path.is_dir() and path != BASE)


def build_workspace(case: Path | None, target: Path) -> Path:
    """Write the workspace of a case (None: base itself) into the folder `target`, and return it."""
    shutil.copytree(BASE, target, dirs_exist_ok=True)
    files = sorted(path for path in case.rglob("*") if path.is_file()) if case else []
    for file in files:
        inner = file.relative_to(case) if case else file
        if inner.name != EXPECTED:
            to = target / (PLATFORM / inner if len(inner.parts) == 1 else inner)
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(file.read_bytes())
    return target


def said_of(workspace: Path) -> str:
    """Return what gen says when it validates and renders every environment of a workspace; "" when all is well."""
    try:
        opened = open_workspace(workspace)
        for platform, environment in opened.chosen(None, None):
            render_tree(load(opened, platform, environment), opened.catalogue)
    except GenError as error:
        return f"{error}\n"
    return ""
