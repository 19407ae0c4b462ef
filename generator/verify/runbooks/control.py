"""Negative controls: commands with the tree's own names must pass, and with one name misspelt they must not."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from generator.base.problem import Problem
from generator.derive.naming import runbook_of
from generator.manifests.object import Object
from generator.spec.model import Platform
from generator.verify.runbooks.blocks import block_problems, shellcheck_problems
from generator.verify.runbooks.kinds import Kind
from generator.verify.runbooks.known import Known
from generator.verify.runbooks.links import alert_problems, link_problems
from generator.verify.runbooks.page import Page, read_page

_NOWHERE = "0-not-there"
_HINT = "The stage cannot be relied upon: report it."


def control_problems(known: Known) -> Iterator[Problem]:
    """Yield a problem for each mistake of a small page that goes unnoticed, and for a mistake that is none."""
    for sound in _sound(known):
        found = [*block_problems([_page(sound)], known), *link_problems([_page(sound)], known)]
        for problem in found:
            yield _control(f"The stage finds fault where there is none: {problem.text()}")
    for rule, text in _mistakes(known):
        page = _page(text)
        judged = [*block_problems([page], known), *link_problems([page], known)]
        judged += alert_problems([page], (), known.platform)
        if not any(problem.rule == f"runbooks/{rule}" for problem in judged):
            yield _control(f"A mistake goes unnoticed that is of runbooks/{rule}: {text.strip()}")


def alert_control(objects: Sequence[Object], platform: Platform) -> Iterator[Problem]:
    """Yield a problem when the alerts that lead to pages are not missed where there is no page."""
    base = runbook_of(platform, "").removesuffix(".md")
    lead = any(base in item.flat for item in objects if item.kind == "PrometheusRule") if base else False
    if lead and not any(alert_problems((), objects, platform)):
        yield _control("Alerts lead to pages that are not there, and nobody notices.")


def shellcheck_control(program: Path) -> Iterator[Problem]:
    """Yield a problem when shellcheck does not notice a variable that is not quoted."""
    page = _page(_block("folder=$(mktemp -d)\nls $folder\n"))
    found = [problem.rule for problem in shellcheck_problems([page], program)]
    if found != ["runbooks/shellcheck-sc2086"]:
        yield _control(f"shellcheck finds {found or 'nothing'} in a variable that is not quoted.")


def _sound(known: Known) -> Iterator[str]:
    for context, kind, item in _example(known):
        yield _block(f"kubectl --context {context} -n {item.namespace} get {_word(kind)} {item.name}\n")
    for name in sorted(known.applications)[:1]:
        yield _block(f"argocd app get {name}\n")
    yield "# Here\n\n[here](#here)\n"


def _mistakes(known: Known) -> Iterator[tuple[str, str]]:
    for context, kind, item in _example(known):
        start, what = f"kubectl --context {context}", f"get {_word(kind)}"
        yield "context", _block(f"kubectl --context {_NOWHERE} -n {item.namespace} {what}\n")
        yield "namespace", _block(f"{start} -n {_NOWHERE} {what}\n")
        yield "namespace", _block(f"{start} {what}\n")
        yield "object", _block(f"{start} -n {item.namespace} {what} {_NOWHERE}\n")
        yield "kind", _block(f"{start} -n {item.namespace} get {_NOWHERE}\n")
        yield "selector", _block(f"{start} -n {item.namespace} {what} -l app.kubernetes.io/name={_NOWHERE}\n")
        yield "command", _block(f"{start} -n {item.namespace} {_NOWHERE}\n")
        yield "command", _block(f"{start} -n {item.namespace} {what} --{_NOWHERE}\n")
    yield "command", _block(f"{_NOWHERE} --help\n")
    yield "application", _block(f"argocd app get {_NOWHERE}\n")
    yield "host", _block(f"curl https://{_NOWHERE}.example.invalid/health\n")
    yield "path", _block(f"cat environments/{_NOWHERE}.yaml\n")
    yield "syntax", _block("echo 'never closed\n")
    yield "syntax", _block('echo "$NOT_DEFINED"\n')
    yield "page", "```\nls\n```\n"
    yield "query", "```promql\nrate(up[5m]\n```\n"
    yield "link", f"[nowhere]({_NOWHERE}.md)\n"
    yield "link", f"[nowhere](#{_NOWHERE})\n"
    yield "alert", "## NobodyFiresThisAlert\n"


def _example(known: Known) -> Iterator[tuple[str, Kind, Object]]:
    """Yield the first object of the tree, with its context, that kubectl can be asked for, if there is one."""
    for context, cluster in known.clusters.items():
        for pod in cluster.templates():
            item = pod.object
            kind = known.kinds.find(item.kind.lower())
            if isinstance(kind, Kind) and kind.group == item.group and not cluster.unseen(item.namespace, _NOWHERE):
                yield context, kind, item
                return


def _word(kind: Kind) -> str:
    return kind.name.lower()


def _block(text: str) -> str:
    return f"```sh\n{text}```\n"


def _page(text: str) -> Page:
    return read_page("control.md", "control.md", text)


def _control(message: str) -> Problem:
    return Problem(rule="runbooks/control", message=message, hint=_HINT)
