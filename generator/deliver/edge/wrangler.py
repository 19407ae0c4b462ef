"""wrangler.jsonc: how Cloudflare's own tool deploys the Worker."""

import hashlib
import json
from typing import Any

from generator.deliver.edge.facts import binding, worker_name
from generator.spec.edge import Edge
from generator.spec.model import Platform

# The behaviour of the runtime that the Worker is tested with (https://developers.cloudflare.com/workers/configuration/
# compatibility-dates/).
COMPATIBILITY = "2026-07-01"
# What the Worker asks of a host in its own zone, its own route included, goes to the host's origin. The opposite,
# global_fetch_strictly_public, would bring it back to the Worker; no date may ever turn that on
# (https://developers.cloudflare.com/workers/configuration/compatibility-flags/#global-fetch-strictly-public).
FLAGS = ("global_fetch_private_origin",)
# Milliseconds of CPU that a request may take: what is read of a body is bounded, so that this is room for the largest.
CPU_LIMIT = 200
WHY = (
    "  // On a route: what the Worker asks of a host of its own zone goes to the origin. global_fetch_strictly_public\n"
    "  // would bring it back to the Worker, and never reach a region.\n"
)
# The share of requests whose logs are kept; failures log themselves as errors and warnings in all of these.
SAMPLING = 0.1


def wrangler_file(platform: Platform, edge: Edge) -> str:
    """Return wrangler.jsonc."""
    tree: dict[str, Any] = {
        "$schema": "https://unpkg.com/wrangler@4/config-schema.json",
        "name": worker_name(platform),
        "account_id": edge.account,
        "main": "src/worker.js",
        "compatibility_date": COMPATIBILITY,
        "compatibility_flags": list(FLAGS),
        # Answers nobody but the routes below.
        "workers_dev": False,
        "preview_urls": False,
        "routes": [{"pattern": f"{host}/*", "zone_name": edge.zone} for host in edge.hosts],
        "triggers": {"crons": ["* * * * *" if edge.failover.probe == 1 else f"*/{edge.failover.probe} * * * *"]},
        "observability": {"enabled": True, "head_sampling_rate": SAMPLING},
    }
    if edge.plan != "free":  # whose Workers have 10 ms, and no limit to choose
        tree["limits"] = {"cpu_ms": CPU_LIMIT}
    if edge.kv:
        tree["kv_namespaces"] = [{"binding": binding(platform, role), "id": key} for role, key in edge.kv.items()]
    if edge.limits.requests is not None:
        simple = {"limit": edge.limits.requests, "period": 60}
        tree["ratelimits"] = [{"name": "CLIENTS", "namespace_id": _number(worker_name(platform)), "simple": simple}]
    head = (
        "// Written by gen: change the spec and render again. Nothing here is secret, and the Worker needs no secret.\n"
    )
    written = json.dumps(tree, indent=2).replace('  "compatibility_flags"', f'{WHY}  "compatibility_flags"')
    return f"{head}{written}\n"


def _number(name: str) -> str:
    """Return a positive integer that is the Worker's own: limiters of an account that share one share their counts."""
    return str(int.from_bytes(hashlib.sha256(name.encode()).digest()[:3]) + 1)
