"""Custom resources whose CustomResourceDefinition is in the tree: their version must be one that it serves."""

from collections.abc import Iterator

from generator.base.nearest import did_you_mean
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.rules.rule import Mistake, rule


@rule("references/version-not-served")
def version_not_served(cluster: Cluster) -> Iterator[Mistake]:
    """Find custom resources of a version that their CustomResourceDefinition does not serve."""
    for definition in cluster.of("CustomResourceDefinition", "apiextensions.k8s.io"):
        kind, group = definition.text("spec", "names", "kind"), definition.text("spec", "group")
        served = [
            values.text(version, "name")
            for _, version in definition.mappings("spec", "versions")
            if version.get("served") is not False
        ]
        for of in cluster.of(kind, group):
            if served and of.version not in served:
                message = f"The cluster does not serve {kind} in version '{of.version}'."
                hint = did_you_mean(of.version, served) or f"It serves {', '.join(served)}."
                yield Mistake(of, ("apiVersion",), message, hint)
