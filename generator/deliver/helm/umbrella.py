"""The umbrella chart of a platform: its components as subcharts, installed in a region by one command."""

from collections.abc import Sequence

from generator.deliver.document import File
from generator.deliver.helm import metadata
from generator.deliver.helm.chart import files_of, schema_text
from generator.deliver.helm.comments import comment
from generator.deliver.helm.model import Chart
from generator.deliver.helm.notes import umbrella_notes
from generator.deliver.helm.readme import umbrella_readme
from generator.deliver.helm.schema import DIALECT, Schema
from generator.templating import emit

_GLOBAL = "What Helm passes to all charts of a release. Not used by any of these."


def render_umbrella(  # noqa: PLR0913, PLR0917  (what a platform's chart is made of)
    platform: str,
    environment: str,
    description: str,
    version: str,
    kubernetes: str,
    regions: Sequence[str],
    charts: Sequence[Chart],
    input_hash: str,
) -> tuple[File, ...]:
    """Return the files of the chart of a whole platform, below charts/<platform>/, without those of its components.

    It installs a region with one command: `helm install talai charts/talai -f charts/talai/values-<region>.yaml`.
    charts are those of its components, at least one.
    """
    charts = sorted(charts, key=lambda chart: chart.name)
    there = f"charts/{platform}"
    about = f"{description or f'All components of {platform}'} ({environment})"
    defaults = metadata.owned(
        platform,
        f"Which components of {platform} ({environment}) are installed, as {regions[0]} has them. Their own values are"
        " in charts/<component>/values.yaml; here they stand below the component's name. To install a region:",
        f"  helm upgrade --install {platform} {there} -n {charts[0].namespace} --create-namespace --take-ownership"
        f" -f {there}/values-{regions[0]}.yaml",
    )
    files = {
        "Chart.yaml": metadata.owned(platform)
        + metadata.chart_yaml(
            platform, about, version, "", kubernetes, [(chart.name, chart.version) for chart in charts]
        ),
        ".helmignore": metadata.helmignore(umbrella=True),
        "README.md": umbrella_readme(platform, environment, description, regions, charts),
        "values.yaml": defaults + _switches(charts, regions[0]),
        "values.schema.json": schema_text(_umbrella_schema(platform, charts)),
        "templates/NOTES.txt": umbrella_notes(platform, environment),
    }
    for region in regions:
        top = metadata.owned(platform, f"What {region} changes of values.yaml, and of the values of the components.")
        files[f"values-{region}.yaml"] = top + _region(charts, regions[0], region)
    return files_of(files, there, "charts", input_hash)


def _switches(charts: Sequence[Chart], region: str) -> str:
    """Return the values of an umbrella: which components its first region has."""
    entries = []
    for chart in charts:
        lines = "".join(f"{line}\n" for line in comment(chart.description))
        entries.append(lines + emit.dump({chart.name: {"enabled": region in chart.regions}}))
    return "\n".join(entries) or "{}\n"


def _region(charts: Sequence[Chart], first: str, region: str) -> str:
    """Return what a region changes of the umbrella's values and of the components' own."""
    entries = []
    for chart in charts:
        there = region in chart.regions
        switched = {"enabled": there} if there != (first in chart.regions) else {}
        changed = {**switched, **(chart.changes_in(region) if there else {})}
        if changed:
            entries.append(emit.dump({chart.name: changed}))
    return "\n".join(entries) or "{}\n"


def _umbrella_schema(platform: str, charts: Sequence[Chart]) -> Schema:
    """Return the schema of an umbrella's values: the components, each of which has a schema of its own for the rest."""
    enabled = {"description": "Whether it is installed.", "type": "boolean"}
    properties: Schema = {
        chart.name: {
            "description": chart.description,
            "type": "object",
            "properties": {"enabled": enabled},
            "required": ["enabled"],
        }
        for chart in charts
    }
    return {
        "$schema": DIALECT,
        "title": f"Values of the platform {platform}",
        "type": "object",
        "additionalProperties": False,
        "properties": {**properties, "global": {"description": _GLOBAL, "type": "object"}},
    }
