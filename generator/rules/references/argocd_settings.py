"""Settings of Applications and annotations for Argo CD that it does not know, and so ignores."""

import re
from collections.abc import Iterator, Mapping

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.applications import GROUP
from generator.manifests.clusters import Repository
from generator.manifests.object import Object
from generator.rules.rule import Mistake, repository_rule

_BOOLEAN = ("true", "false")
_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "ApplyOutOfSyncOnly": _BOOLEAN,
    "ClientSideApplyMigration": _BOOLEAN,
    "CreateNamespace": _BOOLEAN,
    "Delete": ("false", "true", "confirm"),
    "FailOnSharedResource": _BOOLEAN,
    "Force": _BOOLEAN,
    "Prune": ("false", "true", "confirm"),
    "PruneLast": _BOOLEAN,
    "PrunePropagationPolicy": ("foreground", "background", "orphan"),
    "Replace": _BOOLEAN,
    "RespectIgnoreDifferences": _BOOLEAN,
    "ServerSideApply": _BOOLEAN,
    "SkipDryRunOnMissingResource": _BOOLEAN,
    "Validate": _BOOLEAN,
}
_COMPARE = ("IgnoreExtraneous", "ServerSideDiff=true", "ServerSideDiff=false", "IncludeMutationWebhook=true")
_HOOKS = ("PreSync", "Sync", "PostSync", "SyncFail", "PreDelete", "PostDelete", "Skip")
_POLICIES = ("HookSucceeded", "HookFailed", "BeforeHookCreation")
_FINALIZERS = (
    "resources-finalizer.argocd.argoproj.io",
    "resources-finalizer.argocd.argoproj.io/foreground",
    "resources-finalizer.argocd.argoproj.io/background",
    "post-delete-finalizer.argocd.argoproj.io",
    "post-delete-finalizer.argocd.argoproj.io/cleanup",
    "pre-delete-finalizer.argocd.argoproj.io",
    "pre-delete-finalizer.argocd.argoproj.io/cleanup",
)
PREFIX = "argocd.argoproj.io/"
_ANNOTATIONS = tuple(
    f"{PREFIX}{name}"
    for name in (
        "sync-wave", "sync-options", "compare-options", "hook", "hook-delete-policy", "manifest-generate-paths",
        "refresh", "tracking-id", "ignore-healthcheck", "ignore-resource-updates", "skip-reconcile",
        "application-set-refresh", "installation-id", "deletion-approved", "hydrate",
    )
)  # fmt: skip
_DURATION = re.compile(r"(\d+)(ms|s|m|h)?((\d+)(ms|s|m|h))*")


@repository_rule("references/sync-option-unknown")
def sync_option_unknown(repository: Repository) -> Iterator[Mistake]:
    """Find sync options that Argo CD does not know and ignores."""
    for item in repository.manifests.objects:
        if item.group == GROUP:
            for base in (("spec",), ("spec", "template", "spec")):
                at = (*base, "syncPolicy", "syncOptions")
                for index, option in enumerate(values.items(item.dig(*at))):
                    if isinstance(option, str):
                        yield from _option(item, (*at, index), option)
        stated = item.annotations.get(f"{PREFIX}sync-options", "")
        for option in filter(None, (part.strip() for part in stated.split(","))):
            yield from _option(item, ("metadata", "annotations", f"{PREFIX}sync-options"), option)


def _option(item: Object, path: values.Path, option: str) -> Iterator[Mistake]:
    key, _, value = option.partition("=")
    if "{{" in option:
        return
    if key not in _OPTIONS:
        near = did_you_mean(key, _OPTIONS)
        severity = Severity.ERROR if near else Severity.WARNING
        message = f"Argo CD knows no sync option '{key}'."
        yield Mistake(item, path, message, near or "Correct it or remove it.", severity)
    elif value not in _OPTIONS[key]:
        message = f"'{value}' is no value of the sync option {key}."
        yield Mistake(item, path, message, f"Write {key}={' or '.join(_OPTIONS[key])}.")


@repository_rule("references/argocd-annotation")
def argocd_annotation(repository: Repository) -> Iterator[Mistake]:
    """Find annotations for Argo CD with a value or a name that it does not know."""
    for item in repository.manifests.objects:
        for key, value in item.annotations.items():
            if not key.startswith(PREFIX):
                near = did_you_mean(key, _ANNOTATIONS) if "argo" in key and key.endswith(("wave", "hook")) else ""
                if near and "argoproj.io" in key:
                    yield Mistake(item, ("metadata", "annotations", key), f"Nobody reads the annotation '{key}'.", near)
                continue
            path = ("metadata", "annotations", key)
            if key not in _ANNOTATIONS:
                near = did_you_mean(key, _ANNOTATIONS)
                if near:
                    yield Mistake(item, path, f"Argo CD does not know the annotation '{key}'.", near)
            elif "{{" not in value:
                yield from _annotation(item, path, key.removeprefix(PREFIX), value)


