"""etcd's data with CustomResourceDefinitions already established, made once for a set of them and kept in the cache."""

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from generator.base.errors import GenError
from generator.manifests.values import flag, mappings, text
from generator.tools.cache import Cache
from generator.tools.pins import content_key
from generator.verify.admission.client import Client, url
from generator.verify.admission.resources import Kind
from generator.verify.admission.server import Programs, serve
from generator.verify.admission.sparse import copy_tree

GROUP, KIND = "apiextensions.k8s.io", "CustomResourceDefinition"
_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_LAYOUT = 1
"""Part of the key: raise it when the entries are made in another way."""
_PATIENCE = 180.0


@dataclass(frozen=True, slots=True)
class Definitions:
    """Files (JSON) of pinned definitions, and the definitions that the tree itself holds (as JSON)."""

    pinned: tuple[Path, ...]
    own: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Installed:
    """A definition on the server: what it defines, if it has a version that is served, and why it is refused or ""."""

    name: str
    kind: Kind | None
    refusal: str


def data_with(definitions: Definitions, programs: Programs, cache: Cache, progress: Callable[[str], None]) -> Path:
    """Return a folder of etcd's data in which the definitions are established, as far as the server takes them.

    A pinned definition that it refuses is a GenError; one of the tree's is left out, and refused again when judged.
    """
    versions = tuple(_version(program) for program in (programs.apiserver, programs.etcd))
    pinned = tuple(sorted(file.read_bytes() for file in definitions.pinned))
    key = content_key(_LAYOUT, versions, pinned, definitions.own)

    def make(stage: Path) -> None:
        count = len(definitions.pinned) + len(definitions.own)
        progress(f"API server: preparing its data with {count} custom resource definitions")
        with serve(programs) as server:
            _install(server.client, definitions)
            server.stop()
            copy_tree(server.data, stage / "etcd")

    return cache.provide(cache.entry("admission", "etcd", key), make) / "etcd"


def installed(client: Client) -> tuple[Installed, ...]:
    """Return the definitions on the server."""
    reply = client.request("GET", _CRDS)
    if reply.status != 200:
        raise GenError(f"The API server for admission does not list its definitions: {reply.message}.")
    return tuple(_read(crd) for _, crd in mappings(reply.body, "items"))


def _version(program: Path) -> str:
    try:
        said = subprocess.run([program, "--version"], stdin=subprocess.DEVNULL, capture_output=True, check=True, env={})
    except (OSError, subprocess.CalledProcessError) as error:
        raise GenError(f"{program} does not run ({error}). Provide it again: gen tools install.") from error
    return said.stdout.decode(errors="replace").strip()


def _install(client: Client, definitions: Definitions) -> None:
    address = f"{_CRDS}?fieldManager=gen&fieldValidation="

    def pinned(file: Path) -> None:
        reply = client.request("POST", f"{address}Ignore", file.read_bytes())
        if reply.status != 201:
            raise GenError(
                f"{file}: the API server refuses this pinned definition: {reply.message}. Pin another version."
            )

    def own(definition: str) -> None:
        client.request("POST", f"{address}Strict", definition.encode())

    client.each(pinned, definitions.pinned)
    client.each(own, definitions.own)
    _without_webhooks(client)
    deadline = monotonic() + _PATIENCE
    while any(crd.refusal == _PENDING for crd in installed(client)):
        if monotonic() > deadline:
            raise GenError(f"The definitions are not established after {_PATIENCE:.0f} s.\n{client.last_words()}")
        sleep(0.3)


def _without_webhooks(client: Client) -> None:
    """Take conversion by webhook out of the definitions: the operator that answers does not run here."""
    off = json.dumps({"spec": {"conversion": {"strategy": "None", "webhook": None}}}).encode()
    for _, crd in mappings(client.request("GET", _CRDS).body, "items"):
        if text(crd, "spec", "conversion", "strategy") == "Webhook":
            where = url(_CRDS, text(crd, "metadata", "name"))
            reply = client.request("PATCH", where, off, media="application/merge-patch+json")
            if reply.status != 200:
                raise GenError(f"The API server for admission keeps a conversion webhook: {reply.message}.")


_PENDING = "it is not established yet"


def _read(crd: Mapping[str, Any]) -> Installed:
    conditions = {text(item, "type"): item for _, item in mappings(crd, "status", "conditions")}
    refusal = _PENDING
    if text(conditions.get("NamesAccepted"), "status") == "False":
        refusal = text(conditions["NamesAccepted"], "message") or "its names are taken"
    elif text(conditions.get("Established"), "status") == "True":
        refusal = ""
    served = any(flag(version, "served") for _, version in mappings(crd, "spec", "versions"))
    kind = (text(crd, "spec", "group"), text(crd, "spec", "names", "kind"))
    return Installed(text(crd, "metadata", "name"), kind if served else None, refusal)


def definitions_of(own: Sequence[Mapping[str, Any]], pinned: Sequence[Path]) -> Definitions:
    """Return definitions without repetitions, in an order of their own."""
    return Definitions(tuple(sorted(set(pinned))), tuple(sorted({json.dumps(crd, sort_keys=True) for crd in own})))
