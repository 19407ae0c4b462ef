"""PodDisruptionBudgets: each has pods."""

from collections.abc import Iterator

from generator.base.nearest import did_you_mean
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.workload import Workload
from generator.rules.references.lookup import may_hide
from generator.rules.rule import Mistake, rule


def budgeted(cluster: Cluster) -> Iterator[tuple[Object, tuple[Workload, ...]]]:
    """Yield the budgets that have a selector, with what makes the pods that they select."""
    for budget in cluster.of("PodDisruptionBudget", "policy"):
        if isinstance(budget.dig("spec", "selector"), dict):
            yield budget, cluster.selected(budget.namespace, budget.mapping("spec", "selector"))


@rule("references/budget-no-pods")
def budget_no_pods(cluster: Cluster) -> Iterator[Mistake]:
    """Find a PodDisruptionBudget that selects no pods: a drain may take all replicas at once."""
    for budget, found in budgeted(cluster):
        wanted = budget.mapping("spec", "selector", "matchLabels")
        if found or may_hide(cluster, budget.namespace, (budget.name, *wanted.values())):
            continue
        path: tuple[str, ...] = ("spec", "selector")
        hint = "Select the labels of the pod template."
        for key, value in wanted.items():
            known = {pod.labels.get(key) or "" for pod in cluster.workloads(budget.namespace)} - {""}
            near = did_you_mean(value, known) if isinstance(value, str) and value not in known else ""
            if near:
                path, hint = ("spec", "selector", "matchLabels", key), near
        yield Mistake(budget, path, f"{budget} selects no pods in namespace '{budget.namespace}'.", hint)
    for budget in cluster.of("PodDisruptionBudget", "policy"):
        if budget.dig("spec", "selector") is None:
            message = f"{budget} has no selector: it selects no pods."
            yield Mistake(budget, ("spec",), message, "Add the labels of the pod template.")
