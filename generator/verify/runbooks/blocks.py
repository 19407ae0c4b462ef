"""Judges the blocks of code of pages: by shellcheck, and word by word against the tree."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from generator.base.problem import Problem
from generator.verify.runbooks.known import Known, Remark
from generator.verify.runbooks.page import Block, Page
from generator.verify.runbooks.programs import Programs
from generator.verify.runbooks.shell import read_script
from generator.verify.runbooks.shellcheck import shellcheck

SHELLS = {"sh": "sh", "shell": "sh", "bash": "bash"}
_ENGINE_HINT = "Correct the template of the page, or the spec."


def block_problems(pages: Sequence[Page], known: Known) -> Iterator[Problem]:
    """Yield what is wrong with the commands of pages."""
    for page in pages:
        programs = Programs(known)
        for block in page.blocks:
            if not block.closed:
                yield _problem(page, block.line - 1, "page", "this block of code is never closed.", "Add the ```.")
            elif not block.language:
                hint = "Write ```sh for commands and ```text for what they show."
                yield _problem(page, block.line - 1, "page", "this block of code does not say what it is.", hint)
            elif block.language in SHELLS:
                yield from _commands(page, block, programs)
            elif block.language == "promql":
                yield from _query(page, block)


def _commands(page: Page, block: Block, programs: Programs) -> Iterator[Problem]:
    script = read_script(block.text)
    if not script.commands and not script.mistakes:
        yield _problem(page, block.line, "page", "this block has no command.", "Write ```text.")
    for line, message in script.mistakes:
        yield _problem(page, block.line + line - 1, "syntax", message, _ENGINE_HINT)
    seen: set[tuple[int, Remark]] = set()
    for command in script.commands:
        for words in command.readings():
            for remark in programs.judge(words):
                if (command.line, remark) not in seen:
                    seen.add((command.line, remark))
                    yield _remark(page, block.line + command.line - 1, remark)


def _query(page: Page, block: Block) -> Iterator[Problem]:
    import promql_parser  # noqa: PLC0415  (only a page with a query pays for it)

    try:
        promql_parser.parse(block.text)
    except ValueError as error:
        yield _problem(page, block.line, "query", f"this is no query of Prometheus: {error}.", _ENGINE_HINT)


def shellcheck_problems(pages: Sequence[Page], program: Path) -> Iterator[Problem]:
    """Yield what shellcheck says of the shell blocks of pages."""
    found = [(page, block) for page in pages for block in page.blocks if block.language in SHELLS]
    texts = [(SHELLS[block.language], block.text) for _, block in found]
    for (page, block), complaints in zip(found, shellcheck(texts, program), strict=True):
        for complaint in complaints:
            yield Problem(
                rule=f"runbooks/shellcheck-sc{complaint.code}",
                message=complaint.message,
                hint=_ENGINE_HINT,
                file=page.shown,
                line=block.line + complaint.line - 1,
                column=block.indentation + complaint.column,
            )


def _remark(page: Page, line: int, remark: Remark) -> Problem:
    hint = remark.hint or _ENGINE_HINT
    return Problem(
        rule=f"runbooks/{remark.rule}",
        message=remark.message,
        hint=hint,
        severity=remark.severity,
        file=page.shown,
        line=line,
    )


def _problem(page: Page, line: int, rule: str, message: str, hint: str) -> Problem:
    return Problem(rule=f"runbooks/{rule}", message=message, hint=hint, file=page.shown, line=line)
