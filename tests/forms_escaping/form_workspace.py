"""A workspace with one component full of hostile values in two regions, and what its objects have to say in each."""

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from generator.templating.emit import scalar

COMPONENT = Path(__file__).parent / "component"
REGIONS = ("east", "west")
PLATFORM, NAME = "hostile", "texts"
CHOICE = '{{ "a" }}'
Tree = dict[str, object]


@dataclass(frozen=True, slots=True)
class Case:
    """Strings and integers, each of which comes to stand in every place that a template has."""

    texts: tuple[str, ...]
    numbers: tuple[int, ...]

    def of(self, region: str) -> "Case":
        """Return the values as a region has them: the second one has them all, each in another's place."""
        if region == REGIONS[0]:
            return self
        return Case((*self.texts[1:], *self.texts[:1]), (*self.numbers[1:], *self.numbers[:1]))


def parameters(case: Case, region: str) -> dict[str, object]:
    """Return all parameters of the component in a region."""
    first, here = case.of(REGIONS[0]), case.of(region)
    keys = [text for text in first.texts if len(text) <= 100]  # YAML's implicit keys end at 1,024 characters
    pairs = list(zip(keys, [*keys[1:], *keys[:1]], strict=True))
    mixed = dict(enumerate(first.numbers if region == REGIONS[0] else first.texts))
    return {
        "same": _numbered("k", first.texts),
        "differs": _numbered("k", here.texts),
        "keyed": {key: key for key in keys},
        # The second region lacks one of the keys, and has other values under the rest.
        "keyedDiffers": dict(pairs) if region == REGIONS[0] else {value: key for key, value in pairs[1:]},
        "listed": list(first.texts),
        "listedDiffers": list(here.texts),
        "numbers": _numbered("n", first.numbers),
        "numbersDiffer": _numbered("n", here.numbers),
        "mixed": {f"m{number}": mixed.get(number, True) for number in range(len(first.numbers))},
        "choice": CHOICE if region == REGIONS[0] else "{{ b }}",
        "file": "\n".join(["all of them:", *here.texts]),
    }


def write_workspace(root: Path, case: Case) -> Path:
    """Write the workspace of a case; return its folder."""
    specs, folder = root / "environments" / PLATFORM, root / "templates" / "tests" / NAME
    for stale in (specs, folder):
        shutil.rmtree(stale, ignore_errors=True)
    specs.mkdir(parents=True)
    shutil.copytree(COMPONENT, folder)
    (folder / "manifests" / "each.yaml.j2").write_text(_template(case), "utf-8", newline="\n")
    first, second = parameters(case, REGIONS[0]), parameters(case, REGIONS[1])
    region = {"cloud": "aws", "registry": "registry.example.com/hostile"}
    platform = {
        "name": PLATFORM,
        "gitops": {"repository": "https://git.example.com/hostile.git", "forms": ["helm", "kustomize"]},
        "regions": {name: {**region, "zones": [f"{name}a"]} for name in REGIONS},
        "namespaces": {"hostile": {}},
        "components": {NAME: {"use": f"tests/{NAME}", "namespace": "hostile", **first}},
    }
    # What the second region lacks it removes: layers of a spec are merged key by key.
    second["keyedDiffers"] = {**dict.fromkeys(_mapping(first["keyedDiffers"])), **_mapping(second["keyedDiffers"])}
    test = {"regions": list(REGIONS), "in": {REGIONS[1]: {"components": {NAME: second}}}}
    (specs / "platform.yaml").write_text(_flow(platform), "utf-8", newline="\n")
    (specs / "test.yaml").write_text(_flow(test), "utf-8", newline="\n")
    return root


def expected(case: Case, region: str) -> dict[str, Tree]:
    """Return what the objects of the component have to say in a region, by name: everything but their metadata."""
    given = parameters(case, region)
    here, first = case.of(region), case.of(REGIONS[0])
    return {
        f"{NAME}-each": {"spec": _each(given, here, first)},
        f"{NAME}-whole": {"spec": _whole(given, here, first)},
        f"{NAME}-config": {"data": given["differs"]},
        f"{NAME}-fixed": {"data": given["keyed"]},
        f"{NAME}-file": {"data": {"file.txt": given["file"], "fixed.txt": "two lines of {{ text }}\nand $(this)\n"}},
        f"{NAME}-literal": {"data": _literal_data()},
    }


def _each(given: Mapping[str, object], here: Case, first: Case) -> Tree:
    return {
        "same": given["same"],
        "differs": given["differs"],
        "joined": {f"k{n}": f"{{{{ {text}$(x) %d" for n, text in enumerate(here.texts)},
        "numbers": given["numbers"],
        "numbersDiffer": given["numbersDiffer"],
        "joinedNumbers": {f"n{n}": f"%{number}{{{{" for n, number in enumerate(here.numbers)},
        "mixed": given["mixed"],
        "literal": {f"t{n}": text for n, text in _literals(first)},
    }


