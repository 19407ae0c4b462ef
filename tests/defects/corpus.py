"""The corpus of defects: small mutations of clean trees, each with the stages or rules that must catch it."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

HERE = Path(__file__).parent
GOLDEN = HERE.parent / "golden"
TREES: Mapping[str, Path] = {
    "atlas": GOLDEN / "atlas" / "output" / "atlas" / "live",
    **{path.name: path for path in sorted((HERE / "trees").iterdir())},
}
"""Clean trees by name: one that gen rendered, and those in the styles of others, written by hand."""

TOOLS = ("promtool", "istioctl", "admission")
"""Stages that take seconds a run: each judges all of its defects in one."""


@dataclass(frozen=True, slots=True)
class Catch:
    """The id of a rule or of a stage's problem that a defect must add, and its severity."""

    rule: str
    severity: str

    @property
    def stage(self) -> str:
        """Return the stage that it comes from: problems are named after their stage, or after a group of rules."""
        group = self.rule.partition("/")[0]
        return group if group in {*TOOLS, "kubeconform"} else "rules"


@dataclass(frozen=True, slots=True)
class Defect:
    """A mutation of a clean tree: in `file`, `old` (which stands there once) becomes `new`.

    Without `old` the file is added with the text `new`; without both it is removed. caught_by are the problems that
    must be new in the mutated tree; written as text they are "<rule>", or "<severity> <rule>" when it is no error.
    """

    tree: str
    name: str
    file: str
    old: str | None
    new: str | None
    caught_by: tuple[Catch, ...]

    def apply(self, root: Path) -> None:
        """Mutate a copy of the tree."""
        path = root / self.file
        if self.old is None:
            if self.new is None:
                path.unlink()
            else:
                assert not path.exists(), f"{self.file} is there already"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(self.new, encoding="utf-8")
            return
        text = path.read_text(encoding="utf-8")
        assert text.count(self.old) == 1, f"{self.file} holds {self.old!r} {text.count(self.old)} times"
        path.write_text(text.replace(self.old, self.new or ""), encoding="utf-8")

    def mutated(self, target: Path) -> Path:
        """Return a mutated copy of the defect's tree."""
        shutil.copytree(TREES[self.tree], target, dirs_exist_ok=True)
        self.apply(target)
        return target


def defects() -> Iterator[Defect]:
    """Yield the corpus: files of cases named after their tree, each a mapping from the defect's name to what it is."""
    for file in sorted((HERE / "cases").glob("*.yaml")):
        for name, case in yaml.safe_load(file.read_text(encoding="utf-8")).items():
            caught = case["caught_by"]
            yield Defect(
                tree=file.stem.partition("-")[0],
                name=name,
                file=case["file"],
                old=case.get("old"),
                new=case.get("new"),
                caught_by=tuple(_catch(text) for text in ([caught] if isinstance(caught, str) else caught)),
            )


def _catch(text: str) -> Catch:
    severity, _, rule = text.rpartition(" ")
    return Catch(rule, severity or "error")