def _annotation(item: Object, path: values.Path, key: str, value: str) -> Iterator[Mistake]:
    if key == "sync-wave" and not re.fullmatch(r"[+-]?\d+", value):
        yield Mistake(
            item, path, f"The wave '{value}' is no number, so it is taken as 0.", "Write an integer in quotes."
        )
    known = {"hook": _HOOKS, "hook-delete-policy": _POLICIES, "compare-options": _COMPARE}.get(key)
    for part in filter(None, (part.strip() for part in value.split(","))) if known else ():
        if part not in (known or ()):
            hint = did_you_mean(part, known or ()) or f"Write one of {', '.join(known or ())}."
            severity = Severity.WARNING if key == "compare-options" and not hint.startswith("Did") else None
            yield Mistake(item, path, f"'{part}' is no value of {PREFIX}{key}.", hint, severity)
    if (
        key == "hook-delete-policy"
        and f"{PREFIX}hook" not in item.annotations
        and "helm.sh/hook" not in item.annotations
    ):
        message = "The object is no hook, so its delete policy does nothing."
        yield Mistake(item, path, message, f"Add {PREFIX}hook.", Severity.WARNING)


@repository_rule("references/application-settings")
def application_settings(repository: Repository) -> Iterator[Mistake]:
    """Find finalizers and retries of Applications that do not do what they say."""
    for item in repository.manifests.objects:
        if item.group != GROUP or item.kind not in {"Application", "ApplicationSet"}:
            continue
        base: values.Path = ("spec",) if item.kind == "Application" else ("spec", "template", "spec")
        for index, name in enumerate(values.items(item.dig(*base[:-1], "metadata", "finalizers"))):
            near = did_you_mean(name, _FINALIZERS) if isinstance(name, str) and name not in _FINALIZERS else ""
            if near:
                message = f"Nobody removes the finalizer '{name}', so the Application can never be deleted."
                yield Mistake(item, (*base[:-1], "metadata", "finalizers", index), message, near)
        yield from _retry(item, (*base, "syncPolicy", "retry"))


def _retry(item: Object, at: values.Path) -> Iterator[Mistake]:
    lengths = {}
    for key in ("duration", "maxDuration"):
        text = item.text(*at, "backoff", key)
        if text and not _DURATION.fullmatch(text):
            message = f"'{text}' is no duration."
            yield Mistake(item, (*at, "backoff", key), message, "Write it as 30s, 5m or 1h.")
        elif text:
            lengths[key] = _seconds(text)
    if len(lengths) == 2 and lengths["maxDuration"] < lengths["duration"]:
        message = "The longest wait between retries is shorter than the first one."
        yield Mistake(item, (*at, "backoff", "maxDuration"), message, "Let maxDuration be the longer.")
    factor = item.integer(*at, "backoff", "factor")
    if factor is not None and factor < 1:
        message = f"Each wait is {factor} times the one before, so retries do not wait."
        yield Mistake(item, (*at, "backoff", "factor"), message, "Write 2.")


def _seconds(text: str) -> float:
    units = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "": 1.0}
    return sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)(ms|s|m|h|)", text))


@repository_rule("references/ignore-differences")
def ignore_differences(repository: Repository) -> Iterator[Mistake]:
    """Find ignored differences of objects that the Application does not have."""
    seen = set()
    for index, item in enumerate(repository.applications):
        things = repository.delivered[index]
        whole = all(source.folder is not None for source in item.sources) and bool(things)
        for position, entry in values.mappings(item.spec, "ignoreDifferences"):
            at: values.Path = (*item.base, "ignoreDifferences", position)
            if (id(item.object), at) in seen:
                continue
            seen.add((id(item.object), at))
            for number, pointer in enumerate(values.items(entry, "jsonPointers")):
                if isinstance(pointer, str) and not pointer.startswith("/"):
                    message = f"The JSON pointer '{pointer}' does not begin with '/', so it points nowhere."
                    yield Mistake(item.object, (*at, "jsonPointers", number), message, f"Write '/{pointer}'.")
            if whole:
                yield from _ignored(item.object, at, entry, things)


def _ignored(
    item: Object, at: values.Path, entry: Mapping[str, values.Value], things: tuple[Object, ...]
) -> Iterator[Mistake]:
    group, kind, name = values.text(entry, "group"), values.text(entry, "kind"), values.text(entry, "name")
    if "*" in group + kind:
        return
    same = [thing for thing in things if thing.kind == kind]
    if not same:
        near = did_you_mean(kind, {thing.kind for thing in things})
        message = f"The Application delivers no {kind}."
        severity = Severity.ERROR if near else Severity.WARNING
        yield Mistake(
            item, (*at, "kind"), message, near or "Remove the entry, or name a kind that it delivers.", severity
        )
    elif all(thing.group != group for thing in same):
        message = f"{kind} is of group '{same[0].group}', not '{group}', so nothing is ignored."
        yield Mistake(item, (*at, "group") if "group" in entry else at, message, f"Write group '{same[0].group}'.")
    elif name and "*" not in name and name not in {thing.name for thing in same}:
        hint = did_you_mean(name, {thing.name for thing in same})
        yield Mistake(
            item, (*at, "name"), f"The Application delivers no {kind} '{name}'.", hint or "Name one that it does."
        )
