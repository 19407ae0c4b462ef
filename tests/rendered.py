"""Trees as `gen render` writes them, for the tests of verification."""

import functools
import hashlib
import json
import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from generator.cli.tools import cache_at, toolbox
from generator.tools.toolbox import Toolbox
from generator.verify.report import Report
from generator.verify.run import Means, verify
from generator.verify.subject import rendered_subject
from generator.verify.trees import Tree

KINDS = Path(__file__).parent / "verify" / "kinds"


@functools.cache
def real_toolbox() -> Toolbox:
    """Return everything that is pinned, in the cache that `gen` itself uses."""
    return toolbox(own_cache(), lambda _: None)


def kind_file(kind: str) -> str:
    return (KINDS / f"{kind}.yaml").read_text(encoding="utf-8")


def good_files() -> dict[str, str]:
    """Return a manifest of every kind by its place in a tree."""
    names = sorted(path.stem for path in KINDS.glob("*.yaml"))
    return {f"clusters/eu/shop/{name.lower()}.yaml": kind_file(name) for name in names}


def write_tree(workspace: Path, files: Mapping[str, str], kubernetes: str = "1.36") -> Tree:
    """Write manifests into output/shop/test of a workspace, with the inventory that belongs to them."""
    specs = workspace / "environments" / "shop"
    specs.mkdir(parents=True, exist_ok=True)
    for name in ("platform", "test"):
        (specs / f"{name}.yaml").touch()  # verification asks which there are, not what they say
    root = workspace / "output" / "shop" / "test"
    root.mkdir(parents=True, exist_ok=True)
    entries = {}
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        entries[name] = {"sha256": hashlib.sha256(text.encode()).hexdigest()}
    inventory = {"generator": "0.1.0", "kubernetes": kubernetes, "files": entries}
    (root / "inventory.json").write_text(json.dumps(inventory), encoding="utf-8")
    return Tree(root, "output/shop/test", kubernetes)


def own_cache() -> Path | None:
    """Return the cache folder that the environment names, if it does."""
    own = os.environ.get("GITOPS_GEN_CACHE")
    return Path(own) if own else None


def means() -> Means:
    return Means(real_toolbox(), cache_at(own_cache()), lambda _: None)


def verified(trees: Iterable[Tree], stages: Collection[str]) -> Report:
    """Return what some stages find in trees."""
    return verify([rendered_subject(tree) for tree in trees], means(), stages)
