"""Checks of the edge against the regions, services and hosts that it stands in front of."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from generator.base.nearest import did_you_mean
from generator.base.problem import Problem
from generator.base.scalars import size_bytes
from generator.spec.documents import Documents
from generator.spec.layers import Path, latest, merge_all, problem_at
from generator.spec.references import missing, unknown

Tree = Mapping[str, Any]

EDGE_KEYS = {
    "provider": "Add whose network it is: cloudflare.",
    "account": "Add the ID of the account.",
    "zone": "Add the zone that the hosts are in.",
}
CACHE_KEYS = {"edge": "Add how long the edge keeps an answer: 5m."}
# What a Worker may hold of one request: it has 128 MB for all that it answers at the same time
# (https://developers.cloudflare.com/workers/platform/limits/#memory).
BODY_LIMIT = "25Mi"
# The codes of ISO 3166-1 alpha-2, one after the other; and how some are written by mistake.
_CODES = (
    "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCY"
    "CZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISIT"
    "JEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNI"
    "NLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTK"
    "TLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSYEYTZAZMZW"
)
COUNTRIES = frozenset(_CODES[start : start + 2] for start in range(0, len(_CODES), 2))
MISTAKEN = {"UK": "GB", "EL": "GR", "EN": "GB", "JA": "JP", "KO": "KR", "DA": "DK", "CS": "CZ", "SP": "ES"}


def edge_problems(documents: Documents, regions: Sequence[str]) -> Iterator[Problem]:
    """Yield what is wrong with the edge of an environment that runs in the given regions; nothing where it has none."""
    if documents.value("edge") is None:
        return
    edge: Tree = documents.section("edge")
    layers = documents.section_layers("edge")
    yield from missing(layers, (), edge, EDGE_KEYS)
    if documents.value("gateway") is None:
        yield problem_at(
            layers, (), "spec/edge", "the edge needs a gateway in each region to send requests to.",
            "Add gateway, or remove edge.", key=True,
        )  # fmt: skip
    yield from _hosts(documents, edge, regions)
    yield from _routing(documents, edge)
    yield from _writes(documents, edge, regions)
    yield from _cache(documents, edge, regions)
    body = edge.get("limits", {}).get("body")
    if body is not None and size_bytes(body) > size_bytes(BODY_LIMIT):
        yield problem_at(
            layers, ("limits", "body"), "spec/edge", f"{body} is more than the {BODY_LIMIT} that a Worker may hold.",
            "Let clients upload to object storage by signed addresses, and send the address.",
        )  # fmt: skip


def _hosts(documents: Documents, edge: Tree, regions: Sequence[str]) -> Iterator[Problem]:
    hosts = {region: documents.region(region).get("host") for region in regions}
    for region, host in hosts.items():
        # Where something is exposed, a region without a host is a mistake anyway, and is said to be one elsewhere.
        if host is None and not any(_exposed(documents, region)):
            yield problem_at(
                documents.region_layers(region), (), "spec/edge", "'host' is missing, but the platform has an edge.",
                "Add the name under which the edge reaches the region.", key=True,
            )  # fmt: skip
    zone = edge.get("zone")
    for index, host in enumerate(edge.get("hosts", ())):
        if zone is not None and host != zone and not host.endswith(f".{zone}"):
            yield problem_at(
                documents.section_layers("edge"), ("hosts", index), "spec/edge", f"'{host}' is not in zone '{zone}'.",
                "Name a host of the zone: a Worker gets requests of its own zone only.",
            )  # fmt: skip
    primary = next((name for name in regions if documents.region(name).get("role", "primary") == "primary"), None)
    host = str(hosts.get(primary or next(iter(regions), "")) or "")
    if zone and host and "hosts" not in edge and host != zone and not host.endswith(f".{zone}"):
        yield problem_at(
            documents.section_layers("edge"), ("zone",), "spec/edge",
            f"'{host}', the host of the primary region, is not in zone '{zone}'.",
            "Add hosts: what clients are to ask.",
        )  # fmt: skip


def _routing(documents: Documents, edge: Tree) -> Iterator[Problem]:
    layers = documents.section_layers("edge")
    known = documents.platform.below("regions").tree
    owners: dict[str, tuple[str, Path]] = {}
    for region, area in edge.get("routing", {}).items():
        if region not in known:
            said = unknown("region", region, known)
            yield problem_at(layers, ("routing", region), "spec/unknown-region", *said, key=True)
            continue
        for key in ("continents", "countries"):
            for index, code in enumerate(area.get(key, ())):
                path: Path = ("routing", region, key, index)
                if key == "countries" and code not in COUNTRIES:
                    hint = f"Did you mean '{MISTAKEN[code]}'?" if code in MISTAKEN else "See ISO 3166-1 alpha-2."
                    yield problem_at(layers, path, "spec/edge", f"there is no country '{code}'.", hint)
                    continue
                other, place = owners.setdefault(f"{key} {code}", (region, path))
                if other != region:
                    yield problem_at(
                        layers, latest(layers, path, place), "spec/edge",
                        f"{code} is routed to {other} and to {region}.", "Leave it to one of them.",
                    )  # fmt: skip


def _writes(documents: Documents, edge: Tree, regions: Sequence[str]) -> Iterator[Problem]:
    layers = documents.section_layers("edge")
    writes = edge.get("writes")
    if writes is None:
        return
    if writes not in regions:
        message, hint = unknown("region", writes, regions)
        if writes in documents.platform.below("regions").tree:
            message, hint = f"{writes} is no region of this environment.", f"Its regions: {', '.join(regions)}."
        yield problem_at(layers, ("writes",), "spec/unknown-region", message, hint)
    elif documents.region(writes).get("drained") is True:
        yield problem_at(
            layers, ("writes",), "spec/edge", f"every write goes to {writes}, which is drained.",
            f"Promote the databases of another region and name it here, or remove drained from {writes}.",
        )  # fmt: skip
    for store, region in _written_elsewhere(documents, str(writes)):
        yield problem_at(
            layers, ("writes",), "spec/edge", f"{store} is written in {region}, and writes would go to {writes}.",
            f"Write {region}, or move `writes` of {store} too.",
        )  # fmt: skip


def _written_elsewhere(documents: Documents, writes: str) -> Iterator[tuple[str, str]]:
    """Yield the component instances that one region alone writes, where it is another: a parameter `writes` says so.

    Regions disagree while one hands over to another: demoted, and nobody promoted yet. Then either of them will do.
    """
    for name in documents.instance_names(writes) if writes in documents.regions() else ():
        trees: dict[str, Tree] = {
            region: merge_all(documents.instance_layers(name, region))
            for region in documents.regions()
            if name in documents.instance_names(region)
        }
        component = documents.catalogue.components.get(str(trees[writes].get("use")))
        parameters: Any = (component.schema if component else None) or {}
        known = parameters.get("properties", {}).get("writes", {}).get("x-as") == "region"
        if known and writes not in {tree.get("writes", writes) for tree in trees.values()}:
            yield name, str(trees[writes]["writes"])


def _cache(documents: Documents, edge: Tree, regions: Sequence[str]) -> Iterator[Problem]:
    layers = documents.section_layers("edge")
    exposed = sorted({path for region in regions for path in _exposed(documents, region)})
    for path, entry in edge.get("cache", {}).items():
        yield from missing(layers, ("cache", path), entry, CACHE_KEYS)
        if not any(_within(path, other) or _within(other, path) for other in exposed):
            known = f"Exposed: {', '.join(exposed[:12])}." if exposed else "Expose one."
            yield problem_at(
                layers, ("cache", path), "spec/edge", f"no service exposes '{path}'.",
                did_you_mean(path, exposed) or known, key=True,
            )  # fmt: skip


def _exposed(documents: Documents, region: str) -> Iterator[str]:
    services: Mapping[str, Tree] = documents.services(region)
    for service in services.values():
        yield from (service.get("exposes") or {}).get("paths", ())


def _within(path: str, above: str) -> bool:
    return path == above or path.startswith(f"{above.rstrip('/')}/")
