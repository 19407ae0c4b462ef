"""What AuthorizationPolicies name: callers, namespaces, ports and conditions."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.workload import Workload
from generator.rules.references.istio_policies import known_ports, namespace_missing, policy_pods, rules_of
from generator.rules.references.istio_registry import ROOT, SECURITY, protocol_of
from generator.rules.rule import Mistake, rule

_PRINCIPAL = re.compile(r"[^/*]+/ns/([^/]+)/sa/([^/]+)")
_CONDITIONS = re.compile(
    r"(source\.(ip|namespace|principal|serviceAccount)|remote\.ip|destination\.(ip|port)|connection\.sni"
    r"|request\.(headers\[.+\]|auth\.(principal|audiences|presenter|claims(\[.+\])+))|experimental\..+)"
)
_KEYS = (
    "source.ip", "source.namespace", "source.principal", "remote.ip", "destination.ip", "destination.port",
    "connection.sni", "request.auth.principal", "request.auth.audiences", "request.auth.presenter",
)  # fmt: skip
_HTTP = ("hosts", "notHosts", "methods", "notMethods", "paths", "notPaths")
_METHODS = frozenset(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"])


def _policies(cluster: Cluster) -> tuple[Object, ...]:
    return cluster.of("AuthorizationPolicy", SECURITY)


@rule("references/authorization-principal-unknown")
def authorization_principal_unknown(cluster: Cluster) -> Iterator[Mistake]:
    """Find callers in AuthorizationPolicies that nobody can be."""
    for item in _policies(cluster):
        for path, source in rules_of(item, "from"):
            for key in ("principals", "notPrincipals"):
                yield from _principals(cluster, item, (*path, key), values.items(source, key))
            for key in ("namespaces", "notNamespaces"):
                yield from _namespaces(cluster, item, (*path, key), values.items(source, key))
            yield from _accounts(cluster, item, (*path, "serviceAccounts"), values.items(source, "serviceAccounts"))
        for index, entry in item.mappings("spec", "rules"):
            for position, when in values.mappings(entry, "when"):
                at: values.Path = ("spec", "rules", index, "when", position, "values")
                if values.text(when, "key") == "source.principal":
                    yield from _principals(cluster, item, at, values.items(when, "values"))
                elif values.text(when, "key") == "source.namespace":
                    yield from _namespaces(cluster, item, at, values.items(when, "values"))


def _principals(cluster: Cluster, item: Object, path: values.Path, stated: Sequence[Any]) -> Iterator[Mistake]:
    for index, principal in enumerate(stated):
        if not isinstance(principal, str) or "*" in principal:
            continue
        found = _PRINCIPAL.fullmatch(principal)
        if principal.startswith("spiffe://"):
            message = f"'{principal}' is no principal: Istio leaves spiffe:// away."
            yield Mistake(item, (*path, index), message, f"Write '{principal.removeprefix('spiffe://')}'.")
        elif found is None:
            message = f"'{principal}' is no principal of the mesh."
            yield Mistake(item, (*path, index), message, "Write cluster.local/ns/<namespace>/sa/<service account>.")
        else:
            yield from _account(cluster, item, (*path, index), found[1], found[2])


def _accounts(cluster: Cluster, item: Object, path: values.Path, stated: Sequence[Any]) -> Iterator[Mistake]:
    for index, account in enumerate(stated):
        if isinstance(account, str) and "*" not in account:
            where, slash, name = account.rpartition("/")
            yield from _account(cluster, item, (*path, index), where if slash else item.namespace, name)


def _account(cluster: Cluster, item: Object, path: values.Path, where: str, name: str) -> Iterator[Mistake]:
    missing = namespace_missing(cluster, where)
    if missing:
        yield Mistake(item, path, f"There is no namespace '{where}'.", missing[0], missing[1])
    elif cluster.workloads(where) and not cluster.exists("", "ServiceAccount", where, name):
        message = f"There is no ServiceAccount '{name}' in namespace '{where}'."
        hint = did_you_mean(name, cluster.names("", "ServiceAccount", where))
        yield Mistake(item, path, message, hint or "Name the ServiceAccount of the caller's pods.")


def _namespaces(cluster: Cluster, item: Object, path: values.Path, stated: Sequence[Any]) -> Iterator[Mistake]:
    for index, name in enumerate(stated):
        missing = namespace_missing(cluster, name) if isinstance(name, str) else None
        if missing:
            yield Mistake(item, (*path, index), f"There is no namespace '{name}'.", missing[0], missing[1])


@rule("references/authorization-port")
def authorization_port(cluster: Cluster) -> Iterator[Mistake]:
    """Find ports in AuthorizationPolicies that the selected pods do not have, and HTTP conditions on ports of TCP."""
    services: dict[str, list[Object]] = defaultdict(list)
    for service in cluster.of("Service", ""):
        services[service.namespace].append(service)
    for item in _policies(cluster):
        if item.namespace == ROOT or item.mapping("spec", "targetRef") or item.mappings("spec", "targetRefs"):
            continue
        pods = policy_pods(cluster, item, values.labels(item.value, "spec", "selector", "matchLabels"))
        known = known_ports(pods)
        opaque = _opaque(services[item.namespace], item, pods)
        for path, operation in rules_of(item, "to"):
            ports = values.items(operation, "ports")
            for index, port in enumerate(ports):
                number = str(port)
                # 15000 to 15099 are the sidecar's own.
                if known is not None and number not in known and not re.fullmatch(r"150\d\d|.*[*{].*", number):
                    message = f"The selected pods have no port {number}; they have {', '.join(sorted(known))}."
                    hint = "Write the port that the container listens on, not the Service's."
                    yield Mistake(item, (*path, "ports", index), message, hint)
            http = [key for key in _HTTP if operation.get(key)]
            if http and ports and {str(port) for port in ports} <= opaque:
                message = f"Port {ports[0]} is TCP for the mesh, where {http[0]} cannot be read."
                yield Mistake(item, (*path, http[0]), message, "Name the Service's port http-…, or allow by port only.")


def _opaque(services: list[Object], item: Object, pods: tuple[Workload, ...]) -> set[str]:
    """Return the container ports of pods that every Service of theirs calls TCP or TLS."""
    kinds: dict[str, set[str]] = {}
    if not any(operation.get(key) for _, operation in rules_of(item, "to") for key in _HTTP):
        return set()
    for service in services:
        selector = values.labels(service.value, "spec", "selector")
        if not selector:
            continue
        for pod in pods:
            if all(pod.labels.get(key) == value for key, value in selector.items()):
                for _, port in service.mappings("spec", "ports"):
                    target = port.get("targetPort", port.get("port"))
                    named = {name: number for name, number, _ in pod.ports()}
                    kinds.setdefault(str(named.get(target, target) if isinstance(target, str) else target), set()).add(
                        protocol_of(port)
                    )
    return {number for number, protocols in kinds.items() if protocols <= {"TCP"}}


@rule("references/authorization-condition")
def authorization_condition(cluster: Cluster) -> Iterator[Mistake]:
    """Find conditions and methods that Istio does not know, and paths that no request has."""
    for item in _policies(cluster):
        for index, entry in item.mappings("spec", "rules"):
            for position, when in values.mappings(entry, "when"):
                key = values.text(when, "key")
                at: values.Path = ("spec", "rules", index, "when", position)
                if not _CONDITIONS.fullmatch(key):
                    hint = did_you_mean(key, _KEYS) or "Write a key such as request.headers[x-name]."
                    yield Mistake(item, (*at, "key"), f"'{key}' is no condition that Istio knows.", hint)
                elif not values.items(when, "values") and not values.items(when, "notValues"):
                    message = f"The condition on '{key}' has neither values nor notValues."
                    yield Mistake(item, at, message, "Write its values.")
        for path, operation in rules_of(item, "to"):
            yield from _operation(item, path, operation)
    yield from _without_tokens(cluster)


def _operation(item: Object, path: values.Path, operation: Mapping[str, Any]) -> Iterator[Mistake]:
    for index, method in enumerate(values.items(operation, "methods")):
        if isinstance(method, str) and method not in _METHODS and method != "*":
            hint = did_you_mean(method.upper(), _METHODS) or "Write the method in capitals."
            hint = f"Write {method.upper()}." if method.upper() in _METHODS else hint
            custom = None if method.upper() in _METHODS or hint.startswith("Did") else Severity.WARNING
            yield Mistake(item, (*path, "methods", index), f"'{method}' is no HTTP method.", hint, custom)
    for index, stated in enumerate(values.items(operation, "paths")):
        if isinstance(stated, str) and stated and not stated.startswith(("/", "*", "{")):
            message = f"No request has the path '{stated}', since paths begin with '/'."
            yield Mistake(item, (*path, "paths", index), message, f"Write '/{stated}'.")


def _without_tokens(cluster: Cluster) -> Iterator[Mistake]:
    """Yield demands for a token's principal where nothing reads tokens."""
    homes = {item.namespace for item in cluster.of("RequestAuthentication", SECURITY)}
    if ROOT in homes:
        return
    for item in _policies(cluster):
        for path, source in rules_of(item, "from"):
            if values.items(source, "requestPrincipals") and item.namespace not in homes:
                message = (
                    f"No RequestAuthentication in namespace '{item.namespace}' reads tokens, so nobody has a principal."
                )
                hint = "Add a RequestAuthentication for these pods."
                yield Mistake(item, (*path, "requestPrincipals"), message, hint, Severity.WARNING)
