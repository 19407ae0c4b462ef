"""README.md of charts: what a chart is, how it is installed, what can be tuned, and what it leaves to others."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from generator.base.characters import visible
from generator.deliver.helm.model import Chart
from generator.deliver.helm.schema import SHARED, Schema, as_json
from generator.deliver.helm.values import description
from generator.deliver.markdown import code, plain, table
from generator.templating.chart.values import resolved

_LONGEST = 60  # characters of a default: nobody can read a table with longer ones
_MISSING = object()


def chart_readme(chart: Chart, schema: Schema) -> str:
    """Return the README.md of a component's chart; schema is that of the chart's values."""
    first = chart.regions[0]
    its = _WITH_NAMESPACES if any("\nkind: Namespace\n" in text for text in chart.templates.values()) else ()
    version = f", application version {code(chart.app_version)}" if chart.app_version else ""
    return _joined(
        f"# {plain(chart.name)}",
        plain(chart.description),
        f"A component of the platform {plain(chart.platform)} ({plain(chart.environment)}){version}, in"
        f" {_listed(chart.regions)}. {_owner(chart.platform)}",
        "## Install",
        f"In the folder that holds `charts/`. The component alone, in {first}:",
        _install(chart.name, f"charts/{chart.platform}/charts/{chart.name}", chart.namespace, first, *its),
        "All that the platform runs there:",
        _install(chart.platform, f"charts/{chart.platform}", chart.namespace, first, *_WITH_NAMESPACES),
        f"{_BEFORE} {_OWN_VALUES} Within the platform's chart they stand below `{chart.name}:`.",
        "## Values",
        _values(chart, schema),
        "## What it does not do",
        _LEFT,
    )


def umbrella_readme(
    platform: str, environment: str, about: str, regions: Sequence[str], charts: Sequence[Chart]
) -> str:
    """Return the README.md of the chart of a whole platform; about says what it is."""
    rows = [
        (
            f"[{chart.name}](charts/{chart.name}/README.md)",
            code(chart.app_version),
            "all" if set(regions) <= set(chart.regions) else _listed(chart.regions),
            plain(chart.description),
        )
        for chart in charts
    ]
    return _joined(
        f"# {plain(platform)}",
        plain(about),
        f"All components of the platform ({plain(environment)}) as one chart, in {_listed(regions)}."
        f" {_owner(platform)}",
        "## Install",
        f"In the folder that holds `charts/`, for {regions[0]}:",
        _install(platform, f"charts/{platform}", charts[0].namespace, regions[0], *_WITH_NAMESPACES),
        f"{_BEFORE} {_OWN_VALUES}",
        "## Components",
        "`<component>.enabled` says whether one is installed; what else stands below its name goes to its own chart,"
        " whose README.md has a table of its values.",
        "\n".join(table(("component", "application", "regions", "what it is"), rows)).rstrip(),
        "## What it does not do",
        _LEFT,
    )


# Helm needs a namespace for its records before it makes those of the chart; then the chart takes it over.
_WITH_NAMESPACES = ("--create-namespace", "--take-ownership")
_BEFORE = "What must run in the cluster first is in the README.md beside `charts/`."
_OWN_VALUES = (
    "Each region has a `values-<region>.yaml`; values of your own go into a file of your own, which one more `-f`"
    " passes after it."
)
_LEFT = (
    "It does not install into the namespace of the release: each object names its own, and `--namespace` says where"
    " Helm keeps its records. It brings no operators and no custom resource definitions. The rendered text has the"
    " label `app.kubernetes.io/managed-by: gen`, as the manifests have; `helm install` writes `Helm` over it in the"
    " cluster, and its annotations `meta.helm.sh/release-name` and `meta.helm.sh/release-namespace`."
)


def _owner(platform: str) -> str:
    return (
        f"gen renders this chart from `environments/{platform}/`: change the spec there and render again, for what is"
        " changed here does not last."
    )


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(plain(name) for name in names)


def _install(release: str, chart: str, namespace: str, region: str, *options: str) -> str:
    """Return the command that installs a region, or brings it up to date."""
    words = [f"helm upgrade --install {release} {chart}", "--namespace", namespace, *options]
    return f"```sh\n{' '.join(words)} \\\n  -f {chart}/values-{region}.yaml\n```"


def _values(chart: Chart, schema: Schema) -> str:
    """Return the table of the values of a chart."""
    rows = list(_rows(schema, chart.schema, chart.defaults, (schema, chart.schema or {})))
    if not rows:
        return "None: nothing in it differs between regions, or is for an operator to tune."
    cells = [(code(name), plain(kind), default, plain(said)) for name, kind, default, said in rows]
    about = f"Defaults are those of {chart.regions[0]}. `values.yaml` has them all, and examples where they are empty."
    return _joined(about, "\n".join(table(("value", "type", "default", "what it is"), cells))).rstrip()


def _rows(
    known: Mapping[str, Any] | None,
    written: Mapping[str, Any] | None,
    defaults: Mapping[str, object],
    roots: tuple[Mapping[str, Any], Mapping[str, Any]],
    above: str = "",
) -> Iterator[tuple[str, str, str, str]]:
    """Yield (path, type, default as Markdown, description) of each value that has a name.

    known is the chart's schema, which names also the members that a mapping of free names has in its regions; written
    is the component's, which does not: such a mapping is one row. roots are both as a whole.
    """
    for name, node in (known or {}).get("properties", {}).items():
        if not above and name in SHARED:
            continue
        path = above + name.replace(".", r"\.")  # as --set has it
        default = defaults.get(name, _MISSING)
        here = resolved(node, roots[0])
        source = resolved((written or {}).get("properties", {}).get(name), roots[1])
        if isinstance(default, Mapping) and (source or {}).get("properties"):
            yield from _rows(here, source, default, roots, f"{path}.")
        else:
            yield path, _type(here), _default(default), description(node, roots[0])


def _type(node: Mapping[str, object] | None) -> str:
    found = (node or {}).get("type", "")
    return " or ".join(str(each) for each in found) if isinstance(found, list) else str(found)


def _default(value: object) -> str:
    """Return a default as Markdown: as JSON, where it is short enough for a table."""
    if value is _MISSING:
        return "not set"
    text = visible(json.dumps(as_json(value), ensure_ascii=False))
    return code(text) if len(text) <= _LONGEST else "see `values.yaml`"
