"""One owner of a replica count: scalers that fight one another, or a number in the manifest."""

from collections import defaultdict
from collections.abc import Iterator

from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.clusters import Repository
from generator.manifests.object import Object
from generator.rules.references.scaling_targets import Target, targets
from generator.rules.rule import Mistake, repository_rule, rule

_OWNERSHIP = "scaledobject.keda.sh/transfer-hpa-ownership"


@rule("references/two-scalers")
def two_scalers(cluster: Cluster) -> Iterator[Mistake]:
    """Find two scalers of one workload: each undoes what the other does."""
    found: dict[tuple[str, str, str, str], list[Target]] = defaultdict(list)
    for target in targets(cluster):
        found[target.key].append(target)
    for (_, kind, _, name), scalers in found.items():
        horizontal = [target for target in scalers if target.scaler.kind != "VerticalPodAutoscaler"]
        vertical = [target for target in scalers if target.scaler.kind == "VerticalPodAutoscaler"]
        for group in (horizontal, vertical):
            first = group[0] if group else None
            for target in group[1:]:
                if first is not None and not _handed_over(first.scaler, target.scaler):
                    message = f"{first.scaler} scales the {kind} '{name}' too."
                    hint = "Remove one of the two, and put its metrics into the other."
                    yield Mistake(target.scaler, (*target.path, "name"), message, hint)
        for target in vertical:
            for other in horizontal:
                both = sorted(_set(target.scaler) & _measured(other.scaler))
                if both:
                    message = f"{other.scaler} scales the {kind} '{name}' by {both[0]}, which this one changes."
                    hint = "Set updateMode: Off, or let the two work on different resources (controlledResources)."
                    yield Mistake(target.scaler, (*target.path, "name"), message, hint)


def _handed_over(first: Object, second: Object) -> bool:
    """Say whether a ScaledObject takes over the HorizontalPodAutoscaler, by its annotation."""
    pair = {first.kind: first, second.kind: second}
    scaled, hpa = pair.get("ScaledObject"), pair.get("HorizontalPodAutoscaler")
    if scaled is None or hpa is None or scaled.annotations.get(_OWNERSHIP) != "true":
        return False
    return scaled.text("spec", "advanced", "horizontalPodAutoscalerConfig", "name") == hpa.name


def _set(scaler: Object) -> set[str]:
    """Return the resources that a VerticalPodAutoscaler changes in running pods."""
    mode = scaler.text("spec", "updatePolicy", "updateMode") or "Auto"
    if mode in {"Off", "Initial"}:
        return set()
    policies = [policy for _, policy in scaler.mappings("spec", "resourcePolicy", "containerPolicies")]
    active = [policy for policy in policies if values.text(policy, "mode") != "Off"]
    if policies and not active and any(values.text(policy, "containerName") == "*" for policy in policies):
        return set()
    limited = [set(values.strings(policy, "controlledResources")) for policy in active]
    return set().union(*limited) if limited and all(limited) else {"cpu", "memory"}


def _measured(scaler: Object) -> set[str]:
    """Return the resources by whose use a horizontal scaler scales."""
    found = {
        values.text(metric, key, "name")
        for _, metric in scaler.mappings("spec", "metrics")
        for key in ("resource", "containerResource")
    }
    found |= {values.text(trigger, "type") for _, trigger in scaler.mappings("spec", "triggers")}
    if scaler.integer("spec", "targetCPUUtilizationPercentage") is not None or (
        scaler.kind == "HorizontalPodAutoscaler" and not scaler.dig("spec", "metrics")
    ):
        found.add("cpu")
    return found & {"cpu", "memory"}


@repository_rule("references/replicas-beside-scaler")
def replicas_beside_scaler(repository: Repository) -> Iterator[Mistake]:
    """Find a number of replicas in the manifest of what a scaler scales: each sync sets it back."""
    ignored = _ignored(repository)
    for cluster in repository.clusters:
        for target in targets(cluster):
            found = cluster.get(*target.key)
            replicas = found.integer("spec", "replicas") if found is not None else None
            if found is None or replicas is None or target.scaler.kind == "VerticalPodAutoscaler":
                continue
            # Zero turns an HPA off on purpose, and a Rollout's workloadRef leaves its Deployment at zero.
            if replicas == 0 or (found.group, found.kind) in ignored:
                continue
            message = f"{found} says replicas: {replicas}, and {target.scaler} scales it: each sync sets it back."
            yield Mistake(found, ("spec", "replicas"), message, "Remove replicas: the scaler has its own minimum.")


def _ignored(repository: Repository) -> set[tuple[str, str]]:
    """Return (group, kind) of what some Application does not compare the replicas of."""
    return {
        (values.text(item, "group"), values.text(item, "kind"))
        for application in repository.applications
        for _, item in values.mappings(application.spec, "ignoreDifferences")
        if "/spec/replicas" in values.strings(item, "jsonPointers")
        or ".spec.replicas" in values.strings(item, "jqPathExpressions")
    }
