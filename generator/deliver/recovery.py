"""The section on recovery in a tree's README: what each store keeps, and where its backups are."""

from collections.abc import Iterator, Mapping, Sequence

from generator.base.scalars import duration_text
from generator.components.catalogue import Component
from generator.deliver.markdown import code, plain, table
from generator.spec.model import Instance, Platform

_STORES = ("store", "kept by", "may lose", "serves again within", "why not less", "backup (UTC)", "kept for", "bucket")
_SCHEDULES = ("schedule", "when (UTC)", "what", "kept for", "bucket")
_NOT_SAID = "not said"
_NONE = "none"


def recovery_lines(platform: Platform, components: Sequence[Component]) -> Iterator[str]:
    """Yield the section; nothing where the platform asks for nothing, and no instance speaks of recovery or backups.

    An instance counts as in the first region that has it. Parameters are read by the words that all components share.
    """
    instances: dict[str, Instance] = {}
    for region in platform.regions:
        for name, instance in platform.instances[region.name].items():
            instances.setdefault(name, instance)
    by_name = {component.name: component for component in components}
    ordered = [instance for _, instance in sorted(instances.items())]
    stores = [_store(instance, by_name) for instance in ordered if _is_store(instance, by_name)]
    schedules = [row for instance in ordered for row in _schedules(instance)]
    if platform.recovery is None and not stores and not schedules:
        return
    yield "## Recovery"
    yield ""
    if platform.recovery is not None:
        point, time = (duration_text(length) for length in (platform.recovery.point, platform.recovery.time))
        yield f"Every store has to lose {point} of its newest writes at most, and to serve again within {time}."
        yield "One that cannot says why."
        yield ""
    if stores:
        yield from table(_STORES, stores)
    if schedules:
        yield from table(_SCHEDULES, schedules)
    yield "Configuration has no backup of its own: spec and tree are in Git, and every change is a commit that can be"
    yield f"reverted. Charts carry the platform's version, {platform.version}."
    yield ""


def _is_store(instance: Instance, components: Mapping[str, Component]) -> bool:
    component = components.get(instance.component)
    return component is not None and component.recovery_point is not None


def _store(instance: Instance, components: Mapping[str, Component]) -> tuple[str, ...]:
    recovery, backup = _mapping(instance.parameters, "recovery"), _mapping(instance.parameters, "backup")
    return (
        instance.name,
        plain(components[instance.component].recovery_by) or _NOT_SAID,
        _text(recovery, "point", _NOT_SAID),
        _text(recovery, "time", _NOT_SAID),
        _text(recovery, "because", ""),
        _when(backup),
        _text(backup, "retain", _NONE),
        _text(backup, "bucket", _NONE),
    )


def _schedules(instance: Instance) -> Iterator[tuple[str, ...]]:
    """Yield what the schedules of an instance say: those of Velero, each with a time and a retention."""
    backup = _mapping(instance.parameters, "backup")
    for name, plan in sorted(_mapping(instance.parameters, "schedules").items()):
        if isinstance(plan, Mapping) and {"schedule", "retain"} <= plan.keys():
            namespaces = plan.get("namespaces")
            listed = ", ".join(str(found) for found in namespaces) if isinstance(namespaces, list) else ""
            volumes = _text(plan, "volumes", "")
            what = f"namespaces {listed}" if listed else _NOT_SAID
            yield (
                f"{instance.name}: {name}",
                _when(plan),
                plain(f"{what}; volumes: {volumes}" if volumes else what),
                _text(plan, "retain", _NONE),
                _text(backup, "bucket", _NONE),
            )


def _when(tree: Mapping[str, object]) -> str:
    if "schedule" in tree:
        return code(str(tree["schedule"]))
    return f"every {_text(tree, 'every', '')}" if "every" in tree else _NONE


def _mapping(tree: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = tree.get(key)
    return value if isinstance(value, Mapping) else {}


def _text(tree: Mapping[str, object], key: str, otherwise: str) -> str:
    """Return a word of a parameter; it may be any text that a component's schema lets through."""
    return plain(str(tree[key])) if key in tree else otherwise
