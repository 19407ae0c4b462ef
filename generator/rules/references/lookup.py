"""What the rules about references share: walking to what refers, what is there, and how a dangling name is told."""

import difflib
import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.workload import Workload
from generator.rules.rule import Mistake

JOBS = frozenset({"Job", "CronJob", "ScaledJob"})
"""Kinds whose pods end: no Service, budget or scaler is meant for them."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A name in an object that stands for another object; key is the data key that it wants of it, if any."""

    object: Object
    path: values.Path
    namespace: str
    name: str
    key: str = ""
    key_path: values.Path = ()
    optional: bool = False


def each(value: values.Value, steps: Iterable[str], at: values.Path = ()) -> Iterator[tuple[values.Path, values.Value]]:
    """Yield (path, value) of everything at a path of keys, where "*" stands for every item of a list or mapping."""
    steps = tuple(steps)
    if not steps:
        if value is not None:
            yield at, value
        return
    step, rest = steps[0], steps[1:]
    if step != "*":
        if isinstance(value, dict) and step in value:
            yield from each(value[step], rest, (*at, step))
        return
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from each(item, rest, (*at, index))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from each(item, rest, (*at, key))


def table_references(cluster: Cluster, table: Mapping[tuple[str, str], Iterable[str]]) -> Iterator[Reference]:
    """Yield the references that custom resources hold.

    The table maps (group, kind) to entries "path.to.name[:key][@namespace]": the dotted path of the name, then the
    keys of its siblings that hold the data key and the namespace.
    """
    for (group, kind), entries in table.items():
        found = cluster.of(kind, group)
        for entry in entries if found else ():
            rest, _, where = entry.partition("@")
            path, _, key = rest.partition(":")
            *above, last = path.split(".")
            for item in found:
                for at, holder in each(item.value, above):
                    name = values.text(holder, last)
                    namespace = (values.text(holder, where) if where else "") or item.namespace
                    wanted = values.text(holder, key) if key else ""
                    if name and (namespace or not where):
                        yield Reference(item, (*at, last), namespace, name, wanted, (*at, key or last))


def objects_of(found: Iterable[Workload]) -> list[Object]:
    """Return the objects that make the pods, each once."""
    return list({id(pod.object): pod.object for pod in found}.values())


def may_hide(cluster: Cluster, namespace: str, names: Iterable[values.Value]) -> bool:
    """Say whether what bears one of some names may come with a chart or the cluster, unseen by the tree."""
    return any(cluster.unseen(namespace, name) for name in names if isinstance(name, str))


def there(cluster: Cluster, group: str, kind: str, namespace: str, name: str) -> bool:
    """Say whether an object exists; one without a namespace in its manifest may land in any."""
    return cluster.exists(group, kind, namespace, name) or cluster.get(group, kind, "", name) is not None


def is_near(name: str, known: Iterable[str], cutoff: float = 0.8) -> bool:
    """Say whether a name is another known one, misspelt."""
    alike = [item for item in known if item != name and abs(len(item) - len(name)) <= 2]
    letters = sorted(name)
    if any(sorted(item) == letters for item in alike):  # two letters exchanged
        return True
    return bool(difflib.get_close_matches(name, alike[:500], n=1, cutoff=cutoff))


def remedy(cluster: Cluster, group: str, kind: str, namespace: str, name: str) -> str:
    """Return what to do about a name that nothing bears: the near name, the right namespace, or to add it."""
    elsewhere = [item.namespace for item in cluster.of(kind, group) if item.name == name and item.namespace]
    if elsewhere:
        return f"There is one in namespace '{elsewhere[0]}': move it, or refer to it there."
    near = did_you_mean(name, cluster.names(group, kind, namespace))
    return near or f"Add the {kind}, or name one that is there."


def dangling(
    cluster: Cluster, reference: Reference, group: str, kind: str, severity: Severity | None = None
) -> Iterator[Mistake]:
    """Yield a mistake if a reference leads nowhere."""
    if not reference.name or re.search(r"\{\{|\$[({]", reference.name) or reference.optional:
        return
    if there(cluster, group, kind, reference.namespace, reference.name):
        return
    where = f" in namespace '{reference.namespace}'" if reference.namespace else ""
    message = f"There is no {kind} '{reference.name}'{where}."
    hint = remedy(cluster, group, kind, reference.namespace, reference.name)
    yield Mistake(reference.object, reference.path, message, hint, severity)


def provided(
    cluster: Cluster, reference: Reference, group: str, kind: str, known: Iterable[str] = ()
) -> Iterator[Mistake]:
    """Yield a mistake if a reference leads nowhere, of a kind that also comes with clusters (StorageClass, ...).

    It is an error when the tree declares any object of the kind or a known name is near, else worth knowing only.
    """
    names = {*known, *(item.name for item in cluster.of(kind, group))}
    if reference.name in known:
        return
    certain = bool(cluster.of(kind, group)) or is_near(reference.name, names)
    for mistake in dangling(cluster, reference, group, kind, Severity.ERROR if certain else Severity.INFO):
        near = did_you_mean(reference.name, names) if is_near(reference.name, names) else ""
        yield Mistake(mistake.object, mistake.path, mistake.message, near or mistake.hint, mistake.severity)


def is_address(text: str) -> bool:
    """Say whether a text is an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
