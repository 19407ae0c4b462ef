"""Runs kubeconform on the manifests of a tree, offline, and reads its answer."""

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from generator.base.errors import GenError
from generator.tools.toolbox import Toolbox
from generator.verify.trees import Tree


@dataclass(frozen=True, slots=True)
class Verdict:
    """What kubeconform says of one object: status is statusValid, statusInvalid, statusError, statusSkipped or "".

    The last stands for an empty document.
    """

    file: str
    kind: str
    api_version: str
    name: str
    status: str
    message: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The verdicts on a tree; complaint is what kubeconform wrote beside them ("" if all went well)."""

    verdicts: tuple[Verdict, ...]
    complaint: str


def ask(tree: Tree, toolbox: Toolbox) -> Answer:
    """Return kubeconform's verdict on every object below the tree's manifest folders."""
    folders = [str(folder) for folder in tree.folders()]
    if not folders:
        return Answer((), "")
    done = subprocess.run(
        [*command(tree.kubernetes, toolbox), *folders],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    try:
        resources = json.loads(done.stdout)["resources"]
    except (json.JSONDecodeError, KeyError) as error:
        said = (done.stderr or done.stdout).strip()
        raise GenError(
            f"kubeconform did not answer (exit code {done.returncode}): {said}. Run `gen tools list`."
        ) from error
    return Answer(tuple(map(_verdict, resources)), done.stderr.strip())


def command(kubernetes: str, toolbox: Toolbox) -> Sequence[str]:
    """Return the kubeconform command, without files, that checks against a Kubernetes minor version ("1.36")."""
    locations = [part for place in toolbox.schema_locations() for part in ("-schema-location", place)]
    return [
        str(toolbox.tools["kubeconform"]),
        "-strict",
        "-verbose",  # valid objects are reported too, so that they can be counted file by file
        "-summary",
        "-output",
        "json",
        "-n",
        str(os.cpu_count() or 1),
        "-kubernetes-version",
        f"{kubernetes}.0",
        *locations,
    ]


def _verdict(resource: dict[str, Any]) -> Verdict:
    return Verdict(
        file=resource["filename"],
        kind=resource["kind"],
        api_version=resource["version"],
        name=resource["name"],
        status=resource["status"],
        message=resource["msg"],
    )
