"""Names and labels: decided once, used by every component and in every form."""

from generator.spec.model import Instance, Platform, Service

NAME = "app.kubernetes.io/name"
PART_OF = "app.kubernetes.io/part-of"
MANAGED_BY = "app.kubernetes.io/managed-by"

# Kubernetes puts the name of a namespace on it as this label, so that a policy can select it.
NAMESPACE_NAME = "kubernetes.io/metadata.name"


def runbook_of(platform: Platform, unit: str) -> str:
    """Return the address of a unit's page among the runbooks, "" where the spec does not say where people read it."""
    browse = platform.gitops.browse
    return f"{browse}/output/{platform.name}/{platform.environment}/runbooks/{unit}.md" if browse else ""


def common_labels(platform: Platform, name: str) -> dict[str, str]:
    """Return the labels of every object of a component.

    https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
    """
    return {NAME: name, PART_OF: platform.name, MANAGED_BY: "gen"}


def selector(name: str) -> dict[str, str]:
    """Return the labels that select a service's pods: the name alone, since a running workload's can't change."""
    return {NAME: name}


def address_of(instance: Instance, client: str) -> str:
    """Return where a caller finds an instance."""
    return instance.address.replace("{client}", client)


def secret_of(instance: Instance, client: str) -> str:
    """Return the Secret by which a caller signs in, "" where there is none."""
    return instance.secret.replace("{client}", client)


def version_label(service: Service) -> str:
    """Return the version as a label value: the tag, cut to the 63 characters that a label may have."""
    return service.tag[:63].rstrip("-_.") if service.tag else service.digest.removeprefix("sha256:")[:12]


def host_of(service: Service) -> str:
    """Return the cluster-internal host name of a service."""
    return f"{service.name}.{service.namespace}.svc.cluster.local"


def principal(trust_domain: str, namespace: str, service_account: str) -> str:
    """Return a workload identity as Istio's AuthorizationPolicy writes it.

    https://istio.io/latest/docs/reference/config/security/authorization-policy/#Source
    """
    return f"{trust_domain}/ns/{namespace}/sa/{service_account}"
