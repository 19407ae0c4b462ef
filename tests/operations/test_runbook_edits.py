"""The edits of specs that runbooks tell people to make are ones that gen takes: each `yaml` block is tried."""

import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from operations_page import before
from rendering import CHECKOUT, copied

from generator.base.errors import ProblemsError
from generator.spec.load import load
from generator.spec.model import Platform
from generator.spec.workspace import open_workspace

BLOCK = re.compile(r"^( *)```yaml\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def blocks() -> Iterator[tuple[str, str]]:
    """Yield (page, block) of every `yaml` block of growth's runbooks."""
    for path, content in before("growth").files.items():
        if path.startswith("runbooks/"):
            for _, block in BLOCK.findall(content.decode()):
                yield path.removeprefix("runbooks/"), textwrap.dedent(block)


def merged(base: Any, more: Any) -> Any:
    if isinstance(base, Mapping) and isinstance(more, Mapping):
        return {key: merged(base.get(key), more.get(key)) if key in more else base[key] for key in {**base, **more}}
    return more


def loaded(workspace: Path, *edits: str) -> Platform:
    """Return growth with edits merged into its file."""
    copied(CHECKOUT, workspace)
    file = workspace / "environments" / "talai" / "growth.yaml"
    spec = yaml.safe_load(file.read_text("utf-8"))
    for edit in edits:
        spec = merged(spec, yaml.safe_load(edit))
    file.write_text(yaml.safe_dump(spec), encoding="utf-8")
    return load(open_workspace(workspace), "talai", "growth")


def test_every_edit_of_a_runbook_is_one_that_gen_takes(tmp_path: Path) -> None:
    refused = []
    for number, (page, block) in enumerate(blocks()):
        edit = block.replace("the-token-of-step-2", "eyJhIjogMX0=")  # the one word that only a cluster knows
        try:
            loaded(tmp_path / str(number), edit)
        except ProblemsError as error:
            refused.append(f"{page}: {block}{error.problems[0].text()}")
    assert refused == []


def test_the_runbooks_have_edits_for_draining_and_promoting() -> None:
    pages = [page for page, _ in blocks()]
    assert pages.count("failover.md") >= 2
    assert pages.count("postgres.md") >= 3


def test_an_edit_that_gen_refuses_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(ProblemsError, match="every write goes to us-west-2, which is drained"):
        loaded(tmp_path, "in: {us-west-2: {region: {drained: true}}}\n")


def test_one_region_may_hand_its_writes_over_before_the_other_takes_them(tmp_path: Path) -> None:
    """Demoted first, promoted once the token is there: in between the edge may name either."""
    demoted = "in: {us-west-2: {components: {postgres: {writes: eu-west-1}}}}\n"
    for place, edge in (("old", "us-west-2"), ("new", "eu-west-1")):
        platform = loaded(tmp_path / place, demoted, f"edge: {{writes: {edge}}}\n")
        assert platform.edge is not None
        assert platform.edge.writes == edge
    with pytest.raises(ProblemsError, match="writes would go to ap-south-1"):
        loaded(tmp_path / "third", demoted, "edge: {writes: ap-south-1}\n")
