"""The yamllint stage: every remark of yamllint on a manifest is a problem."""

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import yaml
from yamllint import linter, parser
from yamllint.config import YamlLintConfig

from generator.base.problem import Problem
from generator.verify.trees import Manifest

_BATCH = 100  # files; fewer than two batches are linted in this process, where no start has to be paid for


def lint(manifests: Sequence[Manifest]) -> tuple[Problem, ...]:
    """Return yamllint's remarks on the manifests, in their order, using every processor when there are many."""
    batches = [manifests[start : start + _BATCH] for start in range(0, len(manifests), _BATCH)]
    if len(batches) < 2:
        return tuple(problem for batch in batches for problem in lint_batch(batch))
    workers = min(len(batches), os.cpu_count() or 1)
    # Spawned, not forked: a progress display may have threads, whose locks a fork would copy as they are.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        return tuple(problem for problems in pool.map(lint_batch, batches) for problem in problems)


def lint_batch(manifests: Sequence[Manifest]) -> list[Problem]:
    """Return yamllint's remarks on some manifests."""
    config = YamlLintConfig(Path(__file__).with_name("yamllint.yaml").read_text(encoding="utf-8"))
    return [problem for manifest in manifests for problem in _lint_file(manifest, config)]


def _lint_file(manifest: Manifest, config: YamlLintConfig) -> Iterator[Problem]:
    try:
        text = manifest.path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        yield Problem(rule="yamllint/syntax", file=manifest.shown, message=f"this is not UTF-8 ({error}).")
        return
    yield from _directives(text, manifest)
    for remark in linter.run(text, config):
        yield Problem(
            rule=f"yamllint/{remark.rule or 'syntax'}",
            file=manifest.shown,
            line=remark.line,
            column=remark.column,
            message=f"{remark.desc}.",
            hint="Mend the template or the patch that wrote it, and render again.",
        )


def _directives(text: str, manifest: Manifest) -> Iterator[Problem]:
    """Yield a problem for each comment that yamllint would obey by looking away."""
    if "yamllint disable" not in text:
        return
    try:
        for item in parser.token_or_comment_generator(text):
            if isinstance(item, parser.Comment) and "yamllint disable" in str(item):
                yield Problem(
                    rule="yamllint/directive",
                    file=manifest.shown,
                    line=item.line_no,
                    column=item.column_no,
                    message="a comment switches yamllint off.",
                    hint="Take it out: nothing is skipped in a rendered tree.",
                )
    except yaml.MarkedYAMLError:
        return  # yamllint reports it, or kubeconform does
