"""What the API server itself calls: Services of webhooks, of aggregated APIs and of conversions."""

from collections.abc import Iterator, Mapping

from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.references.lookup import Reference, dangling
from generator.rules.rule import Mistake, rule

_HTTPS = 443


@rule("references/webhook-service-missing")
def webhook_service_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find a webhook, an APIService or a conversion whose Service or port is not there."""
    for of, path, service in _called(cluster):
        namespace, name = values.text(service, "namespace"), values.text(service, "name")
        found = cluster.get("", "Service", namespace, name)
        if found is None:
            yield from dangling(cluster, Reference(of, (*path, "name"), namespace, name), "", "Service")
            continue
        port = values.integer(service, "port") or _HTTPS
        numbers = [values.integer(item, "port") for _, item in found.mappings("spec", "ports")]
        if port not in numbers:
            at = (*path, "port") if "port" in service else path
            shown = ", ".join(str(number) for number in numbers)
            yield Mistake(of, at, f"{found} has no port {port}.", f"Its ports: {shown}.")


def _called(cluster: Cluster) -> Iterator[tuple[Object, values.Path, Mapping[str, values.Value]]]:
    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
        for of in cluster.of(kind):
            for index, webhook in of.mappings("webhooks"):
                path: values.Path = ("webhooks", index, "clientConfig", "service")
                if values.mapping(webhook, "clientConfig", "service"):
                    yield of, path, values.mapping(webhook, "clientConfig", "service")
    for of in cluster.of("APIService", "apiregistration.k8s.io"):
        if of.mapping("spec", "service"):
            yield of, ("spec", "service"), of.mapping("spec", "service")
    for of in cluster.of("CustomResourceDefinition", "apiextensions.k8s.io"):
        path = ("spec", "conversion", "webhook", "clientConfig", "service")
        if of.mapping(*path):
            yield of, path, of.mapping(*path)
