"""From a rendered tree to the files that are written or compared."""

from collections.abc import Mapping

from generator import __version__
from generator.deliver.tree import RenderedTree
from generator.tree.files import OwnedFile, TreeHeader


def rendered_files(tree: RenderedTree) -> Mapping[str, OwnedFile]:
    """Return the files of a rendered tree by path."""
    manifests = {d.path: OwnedFile(d.content, d.owner, d.input_hash) for d in tree.manifests}
    return manifests | {f.path: OwnedFile(f.content, f.owner, f.input_hash) for f in tree.files}


def header(tree: RenderedTree) -> TreeHeader:
    """Return what a rendered tree was made by and for."""
    platform = tree.platform
    return TreeHeader(__version__, platform.kubernetes, platform.name, platform.environment, tree.forms, tree.asked)
