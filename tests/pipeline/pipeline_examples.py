"""The examples of the components below templates/pipeline, rendered once a process."""

import shutil
import tempfile
from functools import cache
from pathlib import Path

from rendering import CHECKOUT, Manifest, Rendered, render

REGIONS = ("us-west-2", "eu-west-1", "ap-south-1")


@cache
def example(component: str, case: str) -> Rendered:
    """Return an example of a component below templates/pipeline as it is rendered."""
    with tempfile.TemporaryDirectory() as folder:
        specs = Path(folder) / "environments" / "shop"
        specs.mkdir(parents=True)
        shutil.copyfile(CHECKOUT / "examples" / "components" / "platform.yaml", specs / "platform.yaml")
        shutil.copyfile(
            CHECKOUT / "templates" / "pipeline" / component / "examples" / "valid" / f"{case}.yaml",
            specs / "example.yaml",
        )
        return render(Path(folder), "shop", "example")


def named(rendered: Rendered, kind: str, name: str, region: str) -> Manifest:
    """Return the one object of a kind and a name in a region."""
    found = [o for o in rendered.of_kind(kind, region).values() if o["metadata"]["name"] == name]
    assert len(found) == 1, f"{kind} {name} in {region}: {len(found)}"
    return found[0]
