"""What the README of a tree says of component instances, and of the operators that come from upstream charts."""

from collections.abc import Iterable, Iterator, Mapping

from generator.components.catalogue import Component
from generator.deliver.markdown import plain, table
from generator.spec.model import Instance, Platform


def component_lines(platform: Platform, components: Iterable[Component]) -> Iterator[str]:
    """Yield the sections on instances and operators; none where the platform has none."""
    by_name = {component.name: component for component in components}
    found = _by_name(platform)
    made = {name: regions for name, regions in found.items() if _component(by_name, regions).chart is None}
    if made:
        yield "## Components"
        yield ""
        rows = [_made(platform, by_name, name, regions) for name, regions in made.items()]
        yield from table(("component", "what it is", "namespace", "called by"), rows)
    operators = {name: regions for name, regions in found.items() if name not in made}
    if operators:
        yield "## Operators"
        yield ""
        yield "Argo CD installs these from the charts of their projects, with the values that their Applications hold."
        yield ""
        rows = [_operator(platform, by_name, name, regions) for name, regions in operators.items()]
        yield from table(("operator", "chart", "version", "namespace", "repository"), rows)


def _by_name(platform: Platform) -> dict[str, dict[str, Instance]]:
    """Return the instances of each name by region, in the order of their names."""
    names = sorted({name for found in platform.instances.values() for name in found})
    return {
        name: {region: found[name] for region, found in platform.instances.items() if name in found} for name in names
    }


def _component(by_name: Mapping[str, Component], regions: Mapping[str, Instance]) -> Component:
    return by_name[next(iter(regions.values())).component]


def _made(
    platform: Platform, by_name: Mapping[str, Component], name: str, regions: Mapping[str, Instance]
) -> tuple[str, ...]:
    first = next(iter(regions.values()))
    services = (service for found in platform.services.values() for service in found.values())
    instances = (instance for found in platform.instances.values() for instance in found.values())
    callers = {service.name for service in services if name in service.uses}
    callers |= {instance.name for instance in instances if name in instance.uses}
    return (
        f"{name}{_where(platform, regions)}",
        plain(by_name[first.component].description),
        first.namespace or "none",
        ", ".join(sorted(callers)) or "nobody",
    )


def _operator(
    platform: Platform, by_name: Mapping[str, Component], name: str, regions: Mapping[str, Instance]
) -> tuple[str, ...]:
    chart = _component(by_name, regions).chart
    if chart is None:
        raise ValueError(name)
    versions = {region: str(found.parameters.get("version", chart.version)) for region, found in regions.items()}
    alike = len(set(versions.values())) == 1
    shown = next(iter(versions.values())) if alike else ", ".join(f"{r} {v}" for r, v in versions.items())
    namespace = next(iter(regions.values())).namespace
    return f"{name}{_where(platform, regions)}", chart.name, shown, namespace, chart.repository


def _where(platform: Platform, regions: Iterable[str]) -> str:
    there = list(regions)
    return "" if len(there) == len(platform.regions) else f" (only in {', '.join(there)})"
