"""What asks for a DNS record beside gateways: none of it can stand behind a proxy of HTTP."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rendering import CHECKOUT, example_workspace, render

ASKS = "external-dns.alpha.kubernetes.io/hostname"
PROXIED = "external-dns.alpha.kubernetes.io/cloudflare-proxied"


def asking(value: object) -> Iterator[dict[str, Any]]:
    """Yield the annotations that ask for a record, wherever they stand."""
    if isinstance(value, dict):
        if ASKS in value:
            yield value
        for inner in value.values():
            yield from asking(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from asking(inner)


def test_brokers_are_reached_directly_whatever_stands_before_gateways(tmp_path: Path) -> None:
    example = CHECKOUT / "templates" / "data" / "kafka" / "examples" / "valid" / "mirrored.yaml"
    rendered = render(example_workspace(example, tmp_path), "shop", "example")
    found = [annotations for item in rendered.of_kind("Kafka").values() for annotations in asking(item)]
    assert {annotations[ASKS] for annotations in found} == {
        "kafka.example.com",
        "kafka-eu.example.com",
        "kafka-ap.example.com",
    }
    assert {annotations.get(PROXIED) for annotations in found} == {"false"}
