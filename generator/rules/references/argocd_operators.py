"""Operators that Argo CD installs by their charts: they come before what they work on, and in a version that stays."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.applications import Application
from generator.manifests.clusters import Repository
from generator.manifests.object import Object
from generator.rules.references.argocd_order import WAVE, Families, Pair, order, wave_path
from generator.rules.references.argocd_settings import PREFIX
from generator.rules.references.operators import CHARTS, chart_name, installed
from generator.rules.rule import Mistake, repository_rule

_SKIPS = "SkipDryRunOnMissingResource=true"
# One version, and not a range of them: 1.2.3, v1.2.3-rc.1, 90.2.0+build.
_PINNED = re.compile(r"\s*v?\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?\s*")


@repository_rule("references/operator-wave")
def operator_wave(repository: Repository) -> Iterator[Mistake]:
    """Find Applications of custom resources that do not come after the Application of their operator."""
    families = Families(repository, ("Application", "ApplicationSet"))
    told: set[tuple[int, int]] = set()
    for index, group, thing, operators in _customs(repository, installed(repository)):
        pairs = [pair for operator in operators if (pair := families.pair(index, operator)) is not None]
        found = [(pair, _not_after(pair, thing, group)) for pair in pairs]
        # Several charts may bring a group, one its CRDs and one its controller: nothing hangs behind the first.
        if any(mistake is None for _, mistake in found):
            continue
        for pair, mistake in found[:1]:
            key = (id(pair.first), id(pair.second))
            if mistake is not None and key not in told:
                told.add(key)
                yield mistake
    yield from _beside_definitions(repository)


_Bringers = Mapping[tuple[str, str], Sequence[int]]


def _customs(repository: Repository, bringers: _Bringers) -> Iterator[tuple[int, str, Object, tuple[int, ...]]]:
    """Yield (Application, API group, one of its objects, other Applications that bring the group to the cluster)."""
    for index, item in enumerate(repository.applications if bringers else ()):
        groups = {thing.group: thing for thing in repository.delivered[index] if thing.group}
        for group, thing in groups.items():
            others = tuple(at for at in bringers.get((repository.cluster_of(item), group), ()) if at != index)
            if others:
                yield index, group, thing, others


def _bringers(repository: Repository) -> _Bringers:
    """Return (cluster, API group) → the Applications that bring its kinds: by an operator's chart, or as CRDs."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for key, indexes in installed(repository).items():
        found[key] += indexes
    for index, item in enumerate(repository.applications):
        for thing in repository.delivered[index]:
            if thing.kind == "CustomResourceDefinition":
                found[repository.cluster_of(item), thing.text("spec", "group")].append(index)
    return found


def _not_after(pair: Pair, thing: Object, group: str) -> Mistake | None:
    first, second = order(pair.first), order(pair.second)
    if first is None or second is None or first > second:
        return None
    one, other = pair.first, pair.second
    applications = one.kind == other.kind == "Application"
    if first == second and not applications:
        return None
    when = "in the same wave" if first == second else "in a later wave"
    message = f"{other.kind} '{other.name}' installs the operator of {thing.kind} '{thing.name}' ({group}) {when}."
    # What comes at once with its operator, or is generated, is tried again until that is there: late, with errors.
    severity = None if applications and first < second else Severity.WARNING
    if first == second and not {WAVE} & {*one.annotations, *other.annotations}:
        severity = Severity.INFO  # a tree without waves leaves the order to retries
    return Mistake(one, wave_path(one), message, f"Give '{other.name}' a lower wave than '{one.name}'.", severity)


def _beside_definitions(repository: Repository) -> Iterator[Mistake]:
    """Yield Applications of custom resources whose CRDs another Application brings in the same wave."""
    families = Families(repository)
    brought: dict[tuple[str, str, str], int] = {}
    for index, item in enumerate(repository.applications):
        for thing in repository.delivered[index]:
            if thing.kind == "CustomResourceDefinition":
                of = (thing.text("spec", "group"), thing.text("spec", "names", "kind"))
                brought[repository.cluster_of(item), *of] = index
    told: set[tuple[int, int]] = set()
    for index, item in enumerate(repository.applications if brought else ()):
        for thing in repository.delivered[index]:
            theirs = brought.get((repository.cluster_of(item), thing.group, thing.kind), index)
            pair = families.pair(index, theirs) if theirs != index and (index, theirs) not in told else None
            if pair is not None and order(pair.first) == order(pair.second) is not None:
                told.add((index, theirs))
                message = f"Application '{pair.second.name}' brings the CRD of {thing.kind} in the same wave."
                hint = f"Give '{pair.second.name}' a lower wave than '{pair.first.name}'."
                yield Mistake(pair.first, wave_path(pair.first), message, hint, Severity.WARNING)


