"""What the mesh authorizes. Source: Istio's references of AuthorizationPolicy and PeerAuthentication."""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.verify.reachability.endpoint import Endpoint
from generator.verify.reachability.network import Judgement, Selecting

_GROUP = "security.istio.io"
# Ports of the proxy itself, which it answers as they come: no policy of the mesh holds for them
# (https://istio.io/latest/docs/ops/deployment/application-requirements/#ports-used-by-istio).
_PROXY = frozenset({15020, 15021, 15090})


class Mesh:
    """The policies of a mesh whose root namespace is that of its control plane."""

    def __init__(self, cluster: Cluster, root_namespace: str) -> None:
        self.root = root_namespace
        self.policies = _selecting(cluster.of("AuthorizationPolicy", _GROUP))
        self.authentications = _selecting(cluster.of("PeerAuthentication", _GROUP))

    def judge(self, source: Endpoint, target: Endpoint, port: int) -> Judgement:
        """Say whether some request from `source` to a port of `target` passes the target's sidecar."""
        if port in _PROXY:
            return Judgement(True, ())
        if not source.principal:
            mode, by = self._mode(target, port)
            if mode == "STRICT":
                return Judgement(False, by)
        namespaces = dict.fromkeys((target.namespace, self.root))
        applying = [policy for namespace in namespaces for policy in self.policies.of(namespace, target)]
        for policy in applying:
            if policy.text("spec", "action") == "DENY":
                for index, rule in policy.mappings("spec", "rules"):
                    if _matches(rule, source, port, whole=True):
                        return Judgement(False, ((policy, ("spec", "rules", index)),))
        allowing = [policy for policy in applying if policy.text("spec", "action") in {"", "ALLOW"}]
        for policy in allowing:
            for index, rule in policy.mappings("spec", "rules"):
                if _matches(rule, source, port, whole=False):
                    return Judgement(True, ((policy, ("spec", "rules", index)),))
        return Judgement(not allowing, tuple((policy, ("spec",)) for policy in allowing))

    def peers(self, target: Endpoint, endpoints: Iterable[Endpoint]) -> Iterable[Endpoint]:
        """Return a superset of the endpoints that the policies on a target let in."""
        namespaces = dict.fromkeys((target.namespace, self.root))
        applying = [policy for namespace in namespaces for policy in self.policies.of(namespace, target)]
        allowing = [policy for policy in applying if policy.text("spec", "action") in {"", "ALLOW"}]
        if not allowing:
            return endpoints
        exact: set[str] = set()
        for policy in allowing:
            for _, rule in policy.mappings("spec", "rules"):
                for _, item in values.mappings(rule, "from"):
                    wanted = values.mapping(item, "source")
                    principals = values.strings(wanted, "principals")
                    if not principals or any("*" in principal for principal in principals):
                        return endpoints
                    exact |= set(principals)
                if not values.items(rule, "from"):
                    return endpoints
        return [endpoint for endpoint in endpoints if endpoint.principal in exact]

    def _mode(self, target: Endpoint, port: int) -> tuple[str, tuple[tuple[Object, values.Path], ...]]:
        """Return the mode of mutual TLS on a port: the workload's own word, else its namespace's, else the mesh's."""
        own = self.authentications.of(target.namespace, target)
        selecting = [item for item in own if item.mapping("spec", "selector", "matchLabels")]
        for item in selecting:
            found = item.text("spec", "portLevelMtls", str(port), "mode")
            if found and found != "UNSET":
                return found, ((item, ("spec", "portLevelMtls", str(port))),)
        wide = [item for item in own if not item.mapping("spec", "selector")]
        root = [item for item in self.authentications.of(self.root, target) if not item.mapping("spec", "selector")]
        for item in (*selecting, *wide, *root):
            found = item.text("spec", "mtls", "mode")
            if found and found != "UNSET":
                return found, ((item, ("spec", "mtls")),)
        return "PERMISSIVE", ()  # Istio's default


def _selecting(policies: Iterable[Object]) -> Selecting:
    return Selecting((policy, policy.mapping("spec", "selector")) for policy in policies)


def _matches(rule: Mapping[str, Any], source: Endpoint, port: int, *, whole: bool) -> bool:
    """Say whether a rule fits some request (or, with whole, every request) from a source to a port."""
    if "from" in rule and not any(
        _source(values.mapping(item, "source"), source) for _, item in values.mappings(rule, "from")
    ):
        return False
    if whole and "when" in rule:
        return False
    if "to" not in rule:
        return True
    return any(
        _operation(values.mapping(item, "operation"), port, whole=whole) for _, item in values.mappings(rule, "to")
    )


def _source(wanted: Mapping[str, Any], source: Endpoint) -> bool:
    principal = source.principal
    namespace = source.namespace if principal else ""
    return (
        _fits(values.strings(wanted, "principals"), principal)
        and _fits(values.strings(wanted, "namespaces"), namespace)
        and _avoids(values.strings(wanted, "notPrincipals"), principal)
        and _avoids(values.strings(wanted, "notNamespaces"), namespace)
    )


def _operation(wanted: Mapping[str, Any], port: int, *, whole: bool) -> bool:
    if whole and wanted.keys() - {"ports", "notPorts"}:
        return False
    return _fits(values.strings(wanted, "ports"), str(port)) and _avoids(values.strings(wanted, "notPorts"), str(port))


def _fits(patterns: Sequence[str], value: str) -> bool:
    return not patterns or (bool(value) and any(_like(pattern, value) for pattern in patterns))


def _avoids(patterns: Sequence[str], value: str) -> bool:
    return not any(value and _like(pattern, value) for pattern in patterns)


def _like(pattern: str, value: str) -> bool:
    # Istio knows a star at the beginning or the end only; "*" alone is any value that is not empty.
    return fnmatchcase(value, pattern) if pattern.startswith("*") or pattern.endswith("*") else value == pattern
