"""What templates must give, in files beside them.

A template in invalid/ has its problems in a .txt beside it; one in valid/ has its values in a .json and its text in a
.yaml. `python tests/templating/template_files.py` writes the .txt and .yaml anew, for a review of the difference.
"""

import json
from pathlib import Path

from generator.templating.engine import Engine, TemplateError

INVALID = sorted((Path(__file__).parent / "invalid").glob("*.yaml.j2"))
VALID = sorted((Path(__file__).parent / "valid").glob("*.yaml.j2"))


def beside(template: Path, suffix: str) -> Path:
    return template.with_name(template.name.removesuffix(".yaml.j2") + suffix)


def source(template: Path) -> str:
    return template.read_bytes().decode()  # with carriage returns, if there are any


def problems(template: Path) -> str:
    """Return the problems of a template, one a line; "" if it compiles."""
    try:
        Engine().compile(template.name, source(template))
    except TemplateError as error:
        return f"{error}\n"
    return ""


def rendered(template: Path) -> str:
    values = json.loads(beside(template, ".json").read_text("utf-8"))
    return Engine().compile(template.name, source(template)).render(values)


if __name__ == "__main__":
    for each in INVALID:
        beside(each, ".txt").write_text(problems(each), "utf-8")
    for each in VALID:
        beside(each, ".yaml").write_text(rendered(each), "utf-8")