def _whole(given: Mapping[str, object], here: Case, first: Case) -> Tree:
    return {
        "keyed": given["keyed"],
        "keyedDiffers": given["keyedDiffers"],
        "listed": given["listed"],
        "listedDiffers": given["listedDiffers"],
        "whole": given["numbersDiffer"],
        "fixed": {"keyed": given["keyed"], "listed": given["listed"], "numbers": given["numbers"]},
        "walked": [{"value": text, "joined": f"{{{{ {text} }}}}", text: "key"} for text in first.texts],
        "walkedDiffers": [item for text in here.texts for item in (text, [f"%s $({text})"])],
        "fixedWalk": list(first.texts),
        "choice": given["choice"],
        "chosen": "of the first region: {{ $x }}" if here is first else "of the others: {{ $y }}",
    }


def _template(case: Case) -> str:
    """Return a template that has a line of its own for each value."""
    lines = [
        "apiVersion: example.com/v1",
        "kind: Texts",
        "metadata:",
        '  name: [[ instance.name ~ "-each" ]]',
        "  namespace: [[ instance.namespace ]]",
        "  labels: [[ instance.labels ]]",
        "spec:",
    ]
    texts = [f"k{n}" for n in range(len(case.texts))]
    numbers = [f"n{n}" for n in range(len(case.numbers))]
    lines += _group("same", texts, 'tune("same.{0}", instance.parameters["same"]["{0}"])')
    lines += _group("differs", texts, 'regional("differs.{0}", instance.parameters["differs"]["{0}"])')
    joined = 'regional("joined.{0}", instance.parameters["differs"]["{0}"])'
    lines += _group("joined", texts, f'"{{{{{{{{ " ~ {joined} ~ "$(x) %d"')
    lines += _group("numbers", numbers, 'tune("numbers.{0}", instance.parameters["numbers"]["{0}"])')
    differing = 'regional("numbersDiffer.{0}", instance.parameters["numbersDiffer"]["{0}"])'
    lines += _group("numbersDiffer", numbers, differing)
    lines += _group("joinedNumbers", numbers, f'"%" ~ {differing} ~ "{{{{{{{{"')
    mixed = [f"m{n}" for n in range(len(case.numbers))]
    lines += _group("mixed", mixed, 'regional("mixed.{0}", instance.parameters["mixed"]["{0}"])')
    lines.append("  literal:")
    for number, text in _literals(case):
        lines += [f"    # {text}".rstrip()] if text.isprintable() else []
        lines.append(f"    t{number}: {scalar(text)}")
    return "\n".join(lines) + "\n"


def _group(name: str, keys: Sequence[str], expression: str) -> list[str]:
    return [f"  {name}:", *(f"    {key}: [[ {expression.format(key)} ]]" for key in keys)]


def _literals(case: Case) -> Iterator[tuple[int, str]]:
    """Yield the strings that a template can hold as they are, on one line."""
    for number, text in enumerate(case.texts):
        line = scalar(text)
        if _NOT_IN_TEMPLATES.search(line) is None and len(line.splitlines()) == 1 and line == line.rstrip():
            yield number, text


# Delimiters of templates, tabs, and characters for private use, which stand for expressions while they are compiled.
_NOT_IN_TEMPLATES = re.compile("\\[[\\[%#]|[\\]%#]\\]|[\t\ue000-\uf8ff]")


def _literal_data() -> object:
    text = re.sub(r"\[\[.*\]\]", "x", (COMPONENT / "manifests" / "literal.yaml.j2").read_text("utf-8"))
    return yaml.safe_load(text)["data"]


def _numbered(letter: str, values: Sequence[object]) -> dict[str, object]:
    return {f"{letter}{number}": value for number, value in enumerate(values)}


def _mapping(value: object) -> dict[str, object]:
    assert isinstance(value, dict)
    return value


def _flow(value: object) -> str:
    """Return YAML in flow style, every string quoted, so that no doubt is left about what the spec says."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str):
        return _quoted(value)
    return {None: "null", True: "true", False: "false"}[value] if isinstance(value, bool | None) else str(value)


def _quoted(text: str) -> str:
    return '"' + "".join(_character(each) for each in text) + '"'


def _character(each: str) -> str:
    if each in '"\\':
        return f"\\{each}"
    if " " <= each <= "~":
        return each
    return f"\\u{ord(each):04x}" if ord(each) < 0x10000 else f"\\U{ord(each):08x}"
