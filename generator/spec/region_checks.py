"""Checks of regions and clouds: each region complete, known to its cloud, and told apart from the others."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from generator.base.problem import Problem
from generator.spec.documents import Documents
from generator.spec.layers import Layer, problem_at
from generator.spec.references import missing, unknown

Tree = Mapping[str, Any]

# What each provider's External Secrets sign-in takes.
STORE_KEYS = {"aws": ("role",), "gcp": ("project", "serviceAccount"), "azure": ("vault", "tenant", "client")}
DISK_TYPES = {
    "aws": ("gp2", "gp3", "io1", "io2", "sc1", "st1"),
    "gcp": ("hyperdisk-balanced", "hyperdisk-extreme", "pd-balanced", "pd-extreme", "pd-ssd", "pd-standard"),
    "azure": (
        "PremiumV2_LRS",
        "Premium_LRS",
        "Premium_ZRS",
        "StandardSSD_LRS",
        "StandardSSD_ZRS",
        "Standard_LRS",
        "UltraSSD_LRS",
    ),
}
# Disk types whose speed is bought apart from their size.
SPEEDS = {
    "iops": ("gp3", "io1", "io2", "hyperdisk-balanced", "hyperdisk-extreme", "PremiumV2_LRS", "UltraSSD_LRS"),
    "throughput": ("gp3", "hyperdisk-balanced", "PremiumV2_LRS", "UltraSSD_LRS"),
}
# What each provider bills, and what to write.
ACCOUNTS = {
    "aws": (re.compile(r"[0-9]{12}").fullmatch, "Write the 12 digits of the AWS account."),
    "gcp": (re.compile(r"[a-z][-a-z0-9]{5,29}").fullmatch, "Write the ID of the Google Cloud project."),
    "azure": (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch, "Write the subscription's UUID."),
}
REGION_KEYS = {
    "cloud": "Add the cloud that the cluster runs in: aws, gcp, azure, other or one of clouds.",
    "zones": "Add the availability zones, as the nodes' topology.kubernetes.io/zone label has them.",
    "registry": "Add the registry that the region's nodes pull from.",
}


def region_problems(documents: Documents, regions: Sequence[str]) -> Iterator[Problem]:
    """Yield what is wrong with the clouds and with the given regions of an environment."""
    yield from _clouds(documents)
    for region in regions:
        yield from _region(documents, region)
    yield from _weights_of_platform(documents)
    yield from _weights_of_environment(documents, regions)
    yield from _told_apart(documents, regions)
    yield from _all_drained(documents, regions)


def _all_drained(documents: Documents, regions: Sequence[str]) -> Iterator[Problem]:
    if regions and all(documents.region(region).get("drained") is True for region in regions):
        yield problem_at(
            documents.region_layers(regions[-1]), ("drained",), "spec/drained",
            "every region is drained: nobody would answer requests from outside.",
            "Remove `drained` from at least one region.", key=True,
        )  # fmt: skip


def _clouds(documents: Documents) -> Iterator[Problem]:
    layers = documents.section_layers("clouds")
    clouds: Tree = documents.clouds()
    for name in documents.section("clouds"):
        cloud = clouds[name]
        yield from missing(
            layers, (name,), cloud, {"provider": "Add whose interfaces it has: aws, gcp, azure or other."}
        )
        known = DISK_TYPES.get(cloud.get("provider"), ())
        for storage_class, written in cloud.get("storage", {}).items():
            place = (name, "storage", storage_class)
            disk = written if isinstance(written, str) else written["type"]
            if known and disk not in known:
                said = unknown(f"disk type of provider '{cloud['provider']}' called", disk, known)
                yield problem_at(layers, (*place, "type") if disk != written else place, "spec/unknown-disk", *said)
                continue
            for speed in SPEEDS if isinstance(written, Mapping) else ():
                if speed in written and disk not in SPEEDS[speed]:
                    message = f"{disk} sells no {speed} apart from its size."
                    hint = f"Remove it, or choose one of {', '.join(kind for kind in known if kind in SPEEDS[speed])}."
                    yield problem_at(layers, (*place, speed), "spec/disk", message, hint, key=True)


def _region(documents: Documents, region: str) -> Iterator[Problem]:
    layers, tree = documents.region_layers(region), documents.region(region)
    yield from missing(layers, (), tree, REGION_KEYS)
    clouds: Tree = documents.clouds()
    cloud = tree.get("cloud")
    if cloud is not None and cloud not in clouds:
        yield problem_at(layers, ("cloud",), "spec/unknown-cloud", *unknown("cloud", str(cloud), clouds))
    elif cloud is not None and "secretStore" in tree and "provider" in clouds[str(cloud)]:
        yield from _store(layers, str(clouds[str(cloud)]["provider"]), tree["secretStore"])
    if cloud in clouds and "account" in tree:
        yield from _account(layers, str(clouds[str(cloud)].get("provider", "")), str(tree["account"]))
    if documents.section("secrets") and "secretStore" not in tree:
        yield problem_at(
            layers, (), "spec/required", "'secretStore' is missing, but the platform has secrets.",
            "Add how External Secrets signs in to the region's secret manager.", key=True,
        )  # fmt: skip


def _account(layers: Sequence[Layer], provider: str, account: str) -> Iterator[Problem]:
    if provider in ACCOUNTS and not ACCOUNTS[provider][0](account):
        said = f"'{account}' is no account of provider '{provider}'."
        yield problem_at(layers, ("account",), "spec/account", said, ACCOUNTS[provider][1])


def _store(layers: Sequence[Layer], provider: str, store: Any) -> Iterator[Problem]:
    wanted = STORE_KEYS.get(provider, ())
    if not wanted:
        yield problem_at(
            layers, ("secretStore",), "spec/secret-store", f"provider '{provider}' has no secret manager.",
            "Remove secretStore and the platform's secrets, or bring a component of your own.", key=True,
        )  # fmt: skip
        return
    needs = f"A region in {provider} needs {_list(wanted)}."
    lacking = [key for key in wanted if key not in store]
    if lacking:
        said = f"{_list(lacking)} {'is' if len(lacking) == 1 else 'are'} missing."
        yield problem_at(layers, ("secretStore",), "spec/secret-store", said, needs, key=True)
    for key in store:
        if key not in wanted:
            yield problem_at(
                layers, ("secretStore", key), "spec/secret-store", f"'{key}' means nothing to provider '{provider}'.",
                needs, key=True,
            )  # fmt: skip


def _list(words: Sequence[str]) -> str:
    return " and ".join((", ".join(words[:-1]), words[-1]) if len(words) > 1 else words)


def _weights_of_platform(documents: Documents) -> Iterator[Problem]:
    layer = documents.platform.below("regions")
    weights = {n: t["weight"] for n, t in layer.tree.items() if isinstance(t, Mapping) and "weight" in t}
    total = sum(weights.values())
    if len(weights) == len(layer.tree) and total != 100:
        yield problem_at(
            [layer], (), "spec/weights", f"the weights of the regions add up to {total}, not to 100.",
            "Change them: " + ", ".join(f"{n} {w}" for n, w in weights.items()) + ".", key=True,
        )  # fmt: skip


def _weights_of_environment(documents: Documents, regions: Sequence[str]) -> Iterator[Problem]:
    weights = {region: documents.region(region).get("weight") for region in regions}
    given = [weight for weight in weights.values() if weight is not None]
    for region, weight in weights.items():
        if weight is None and given:
            yield problem_at(
                documents.region_layers(region), (), "spec/weights",
                "'weight' is missing while other regions have one.", "Give every region a weight, or none.", key=True,
            )  # fmt: skip
    if len(given) == len(regions) and given and not any(given):
        yield problem_at(
            [documents.environment], ("regions",), "spec/weights", "none of these regions has any weight.",
            "Give one a weight above 0, or choose another: somewhere the traffic has to go.",
        )  # fmt: skip


def _told_apart(documents: Documents, regions: Sequence[str]) -> Iterator[Problem]:
    for key in ("host", "cluster"):
        seen: dict[object, str] = {}
        for region in regions:
            value = documents.region(region).get(key)
            if value is not None and value in seen:
                yield problem_at(
                    documents.region_layers(region), (key,), f"spec/same-{key}",
                    f"'{value}' is already the {key} of {seen[value]}.", f"Give each region a {key} of its own.",
                )  # fmt: skip
            seen.setdefault(value, region)
