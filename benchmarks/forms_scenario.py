"""Charts and overlays around the manifests of a generated platform, as realistic in size as those that people write.

They are made here by simple means, apart from the generator: a line of a manifest becomes a value where regions differ
or where people usually tune; overlays are JSON patches.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

_TUNED = re.compile(
    r"^(?P<key>minReplicas|maxReplicas|replicas|cpu|memory|image|containerPort|path|averageUtilization)$"
)
_LINE = re.compile(r"^(?P<front>\s*(?:- )?)(?P<key>[A-Za-z][A-Za-z0-9_./-]*): (?P<value>\S.*)$")
_HEADER = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
_CHART = "apiVersion: v2\nname: {name}\ndescription: {name}\ntype: application\nversion: 1.0.0\n"

Texts = Mapping[str, Mapping[str, str]]
"""Region → file name → manifest, without its header."""


def write_forms(tree: Path, platform: str) -> Mapping[str, bytes]:
    """Write charts/ and kustomize/ into a rendered tree that has manifests; return those by their paths."""
    manifests = {path.relative_to(tree).as_posix(): path.read_bytes() for path in sorted(tree.glob("clusters/*/*/*"))}
    components: dict[str, dict[str, dict[str, str]]] = {}
    for path, content in manifests.items():
        _, region, component, file = path.split("/")
        body = content.decode().split("\n", 2)[2]
        components.setdefault(component, {}).setdefault(region, {})[file] = body
    values = {
        name: _write_chart(tree / f"charts/{platform}/charts/{name}", name, texts) for name, texts in components.items()
    }
    _write_umbrella(tree / f"charts/{platform}", platform, values)
    for name, texts in components.items():
        _write_kustomization(tree / f"kustomize/{name}", texts)
    for region in next(iter(values.values())):
        resources = "".join(f"  - ../../{name}/overlays/{region}\n" for name in sorted(components))
        _write(tree / f"kustomize/regions/{region}/kustomization.yaml", f"{_HEADER}resources:\n{resources}")
    return manifests


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _write_chart(folder: Path, name: str, texts: Texts) -> Mapping[str, Mapping[str, Any]]:
    """Write the chart of a component; return region → values that differ from those of the first region."""
    regions = list(texts)
    values: dict[str, dict[str, Any]] = {region: {} for region in regions}
    for file in texts[regions[0]]:
        stem = re.sub(r"[^a-z0-9]", "", file.removesuffix(".yaml"))
        template = _template(stem, {region: texts[region][file] for region in regions}, values)
        _write(folder / "templates" / file, template)
    first = values[regions[0]]
    differing = {
        region: {key: value for key, value in mine.items() if value != first[key]} for region, mine in values.items()
    }
    properties = {key: {"type": "string" if isinstance(value, str) else "integer"} for key, value in first.items()}
    schema = {"type": "object", "additionalProperties": False, "properties": properties | {"global": {}, "enabled": {}}}
    _write(folder / "Chart.yaml", _CHART.format(name=name))
    _write(folder / "values.yaml", yaml.safe_dump(first) if first else "{}\n")
    _write(folder / "values.schema.json", json.dumps(schema, indent=2))
    _write(folder / ".helmignore", "values-*.yaml\n")
    _write(folder / "templates/NOTES.txt", "{{ .Release.Name }} is installed.\n")
    for region, mine in differing.items():
        _write(folder / f"values-{region}.yaml", yaml.safe_dump(mine) if mine else "{}\n")
    return differing


def _template(stem: str, bodies: Mapping[str, str], values: dict[str, dict[str, Any]]) -> str:
    lines = {region: body.splitlines() for region, body in bodies.items()}
    if len({len(each) for each in lines.values()}) > 1:
        for region, body in bodies.items():
            values[region][f"{stem}Text"] = body
        return f"{{{{ .Values.{stem}Text }}}}\n"
    written = []
    for number, row in enumerate(zip(*lines.values(), strict=True)):
        found = _LINE.match(row[0])
        loaded = [yaml.safe_load(line.strip().removeprefix("- ")) for line in row] if found else []
        scalars = [next(iter(item.values())) for item in loaded if isinstance(item, dict)]
        plain = found and len(scalars) == len(row) and all(type(value) in {str, int} for value in scalars)
        if found and plain and (len(set(row)) > 1 or _TUNED.match(found["key"])):
            key = f"{stem}{number}"
            for region, value in zip(bodies, scalars, strict=True):
                values[region][key] = value
            use = "quote" if isinstance(scalars[0], str) else "int64"
            written.append(f"{found['front']}{found['key']}: {{{{ {use} .Values.{key} }}}}")
        elif len(set(row)) > 1:
            key = f"{stem}{number}"
            for region, line in zip(bodies, row, strict=True):
                values[region][key] = line
            written.append(f"{{{{ .Values.{key} }}}}")
        else:
            written.append(row[0].replace("{{", '{{ "{{" }}'))
    return "\n".join(written) + "\n"


def _write_umbrella(folder: Path, platform: str, values: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
    chart = _CHART.format(name=platform) + "dependencies:\n"
    for name in sorted(values):
        chart += f'  - name: {name}\n    version: 1.0.0\n    repository: ""\n    condition: {name}.enabled\n'
    _write(folder / "Chart.yaml", chart)
    _write(folder / "values.yaml", "".join(f"{name}:\n  enabled: true\n" for name in sorted(values)))
    _write(folder / ".helmignore", "values-*.yaml\ncharts/*/values-*.yaml\n")
    _write(folder / "templates/NOTES.txt", "{{ .Release.Name }} is installed.\n")
    for region in next(iter(values.values())):
        mine = {name: regions[region] for name, regions in sorted(values.items()) if regions[region]}
        _write(folder / f"values-{region}.yaml", yaml.safe_dump(mine) if mine else "{}\n")


def _write_kustomization(folder: Path, texts: Texts) -> None:
    regions = list(texts)
    resources = "".join(f"  - {file}\n" for file in sorted(texts[regions[0]]))
    _write(folder / "base/kustomization.yaml", f"{_HEADER}resources:\n{resources}")
    for file, body in texts[regions[0]].items():
        _write(folder / "base" / file, body)
    for region in regions:
        overlay = folder / "overlays" / region
        patches = ""
        for file, body in texts[region].items():
            if body == texts[regions[0]][file]:
                continue
            before, after = yaml.safe_load(texts[regions[0]][file]), yaml.safe_load(body)
            _write(overlay / f"patch-{file}", yaml.safe_dump(list(_operations(before, after, "")), sort_keys=False))
            target = f"kind: {after['kind']}\n      name: {after['metadata']['name']}"
            if "namespace" in after["metadata"]:
                target += f"\n      namespace: {after['metadata']['namespace']}"
            patches += f"  - path: patch-{file}\n    target:\n      {target}\n"
        patches = f"patches:\n{patches}" if patches else ""
        _write(overlay / "kustomization.yaml", f"{_HEADER}resources:\n  - ../../base\n{patches}")


def _operations(before: Any, after: Any, pointer: str) -> Iterator[Mapping[str, Any]]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}):
            place = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
            if key not in after:
                yield {"op": "remove", "path": place}
            elif key not in before:
                yield {"op": "add", "path": place, "value": after[key]}
            else:
                yield from _operations(before[key], after[key], place)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (here, there) in enumerate(zip(before, after, strict=True)):
            yield from _operations(here, there, f"{pointer}/{index}")
    elif before != after:
        yield {"op": "replace", "path": pointer, "value": after}
