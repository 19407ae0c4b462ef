"""ServiceAccounts that workloads run as and bindings name, and the roles that bindings give."""

from collections.abc import Iterator

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.references.lookup import Reference, dangling, is_near, table_references
from generator.rules.rule import Mistake, rule

RBAC = "rbac.authorization.k8s.io"
_BINDINGS = ("RoleBinding", "ClusterRoleBinding")
_BUILT_IN = frozenset({"admin", "edit", "view", "cluster-admin"})
_PREFIX = "system:serviceaccount:"

_AWS = ("spec.provider.aws.auth.jwt.serviceAccountRef.name@namespace",)
_ACCOUNTS = {
    ("external-secrets.io", "SecretStore"): (
        *_AWS,
        "spec.provider.vault.auth.kubernetes.serviceAccountRef.name@namespace",
        "spec.provider.vault.auth.jwt.kubernetesServiceAccountToken.serviceAccountRef.name@namespace",
        "spec.provider.gcpsm.auth.workloadIdentity.serviceAccountRef.name@namespace",
        "spec.provider.azurekv.serviceAccountRef.name@namespace",
        "spec.provider.kubernetes.auth.serviceAccount.name@namespace",
    ),
    ("cert-manager.io", "Issuer"): (
        "spec.vault.auth.kubernetes.serviceAccountRef.name",
        "spec.acme.solvers.*.dns01.route53.auth.kubernetes.serviceAccountRef.name",
    ),
    ("keda.sh", "TriggerAuthentication"): ("spec.boundServiceAccountToken.*.serviceAccountName",),
    ("monitoring.coreos.com", "Prometheus"): ("spec.serviceAccountName",),
    ("monitoring.coreos.com", "Alertmanager"): ("spec.serviceAccountName",),
    ("argoproj.io", "Workflow"): ("spec.serviceAccountName",),
    ("argoproj.io", "CronWorkflow"): ("spec.workflowSpec.serviceAccountName",),
    ("helm.toolkit.fluxcd.io", "HelmRelease"): ("spec.serviceAccountName",),
    ("kustomize.toolkit.fluxcd.io", "Kustomization"): ("spec.serviceAccountName",),
}
_ACCOUNTS["external-secrets.io", "ClusterSecretStore"] = _ACCOUNTS["external-secrets.io", "SecretStore"]


@rule("references/service-account-missing")
def service_account_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Say where a workload, a binding or a store names a ServiceAccount that is not there."""
    for pod in cluster.templates():
        for key in ("serviceAccountName", "serviceAccount"):
            name = values.text(pod.spec, key)
            if name:
                reference = Reference(pod.object, (*pod.spec_path, key), pod.namespace, name)
                yield from dangling(cluster, reference, "", "ServiceAccount")
                break
    for reference in table_references(cluster, _ACCOUNTS):
        for mistake in dangling(cluster, reference, "", "ServiceAccount"):
            severity = _certainty(cluster, reference.namespace)
            yield Mistake(mistake.object, mistake.path, mistake.message, mistake.hint, severity)
    for binding in _bindings(cluster):
        for index, subject in binding.mappings("subjects"):
            yield from _account(cluster, binding, index, subject)


def _account(cluster: Cluster, of: Object, index: int, subject: values.Value) -> Iterator[Mistake]:
    # A RoleBinding looks for a ServiceAccount without a namespace in its own.
    name, namespace = values.text(subject, "name"), values.text(subject, "namespace") or of.namespace
    if values.text(subject, "kind") == "User" and name.startswith(_PREFIX):
        namespace, _, name = name.removeprefix(_PREFIX).partition(":")
    elif values.text(subject, "kind") != "ServiceAccount":
        return
    if name and (namespace or of.kind == "RoleBinding"):
        reference = Reference(of, ("subjects", index, "name"), namespace, name)
        for mistake in dangling(cluster, reference, "", "ServiceAccount"):
            severity = _certainty(cluster, namespace)
            if not cluster.workloads(namespace) and not cluster.names("", "ServiceAccount", namespace):
                near = did_you_mean(namespace, cluster.namespaces())
                path: values.Path = ("subjects", index, "namespace")
                yield Mistake(of, path, mistake.message, near or mistake.hint, severity)
            else:
                yield Mistake(of, mistake.path, mistake.message, mistake.hint, severity)


def _certainty(cluster: Cluster, namespace: str) -> Severity:
    """Return how sure it is that what the tree does not hold is not there: in a namespace of others it may be."""
    seen = bool(cluster.names("", "ServiceAccount", namespace) or cluster.workloads(namespace))
    near = not seen and namespace not in cluster.namespaces() and is_near(namespace, cluster.namespaces())
    return Severity.ERROR if seen or near else Severity.WARNING


@rule("references/role-missing")
def role_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Say where a binding gives a role that is not there: it grants nothing."""
    for binding in _bindings(cluster):
        kind, name = binding.text("roleRef", "kind"), binding.text("roleRef", "name")
        if kind == "Role" and binding.kind == "RoleBinding":
            yield from dangling(cluster, Reference(binding, ("roleRef", "name"), binding.namespace, name), RBAC, kind)
        elif kind == "ClusterRole" and not _comes_with_the_cluster(cluster, name):
            for mistake in dangling(cluster, Reference(binding, ("roleRef", "name"), "", name), RBAC, kind):
                known = (*_BUILT_IN, *cluster.names(RBAC, kind, ""))
                near = did_you_mean(name, known)
                # Charts bring ClusterRoles of any name.
                severity = Severity.WARNING if cluster.releases and not is_near(name, known) else None
                yield Mistake(binding, mistake.path, mistake.message, near or mistake.hint, severity)


