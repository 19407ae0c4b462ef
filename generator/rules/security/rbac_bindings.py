"""Who is given roles: everybody, nobody in particular, or an account that needs no such power."""

from collections.abc import Iterator, Mapping
from typing import Any

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.workload import Workload
from generator.rules.rule import Mistake, rule
from generator.rules.security.rbac import GROUP

_EVERYBODY = {
    "system:anonymous": "everybody who reaches the API server",
    "system:unauthenticated": "everybody who reaches the API server",
    "system:authenticated": "every user and every pod",
    "system:serviceaccounts": "every pod of the cluster",
    "system:masters": "whoever can never be refused, past RBAC",
}
_HARMLESS = (
    "system:discovery",
    "system:public-info-viewer",
    "system:basic-user",
    "system:service-account-issuer-discovery",
)
_TRUSTED = ("kube-", "argocd", "argo-cd", "flux", "crossplane", "velero", "cattle", "openshift", "rancher", "olm")


def _bindings(cluster: Cluster) -> Iterator[Object]:
    for kind in ("ClusterRoleBinding", "RoleBinding"):
        yield from cluster.of(kind, GROUP)


def _subjects(item: Object) -> Iterator[tuple[values.Path, Mapping[str, Any], str, str]]:
    for index, subject in item.mappings("subjects"):
        yield ("subjects", index), subject, values.text(subject, "kind"), values.text(subject, "name")


@rule("security/everybody-bound")
def everybody_bound(cluster: Cluster) -> Iterator[Mistake]:
    """Find roles that are given to everybody."""
    for item in _bindings(cluster):
        if item.text("roleRef", "name") in _HARMLESS:
            continue
        for path, _, kind, name in _subjects(item):
            whom = _EVERYBODY.get(name) if kind in {"Group", "User"} else None
            if whom:
                message = f"{item.text('roleRef', 'name')} is given to {name}: {whom}."
                yield Mistake(item, (*path, "name"), message, "Name the users, groups or accounts that need it.")
            elif kind == "Group" and name.startswith("system:serviceaccounts:"):
                message = f"{item.text('roleRef', 'name')} is given to every pod of {name.rpartition(':')[2]}."
                yield Mistake(item, (*path, "name"), message, "Name the accounts that need it.", Severity.WARNING)


@rule("security/cluster-admin-bound")
def cluster_admin_bound(cluster: Cluster) -> Iterator[Mistake]:
    """Find who may do everything."""
    for item in _bindings(cluster):
        if item.text("roleRef", "name") != "cluster-admin":
            continue
        for path, subject, kind, name in _subjects(item):
            if name in _EVERYBODY:
                continue
            account = kind == "ServiceAccount"
            trusted = values.text(subject, "namespace").startswith(_TRUSTED)
            error = account and not trusted and item.kind == "ClusterRoleBinding"
            where = "the whole cluster" if item.kind == "ClusterRoleBinding" else f"namespace {item.namespace}"
            message = f"{kind} {name} may do everything in {where}."
            hint = "Bind a role that names what it needs."
            yield Mistake(item, (*path, "name"), message, hint, Severity.ERROR if error else Severity.WARNING)


@rule("security/default-account-bound", Severity.WARNING)
def default_account_bound(cluster: Cluster) -> Iterator[Mistake]:
    """Find roles for the account that every pod has that names none."""
    for item in _bindings(cluster):
        for path, subject, kind, name in _subjects(item):
            if kind == "ServiceAccount" and name == "default":
                namespace = values.text(subject, "namespace") or item.namespace
                message = f"The role is given to every pod of {namespace} that names no ServiceAccount."
                yield Mistake(item, (*path, "name"), message, "Make a ServiceAccount for the pods that need it.")


@rule("security/token-mounted", Severity.WARNING)
def token_mounted(cluster: Cluster) -> Iterator[Mistake]:
    """Find pods with a token of the API server that no role is bound to."""
    bound = {
        (values.text(subject, "namespace") or item.namespace, name)
        for item in _bindings(cluster)
        for _, subject, kind, name in _subjects(item)
        if kind == "ServiceAccount"
    }
    groups = {name for item in _bindings(cluster) for _, _, kind, name in _subjects(item) if kind == "Group"}
    for pod in cluster.templates():
        account = values.text(pod.spec, "serviceAccountName") or values.text(pod.spec, "serviceAccount") or "default"
        granted = (pod.namespace, account) in bound or f"system:serviceaccounts:{pod.namespace}" in groups
        if granted or pod.namespace.startswith("kube-") or not _mounts(cluster, pod, account) or _consumer(pod):
            continue
        # The account, and its roles, may come with a chart.
        if account != "default" and cluster.get("", "ServiceAccount", pod.namespace, account) is None:
            continue
        message = f"The pod gets a token of ServiceAccount {account}, to which no role is bound."
        path = (*pod.spec_path, "automountServiceAccountToken") if "automountServiceAccountToken" in pod.spec else ()
        yield Mistake(pod.object, path or pod.spec_path, message, "Write automountServiceAccountToken: false.")


def _mounts(cluster: Cluster, pod: Workload, account: str) -> bool:
    own = pod.spec.get("automountServiceAccountToken")
    if own is not None:
        return own is True
    found = cluster.get("", "ServiceAccount", pod.namespace, account)
    return found is None or found.dig("automountServiceAccountToken") is not False


def _consumer(pod: Workload) -> bool:
    """Say whether something in the pod shows the token to somebody else (Vault's agent) though no role is needed."""
    annotations = values.labels(pod.object.value, *(pod.template or ()), "metadata", "annotations")
    return any(key.startswith(("vault.hashicorp.com/", "conjur.org/", "linkerd.io/")) for key in annotations)
