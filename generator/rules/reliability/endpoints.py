"""Addresses of EndpointSlices and Endpoints written by hand."""

import ipaddress
import re
from collections.abc import Iterator

from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.rule import Mistake, rule

_DOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


@rule("reliability/endpoint-address-invalid")
def endpoint_address_invalid(cluster: Cluster) -> Iterator[Mistake]:
    """Find addresses that the API server refuses: of another type, local to a node, or none at all."""
    for of in cluster.of("EndpointSlice", "discovery.k8s.io"):
        kind = values.text(of.value, "addressType")
        for index, endpoint in of.mappings("endpoints"):
            for position, address in enumerate(values.items(endpoint, "addresses")):
                yield from _address(of, ("endpoints", index, "addresses", position), address, kind)
    for of in cluster.of("Endpoints", ""):
        for index, subset in of.mappings("subsets"):
            for key in ("addresses", "notReadyAddresses"):
                for position, entry in values.mappings(subset, key):
                    yield from _address(of, ("subsets", index, key, position, "ip"), entry.get("ip"), "")


def _address(of: Object, path: values.Path, address: values.Value, kind: str) -> Iterator[Mistake]:
    if not isinstance(address, str) or "$" in address or "{" in address:
        return
    if kind == "FQDN":
        if not _DOMAIN.fullmatch(address):
            yield Mistake(of, path, f"'{address}' is no domain name.", "Write a name in lower case.")
        return
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        yield Mistake(of, path, f"'{address}' is no IP address.", "Write the address of the endpoint.")
        return
    if kind in {"IPv4", "IPv6"} and kind != f"IPv{found.version}":
        message = f"'{address}' is no address of type {kind}."
        yield Mistake(of, path, message, f"Write addressType: IPv{found.version}, or an {kind} address.")
    elif found.is_loopback or found.is_link_local or found.is_unspecified:
        message = f"'{address}' means each node itself, and the API server refuses it as an endpoint."
        yield Mistake(of, path, message, "Write an address that other nodes reach.")
