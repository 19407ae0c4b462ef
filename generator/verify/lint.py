"""The yamllint stage: every remark of yamllint on a manifest is a problem; files of the same shape are linted once."""

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TypeAlias

import yaml
from yamllint import linter, parser
from yamllint.config import YamlLintConfig

from generator.base.problem import Problem
from generator.verify.shape import shape
from generator.verify.trees import Manifest

_BATCH = 250  # shapes; fewer than two batches are linted in this process, where no start has to be paid for
_HINT = "Mend the template or the patch that wrote it, and render again."

Remark: TypeAlias = tuple[str, int, int, str, str]
"""Rule, line, column, message, hint."""


def lint(manifests: Sequence[Manifest]) -> tuple[Problem, ...]:
    """Return yamllint's remarks on the manifests, in their order, using every processor when there are many shapes."""
    shapes: dict[str, int] = {}
    texts: list[str] = []
    judged: list[tuple[Manifest, int | Problem]] = []
    for manifest in manifests:
        try:
            text = manifest.path.read_bytes().decode("utf-8")
        except UnicodeDecodeError as error:
            judged.append((manifest, _unreadable(manifest, error)))
            continue
        number = shapes.setdefault(shape(text), len(texts))
        if number == len(texts):
            texts.append(text)
        judged.append((manifest, number))
    remarks = _remarks(texts)
    return tuple(problem for manifest, verdict in judged for problem in _problems(manifest, verdict, remarks))


def remarks_on(texts: Sequence[str]) -> list[list[Remark]]:
    """Return yamllint's remarks on each text."""
    config = YamlLintConfig(Path(__file__).with_name("yamllint.yaml").read_text(encoding="utf-8"))
    return [[*_directives(text), *_lint(text, config)] for text in texts]


def _remarks(texts: Sequence[str]) -> Sequence[Sequence[Remark]]:
    batches = [texts[start : start + _BATCH] for start in range(0, len(texts), _BATCH)]
    if len(batches) < 2:
        return remarks_on(texts)
    workers = min(len(batches), os.cpu_count() or 1)
    # Spawned, not forked: a progress display may have threads, whose locks a fork would copy as they are.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        return [remarks for batch in pool.map(remarks_on, batches) for remarks in batch]


def _problems(manifest: Manifest, verdict: int | Problem, remarks: Sequence[Sequence[Remark]]) -> Iterator[Problem]:
    if isinstance(verdict, Problem):
        yield verdict
        return
    for rule, line, column, message, hint in remarks[verdict]:
        yield Problem(
            rule=f"yamllint/{rule}", file=manifest.shown, line=line, column=column, message=message, hint=hint
        )


def _unreadable(manifest: Manifest, error: UnicodeDecodeError) -> Problem:
    return Problem(rule="yamllint/syntax", file=manifest.shown, message=f"this is not UTF-8 ({error}).")


def _lint(text: str, config: YamlLintConfig) -> list[Remark]:
    try:
        return [_remark(remark) for remark in linter.run(text, config)]
    except yaml.reader.ReaderError as error:  # a character that YAML forbids: yamllint itself ends with this
        line = text.count("\n", 0, error.position) + 1
        message = f"YAML does not allow the character #x{error.character:04x}."
        return [("syntax", line, error.position - text.rfind("\n", 0, error.position), message, _HINT)]
    except (AttributeError, IndexError, TypeError):
        # The rule `indentation` stumbles over some texts that are no YAML, such as a lone "}".
        syntax = linter.get_syntax_error(text)
        if syntax is None:
            raise
        return [_remark(syntax)]


def _remark(remark: linter.LintProblem) -> Remark:
    return remark.rule or "syntax", remark.line, remark.column, f"{remark.desc}.", _HINT


def _directives(text: str) -> Iterator[Remark]:
    """Yield a remark for each comment that yamllint would obey by looking away."""
    if "yamllint disable" not in text:
        return
    try:
        for item in parser.token_or_comment_generator(text):
            if isinstance(item, parser.Comment) and "yamllint disable" in str(item):
                hint = "Take it out: nothing is skipped in a rendered tree."
                yield "directive", item.line_no, item.column_no, "a comment switches yamllint off.", hint
    except yaml.YAMLError:
        return  # yamllint reports it
