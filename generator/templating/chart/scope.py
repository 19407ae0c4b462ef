"""What the expressions at one place of a template can see in each lane, and how it is said that lanes differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from generator.templating.chart.symbol import Symbol
from generator.templating.quoting import ValueProblem


@dataclass(frozen=True, slots=True)
class Scope:
    """What the expressions at one place can see: the region and the context of each lane, and the names of loops.

    deep: the place is inside a `range`, where the chart's values begin at `$`.
    """

    regions: tuple[str, ...]
    contexts: tuple[Mapping[str, object], ...]
    names: Mapping[str, Symbol]
    deep: bool = False

    def at(self, lanes: Sequence[int]) -> "Scope":
        """Return the scope of the lanes of these numbers."""
        return replace(
            self,
            regions=tuple(self.regions[lane] for lane in lanes),
            contexts=tuple(self.contexts[lane] for lane in lanes),
            names={name: symbol.at(lanes) for name, symbol in self.names.items()},
        )

    def binding(self, names: Mapping[str, Symbol], *, deep: bool = False) -> "Scope":
        """Return the scope with the names of a loop."""
        return replace(self, names={**self.names, **names}, deep=self.deep or deep)


def _differing(scope: Scope, symbol: Symbol) -> str:
    """Return two regions with their values, for a message on what differs."""
    first = symbol.values[0]
    pairs = zip(scope.regions, symbol.values, strict=True)
    region, other = next(
        ((r, v) for r, v in pairs if not Symbol((first, v)).same), (scope.regions[-1], symbol.values[-1])
    )
    return f"{_short(first)} in {scope.regions[0]}, {_short(other)} in {region}"


def unmarked(what: str, scope: Scope, symbol: Symbol) -> ValueProblem:
    """Return the problem of what differs between regions without a mark."""
    return ValueProblem(
        "render/differs",
        f"{what} differs between regions ({_differing(scope, symbol)}), and a chart has one text for all of them.",
        HINT,
    )


HINT = (
    'Mark it in the template with regional("path", value), make it the same in every region, or deliver the component '
    "as manifests or kustomize."
)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
