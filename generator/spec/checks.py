"""Checks over whole platforms: what no schema of one document can say. Each names the line that has to change."""

from collections.abc import Iterator, Mapping
from typing import Any

from generator.base.nearest import did_you_mean
from generator.base.problem import Problem
from generator.spec.documents import Documents
from generator.spec.layers import Layer, Path, problem_at
from generator.spec.service_checks import service_problems

Tree = Mapping[str, Any]

# What each provider's External Secrets sign-in takes.
STORE_KEYS = {"aws": ("role",), "gcp": ("project", "serviceAccount"), "azure": ("client", "tenant", "vault")}
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


def problems(documents: Documents, folder: str) -> Iterator[Problem]:
    """Yield what is wrong with an environment as a whole; folder is the name of the platform's folder."""
    yield from _header(documents, folder)
    yield from _choices(documents)
    known = [region for region in documents.regions() if region in documents.platform.below("regions").tree]
    for region in known:
        yield from _region(documents, region)
    yield from _weights(documents)
    yield from _hosts(documents, known)
    yield from _clouds(documents)
    yield from _namespaces_of_sections(documents)
    yield from _gateway(documents)
    yield from _secrets(documents, known)
    checked_shared = False
    for region in known:
        own = documents.differs(region)
        if own or not checked_shared:
            yield from service_problems(documents, region, known)
        checked_shared = checked_shared or not own
        yield from _instances(documents, region)


def unknown(what: str, word: str, known: Mapping[str, object] | tuple[str, ...]) -> tuple[str, str]:
    """Return message and hint for a word that names nothing."""
    near = did_you_mean(word, known)
    listed = ", ".join(sorted(known)[:12]) or "none yet"
    return f"there is no {what} '{word}'.", near or f"Known: {listed}."


def _header(documents: Documents, folder: str) -> Iterator[Problem]:
    name = str(documents.platform.tree.get("name"))
    if name != folder:
        yield problem_at(
            [documents.platform], ("name",), "spec/name",
            f"'{name}' is not the name of its folder, '{folder}'.", "Give both the same name.",
        )  # fmt: skip
    if "repository" not in documents.section("gitops"):
        yield problem_at(
            documents.section_layers("gitops"), (), "spec/required",
            "'repository' is missing.", "Add the URL of the Git repository that Argo CD reads.",
        )  # fmt: skip


def _choices(documents: Documents) -> Iterator[Problem]:
    environment = documents.environment
    regions = documents.platform.below("regions").tree
    tiers = documents.platform.below("tiers").tree
    for index, region in enumerate(documents.regions()):
        if region not in regions:
            yield problem_at(
                [environment], ("regions", index), "spec/unknown-region", *unknown("region", region, regions)
            )
    if "tier" in environment.tree and environment.tree["tier"] not in tiers:
        tier = str(environment.tree["tier"])
        yield problem_at([environment], ("tier",), "spec/unknown-tier", *unknown("tier", tier, tiers))
    if "tier" not in environment.tree and tiers:
        yield problem_at(
            [environment], (), "spec/required", "'tier' is missing.", f"Choose one: {', '.join(sorted(tiers))}."
        )
    for region in environment.below("in").tree:
        if region not in documents.regions():
            yield problem_at(
                [environment], ("in", region), "spec/unknown-region",
                f"'{region}' is not one of the environment's regions.",
                did_you_mean(region, documents.regions()) or "Add it to regions, or remove this layer.", key=True,
            )  # fmt: skip


def _region(documents: Documents, region: str) -> Iterator[Problem]:
    layers, tree = documents.region_layers(region), documents.region(region)
    for key, why in (
        ("cloud", "Add the cloud that the cluster runs in: aws, gcp, azure, other or one of clouds."),
        ("zones", "Add the availability zones, as the nodes' topology.kubernetes.io/zone label has them."),
        ("registry", "Add the registry that the region's nodes pull from."),
    ):
        if key not in tree:
            yield problem_at(layers, (), "spec/required", f"'{key}' is missing.", why, key=True)
    clouds: Tree = documents.clouds()
    if "cloud" in tree and tree["cloud"] not in clouds:
        yield problem_at(layers, ("cloud",), "spec/unknown-cloud", *unknown("cloud", str(tree["cloud"]), clouds))
    elif "cloud" in tree and "secretStore" in tree:
        yield from _store(layers, str(clouds[str(tree["cloud"])]["provider"]), tree["secretStore"])


def _store(layers: tuple[Layer, ...], provider: str, store: Any) -> Iterator[Problem]:
    wanted = STORE_KEYS.get(provider, ())
    if not wanted:
        yield problem_at(
            layers, ("secretStore",), "spec/secret-store", f"provider '{provider}' has no secret manager.",
            "Remove secretStore and the platform's secrets, or bring a component of your own.", key=True,
        )  # fmt: skip
    for key in wanted:
        if key not in store:
            yield problem_at(
                layers, ("secretStore",), "spec/secret-store", f"'{key}' is missing.",
                f"A region in {provider} needs {' and '.join(wanted)}.", key=True,
            )  # fmt: skip
    for key in store:
        if wanted and key not in wanted:
            yield problem_at(
                layers, ("secretStore", key), "spec/secret-store", f"'{key}' means nothing to provider '{provider}'.",
                f"A region in {provider} needs {' and '.join(wanted)}.", key=True,
            )  # fmt: skip


