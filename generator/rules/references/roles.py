"""Roles: the rules that the API server refuses, and roles that gather others."""

from collections.abc import Iterator

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.selectors import selects
from generator.rules.references.accounts import RBAC
from generator.rules.rule import Mistake, rule


@rule("references/role-refused")
def role_refused(cluster: Cluster) -> Iterator[Mistake]:
    """Find a rule of a role that the API server refuses: no verbs, no resources, or URLs in a namespace."""
    for kind in ("Role", "ClusterRole"):
        for of in cluster.of(kind, RBAC):
            for index, granted in of.mappings("rules"):
                path = ("rules", index)
                if not values.items(granted, "verbs"):
                    yield Mistake(of, (*path, "verbs"), "A rule without verbs is refused.", "Add verbs.")
                urls = values.items(granted, "nonResourceURLs")
                if urls and kind == "Role":
                    message = "A Role can't grant nonResourceURLs; only a ClusterRole can."
                    yield Mistake(of, (*path, "nonResourceURLs"), message, "Move them into a ClusterRole.")
                elif not urls and not values.items(granted, "resources"):
                    yield Mistake(of, (*path, "resources"), "A rule without resources is refused.", "Add resources.")
                elif not urls and "apiGroups" not in granted:
                    message = "A rule for resources without apiGroups is refused."
                    yield Mistake(of, (*path, "apiGroups"), message, 'Add apiGroups; the core group is "".')


@rule("references/aggregation-empty", Severity.WARNING)
def aggregation_empty(cluster: Cluster) -> Iterator[Mistake]:
    """Find a ClusterRole that gathers the rules of others, of which there are none."""
    roles = cluster.of("ClusterRole", RBAC)
    for of in roles:
        for index, selector in of.mappings("aggregationRule", "clusterRoleSelectors"):
            if not any(selects(selector, role.labels) for role in roles if role is not of):
                path: values.Path = ("aggregationRule", "clusterRoleSelectors", index)
                message = f"No ClusterRole in the tree has the labels that {of} aggregates."
                yield Mistake(of, path, message, "Label the roles that it is to gather, or correct the selector.")
