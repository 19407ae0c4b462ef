"""A rendered tree of a component's example with pages of the test's own, and what the runbooks stage says of them."""

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from rendering import CHECKOUT, edit, example_workspace

from generator.base.problem import Problem
from generator.deliver.tree import render_tree
from generator.spec.load import load
from generator.spec.workspace import open_workspace
from generator.tools.library import Kind, Library
from generator.tree.rendered import header, rendered_files
from generator.tree.write import write
from generator.verify.runbooks.stage import check_runbooks
from generator.verify.subject import Subject, rendered_subject
from generator.verify.trees import find_trees

EXAMPLE = CHECKOUT / "templates" / "recovery" / "velero" / "examples" / "valid" / "daily.yaml"
BROWSE = "https://git.example.com/shop/platform/src/branch/main"
KINDS = {
    ("velero.io", "Backup"): "backups",
    ("velero.io", "Restore"): "restores",
    ("velero.io", "Schedule"): "schedules",
    ("velero.io", "BackupStorageLocation"): "backupstoragelocations",
    ("postgresql.cnpg.io", "Backup"): "backups",
    ("postgresql.cnpg.io", "Cluster"): "clusters",
    ("argoproj.io", "Rollout"): "rollouts",
    ("argoproj.io", "Application"): "applications",
    ("keda.sh", "ScaledObject"): "scaledobjects",
    ("example.com", "Widget"): "widgets",
}
LIBRARY = Library(
    Path(),
    {
        **{key: Kind(Path(), "Namespaced", plural, ("v1",), "v1") for key, plural in KINDS.items()},
        ("snapshot.storage.k8s.io", "VolumeSnapshotContent"): Kind(
            Path(), "Cluster", "volumesnapshotcontents", ("v1",), "v1"
        ),
    },
)


@cache
def velero_workspace() -> Path:
    """Return a workspace with the rendered tree of Velero's example, whose alerts lead to pages. Nobody changes it."""
    root = Path(mkdtemp(prefix="gen-runbooks-test-"))
    workspace = example_workspace(EXAMPLE, root)
    browsed(workspace)
    written(workspace)
    return workspace


def browsed(workspace: Path) -> None:
    """Let the alerts of a workspace's platform lead to pages, as `gitops.browse` does."""
    file = workspace / "environments" / "shop" / "platform.yaml"
    if "browse:" not in file.read_text("utf-8"):
        edit(file, "gitops: {", f"gitops: {{browse: {BROWSE}, ")


def written(workspace: Path, environment: str = "example", platform: str = "shop") -> Path:
    """Render an environment into the workspace, and return its tree."""
    opened = open_workspace(workspace)
    tree = render_tree(load(opened, platform, environment), opened.catalogue)
    root = workspace / "output" / platform / environment
    write(root, rendered_files(tree), header(tree), force=True)
    return root


def subject_of(workspace: Path, environment: str = "example", platform: str = "shop") -> Subject:
    opened = open_workspace(workspace)
    (tree,) = find_trees(workspace, [(platform, environment)])
    return rendered_subject(tree, load(opened, platform, environment))


def judged(workspace: Path) -> tuple[Problem, ...]:
    return check_runbooks([subject_of(workspace)], LIBRARY).problems
