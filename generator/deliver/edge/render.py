"""Puts the edge of an environment together: the shipped source of the Worker, and what is true of this platform."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from generator.base.resources import data_root
from generator.deliver.document import File
from generator.deliver.edge import balancing, zone
from generator.deliver.edge.facts import facts_module, worker_name
from generator.deliver.edge.readme import readme
from generator.deliver.edge.wrangler import wrangler_file
from generator.spec.edge import Edge
from generator.spec.model import Platform

OWNER = "edge"
SOURCES = "templates/edge/cloudflare-worker"


def render_edge(platform: Platform) -> tuple[File, ...]:
    """Return the files of edge/, sorted; none where the platform has no edge."""
    edge = platform.edge
    if edge is None:
        return ()
    contents = dict(_files(platform, edge))
    whole = hashlib.sha256()
    for path, content in sorted(contents.items()):
        whole.update(f"{path}\n{len(content)}\n".encode() + content)
    return tuple(File(f"edge/{path}", content, OWNER, whole.hexdigest()) for path, content in sorted(contents.items()))


def _files(platform: Platform, edge: Edge) -> Iterator[tuple[str, bytes]]:
    yield from _shipped()
    yield "src/platform.js", facts_module(platform, edge).encode()
    yield "wrangler.jsonc", wrangler_file(platform, edge).encode()
    yield "zone.json", _json({"account": edge.account, "zone": edge.zone, "name": worker_name(platform)})
    yield "settings.json", _json(zone.settings(edge))
    yield "rulesets/managed.json", _json(zone.managed_rules(platform, edge))
    rate = zone.rate_rules(platform, edge)
    if rate is not None:
        yield "rulesets/rate.json", _json(rate)
    if balancing.balanced(platform, edge):
        yield "load-balancing/monitor.json", _json(balancing.monitor(platform, edge))
        yield "load-balancing/pools.json", _json(balancing.pools(platform))
        balancers = [balancing.load_balancer(platform, edge, host) for host in edge.hosts]
        yield "load-balancing/load-balancers.json", _json(balancers)
    yield "README.md", readme(platform, edge).encode()


def _shipped() -> Iterator[tuple[str, bytes]]:
    """Yield what is the same for every platform: the Worker's source, and what deploys it."""
    folder = data_root() / SOURCES
    for file in sorted(folder.rglob("*")):
        path = file.relative_to(folder)
        if file.is_file() and not any(part.startswith(".") for part in path.parts):
            yield path.as_posix(), file.read_bytes()


def _json(value: Any) -> bytes:
    return f"{json.dumps(value, indent=2)}\n".encode()
