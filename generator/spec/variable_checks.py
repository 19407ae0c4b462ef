"""Checks of the environment variables that a service reads, from its configuration and from secrets."""

from collections.abc import Iterator

from generator.base.problem import Problem
from generator.spec.layers import latest, problem_at
from generator.spec.references import unknown
from generator.spec.subject import Subject, Tree

# Bytes of a ConfigMap's data that etcd still takes (https://kubernetes.io/docs/concepts/configuration/configmap/).
CONFIG_LIMIT = 1024 * 1024
# What every service finds in its environment; a `config` entry of the same name would be overwritten.
DERIVED_VARIABLES = ("CLOUD", "ENVIRONMENT", "PLATFORM", "REGION")


def address_variable(callee: str) -> str:
    """Return the variable in which a service finds the address of a callee ("LIT_REVIEW_URL")."""
    return f"{callee.upper().replace('-', '_')}_URL"


def variable_problems(service: Subject) -> Iterator[Problem]:
    """Yield what is wrong with the variables of a service: names that are taken, secrets that are not there."""
    scope, tree, layers = service.scope, service.tree, service.layers
    config = tree.get("config", {})
    taken = dict.fromkeys(DERIVED_VARIABLES, "set by gen")
    for callee in tree.get("calls", {}):
        if callee in scope.services or callee in scope.external:
            taken[address_variable(callee)] = f"the address of '{callee}'"
    for variable in config:
        if variable in taken:
            yield problem_at(
                layers, ("config", variable), "spec/variable", f"the variable is {taken[variable]}.",
                "Choose another name.", key=True,
            )  # fmt: skip
        taken.setdefault(variable, "in config already")
    if sum(len(variable) + len(value.encode()) for variable, value in config.items()) > CONFIG_LIMIT:
        yield problem_at(
            layers, ("config",), "spec/config", "larger than the 1 MiB that a ConfigMap holds.",
            "Put large texts into the image or into a data store.", key=True,
        )  # fmt: skip
    for secret, keys in tree.get("secrets", {}).items():
        if secret not in scope.secrets:
            yield problem_at(
                layers, ("secrets", secret), "spec/unknown-secret", *unknown("secret", secret, scope.secrets), key=True
            )
            continue
        yield from _secret(service, secret, keys, taken)


def _secret(service: Subject, secret: str, keys: Tree, taken: dict[str, str]) -> Iterator[Problem]:
    """Yield what is wrong with the variables read from one secret, and take their names."""
    scope, name, layers = service.scope, service.name, service.layers
    declared, home = scope.secrets[secret], service.tree.get("namespace")
    if {home, declared.get("namespace")} <= scope.namespaces.keys() and declared["namespace"] != home:
        yield problem_at(
            layers, ("secrets", secret), "spec/secret",
            f"the secret lives in namespace '{declared['namespace']}', the service '{name}' in '{home}'.",
            "A pod reads secrets of its own namespace only: declare one there.", key=True,
        )  # fmt: skip
    for variable, key in keys.items():
        if key not in declared.get("keys", {key: ""}):
            yield problem_at(
                layers, ("secrets", secret, variable), "spec/unknown-key",
                *unknown(f"key in secret '{secret}' called", key, declared["keys"]),
            )  # fmt: skip
        if variable in taken:
            place = latest(layers, ("secrets", secret, variable), ("config", variable))
            said = f"read from the secret '{secret}' already" if place[0] == "config" else taken[variable]
            yield problem_at(
                layers, place, "spec/variable", f"the variable is {said}.", "Choose another name.", key=True
            )
        taken.setdefault(variable, f"read from the secret '{secret}' already")
