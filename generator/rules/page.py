"""The page of a rule: its title, what it says, and its examples, which are tests and what `--explain` shows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from generator.rules.rule import Rule

_SECTION = re.compile(r"^## (Bad|Good)\n+```yaml\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"^# file: (\S+)\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Page:
    """A rule's page: title, the whole text (Markdown), and the files (path → YAML) of each example."""

    title: str
    text: str
    bad: Mapping[str, str]
    good: Mapping[str, str]


def read_page(rule: Rule) -> Page:
    """Return a rule's page. An example is one file, or several, each after a line `# file: <path>`."""
    text = rule.page.read_text(encoding="utf-8")
    examples = {name.lower(): _files(body) for name, body in _SECTION.findall(text)}
    title = text.partition("\n")[0].removeprefix("# ").strip()
    return Page(title, text, examples.get("bad", {}), examples.get("good", {}))


def _files(body: str) -> Mapping[str, str]:
    parts = _FILE.split(body)
    if len(parts) == 1:
        return {"example.yaml": body}
    return dict(zip(parts[1::2], parts[2::2], strict=True))
