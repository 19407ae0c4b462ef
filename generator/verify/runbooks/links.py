"""Judges where links lead, and that alerts and pages know each other."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from generator.base.nearest import did_you_mean
from generator.base.problem import Problem
from generator.derive.naming import runbook_of
from generator.manifests.object import Object
from generator.manifests.problems import problem_at
from generator.spec.model import Platform
from generator.verify.runbooks.known import Known
from generator.verify.runbooks.page import Page

INDEX = "README.md"
_ELSEWHERE = re.compile(r"[A-Za-z][-A-Za-z0-9+.]*:")
# A level-two heading that is one word like PostgresDown is that of an alert.
_ALERT = re.compile(r"[A-Z][a-z0-9]+(?:[A-Z][A-Za-z0-9]*)+")


def link_problems(pages: Sequence[Page], known: Known) -> Iterator[Problem]:
    """Yield links within the tree that lead nowhere, and headings that two links could mean."""
    by_name = {page.name: page for page in pages}
    for page in pages:
        for link in page.links:
            if not link.target or _ELSEWHERE.match(link.target):
                continue
            message, hint = _leads_nowhere(link.target, page, by_name, known)
            if message:
                yield _at(page, link.line, "link", message, hint)


def _leads_nowhere(target: str, page: Page, by_name: Mapping[str, Page], known: Known) -> tuple[str, str]:
    path, _, anchor = target.partition("#")
    if path and path not in by_name:
        # What is there is looked up below the tree; a page is of the folder runbooks.
        lies = os.path.normpath(os.path.join("runbooks", path))  # noqa: PTH118  (a name, not a file: it may lead up)
        if lies.startswith(("..", "/")) or not (known.root / lies).exists():
            return f"the link to {path} leads to nothing in the tree.", did_you_mean(path, by_name)
        return "", ""
    aim = by_name[path] if path else page
    if anchor and anchor not in aim.anchors:
        return f"{aim.name} has no heading #{anchor}.", did_you_mean(anchor, aim.anchors)
    return "", ""


def alert_problems(pages: Sequence[Page], objects: Sequence[Object], platform: Platform) -> Iterator[Problem]:
    """Yield alerts whose runbook_url leads to no heading, and headings of alerts that nothing fires.

    An address that is none of this platform's runbooks is left to whoever wrote it.
    """
    by_name = {page.name: page for page in pages}
    fired: dict[str, set[str]] = {}
    base = runbook_of(platform, "").removesuffix(".md") if platform.gitops.browse else ""
    for item in objects:
        for path, rule in _alerts(item):
            url = _mapping(rule.get("annotations")).get("runbook_url")
            name = str(rule["alert"])
            fired.setdefault(name, set()).add(str(item.place.shown))
            if base and isinstance(url, str) and url.startswith(base):
                aim, _, anchor = url.removeprefix(base).partition("#")
                message, hint = _unanswered(name, aim, anchor, by_name)
                if message:
                    place = (*path, "annotations", "runbook_url")
                    yield problem_at(item, place, rule="runbooks/alert", message=message, hint=hint)
    for page in pages:
        if page.name != INDEX:
            yield from _silent(page, fired)


def _unanswered(alert: str, page: str, anchor: str, by_name: Mapping[str, Page]) -> tuple[str, str]:
    if page not in by_name:
        message = f"the runbook of {alert} is runbooks/{page}, which is not there."
        return message, "Add a runbook.md.j2 to the component."
    if anchor not in by_name[page].anchors:
        hint = did_you_mean(anchor, by_name[page].anchors) or f"Add '## {alert}' to the page's template."
        return f"runbooks/{page} has no heading #{anchor} for {alert}.", hint
    return "", ""


def _silent(page: Page, fired: Mapping[str, set[str]]) -> Iterator[Problem]:
    for heading in page.headings:
        if heading.level == 2 and _ALERT.fullmatch(heading.text) and heading.text not in fired:
            message = f"the tree has no alert {heading.text}."
            hint = did_you_mean(heading.text, fired) or "Remove it, or call it otherwise if it is about no alert."
            yield _at(page, heading.line, "alert", message, hint)


def _alerts(item: Object) -> Iterator[tuple[tuple[str | int, ...], Mapping[str, Any]]]:
    """Yield the alerts of an object with their places: of a PrometheusRule, and of the values of an upstream chart."""
    if item.kind in {"PrometheusRule", "Application"} and '"alert":' in item.flat:
        yield from _walk(item.value.get("spec"), ("spec",))


def _walk(value: object, at: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Mapping[str, Any]]]:
    if isinstance(value, dict):
        if isinstance(value.get("alert"), str) and "expr" in value:
            yield at, value
            return
        for key, child in value.items():
            yield from _walk(child, (*at, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _walk(child, (*at, index))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _at(page: Page, line: int, rule: str, message: str, hint: str) -> Problem:
    return Problem(rule=f"runbooks/{rule}", message=message, hint=hint, file=page.shown, line=line)
