"""Checks of a gateway's certificate that no secret of the platform is: component instances have to make it."""

from collections.abc import Iterator, Mapping
from typing import Any

from generator.base.problem import Problem
from generator.spec.documents import Documents
from generator.spec.layers import merge_all, problem_at
from generator.spec.references import unknown

Tree = Mapping[str, Any]


def made_certificate_problems(documents: Documents, name: str, namespace: str) -> Iterator[Problem]:
    """Yield what is wrong with gateway.certificate: nobody makes it, not in each region with a host, or elsewhere.

    namespace is the gateway's, where a Gateway looks for its certificate.
    """
    layers = documents.section_layers("gateway")
    made = {region: certificates(documents, region) for region in documents.regions()}
    there = [region for region, found in made.items() if name in found]
    if not there:
        names = {*documents.section("secrets"), *(known for found in made.values() for known in found)}
        yield problem_at(layers, ("certificate",), "spec/unknown-secret", *unknown("secret", name, names))
        return
    for region, found in made.items():
        if name not in found and documents.region(region).get("host"):
            said = f"nothing makes '{name}' in {region}, which has a host."
            hint = f"Let the component run there as in {there[0]}, or name a secret of the platform."
            yield problem_at(layers, ("certificate",), "spec/gateway", said, hint)
    if any(made[region][name] != namespace for region in there):
        said = f"'{name}' is made in another namespace than the gateway's."
        hint = f"Give the component that makes it the namespace {namespace}."
        yield problem_at(layers, ("certificate",), "spec/gateway", said, hint)


def twice_made_problems(documents: Documents) -> Iterator[Problem]:
    """Yield the secrets of the platform that a component instance makes as well: they would overwrite each other."""
    secrets: Tree = documents.section("secrets")
    seen = set()
    for region in documents.regions():
        for name, namespace in certificates(documents, region).items():
            if name in secrets and secrets[name].get("namespace") == namespace and name not in seen:
                seen.add(name)
                said = f"a component makes '{name}' as well, with a certificate that it renews."
                layers = documents.section_layers("secrets")
                yield problem_at(layers, (name,), "spec/secret", said, "Remove it here, or the component.", key=True)


def certificates(documents: Documents, region: str) -> dict[str, str]:
    """Return the certificates that component instances make in a region: name of the Secret → its namespace."""
    found: dict[str, str] = {}
    for name in documents.instance_names(region):
        tree: Tree = merge_all(documents.instance_layers(name, region))
        component = documents.catalogue.components.get(str(tree.get("use")))
        if component is not None and component.tls_secret in tree:
            found[str(tree[component.tls_secret])] = str(tree.get("namespace", ""))
    return found
