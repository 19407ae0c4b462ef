"""docs/rules.md lists every rule; `pytest tests/rules/test_rules_document.py --regenerate` writes it again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from generator.rules.catalogue import all_rules
from generator.rules.page import read_page

DOCUMENT = Path(__file__).parents[2] / "docs" / "rules.md"
HEAD = """# Rules

What `gen check` and `gen verify` find beyond schemas. Each rule has a page beside its code, with why it matters, what
to do, a bad and a good example; `gen check --explain RULE` shows it. Only errors fail a check, with `--strict` warnings
too; a note (info) is counted, and listed with `--severity info`.

A problem is suppressed with a written reason, by an annotation on its object:

    metadata:
      annotations:
        suppress.gen/security.image-no-digest: The registry rewrites tags until it moves

or in the spec of a platform or environment: `suppress:`, the rule's id, objects (`*` stands for anything), why. Every
summary counts what was suppressed, and the README of a rendered tree lists what its spec suppresses.
"""


def document() -> Iterator[str]:
    yield HEAD
    group = ""
    for rule in all_rules():
        name, _, _ = rule.id.partition("/")
        if name != group:
            group = name
            count = sum(other.id.startswith(f"{group}/") for other in all_rules())
            yield f"\n## {group} ({count})\n\n| rule | severity | what it finds |\n| --- | --- | --- |\n"
        page = rule.page.relative_to(DOCUMENT.parents[1]).as_posix()
        title = read_page(rule).title.replace("|", "\\|")
        yield f"| [{rule.id}](../{page}) | {rule.severity} | {title} |\n"


def test_the_document_lists_the_rules_as_they_are(request: pytest.FixtureRequest) -> None:
    text = "".join(document())
    if request.config.getoption("--regenerate"):
        DOCUMENT.write_text(text, encoding="utf-8")
    assert DOCUMENT.read_text(encoding="utf-8") == text
