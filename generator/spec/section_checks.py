"""Checks of what services share: namespaces, mesh, gateway, monitoring, secrets, externals and sizes."""

from collections.abc import Iterator, Mapping
from typing import Any

from generator.base.problem import Problem
from generator.base.scalars import millicores, size_bytes
from generator.spec.certificate_checks import made_certificate_problems, twice_made_problems
from generator.spec.documents import Documents
from generator.spec.layers import Path, latest, problem_at
from generator.spec.mesh import TRACING_NAMESPACE
from generator.spec.references import missing, unknown

Tree = Mapping[str, Any]

TLS_TYPE = "kubernetes.io/tls"
TLS_KEYS = ("tls.crt", "tls.key")
# Where a section's pods run unless it says otherwise.
SECTION_NAMESPACES = {"mesh": "istio-system", "gateway": "istio-ingress", "monitoring": "monitoring"}
QUOTA_KEYS = {
    "cpu": "Add the sum of the CPU requests, in cores.",
    "memory": "Add the sum of the memory requests.",
    "pods": "Add the number of pods.",
}
SECRET_KEYS = {
    "namespace": "Add the namespace that it belongs to.",
    "keys": "Add its keys: key → name in the secret manager.",
}
EXTERNAL_KEYS = {"hosts": "Add its host names."}
CERTIFICATE_KEYS = {"certificate": "Add the name of the secret that holds it."}


def section_problems(documents: Documents) -> Iterator[Problem]:
    """Yield what is wrong with the sections of a platform that are not services, components or regions."""
    yield from _sizes(documents)
    yield from _namespaces(documents)
    yield from _namespaces_of_sections(documents)
    yield from _tracing(documents)
    yield from _gateway(documents)
    yield from _secrets(documents)
    yield from twice_made_problems(documents)
    yield from _external(documents)


def limit_below_request(resources: Tree) -> Iterator[tuple[str, str, str]]:
    """Yield (cpu or memory, limit, request) where a limit is below the request."""
    for key, number in (("cpu", millicores), ("memory", size_bytes)):
        limit, request = resources.get("limits", {}).get(key), resources.get(key)
        if limit and request and number(limit) < number(request):
            yield key, limit, request


def _sizes(documents: Documents) -> Iterator[Problem]:
    layers = documents.section_layers("sizes")
    sizes: Tree = documents.sizes()
    for name in documents.section("sizes"):
        for key, limit, request in limit_below_request(sizes[name]):
            yield problem_at(
                layers, latest(layers, (name, "limits", key), (name, key)), "spec/resources",
                f"the limit of {limit} is below the request of {request}.", "Raise the limit or lower the request.",
            )  # fmt: skip


def _namespaces(documents: Documents) -> Iterator[Problem]:
    layers = documents.section_layers("namespaces")
    namespaces: Tree = documents.section("namespaces")
    for name, namespace in namespaces.items():
        if "quota" in namespace:
            yield from missing(layers, (name, "quota"), namespace["quota"], QUOTA_KEYS)


def _namespaces_of_sections(documents: Documents) -> Iterator[Problem]:
    namespaces = documents.section("namespaces")
    for section, default in SECTION_NAMESPACES.items():
        if documents.value(section) is None:
            continue
        # No label at all would select every pod of the namespace.
        if documents.section(section).get("labels") == {}:
            yield problem_at(
                documents.section_layers(section), ("labels",), "spec/labels", "no label is left to tell the pods by.",
                "Name at least one, or leave labels out.", key=True,
            )  # fmt: skip
        name = str(documents.section(section).get("namespace", default))
        if name not in namespaces:
            layers = documents.section_layers(section)
            place: Path = ("namespace",) if "namespace" in documents.section(section) else ()
            message, hint = unknown("namespace", name, namespaces)
            hint = hint if hint.startswith("Did") else f"Declare it under namespaces: {name}: {{}}."
            yield problem_at(layers, place, "spec/unknown-namespace", message, hint, key=not place)


