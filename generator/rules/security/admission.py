"""Webhooks and policies of admission that block their own rescue, or that let everything through when they fail."""

from collections.abc import Iterator

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.selectors import selects
from generator.rules.rule import Mistake, rule

_GROUP = "admissionregistration.k8s.io"
_CORE = frozenset(("", "*"))
_PODS = frozenset(("*", "*/*", "pods", "pods/*"))


@rule("security/webhook-blocks-itself", Severity.WARNING)
def webhook_blocks_itself(cluster: Cluster) -> Iterator[Mistake]:
    """Find webhooks that must answer before their own pods, or those of kube-system, may start."""
    for kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"):
        for item in cluster.of(kind, _GROUP):
            for index, hook in item.mappings("webhooks"):
                if values.text(hook, "failurePolicy") == "Ignore" or hook.get("objectSelector"):
                    continue
                pods = any(
                    _CORE.intersection(values.strings(one, "apiGroups"))
                    and _PODS.intersection(values.strings(one, "resources"))
                    for _, one in values.mappings(hook, "rules")
                )
                own = values.text(hook, "clientConfig", "service", "namespace")
                selector = values.mapping(hook, "namespaceSelector")
                for namespace in ("kube-system", own) if pods else ():
                    if namespace and selects(selector, cluster.namespace_labels(namespace)):
                        message = f"If the webhook does not answer, no pod of {namespace} can start."
                        hint = "Leave the namespace out by namespaceSelector, or write failurePolicy: Ignore."
                        yield Mistake(item, ("webhooks", index), message, hint)
                        break


@rule("security/webhook-timeout")
def webhook_timeout(cluster: Cluster) -> Iterator[Mistake]:
    """Find time-outs of webhooks that the API server refuses."""
    for kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"):
        for item in cluster.of(kind, _GROUP):
            for index, hook in item.mappings("webhooks"):
                limit = values.integer(hook, "timeoutSeconds")
                if limit is not None and not 1 <= limit <= 30:
                    message = f"timeoutSeconds is {limit}; the API server takes 1 to 30."
                    yield Mistake(item, ("webhooks", index, "timeoutSeconds"), message, "Write 10 or less.")


@rule("security/admission-ignored", Severity.INFO)
def admission_ignored(cluster: Cluster) -> Iterator[Mistake]:
    """Find policies that let everything through when they fail."""
    for kind in ("ClusterPolicy", "Policy", "ValidatingAdmissionPolicy"):
        for item in cluster.of(kind):
            if item.group in {"kyverno.io", _GROUP} and item.text("spec", "failurePolicy") == "Ignore":
                message = f"{kind} {item.name} lets everything through when it cannot be evaluated."
                yield Mistake(item, ("spec", "failurePolicy"), message, "Write Fail.")
