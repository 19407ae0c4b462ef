"""Reads compliance.yaml: controls, the facts of traceability.yaml that enforce them, and the page that says both."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from traceability import Fact, Traceability

PROVIDERS = {"aws": "AWS", "gcp": "Google Cloud", "azure": "Azure", "cloudflare": "Cloudflare"}
INTRODUCTION = """\
# TalAI: controls, and what enforces them

What the design document asks of security, and the controls behind the rules and standards that it names: what each
asks, in our own words, and what there is for it. Nothing here says that TalAI complies with anything: that is a finding
of people who look at an organization, its contracts and its practice. (Written by `pytest tests/talai --regenerate`
from `environments/talai/compliance.yaml`.)

Facts are rows of `environments/talai/traceability.yaml`, which `make test` holds against the trees of all three
environments; where they show is [below](#facts). [Settings](#settings) are those of accounts and clusters, which were
there before the tree.
"""


@dataclass(frozen=True, slots=True)
class Control:
    """A control of a framework, with names of facts and of settings, and what is left to people ("" for nothing)."""

    framework: str
    number: str
    asks: str
    by: tuple[str, ...]
    settings: tuple[str, ...]
    people: str


@dataclass(frozen=True, slots=True)
class Compliance:
    """A whole compliance.yaml: titles are framework → (title, what is said of it), settings as they are written."""

    titles: Mapping[str, tuple[str, str]]
    controls: tuple[Control, ...]
    settings: Mapping[str, Mapping[str, Any]]


def read_compliance(path: Path) -> Compliance:
    """Return what a file says that is valid by its schema."""
    return build_compliance(yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader))


def build_compliance(written: Mapping[str, Any]) -> Compliance:
    """Return what a parsed document says."""
    frameworks = written["frameworks"]
    titles = {name: (framework["title"], framework["says"]) for name, framework in frameworks.items()}
    controls = tuple(
        Control(
            framework=name,
            number=str(number),
            asks=item["asks"],
            by=tuple(item.get("by", ())),
            settings=tuple(item.get("settings", ())),
            people=item.get("people", ""),
        )
        for name, framework in frameworks.items()
        for number, item in framework["controls"].items()
    )
    return Compliance(titles, controls, written["settings"])


def mistakes(of: Compliance, facts: Traceability) -> Iterator[str]:
    """Yield what is wrong: controls without anything, names that nobody knows, facts that no tree shows."""
    known = {fact.id: fact for fact in facts.facts}
    for control in of.controls:
        place = f"{control.framework} {control.number}"
        if not (control.by or control.settings or control.people):
            yield f"{place}: nothing enforces it, and nothing says why"
        for name in control.by:
            if name not in known:
                yield f"{place}: no fact is named {name}"
            elif known[name].status != "shown":
                yield f"{place}: no tree shows {name}"
        for name in control.settings:
            if name not in of.settings:
                yield f"{place}: no setting is named {name}"
    used = {name for control in of.controls for name in control.settings}
    yield from (f"setting {name}: no control needs it" for name in of.settings if name not in used)


def page(of: Compliance, facts: Traceability) -> str:
    """Return docs/platforms/talai-compliance.md."""
    known = {fact.id: fact for fact in facts.facts}
    used = sorted({name for control in of.controls for name in control.by})
    parts = [INTRODUCTION]
    for name, (title, says) in of.titles.items():
        rows = [_row(control) for control in of.controls if control.framework == name]
        head = "| control | what it asks | facts | settings | left to people |\n| --- | --- | --- | --- | --- |\n"
        parts.append(f"## {title}\n\n{says}\n\n{head}{''.join(rows)}")
    settings = "".join(_setting(name, item) for name, item in of.settings.items())
    parts.append(f"## Settings\n\n| setting | what it gives | where |\n| --- | --- | --- |\n{settings}")
    shown = "".join(_fact(known[name]) for name in used)
    parts.append(f"## Facts\n\n| fact | what is shown | files |\n| --- | --- | --- |\n{shown}")
    return "\n".join(parts)


def _row(control: Control) -> str:
    cells = [control.number, control.asks, _names(control.by), _names(control.settings), control.people or "nothing"]
    return f"| {' | '.join(_cell(cell) for cell in cells)} |\n"


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def _setting(name: str, item: Mapping[str, Any]) -> str:
    where = "<br>".join(f"{PROVIDERS[provider]}: {text}" for provider, text in item["where"].items())
    return f"| `{name}` | {_cell(item['what'])} | {_cell(where)} |\n"


def _fact(fact: Fact) -> str:
    files = dict.fromkeys(check.file for check in fact.checks)
    return f"| `{fact.id}` | {_cell(fact.asks)} | {', '.join(f'`{name}`' for name in files)} |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
