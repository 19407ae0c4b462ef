"""The runbooks stage: what people type and click at night is there, and shellcheck has nothing to say of it."""

from collections.abc import Sequence
from pathlib import Path

from generator.base.problem import Problem
from generator.tools.library import Library
from generator.verify.outcome import Outcome
from generator.verify.runbooks.blocks import SHELLS, block_problems, shellcheck_problems
from generator.verify.runbooks.control import alert_control, control_problems, shellcheck_control
from generator.verify.runbooks.known import Known
from generator.verify.runbooks.links import INDEX, alert_problems, link_problems
from generator.verify.runbooks.page import Page, read_page
from generator.verify.runbooks.shellcheck import find_shellcheck
from generator.verify.subject import Subject

FOLDER = "runbooks"


def check_runbooks(subjects: Sequence[Subject], library: Library) -> Outcome:
    """Return what is wrong with the runbooks of trees; library tells which kinds kubectl knows.

    Only trees whose spec can be read are judged: the render stage reports the others. Raises GenError without
    shellcheck.
    """
    program = find_shellcheck()
    problems: list[Problem] = []
    every: list[Page] = []
    for subject in subjects:
        if subject.platform is None:
            continue
        known = Known(subject, subject.platform, library)
        pages = read_pages(known.root, subject.shown)
        if not any(page.name == INDEX for page in pages):
            message = "the tree has no index of runbooks."
            problems.append(Problem(rule="runbooks/page", file=subject.shown, message=message, hint="Render it again."))
        objects = subject.repository.manifests.objects
        problems += [*block_problems(pages, known), *link_problems(pages, known)]
        problems += alert_problems(pages, objects, subject.platform)
        problems += [*control_problems(known), *alert_control(objects, subject.platform)]
        every += pages
    problems += [*shellcheck_problems(every, program), *shellcheck_control(program)]
    blocks = sum(block.language in SHELLS for page in every for block in page.blocks)
    return Outcome(tuple(problems), note=f"{len(every)} pages, {blocks} blocks of commands")


def read_pages(root: Path, shown: str) -> list[Page]:
    """Return the pages of a tree; a page that is no UTF-8 has none of its own words, and the render stage says so."""
    files = sorted((root / FOLDER).glob("*.md"))
    return [
        read_page(file.name, f"{shown}/{FOLDER}/{file.name}", file.read_bytes().decode(errors="replace"))
        for file in files
    ]
