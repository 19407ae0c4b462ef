"""The edge of the tests' platform, rendered into folders."""

from pathlib import Path

from generator.deliver.edge.render import render_edge
from generator.spec.load import load
from generator.spec.model import Platform
from generator.spec.workspace import open_workspace

WORKSPACE = Path(__file__).parent / "workspace"
ROOT = Path(__file__).parents[2]


def platform(environment: str = "live") -> Platform:
    """Return the tests' platform."""
    return load(open_workspace(WORKSPACE), "globe", environment)


def write(found: Platform, folder: Path) -> Path:
    """Return the folder edge/ of a platform, rendered below another."""
    for file in render_edge(found):
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
    return folder / "edge"