def _weights(documents: Documents) -> Iterator[Problem]:
    layer = documents.platform.below("regions")
    weights = {n: t["weight"] for n, t in layer.tree.items() if isinstance(t, Mapping) and "weight" in t}
    if not weights:
        return
    total = sum(weights.values())
    missing = sorted(set(layer.tree) - set(weights))
    if missing:
        yield problem_at(
            [layer], (missing[0],), "spec/weights", "'weight' is missing while other regions have one.",
            "Give every region a weight, or none.", key=True,
        )  # fmt: skip
    elif total != 100:
        yield problem_at(
            [layer], (), "spec/weights", f"the weights of the regions add up to {total}, not to 100.",
            "Change them: " + ", ".join(f"{n} {w}" for n, w in weights.items()) + ".", key=True,
        )  # fmt: skip


def _hosts(documents: Documents, regions: list[str]) -> Iterator[Problem]:
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


def _clouds(documents: Documents) -> Iterator[Problem]:
    layers = documents.section_layers("clouds")
    for name, cloud in documents.section("clouds").items():
        provider = str(cloud.get("provider")) if isinstance(cloud, Mapping) else ""
        known = DISK_TYPES.get(provider)
        storage = cloud.get("storage", {}) if isinstance(cloud, Mapping) else {}
        for storage_class, disk in storage.items():
            if known and disk not in known:
                yield problem_at(
                    layers, (name, "storage", storage_class), "spec/unknown-disk",
                    *unknown(f"disk type of provider '{provider}' called", str(disk), known),
                )  # fmt: skip


def _namespaces_of_sections(documents: Documents) -> Iterator[Problem]:
    namespaces = documents.section("namespaces")
    defaults = {"mesh": "istio-system", "gateway": "istio-ingress", "monitoring": "monitoring"}
    for section, default in defaults.items():
        if documents.value(section) is None:
            continue
        name = str(documents.section(section).get("namespace", default))
        if name not in namespaces:
            layers = documents.section_layers(section)
            message, hint = unknown("namespace", name, namespaces)
            place: Path = ("namespace",) if "namespace" in documents.section(section) else ()
            yield problem_at(
                layers, place, "spec/unknown-namespace", message, hint + " Declare it under namespaces.", key=not place
            )


def _gateway(documents: Documents) -> Iterator[Problem]:
    gateway: Tree = documents.section("gateway")
    if documents.value("gateway") is None:
        return
    layers = documents.section_layers("gateway")
    if documents.value("mesh") is None:
        yield problem_at(
            layers, (), "spec/gateway", "the gateway needs a mesh.", "Add `mesh: {}`, or remove gateway.", key=True
        )
    secrets: Tree = documents.section("secrets")
    name = str(gateway.get("certificate"))
    secret = secrets.get(name)
    if secret is None:
        yield problem_at(layers, ("certificate",), "spec/unknown-secret", *unknown("secret", name, secrets))
        return
    namespace = gateway.get("namespace", "istio-ingress")
    wrong = []
    if secret.get("type") != "kubernetes.io/tls":
        wrong.append("type kubernetes.io/tls")
    if secret.get("namespace") != namespace:
        wrong.append(f"namespace {namespace}")
    if sorted(secret.get("keys", ())) != ["tls.crt", "tls.key"]:
        wrong.append("the keys tls.crt and tls.key")
    if wrong:
        yield problem_at(
            layers, ("certificate",), "spec/gateway", f"secret '{name}' is no certificate of the gateway.",
            f"Give it {' and '.join(wrong)}.",
        )  # fmt: skip


def _secrets(documents: Documents, regions: list[str]) -> Iterator[Problem]:
    secrets: Tree = documents.section("secrets")
    namespaces = documents.section("namespaces")
    layers = documents.section_layers("secrets")
    for name, secret in secrets.items():
        for key, why in (
            ("namespace", "Add the namespace that it belongs to."),
            ("keys", "Add its keys: key → name in the secret manager."),
        ):
            if key not in secret:
                yield problem_at(layers, (name,), "spec/required", f"'{key}' is missing.", why, key=True)
        if "namespace" in secret and secret["namespace"] not in namespaces:
            yield problem_at(
                layers, (name, "namespace"), "spec/unknown-namespace",
                *unknown("namespace", str(secret["namespace"]), namespaces),
            )  # fmt: skip
    for region in regions if secrets else ():
        if "secretStore" not in documents.region(region):
            yield problem_at(
                documents.region_layers(region), (), "spec/required",
                "'secretStore' is missing, but the platform has secrets.",
                "Add how External Secrets signs in to the region's secret manager.", key=True,
            )  # fmt: skip


def _instances(documents: Documents, region: str) -> Iterator[Problem]:
    catalogue = documents.catalogue
    namespaces = documents.section("namespaces")
    usable = {component.name: component for component in catalogue.of_scope("instance")}
    reserved = {c.name.partition("/")[2]: c.name for c in catalogue.of_scope("region")}
    services = documents.names("services", region)
    for section in ("services", "components"):
        for name in documents.names(section, region):
            layers = tuple(layer.below(section) for layer in (documents.platform, documents.environment))
            if name in reserved:
                yield problem_at(
                    layers, (name,), "spec/reserved-name", f"'{name}' is the name of {reserved[name]}.",
                    "Choose another name.", key=True,
                )  # fmt: skip
    for name in documents.names("components", region):
        layers = documents.instance_layers(name, region)
        tree: dict[str, Any] = {}
        for layer in layers:
            tree |= layer.tree
        if name in services:
            yield problem_at(
                layers, (), "spec/same-name", f"'{name}' is already a service.", "Choose another name.", key=True
            )
        if "use" not in tree:
            yield problem_at(layers, (), "spec/required", "'use' is missing.", "Add the component's folder.", key=True)
        elif tree["use"] not in usable:
            yield problem_at(layers, ("use",), "spec/unknown-component", *unknown("component", tree["use"], usable))
        if "namespace" in tree and tree["namespace"] not in namespaces:
            yield problem_at(
                layers, ("namespace",), "spec/unknown-namespace", *unknown("namespace", tree["namespace"], namespaces)
            )
