"""Files beside a component's templates: read by name, part of the digest, held to usable names and to the workspace."""

from pathlib import Path

import pytest
from rendering import CHECKOUT

from generator.base.errors import ProblemsError
from generator.components.catalogue import Component, read_catalogue
from generator.documents.schema import Schemas

ABOUT = "description: A thing\nscope: instance\nwave: 40\nkinds: [ConfigMap]\n"
TEMPLATE = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: thing\ndata:\n  run.sh: [[ file("run.sh") ]]\n'


def folder(root: Path) -> Path:
    made = root / "templates" / "app" / "thing"
    (made / "manifests").mkdir(parents=True)
    (made / "component.yaml").write_text(ABOUT, "utf-8")
    (made / "manifests" / "configmap.yaml.j2").write_text(TEMPLATE, "utf-8")
    return made


def read(root: Path) -> Component:
    return read_catalogue([root / "none", root / "templates"], Schemas(CHECKOUT / "schemas")).components["app/thing"]


def test_files_are_read_by_their_names_but_for_hidden_ones(tmp_path: Path) -> None:
    files = folder(tmp_path) / "files"
    files.mkdir()
    (files / "run.sh").write_text("exit 0\n", "utf-8")
    (files / ".run.sh.swp").write_text("", "utf-8")
    assert dict(read(tmp_path).files) == {"run.sh": "exit 0\n"}


def test_the_digest_follows_a_file_and_its_name(tmp_path: Path) -> None:
    files = folder(tmp_path) / "files"
    seen = {read(tmp_path).digest}
    files.mkdir()
    for name, text in (("run.sh", "exit 0\n"), ("run.sh", "exit 1\n"), ("other.sh", "exit 1\n")):
        (files / name).write_text(text, "utf-8")
        seen.add(read(tmp_path).digest)
    assert len(seen) == 4


@pytest.mark.parametrize("name", ["run me.sh", "-run.sh", "läuft.sh"])
def test_a_file_with_an_unusable_name_is_refused(tmp_path: Path, name: str) -> None:
    files = folder(tmp_path) / "files"
    files.mkdir()
    (files / name).write_text("exit 0\n", "utf-8")
    with pytest.raises(ProblemsError, match="not a usable name"):
        read(tmp_path)


def test_a_link_out_of_the_workspace_is_refused(tmp_path: Path) -> None:
    files = folder(tmp_path) / "files"
    files.mkdir()
    (tmp_path / "secret").write_text("password\n", "utf-8")
    (files / "run.sh").symlink_to(tmp_path / "secret")
    with pytest.raises(ProblemsError, match="leads out of the workspace"):
        read(tmp_path)
