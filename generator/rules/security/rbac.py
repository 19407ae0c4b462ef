"""Roles that allow more than anybody should have, and roles that allow nothing because a name in them is wrong."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.rule import Mistake, rule
from generator.rules.security.rbac_names import CUSTOM_GROUPS, GROUPS_OF, RESOURCES, VERBS

GROUP = "rbac.authorization.k8s.io"
_READ = frozenset(("get", "list", "watch"))
_POWERS = {"escalate": "give itself any right", "bind": "hand out any role", "impersonate": "act as anybody"}
_DELIVERY = ("argocd", "argo-cd", "flux", "crossplane", "olm")


def role_rules(cluster: Cluster) -> Iterator[tuple[Object, values.Path, Mapping[str, Any]]]:
    """Yield (role, path, rule) of every Role and ClusterRole."""
    for kind in ("Role", "ClusterRole"):
        for item in cluster.of(kind, GROUP):
            for index, one in item.mappings("rules"):
                yield item, ("rules", index), one


@rule("security/wildcard-rbac")
def wildcard_rbac(cluster: Cluster) -> Iterator[Mistake]:
    """Find rules that allow every verb, resource or group."""
    for item, path, one in role_rules(cluster):
        wild = [
            key for key in ("verbs", "resources", "apiGroups", "nonResourceURLs") if "*" in values.strings(one, key)
        ]
        reading = set(values.strings(one, "verbs")) <= _READ
        if wild == ["apiGroups"] and reading:
            continue
        if wild:
            what = {"verbs": "verb", "resources": "resource", "apiGroups": "API group", "nonResourceURLs": "URL"}
            message = f"{item.kind} {item.name} allows every {' and every '.join(what[key] for key in wild)}."
            hint = "Name what is really needed."
            yield Mistake(item, (*path, wild[0]), message, hint, _mildness(item, one, wild, reading))


def _mildness(item: Object, one: Mapping[str, Any], wild: list[str], reading: bool) -> Severity | None:
    groups = values.strings(one, "apiGroups")
    if item.name.startswith(_DELIVERY) or item.labels.get("app.kubernetes.io/part-of") in _DELIVERY:
        return Severity.WARNING  # what delivers everything may do everything
    if reading and (wild == ["nonResourceURLs"] or not {"", "*"}.intersection(groups)):
        return Severity.WARNING
    # Measurements can only be read, whatever the verbs.
    own = groups and all((group not in RESOURCES or group == "metrics.k8s.io") and group != "*" for group in groups)
    return Severity.WARNING if own else None  # an operator and its own resources


@rule("security/escalating-rbac")
def escalating_rbac(cluster: Cluster) -> Iterator[Mistake]:
    """Find rules by which their holder can become more than it is."""
    for item, path, one in role_rules(cluster):
        verbs = values.strings(one, "verbs")
        for verb in sorted(_POWERS.keys() & set(verbs)):
            named = bool(one.get("resourceNames"))
            message = f"The verb {verb} lets whoever has {item.kind} {item.name} {_POWERS[verb]}."
            hint = f"Remove {verb}, or name the resourceNames."
            index = verbs.index(verb)
            yield Mistake(item, (*path, "verbs", index), message, hint, Severity.WARNING if named else None)
        if "*" not in values.strings(one, "resources"):
            yield from _risky(cluster, item, path, one)


_RISKS: Mapping[str, tuple[frozenset[str], str]] = {
    "pods/exec": (frozenset(("create", "get", "*")), "run commands in every pod that it reaches"),
    "pods/attach": (frozenset(("create", "get", "*")), "attach to every pod that it reaches"),
    "pods/ephemeralcontainers": (frozenset(("update", "patch", "*")), "put containers of its own into running pods"),
    "nodes/proxy": (frozenset(("get", "create", "*")), "run commands in any pod through the kubelet, past admission"),
    "serviceaccounts/token": (frozenset(("create", "*")), "make tokens of other accounts"),
    "certificatesigningrequests/approval": (frozenset(("update", "patch", "*")), "approve certificates for anybody"),
    "persistentvolumes": (frozenset(("create", "*")), "mount any folder of a node"),
}


def _risky(cluster: Cluster, item: Object, path: values.Path, one: Mapping[str, Any]) -> Iterator[Mistake]:
    verbs = frozenset(values.strings(one, "verbs"))
    resources = values.strings(one, "resources")
    for index, resource in enumerate(resources):
        risk = _RISKS.get(resource)
        place = (*path, "resources", index)
        if risk and verbs & risk[0] and not one.get("resourceNames"):
            message = f"{item.kind} {item.name} lets its holder {risk[1]} ({resource})."
            yield Mistake(item, place, message, "Remove it, or name the resourceNames.", Severity.WARNING)
        wide = item.kind == "ClusterRole" and not one.get("resourceNames") and _cluster_wide(cluster, item)
        if resource == "secrets" and "" in values.strings(one, "apiGroups") and wide and verbs & {*_READ, "*"}:
            message = f"ClusterRole {item.name} reads the Secrets of every namespace."
            yield Mistake(
                item, place, message, "Bind it by a RoleBinding, or name the resourceNames.", Severity.WARNING
            )


def _cluster_wide(cluster: Cluster, role: Object) -> bool:
    return any(
        binding.text("roleRef", "kind") == "ClusterRole" and binding.text("roleRef", "name") == role.name
        for binding in cluster.of("ClusterRoleBinding", GROUP)
    )


@rule("security/unknown-rbac-name")
def unknown_rbac_name(cluster: Cluster) -> Iterator[Mistake]:
    """Find groups, resources and verbs in roles that do not exist, so that nothing is allowed."""
    own = {crd.text("spec", "group") for crd in cluster.of("CustomResourceDefinition")}
    for item, path, one in role_rules(cluster):
        yield from _verbs(item, path, one)
        groups = values.strings(one, "apiGroups")
        known = True
        for index, group in enumerate(groups):
            hint = _group(group) if group not in own else ""
            known = known and group in RESOURCES
            if hint:
                message = f"There is no API group '{group}', so the rule allows nothing there."
                yield Mistake(item, (*path, "apiGroups", index), message, hint)
        if groups and known:
            yield from _resources(item, path, one, groups)


def _verbs(item: Object, path: values.Path, one: Mapping[str, Any]) -> Iterator[Mistake]:
    for index, verb in enumerate(values.strings(one, "verbs")):
        near = did_you_mean(verb.lower(), VERBS) if verb not in VERBS else ""
        if near:
            message = f"'{verb}' is no verb of the API server, so it allows nothing."
            yield Mistake(item, (*path, "verbs", index), message, near)


def _group(group: str) -> str:
    if group in RESOURCES or group == "*":
        return ""
    if group in {"core", "v1"}:
        return 'Write "" for the core group.'
    name, slash, _ = group.partition("/")
    if slash:
        return f"Write '{name}' without the version."
    shorter = [known for known in RESOURCES if known.startswith(f"{group}.")]
    if shorter:
        return f"Did you mean '{shorter[0]}'?"
    if "." not in group:
        return did_you_mean(group, RESOURCES)
    # A group with a domain may well be somebody's own: only a slip of a finger away from a known one.
    known_groups = sorted({*RESOURCES, *CUSTOM_GROUPS})
    near = (
        []
        if group in CUSTOM_GROUPS or group.endswith(".x-k8s.io")
        else get_close_matches(group, known_groups, n=1, cutoff=0.9)
    )
    return f"Did you mean '{near[0]}'?" if near else ""


def _resources(item: Object, path: values.Path, one: Mapping[str, Any], groups: "list[str] | Any") -> Iterator[Mistake]:
    served = frozenset().union(*(RESOURCES[group] for group in groups))
    for index, resource in enumerate(values.strings(one, "resources")):
        name = resource.partition("/")[0]
        if name == "*" or name in served:
            continue
        elsewhere = GROUPS_OF.get(name, ())
        listed = ", ".join(f"'{group}'" for group in groups)
        message = f"The group {listed} has no resource '{name}', so the rule allows nothing for it."
        hint = f"It is of the group '{elsewhere[0]}'." if elsewhere else did_you_mean(name.lower(), served)
        if hint or any(char.isupper() for char in name):
            hint = hint or "Write the resource as kubectl api-resources does."
            severity = Severity.WARNING if _granted(item, name, elsewhere) else None
            yield Mistake(item, (*path, "resources", index), message, hint, severity)


def _granted(item: Object, name: str, groups: tuple[str, ...]) -> bool:
    """Say whether another rule of the role allows the resource in its right group: then nothing is missing."""
    return any(
        name in values.strings(one, "resources") and set(groups).intersection(values.strings(one, "apiGroups"))
        for _, one in item.mappings("rules")
    )
