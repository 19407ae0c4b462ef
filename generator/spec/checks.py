"""Checks over whole platforms: what no schema of one document can say. Each names the line that has to change."""

from collections.abc import Iterator

from generator.base.nearest import did_you_mean
from generator.base.problem import Problem
from generator.spec.delivery_checks import delivery_problems
from generator.spec.documents import Documents
from generator.spec.edge_checks import edge_problems
from generator.spec.incident_checks import incident_problems
from generator.spec.instance_checks import instance_problems
from generator.spec.layers import problem_at
from generator.spec.objective_checks import level_problems
from generator.spec.recovery_checks import objective_problems, recovery_problems
from generator.spec.references import missing, unknown
from generator.spec.region_checks import region_problems
from generator.spec.section_checks import section_problems
from generator.spec.service_checks import service_problems

# Services and component instances in all regions of an environment: 2,500 services in eight regions. Each makes about
# ten objects, and the memory that they take together is what bounds this.
UNIT_LIMIT = 20_000


def problems(documents: Documents, folder: str) -> Iterator[Problem]:
    """Yield what is wrong with an environment as a whole; folder is the name of the platform's folder."""
    if _too_many_units(documents):
        yield problem_at(
            [documents.environment], ("regions",), "spec/limit",
            f"the services and components of these regions are more than {UNIT_LIMIT:,} together.",
            "Split the platform, or spread the regions over several environments.",
        )  # fmt: skip
        return
    yield from _header(documents, folder)
    yield from _choices(documents)
    known = [region for region in documents.regions() if region in documents.platform.below("regions").tree]
    yield from region_problems(documents, known)
    yield from section_problems(documents)
    yield from edge_problems(documents, known)
    yield from delivery_problems(documents, known)
    yield from objective_problems(documents)
    yield from incident_problems(documents)
    yield from level_problems(documents)
    shared = [region for region in known if not documents.differs(region)]
    for region in known:
        if region in shared[:1]:
            yield from service_problems(documents, region, shared)
        elif region not in shared:
            yield from service_problems(documents, region, [region])
        yield from instance_problems(documents, region)
        yield from recovery_problems(documents, region)


def _too_many_units(documents: Documents) -> bool:
    count = 0
    for region in documents.regions():
        count += len(documents.names("services", region)) + len(documents.names("components", region))
        if count > UNIT_LIMIT:
            return True
    return False


def _header(documents: Documents, folder: str) -> Iterator[Problem]:
    name = str(documents.platform.tree.get("name"))
    if name != folder:
        yield problem_at(
            [documents.platform], ("name",), "spec/name",
            f"'{name}' is not the name of its folder, '{folder}'.", "Give both the same name.",
        )  # fmt: skip
    yield from missing(
        documents.section_layers("gitops"), (), documents.section("gitops"),
        {"repository": "Add the URL of the Git repository that Argo CD reads."},
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
    if not documents.tier_known():
        tier = str(environment.tree["tier"])
        yield problem_at([environment], ("tier",), "spec/unknown-tier", *unknown("tier", tier, tiers))
    if "tier" not in environment.tree and tiers:
        yield from missing([environment], (), {}, {"tier": f"Choose one: {', '.join(sorted(tiers))}."})
    for region in environment.below("in").tree:
        if region not in documents.regions():
            yield problem_at(
                [environment], ("in", region), "spec/unknown-region",
                f"'{region}' is not one of the environment's regions.",
                ("" if region in regions else did_you_mean(region, documents.regions()))
                or "Add it to regions, or remove this layer.", key=True,
            )  # fmt: skip
