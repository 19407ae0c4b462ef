"""Small specs for the tests of this folder, written into a temporary workspace."""

from pathlib import Path
from typing import Any

import yaml

from generator.base.errors import ProblemsError
from generator.spec.documents import Documents
from generator.spec.load import load, read_documents
from generator.spec.model import Platform
from generator.spec.workspace import open_workspace

PLATFORM: dict[str, Any] = {
    "name": "shop",
    "gitops": {"repository": "https://git.example.com/shop/platform.git"},
    "regions": {
        "north": {"cloud": "aws", "zones": ["north-a"], "registry": "registry.example.com/shop"},
        "south": {"cloud": "gcp", "zones": ["south-a"], "registry": "registry.example.com/shop"},
    },
    "namespaces": {"shop": {}},
    "services": {"catalog": {"namespace": "shop", "image": {"tag": "1.0.0"}}},
}
ENVIRONMENT: dict[str, Any] = {"regions": ["north", "south"]}


def merged(base: Any, over: Any) -> Any:
    """Return `base` with the keys of `over` replaced, maps key by key; null stays null."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    return {**base, **{key: merged(base.get(key), value) for key, value in over.items()}}


def write(root: Path, platform: dict[str, Any] | None = None, environment: dict[str, Any] | None = None) -> Path:
    """Write PLATFORM and ENVIRONMENT, each with what is given on top, as shop/live; return the workspace."""
    folder = root / "environments" / "shop"
    folder.mkdir(parents=True, exist_ok=True)
    for name, base, over in (("platform", PLATFORM, platform), ("live", ENVIRONMENT, environment)):
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(merged(base, over or {}), sort_keys=False), "utf-8")
    return root


def write_text(root: Path, platform: str, environment: str) -> Path:
    """Write both documents of shop/live as they are given; return the workspace."""
    folder = root / "environments" / "shop"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "platform.yaml").write_text(platform, "utf-8")
    (folder / "live.yaml").write_text(environment, "utf-8")
    return root


def loaded(root: Path) -> Platform:
    return load(open_workspace(root), "shop", "live")


def documents(root: Path) -> Documents:
    return read_documents(open_workspace(root), "shop", "live")


def problems(root: Path) -> list[str]:
    """Return what is wrong with shop/live, a line each; [] when it loads."""
    try:
        loaded(root)
    except ProblemsError as error:
        return [problem.text() for problem in error.problems]
    return []
