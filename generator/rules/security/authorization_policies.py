"""AuthorizationPolicies that mean something else than they seem to: empty rules, wildcards, claims nobody verifies."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.rule import Mistake, rule
from generator.rules.security.mesh import ROOT, SECURITY, match_labels, overlap, selected, services_of

_SOURCES = ("principals", "requestPrincipals", "namespaces", "ipBlocks", "remoteIpBlocks", "serviceAccounts")
_NEGATIONS = tuple(f"not{name[0].upper()}{name[1:]}" for name in _SOURCES)


def _policies(cluster: Cluster) -> Iterator[tuple[Object, str]]:
    for item in cluster.of("AuthorizationPolicy", SECURITY):
        yield item, item.text("spec", "action") or "ALLOW"


def _rules(item: Object) -> Iterator[tuple[values.Path, Mapping[str, Any]]]:
    for index, one in item.mappings("spec", "rules"):
        yield ("spec", "rules", index), one


def _matches_all(one: Mapping[str, Any]) -> bool:
    """Say whether a rule demands nothing."""
    return not any(one.get(key) for key in ("from", "to", "when"))


def _is_gateway(item: Object) -> bool:
    wanted = {*match_labels(item).values(), *(str(key) for key in match_labels(item))}
    return any("gateway" in word or "ingress" in word for word in wanted)


@rule("security/authorization-allows-all")
def authorization_allows_all(cluster: Cluster) -> Iterator[Mistake]:
    """Find rules that let everybody in."""
    for item, action in _policies(cluster):
        for path, one in _rules(item) if action == "ALLOW" else ():
            if _matches_all(one):
                message = "The rule demands nothing, so the policy lets every request in, from anywhere."
                severity = Severity.WARNING if _is_gateway(item) else None
                yield Mistake(item, path, message, "Name the callers in from, or remove the rule.", severity)
            elif not one.get("when"):
                yield from _open(item, path, one)


def _open(item: Object, path: values.Path, one: Mapping[str, Any]) -> Iterator[Mistake]:
    for place, source in _sources(path, one):
        narrow = [name for name in (*_SOURCES, *_NEGATIONS) if source.get(name)]
        for name in narrow:
            if len(narrow) == 1 and "*" in values.strings(source, name) and name in {"principals", "namespaces"}:
                message = f"{name} '*' lets every workload of the mesh in."
                yield Mistake(item, (*place, name), message, "Name the callers.", Severity.WARNING)
            if len(narrow) == 1 and name in {"ipBlocks", "remoteIpBlocks"} and _anywhere(source, name):
                message = f"{name} holds every address, so everybody is let in."
                yield Mistake(item, (*place, name), message, "Name the networks of the callers.")
        if narrow and all(name in _NEGATIONS for name in narrow):
            message = f"{', '.join(narrow)} alone lets in whoever is not named, callers without an identity too."
            yield Mistake(item, (*place, narrow[0]), message, "Name who may call instead.", Severity.WARNING)
    everywhere = [values.strings(to, "operation", "paths") for _, to in values.mappings(one, "to")]
    if not one.get("from") and any("*" in paths or "/*" in paths for paths in everywhere):
        message = "Every path is open, and no caller is named: the rule lets every request in."
        yield Mistake(item, (*path, "to"), message, "Name the callers in from.", Severity.WARNING)


def _anywhere(source: Mapping[str, Any], name: str) -> bool:
    return bool({"0.0.0.0/0", "::/0"}.intersection(values.strings(source, name)))


def _sources(path: values.Path, one: Mapping[str, Any]) -> Iterator[tuple[values.Path, Mapping[str, Any]]]:
    for index, item in values.mappings(one, "from"):
        yield (*path, "from", index, "source"), values.mapping(item, "source")


def _denies_everybody(one: Mapping[str, Any]) -> bool:
    """Say whether a rule of a DENY names everybody in other words: every principal, or every path."""
    if one.get("when"):
        return False
    sources = [source for _, source in _sources((), one)]
    callers = any(
        list(source.values()) == [["*"]] and next(iter(source)) in {"principals", "namespaces"} for source in sources
    )
    operations = [values.mapping(to, "operation") for _, to in values.mappings(one, "to")]
    anything = any(dict(what) in ({"paths": ["/*"]}, {"paths": ["*"]}, {"methods": ["*"]}) for what in operations)
    return (callers or not one.get("from")) and (anything or not one.get("to")) and (callers or anything)


@rule("security/authorization-denies-all")
def authorization_denies_all(cluster: Cluster) -> Iterator[Mistake]:
    """Find policies that shut everybody out of what others let them into."""
    allows = [item for item, action in _policies(cluster) if action == "ALLOW" and any(True for _ in _rules(item))]
    near: dict[str, list[Object]] = defaultdict(list)
    for item in allows:
        near[item.namespace].append(item)
    for item, action in _policies(cluster):
        others = near[item.namespace] if item.namespace != ROOT else allows
        if action == "DENY":
            for path, one in _rules(item):
                if _matches_all(one) or _denies_everybody(one):
                    beaten = next((other for other in others if overlap(item, other, cluster)), None)
                    message = "The rule denies every request" + (f", whatever {beaten} allows." if beaten else ".")
                    hint = "Say in from, to or when what is to be denied."
                    yield Mistake(item, path, message, hint, None if beaten else Severity.WARNING)
        elif action == "ALLOW" and not item.dig("spec", "rules") and match_labels(item):
            yield from _shut(
                cluster, item, [other for other in (*near[item.namespace], *near[ROOT]) if other is not item]
            )


def _shut(cluster: Cluster, item: Object, others: list[Object]) -> Iterator[Mistake]:
    if any(overlap(item, other, cluster) for other in others):
        return
    for pod in selected(cluster, item):
        service = next(services_of(cluster, pod), None)
        if service is not None:
            message = f"The policy has no rules, so it refuses every request to {pod.object}, which {service} leads to."
            written = "rules" in item.mapping("spec")
            path = ("spec", "rules") if written else ("spec",)
            # Without the key it is the documented way to let nobody in; an empty list is one that lost its rules.
            severity = None if written else Severity.INFO
            yield Mistake(item, path, message, "Write a rule that names the callers.", severity)
            return


@rule("security/authorization-without-effect")
def authorization_without_effect(cluster: Cluster) -> Iterator[Mistake]:
    """Find policies and parts of them that never match, or that Istio refuses."""
    for item, action in _policies(cluster):
        spec = item.mapping("spec")
        if action in {"DENY", "AUDIT"} and not spec.get("rules"):
            message = f"A policy with the action {action} and no rules never matches anything."
            yield Mistake(item, ("spec", "action"), message, "Write a rule, or remove the policy.")
        if action == "CUSTOM" and not item.text("spec", "provider", "name"):
            message = "The action CUSTOM names no provider."
            yield Mistake(item, ("spec", "action"), message, "Name an extension provider of the mesh configuration.")
        if action != "CUSTOM" and "provider" in spec:
            message = f"Only the action CUSTOM has a provider, the action here is {action}."
            yield Mistake(item, ("spec", "provider"), message, "Write action: CUSTOM, or remove provider.")
        for path, one in _rules(item):
            yield from _empty_parts(item, path, one)


def _empty_parts(item: Object, path: values.Path, one: Mapping[str, Any]) -> Iterator[Mistake]:
    hint = "Name what it is to match, or remove it."
    for key in ("from", "to", "when"):
        if key in one and one[key] == []:
            yield Mistake(item, (*path, key), f"'{key}' is an empty list, which Istio refuses.", hint)
    for key, inner in (("from", "source"), ("to", "operation")):
        for index, part in values.mappings(one, key):
            if not any(values.mapping(part, inner).values()):
                message = f"The {inner} names nothing, which Istio refuses."
                yield Mistake(item, (*path, key, index), message, hint)


@rule("security/jwt-not-verified")
def jwt_not_verified(cluster: Cluster) -> Iterator[Mistake]:
    """Find claims that no RequestAuthentication verifies."""
    verified = cluster.of("RequestAuthentication", SECURITY)
    for item, _ in _policies(cluster):
        for path, one in _rules(item):
            place = next(_claims(path, one), None)
            if place and not any(overlap(item, other, cluster) for other in verified):
                message = "The rule looks at the claims of a token that no RequestAuthentication verifies: it has none."
                yield Mistake(item, place, message, "Add a RequestAuthentication for the same workloads.")


def _claims(path: values.Path, one: Mapping[str, Any]) -> Iterator[values.Path]:
    for place, source in _sources(path, one):
        for key in ("requestPrincipals", "notRequestPrincipals"):
            if source.get(key):
                yield (*place, key)
    for index, item in values.mappings(one, "when"):
        if values.text(item, "key").startswith("request.auth."):
            yield (*path, "when", index, "key")


@rule("security/jwt-not-required", Severity.WARNING)
def jwt_not_required(cluster: Cluster) -> Iterator[Mistake]:
    """Find verified tokens that nobody has to bring."""
    demanding = [
        item for item, _ in _policies(cluster) if any(True for p, one in _rules(item) for _ in _claims(p, one))
    ]
    for item in cluster.of("RequestAuthentication", SECURITY):
        if item.dig("spec", "jwtRules") and not any(overlap(item, other, cluster) for other in demanding):
            message = "A request without a token passes: no AuthorizationPolicy demands a request principal here."
            hint = "Add an AuthorizationPolicy with requestPrincipals for the same workloads."
            yield Mistake(item, ("spec", "jwtRules"), message, hint)
