"""Charts as whoever inherits them changes them: every value of values.yaml with others that its schema takes."""

import json
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from generator.verify.forms.reading import split
from generator.verify.forms.tool import Said, Tool

Path_ = tuple[str, ...]
Objects = dict[tuple[str, str, str], Any]


@dataclass(frozen=True, slots=True)
class Change:
    """Another value at a path of a chart's values."""

    path: Path_
    value: object

    @property
    def name(self) -> str:
        return f"{'.'.join(self.path)}={json.dumps(self.value)}"

    def values(self) -> dict[str, Any]:
        return nested(self.path, self.value)


def nested(path: Sequence[str], value: object) -> dict[str, Any]:
    """Return a values file that sets one value."""
    for name in reversed(path):
        value = {name: value}
    assert isinstance(value, dict)
    return value


def merged(*files: Mapping[str, Any]) -> dict[str, Any]:
    """Return what several values files say together."""
    found: dict[str, Any] = {}
    for file in files:
        for name, value in file.items():
            mappings = isinstance(value, dict) and isinstance(found.get(name), dict)
            found[name] = merged(found[name], value) if mappings else value
    return found


def booleans(chart: Path) -> list[Path_]:
    return [change.path for change in changes(chart) if isinstance(change.value, bool)]


def changes(chart: Path, base: Mapping[str, Any] | None = None) -> list[Change]:
    """Return a change or more of each value of a chart, over its own values or others, in the order of its schema."""
    schema = json.loads((chart / "values.schema.json").read_text("utf-8"))
    values = merged(yaml.safe_load((chart / "values.yaml").read_text("utf-8")) or {}, base or {})
    own = {name: node for name, node in schema["properties"].items() if name not in {"enabled", "global"}}
    return list(_changes({**schema, "properties": own}, values, schema.get("$defs", {}), ()))


def _changes(node: Mapping[str, Any], value: Any, defs: Mapping[str, Any], path: Path_) -> Iterator[Change]:
    if "$ref" in node:
        node = {**defs[node["$ref"].rpartition("/")[2]], **{name: node[name] for name in node if name != "$ref"}}
    if "null" in node.get("type", ()) and value is not None:
        yield Change(path, None)
    if "properties" in node:
        for name, entry in node["properties"].items():
            yield from _changes(entry, (value or {}).get(name), defs, (*path, name))
        return
    valid = jsonschema_rs.validator_for(
        {**node, "$defs": defs, "$schema": "https://json-schema.org/draft/2020-12/schema"}
    )
    others = [other for other in _others(node, value) if other != value and valid.is_valid(other)]
    if others:
        yield Change(path, others[0])
    else:
        assert len(node.get("enum", ())) == 1, f"{path}: what other value does the schema take than {value!r}?"


def _others(node: Mapping[str, Any], value: Any) -> Iterator[Any]:
    """Yield values that might be another valid one, the likeliest first."""
    examples = node.get("examples", [])
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value - 1, *node.get("enum", ()))
    elif isinstance(value, dict) and not {"additionalProperties", "patternProperties"} & node.keys():
        yield from (
            {**dict.fromkeys(value), **example} for example in examples
        )  # of a structure that has its own rules
    elif isinstance(value, dict):
        yield from ({**value, **example} for example in examples)
        yield from ({**value, name: f"{text}0"} for name, text in value.items() if isinstance(text, str))
    elif isinstance(value, list):
        yield from examples
        yield value[:-1]
    else:
        yield from node.get("enum", ())
        yield from examples
        yield from (f"{value}0", f"1{value}", f"1{str(value)[1:]}")


@dataclass(frozen=True, slots=True)
class Trial:
    """An umbrella chart that helm renders with one values file after another, and the folder for what it gave.

    written has the texts of objects that lie in the folder: most of a chart is the same whichever value is changed.
    """

    tool: Tool
    umbrella: Path
    folder: Path
    written: set[str] = field(default_factory=set)

    def rendered(self, values: Mapping[str, Any], name: str) -> Said:
        """Return what helm says to values of the umbrella's, and write the objects that are new; with a name only."""
        file = self.folder / f"{name or threading.get_ident()}.values.yaml"
        file.write_text(json.dumps(values), encoding="utf-8")
        said = self.tool.run("template", "all", self.umbrella, "--values", file)
        if name and not said.code:
            new = dict.fromkeys(text.body for text in split(said.output.decode("utf-8")))
            fresh = [body for body in new if body not in self.written]
            self.written.update(fresh)
            if fresh:
                (self.folder / f"{name}.yaml").write_text("---\n".join(fresh), encoding="utf-8")
        return said


def objects(output: bytes) -> dict[str, Objects]:
    """Return the objects that helm printed, by their chart; those of equal texts are the same, so change none."""
    found: dict[str, Objects] = {}
    for text in split(output.decode("utf-8")):
        item = _parsed(text.body)
        key = (item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"])
        found.setdefault(text.source.split("/")[2], {})[key] = item
    return found


@cache
def _parsed(body: str) -> Any:
    return yaml.load(body, yaml.CSafeLoader)


def of_regions(umbrella: Path) -> dict[str, dict[str, Any]]:
    """Return what each region changes of an umbrella's values, by the region."""
    files = {path.stem.removeprefix("values-"): path for path in sorted(umbrella.glob("values-*.yaml"))}
    return {region: yaml.safe_load(path.read_text("utf-8")) for region, path in files.items()}


def distinct(umbrella: Path, alike: Iterable[str]) -> list[str]:
    """Return the charts of an umbrella, but of those alike (services) one alone for each set of templates."""
    charts = {path.name: path for path in sorted((umbrella / "charts").iterdir())}
    templates = {
        frozenset(path.name for path in (charts[name] / "templates").iterdir()): name
        for name in sorted(alike, reverse=True)
    }
    return sorted({*charts} - {*alike} | {*templates.values()})


def only(umbrella: Path, charts: Iterable[str]) -> dict[str, Any]:
    """Return the values that leave all other charts of an umbrella out."""
    wanted = set(charts)
    return {path.name: {"enabled": path.name in wanted} for path in sorted((umbrella / "charts").iterdir())}