def _tracing(documents: Documents) -> Iterator[Problem]:
    """Yield a collector of traces in a namespace that the platform does not have."""
    mesh: Tree = documents.section("mesh")
    tracing = mesh.get("tracing")
    namespaces = documents.section("namespaces")
    if documents.value("mesh") is None or tracing is None:
        return
    if tracing.get("namespace", TRACING_NAMESPACE) in namespaces:
        return
    name = str(tracing.get("namespace", TRACING_NAMESPACE))
    place: Path = ("tracing", "namespace") if "namespace" in tracing else ("tracing",)
    message, hint = unknown("namespace", name, namespaces)
    hint = hint if hint.startswith("Did") else f"Declare it under namespaces: {name}: {{}}."
    yield problem_at(
        documents.section_layers("mesh"), place, "spec/unknown-namespace", message, hint, key=len(place) == 1
    )


def _gateway(documents: Documents) -> Iterator[Problem]:
    if documents.value("gateway") is None:
        return
    gateway: Tree = documents.section("gateway")
    layers = documents.section_layers("gateway")
    if documents.value("mesh") is None:
        yield problem_at(
            layers, (), "spec/gateway", "the gateway needs a mesh.", "Add `mesh: {}`, or remove gateway.", key=True
        )
    yield from missing(layers, (), gateway, CERTIFICATE_KEYS)
    if "certificate" not in gateway:
        return
    secrets: Tree = documents.section("secrets")
    name = gateway["certificate"]
    namespace = gateway.get("namespace", SECTION_NAMESPACES["gateway"])
    if name not in secrets:
        yield from made_certificate_problems(documents, name, namespace)
        return
    wrong = []
    if secrets[name].get("type") != TLS_TYPE:
        wrong.append(f"type {TLS_TYPE}")
    if secrets[name].get("namespace", namespace) != namespace:
        wrong.append(f"namespace {namespace}")
    if wrong:
        yield problem_at(
            layers, ("certificate",), "spec/gateway", f"secret '{name}' is no certificate of the gateway.",
            f"Give it {' and '.join(wrong)}.",
        )  # fmt: skip


def _secrets(documents: Documents) -> Iterator[Problem]:
    secrets: Tree = documents.section("secrets")
    namespaces = documents.section("namespaces")
    layers = documents.section_layers("secrets")
    for name, secret in secrets.items():
        yield from missing(layers, (name,), secret, SECRET_KEYS)
        if "namespace" in secret and secret["namespace"] not in namespaces:
            yield problem_at(
                layers, (name, "namespace"), "spec/unknown-namespace",
                *unknown("namespace", secret["namespace"], namespaces),
            )  # fmt: skip
        if secret.get("type") == TLS_TYPE and "keys" in secret and not secret["keys"].keys() >= set(TLS_KEYS):
            yield problem_at(
                layers, (name, "keys"), "spec/secret",
                f"a secret of type {TLS_TYPE} has the keys {' and '.join(TLS_KEYS)}.",
                "Add what is missing: Kubernetes refuses it otherwise.", key=True,
            )  # fmt: skip


def _external(documents: Documents) -> Iterator[Problem]:
    layers = documents.section_layers("external")
    external: Tree = documents.section("external")
    owners: dict[str, str] = {}
    services = documents.section("services")
    for name, system in external.items():
        if name in services:
            yield problem_at(
                layers, (name,), "spec/same-name", f"'{name}' is a service too: a call to it could mean either.",
                "Choose another name.", key=True,
            )  # fmt: skip
        yield from missing(layers, (name,), system, EXTERNAL_KEYS)
        for index, host in enumerate(system.get("hosts", ())):
            if host in owners:
                yield problem_at(
                    layers, (name, "hosts", index), "spec/same-host",
                    f"'{host}' is already a host of '{owners[host]}'.",
                    "Name each host once: the mesh has one entry for it.",
                )  # fmt: skip
            owners.setdefault(host, name)
