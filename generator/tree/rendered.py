"""From a rendered tree to the files that are written or compared."""

from collections.abc import Mapping

from generator import __version__
from generator.deliver.tree import RenderedTree
from generator.tree.files import OwnedFile, TreeHeader


def rendered_files(tree: RenderedTree) -> Mapping[str, OwnedFile]:
    """Return the files of a rendered tree by path."""
    documents = (*tree.documents, *((tree.readme,) if tree.readme else ()))
    return {d.path: OwnedFile(d.content, d.owner, d.input_hash) for d in documents}


def header(tree: RenderedTree) -> TreeHeader:
    """Return what a rendered tree was made by and for."""
    return TreeHeader(__version__, tree.platform.kubernetes, tree.platform.name, tree.platform.environment)
