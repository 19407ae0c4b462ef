"""The examples of the components below templates/pipeline, rendered once a process."""

import tempfile
from functools import cache
from pathlib import Path

from rendering import CHECKOUT, Manifest, Rendered, example_workspace, render

REGIONS = ("us-west-2", "eu-west-1", "ap-south-1")


@cache
def example(component: str, case: str) -> Rendered:
    """Return an example of a component below templates/pipeline as it is rendered."""
    with tempfile.TemporaryDirectory() as folder:
        file = CHECKOUT / "templates" / "pipeline" / component / "examples" / "valid" / f"{case}.yaml"
        return render(example_workspace(file, Path(folder)), "shop", "example")


def named(rendered: Rendered, kind: str, name: str, region: str) -> Manifest:
    """Return the one object of a kind and a name in a region."""
    found = [o for o in rendered.of_kind(kind, region).values() if o["metadata"]["name"] == name]
    assert len(found) == 1, f"{kind} {name} in {region}: {len(found)}"
    return found[0]
