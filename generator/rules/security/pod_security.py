"""Pods that Pod Security admission refuses where it is enforced, and pods that would be dangerous where it is not."""

from collections.abc import Iterator

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests.cluster import Cluster
from generator.manifests.workload import Workload
from generator.rules.rule import Mistake, rule
from generator.rules.security.pod_baseline import Pod, Violation, baseline
from generator.rules.security.pod_restricted import restricted
from generator.rules.security.pod_security_level import LEVELS, MODES, PREFIX, VERSION, Enforced, enforced


@rule("security/pod-security-baseline")
def pod_security_baseline(cluster: Cluster) -> Iterator[Mistake]:
    """Find pods that ask for what hands over their node."""
    for item in cluster.templates():
        level = enforced(cluster, item.namespace)
        for found in baseline(Pod(item, level.minor)):
            severity = _unenforced(item, level, found)
            refused = ""
            if level.level in {"baseline", "restricted"}:
                severity = Severity.ERROR
                refused = f" Namespace {item.namespace} enforces the {level.level} level, so its pods are refused."
            elif level.level == "privileged":
                refused = f" Namespace {item.namespace} allows it."
            yield Mistake(item.object, found.path, f"{_upper(found.message)}{refused}", found.hint, severity)


def _unenforced(item: Workload, level: Enforced, found: Violation) -> Severity:
    if level.level == "privileged" or level.system:
        # Somebody decided so for the namespace; the runtime's socket is worth a look all the same.
        return Severity.WARNING if found.weight == 2 and found.check == "hostPathVolumes" else Severity.INFO
    if found.weight == 0:
        return Severity.WARNING
    # Agents of the nodes are DaemonSets, and need the node's files, network or processes.
    agent = item.object.kind == "DaemonSet" and found.weight < 2
    return Severity.WARNING if agent else Severity.ERROR


@rule("security/pod-security-restricted", Severity.WARNING)
def pod_security_restricted(cluster: Cluster) -> Iterator[Mistake]:
    """Find pods below the restricted level: an error where their namespace enforces it."""
    for item in cluster.templates():
        level = enforced(cluster, item.namespace)
        found = list(restricted(Pod(item, level.minor)))
        if level.level == "restricted":
            for one in found:
                refused = f" Namespace {item.namespace} enforces the restricted level, so its pods are refused."
                yield Mistake(item.object, one.path, f"{_upper(one.message)}{refused}", one.hint, Severity.ERROR)
        elif found and not level.system and level.level != "privileged":
            written = [one for one in found if not one.missing]
            for one in written:
                yield Mistake(item.object, one.path, _upper(one.message), one.hint)
            yield from _absent(item, [one for one in found if one.missing])


def _absent(item: Workload, found: list[Violation]) -> Iterator[Mistake]:
    """Yield one mistake for everything that a pod leaves out, where nothing refuses it."""
    if len(found) == 1:
        yield Mistake(item.object, found[0].path, _upper(found[0].message), found[0].hint)
    elif found:
        checks = ", ".join(sorted({one.check.partition("_")[0] for one in found}))
        message = f"The pod does not meet the restricted Pod Security Standard: {checks}."
        hint = " ".join(sorted({one.hint for one in found}))
        yield Mistake(item.object, found[0].path, message, hint)


@rule("security/pod-security-label")
def pod_security_label(cluster: Cluster) -> Iterator[Mistake]:
    """Find a Pod Security label that admission does not understand."""
    known = {f"{mode}{suffix}" for mode in MODES for suffix in ("", "-version")}
    for item in cluster.of("Namespace", ""):
        for key, value in item.mapping("metadata", "labels").items():
            path = ("metadata", "labels", key)
            prefix, _, name = key.rpartition("/")
            if f"{prefix}/" != PREFIX:
                if name in known and "pod-security" in prefix:
                    message = f"'{key}' is no label of Pod Security admission, so nothing is enforced."
                    yield Mistake(item, path, message, f"Did you mean '{PREFIX}{name}'?")
                continue
            if name not in known:
                message = f"'{key}' is no label of Pod Security admission, so it does nothing."
                hint = did_you_mean(name, known) or f"Labels are {PREFIX}enforce, audit and warn."
                yield Mistake(item, path, message, hint)
            elif name.endswith("-version"):
                if value != "latest" and not (isinstance(value, str) and VERSION.fullmatch(value)):
                    message = f"'{value}' is no version of the Pod Security Standards."
                    yield Mistake(item, path, message, "Write latest or v1.<minor>, such as v1.36.")
            elif value not in LEVELS:
                message = f"'{value}' is no level of the Pod Security Standards."
                hint = did_you_mean(str(value), LEVELS) or "The levels are privileged, baseline and restricted."
                yield Mistake(item, path, message, hint)


@rule("security/pod-security-weakened", Severity.WARNING)
def pod_security_weakened(cluster: Cluster) -> Iterator[Mistake]:
    """Find namespaces that enforce the privileged level while nothing in them needs it."""
    for item in cluster.of("Namespace", ""):
        if item.labels.get(f"{PREFIX}enforce") != "privileged":
            continue
        pods = cluster.workloads(item.name)
        known = bool(pods) and all(pod.complete for pod in pods) and not cluster.unseen(item.name)
        if known and not any(True for pod in pods for _ in baseline(Pod(pod, 1000))):
            message = f"Namespace {item.name} enforces nothing, though all its pods meet the baseline level."
            yield Mistake(item, ("metadata", "labels", f"{PREFIX}enforce"), message, "Write baseline or restricted.")


def _upper(message: str) -> str:
    return message[:1].upper() + message[1:]