def _comes_with_the_cluster(cluster: Cluster, name: str) -> bool:
    charts = (prefix for release in cluster.releases for prefix in release.names)
    return name in _BUILT_IN or name.startswith("system:") or any(name.startswith(prefix) for prefix in charts)


@rule("references/binding-refused")
def binding_refused(cluster: Cluster) -> Iterator[Mistake]:
    """Find a binding whose roleRef or subjects the API server refuses."""
    for of in _bindings(cluster):
        group, kind = of.dig("roleRef", "apiGroup"), of.text("roleRef", "kind")
        if isinstance(group, str) and group not in {RBAC, ""}:
            message = f"A role is of the group {RBAC}, not '{group}'."
            yield Mistake(of, ("roleRef", "apiGroup"), message, f"Write {RBAC}.")
        if kind and (kind not in {"Role", "ClusterRole"} or (kind, of.kind) == ("Role", "ClusterRoleBinding")):
            allowed = "ClusterRole" if of.kind == "ClusterRoleBinding" else "Role or ClusterRole"
            message = f"A {of.kind} can't give a '{kind}', only a {allowed}."
            yield Mistake(of, ("roleRef", "kind"), message, f"Refer to a {allowed}, or bind in the namespace.")
        for index, subject in of.mappings("subjects"):
            yield from _subject(of, ("subjects", index), subject)


def _subject(of: Object, path: values.Path, subject: values.Value) -> Iterator[Mistake]:
    kind, group = values.text(subject, "kind"), values.dig(subject, "apiGroup")
    if kind == "ServiceAccount":
        if not values.text(subject, "namespace") and of.kind == "ClusterRoleBinding":
            message = f"The ServiceAccount '{values.text(subject, 'name')}' is named without its namespace."
            yield Mistake(of, (*path, "namespace"), message, "Add the namespace of the ServiceAccount.")
        if group not in {None, ""}:
            yield Mistake(of, (*path, "apiGroup"), "A ServiceAccount is of the core group.", "Leave out apiGroup.")
    elif kind in {"User", "Group"}:
        if isinstance(group, str) and group not in {"", RBAC}:
            yield Mistake(of, (*path, "apiGroup"), f"A {kind} is of the group {RBAC}, not '{group}'.", f"Write {RBAC}.")
    elif kind:
        message = f"A subject can't be a '{kind}'."
        hint = did_you_mean(kind, ("ServiceAccount", "User", "Group")) or "Name a ServiceAccount, User or Group."
        yield Mistake(of, (*path, "kind"), message, hint)


@rule("references/binding-empty", Severity.WARNING)
def binding_empty(cluster: Cluster) -> Iterator[Mistake]:
    """Find a binding without subjects: it gives its role to nobody."""
    for of in _bindings(cluster):
        if not of.dig("subjects"):
            message = f"{of} has no subjects: nobody gets the role."
            yield Mistake(of, ("subjects",), message, "Add subjects, or remove it.")


def _bindings(cluster: Cluster) -> Iterator[Object]:
    for kind in _BINDINGS:
        yield from cluster.of(kind, RBAC)