@repository_rule("references/custom-resource-dry-run", Severity.WARNING)
def custom_resource_dry_run(repository: Repository) -> Iterator[Mistake]:
    """Find custom resources that make the whole sync fail while their kind is not there."""
    told = set()
    for index, group, _, _ in _customs(repository, _bringers(repository)):
        item = repository.applications[index]
        if id(item.object) in told or _SKIPS in values.strings(item.spec, "syncPolicy", "syncOptions"):
            continue
        things = [thing for thing in repository.delivered[index] if thing.group == group]
        open_ones = [thing for thing in things if _SKIPS not in thing.annotations.get(f"{PREFIX}sync-options", "")]
        defined = any(
            thing.kind == "CustomResourceDefinition" and thing.text("spec", "group") == group
            for thing in repository.delivered[index]
        )
        if open_ones and not defined:
            told.add(id(item.object))
            message = f"As long as what brings {group} is not there, the dry run of {open_ones[0].kind} "
            message += f"'{open_ones[0].name}' fails, and nothing of the Application is synced."
            path = _nearest(item, "syncPolicy", "syncOptions")
            yield Mistake(item.object, path, message, f"Add the sync option {_SKIPS}.")


@repository_rule("references/custom-resource-retry", Severity.WARNING)
def custom_resource_retry(repository: Repository) -> Iterator[Mistake]:
    """Find Applications of custom resources that give up before their operator may be there."""
    told = set()
    for index, group, thing, _ in _customs(repository, _bringers(repository)):
        item = repository.applications[index]
        limit = values.integer(item.spec, "syncPolicy", "retry", "limit")
        stated = "retry" in values.mapping(item.spec, "syncPolicy")
        # Without `automated` a person syncs, and sees what happens.
        by_hand = not _is_automated(item.spec)
        if id(item.object) in told or by_hand or (stated and limit != 0):
            continue
        told.add(id(item.object))
        tries = "is not tried again" if stated else "is tried five times more, over some five minutes"
        message = f"A sync that fails because {thing.kind} ({group}) is not known yet {tries}, and then not before "
        message += "the next commit."
        path = _nearest(item, "syncPolicy", "retry", "limit")
        yield Mistake(item.object, path, message, "Add retry: {limit: 20, backoff: {...}}, or limit -1 for no end.")


def _is_automated(spec: Mapping[str, values.Value]) -> bool:
    policy = values.mapping(spec, "syncPolicy")
    return isinstance(policy.get("automated"), dict) and values.dig(policy, "automated", "enabled") is not False


def _nearest(item: Application, *path: str) -> values.Path:
    """Return the longest beginning of a path in an Application's spec that is there."""
    at = path
    while at and values.dig(item.spec, *at) is None:
        at = at[:-1]
    return (*item.base, *at)


@repository_rule("references/operator-version-floating")
def operator_version_floating(repository: Repository) -> Iterator[Mistake]:
    """Find charts of operators whose version is a range: everything that they run restarts when a release appears."""
    seen = set()
    for item in repository.applications:
        for source in item.sources:
            at, chart = (*source.at, "targetRevision"), chart_name(source.chart)
            version = values.dig(item.spec, *at[len(item.base) :])
            key = (id(item.object), at)
            is_text = version is None or isinstance(version, str)
            if chart not in CHARTS or key in seen or not is_text or (isinstance(version, str) and "{{" in version):
                continue
            if isinstance(version, str) and _PINNED.fullmatch(version):
                continue
            seen.add(key)
            shown = f"version '{version}', which moves" if version else "no version that is said"
            message = f"The operator '{chart}' is installed in {shown}: an upgrade comes without a commit."
            path = at if version is not None else source.at
            yield Mistake(item.object, path, message, "Write one version, and raise it one cluster after the other.")
