"""Asks the real kubeconform about files, with the schemas that were provisioned."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from provisioned import real_toolbox


def statuses(folder: Path, kubernetes: str = "1.36") -> dict[str, str]:
    """Return kubeconform's status of the object in each YAML file of a folder, by file name."""
    toolbox = real_toolbox()
    places = (*toolbox.schema_locations(), *toolbox.own_locations())
    locations = [part for place in places for part in ("-schema-location", place)]
    command = [str(toolbox.tools["kubeconform"]), "-strict", "-verbose", "-output", "json", *locations]
    command += ["-kubernetes-version", f"{kubernetes}.0", str(folder)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return {Path(said["filename"]).name: said["status"] for said in json.loads(answer)["resources"]}


def without_schema(kinds: Sequence[tuple[str, str]], kubernetes: str, folder: Path) -> list[tuple[str, str]]:
    """Return the kinds (apiVersion, kind) for which kubeconform finds no schema, or one that it cannot compile."""
    for number, (version, kind) in enumerate(kinds):
        text = f"apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: a\n"
        (folder / f"{number}.yaml").write_text(text)
    said = statuses(folder, kubernetes)
    assert len(said) == len(kinds)
    judged = ("statusValid", "statusInvalid")
    return [kind for number, kind in enumerate(kinds) if said[f"{number}.yaml"] not in judged]
