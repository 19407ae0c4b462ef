"""Checks of the environment variables that a service reads: configured, written on its container, from secrets."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from generator.base.problem import Problem
from generator.spec.layers import Layer, Path, latest, problem_at
from generator.spec.references import unknown
from generator.spec.subject import Subject, Tree

_NO_WORD = re.compile(r"[^A-Z0-9]+")
# Bytes of a ConfigMap's data that etcd still takes (https://kubernetes.io/docs/concepts/configuration/configmap/).
SIZE_LIMIT = 1024 * 1024
# What holds the variables of each section.
HOLDERS = {"config": "a ConfigMap", "env": "a pod's template"}
# What every service finds in its environment; a `config` entry of the same name would be overwritten.
DERIVED_VARIABLES = ("CLOUD", "ENVIRONMENT", "PLATFORM", "REGION", "SERVICE")


def address_variable(callee: str) -> str:
    """Return the variable in which a service finds the address of a callee ("LIT_REVIEW_URL")."""
    return f"{callee.upper().replace('-', '_')}_URL"


def secret_variable(callee: str, key: str) -> str:
    """Return the variable in which a service finds a key of the secret that a callee gives it ("KAFKA_PASSWORD")."""
    return _NO_WORD.sub("_", f"{callee}_{key}".upper())


def variable_problems(service: Subject) -> Iterator[Problem]:
    """Yield what is wrong with the variables of a service: names that are taken, secrets that are not there."""
    scope, tree, layers = service.scope, service.tree, service.layers
    taken = _Names(layers, dict.fromkeys(DERIVED_VARIABLES, ("set by gen", None)))
    for callee in tree.get("calls", {}):
        if callee in scope.services or callee in scope.external or callee in scope.instances:
            taken.claims[address_variable(callee)] = (f"the address of '{callee}'", None)
        for key in scope.instances.get(callee, ()):
            taken.claims[secret_variable(callee, key)] = (f"read from the secret that '{callee}' gives", None)
    for section, holder in HOLDERS.items():
        variables = tree.get(section, {})
        for variable in variables:
            yield from taken.claim((section, variable), f"in {section} already")
        if sum(len(variable) + len(value.encode()) for variable, value in variables.items()) > SIZE_LIMIT:
            yield problem_at(
                layers, (section,), "spec/config", f"larger than the 1 MiB that {holder} holds.",
                "Put large texts into the image or into a data store.", key=True,
            )  # fmt: skip
    for secret, keys in tree.get("secrets", {}).items():
        if secret not in scope.secrets:
            yield problem_at(
                layers, ("secrets", secret), "spec/unknown-secret", *unknown("secret", secret, scope.secrets), key=True
            )
            continue
        yield from _secret(service, secret, keys, taken)


@dataclass(frozen=True, slots=True)
class _Names:
    """The variables of a service: name → what each is, and where it is written (None: nowhere, it follows)."""

    layers: Sequence[Layer]
    claims: dict[str, tuple[str, Path | None]]

    def claim(self, path: Path, said: str) -> Iterator[Problem]:
        """Take the name at the end of a path; a name that is taken is a problem where it was written last."""
        first, other = self.claims.setdefault(str(path[-1]), (said, path))
        if other == path:
            return
        place = path if other is None else latest(self.layers, path, other)
        yield problem_at(
            self.layers, place, "spec/variable", f"the variable is {first if place == path else said}.",
            "Choose another name.", key=True,
        )  # fmt: skip


def _secret(service: Subject, secret: str, keys: Tree, taken: _Names) -> Iterator[Problem]:
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
        yield from taken.claim(("secrets", secret, variable), f"read from the secret '{secret}' already")
