"""A rendered tree whose components are delivered as charts or overlays, completed by the manifests that these mean.

Every stage judges objects; a tree need not hold them as manifests.
"""

import shutil
from pathlib import Path

from generator.components.catalogue import Catalogue
from generator.deliver.forms import MANIFESTS, forms_of
from generator.deliver.render import Renderer
from generator.plan.units import plan
from generator.spec.model import Platform
from generator.tree.inventory import asked_forms
from generator.verify.trees import FORM_FOLDERS, MANIFEST_FOLDERS, Tree


def completed(tree: Tree, platform: Platform, catalogue: Catalogue, folder: Path) -> Path:
    """Return where the tree's manifests lie, complete: the tree itself, or a copy in `folder` with what is missing.

    Raises ProblemsError when the specs cannot be rendered.
    """
    if not any((tree.root / name).is_dir() for name in FORM_FOLDERS):
        return tree.root
    asked = asked_forms(tree.root)
    units = [unit for unit in plan(platform, catalogue) if MANIFESTS not in forms_of(platform, unit, asked)]
    if not units:
        return tree.root
    renderer = Renderer()
    missing = [document for unit in units for document in renderer.documents(unit)]
    copy = folder / platform.name / platform.environment
    for name in (*MANIFEST_FOLDERS, *FORM_FOLDERS):
        if (tree.root / name).is_dir():
            shutil.copytree(tree.root / name, copy / name, symlinks=True)
    for document in missing:
        path = copy / document.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(document.content)
    return copy
