"""What a component's chart is made of."""

from collections.abc import Mapping
from dataclasses import dataclass

from generator.deliver.helm.values import Values, changes, ordered
from generator.templating.chart.values import Path


@dataclass(frozen=True, slots=True)
class Chart:
    """What makes the chart of a component.

    app_version "" means none; kubernetes is the minor version ("1.36"). regions are those that have the component, in
    the platform's order: the values of the first are the defaults. templates maps a file's name to Go template text;
    values maps a region to the nested values that templates use; used are the paths that templates read whole ("[]"
    for the items of a list): below them the schema is kept as it is, beside them pruned. schema is the component's
    values.schema.json, schema_file its place; notes are facts on what was installed. namespace is where Helm keeps
    the release; objects name their own.
    """

    name: str
    description: str
    version: str
    app_version: str
    kubernetes: str
    platform: str
    environment: str
    namespace: str
    regions: tuple[str, ...]
    templates: Mapping[str, str]
    values: Mapping[str, Values]
    used: frozenset[Path]
    schema: Mapping[str, object] | None
    schema_file: str
    notes: tuple[str, ...]
    input_hash: str

    def values_in(self, region: str) -> Values:
        """Return the values of a region in the order of the schema."""
        schema = self.schema or {}
        return ordered(self.values[region], schema, schema)

    @property
    def defaults(self) -> Values:
        """The values of the first region that has the component."""
        return self.values_in(self.regions[0])

    def changes_in(self, region: str) -> dict[str, object]:
        """Return what Helm must merge into the defaults to get the values of a region."""
        return changes(self.defaults, self.values_in(region))
