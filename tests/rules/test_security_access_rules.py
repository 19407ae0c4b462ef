"""Roles, bindings, tokens, and what Argo CD may do."""

from pathlib import Path

import pytest
from trees import repository

from generator.base.problem import Problem, Severity
from generator.rules.catalogue import find_rule
from generator.rules.run import check


def _found(root: Path, text: str, rule: str) -> tuple[Problem, ...]:
    return check(repository(root, {"x.yaml": text}), [find_rule(f"security/{rule}")])


def _role(rule: str, name: str = "deployer") -> str:
    head = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n"
    return f"{head}metadata: {{name: {name}}}\nrules: [{{{rule}}}]\n"


@pytest.mark.parametrize(
    ("rule", "severity"),
    [
        ("apiGroups: [apps], resources: [deployments], verbs: ['*']", Severity.ERROR),
        ("apiGroups: [''], resources: ['*'], verbs: [get]", Severity.ERROR),
        ("apiGroups: ['*'], resources: ['*'], verbs: ['*']", Severity.ERROR),
        ("nonResourceURLs: ['*'], verbs: ['*']", Severity.ERROR),
        ("apiGroups: [example.com], resources: ['*'], verbs: ['*']", Severity.WARNING),
        ("nonResourceURLs: ['*'], verbs: [get]", Severity.WARNING),
    ],
)
def test_wildcards_are_found(rule: str, severity: Severity, tmp_path: Path) -> None:
    assert [item.severity for item in _found(tmp_path, _role(rule), "wildcard-rbac")] == [severity]


def test_what_delivers_everything_may_do_everything(tmp_path: Path) -> None:
    text = _role("apiGroups: ['*'], resources: ['*'], verbs: ['*']", "argocd-application-controller")
    assert [item.severity for item in _found(tmp_path, text, "wildcard-rbac")] == [Severity.WARNING]


@pytest.mark.parametrize(
    "rule",
    [
        "apiGroups: [''], resources: [deployments], verbs: [get]",
        "apiGroups: [apps], resources: [deployment], verbs: [get]",
        "apiGroups: [apps], resources: [Deployments], verbs: [get]",
        "apiGroups: [app], resources: [deployments], verbs: [get]",
        "apiGroups: [apps/v1], resources: [deployments], verbs: [get]",
        "apiGroups: [core], resources: [pods], verbs: [get]",
        "apiGroups: [''], resources: [pods], verbs: [gets]",
        "apiGroups: [''], resources: [pods], verbs: [Get]",
        "apiGroups: [networking], resources: [ingresses], verbs: [get]",
        "apiGroups: [''], resources: [pod/log], verbs: [get]",
        "apiGroups: [rbac.authorisation.k8s.io], resources: [roles], verbs: [get]",
        "apiGroups: [argoproj.oi], resources: [rollouts], verbs: [get]",
    ],
)
def test_names_that_do_not_exist_are_found(rule: str, tmp_path: Path) -> None:
    assert len(_found(tmp_path, _role(rule), "unknown-rbac-name")) == 1


@pytest.mark.parametrize(
    "rule",
    [
        "apiGroups: ['', apps], resources: [pods, pods/log, deployments/scale], verbs: [get, deletecollection]",
        "apiGroups: [argoproj.io], resources: [rollouts, whatever], verbs: [get, promote]",
        "apiGroups: [policy], resources: [podsecuritypolicies], verbs: [use]",
        "apiGroups: [metrics.k8s.io], resources: [pods], verbs: [get]",
        "apiGroups: [custom.metrics.k8s.io], resources: ['*'], verbs: [get]",
        "apiGroups: [gateway.networking.k8s.io], resources: [httproutes], verbs: [get]",
        "apiGroups: [snapshot.storage.k8s.io], resources: [volumesnapshots], verbs: [get]",
        "apiGroups: [certificates.k8s.io], resources: [signers], verbs: [approve, sign]",
        "apiGroups: [''], resources: [users, groups], verbs: [get]",
        "nonResourceURLs: [/metrics], verbs: [get, post]",
    ],
)
def test_names_that_exist_are_fine(rule: str, tmp_path: Path) -> None:
    assert _found(tmp_path, _role(rule), "unknown-rbac-name") == ()


def test_a_resource_that_another_rule_allows_in_its_right_group_is_a_warning(tmp_path: Path) -> None:
    rule = "apiGroups: [''], resources: [ingresses], verbs: [get]"
    right = "apiGroups: [networking.k8s.io], resources: [ingresses], verbs: [get]"
    found = _found(tmp_path, _role(f"{rule}}}, {{{right}"), "unknown-rbac-name")
    assert [item.severity for item in found] == [Severity.WARNING]


def _binding(role: str, subject: str, kind: str = "ClusterRoleBinding") -> str:
    head = f"apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: a, namespace: shop}}\n"
    reference = f"roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {role}}}\n"
    return f"{head}{reference}subjects: [{{{subject}}}]\n"


@pytest.mark.parametrize(
    ("role", "subject", "rule", "severities"),
    [
        ("cluster-admin", "kind: ServiceAccount, name: web, namespace: shop", "cluster-admin-bound", [Severity.ERROR]),
        (
            "cluster-admin",
            "kind: ServiceAccount, name: a, namespace: argocd",
            "cluster-admin-bound",
            [Severity.WARNING],
        ),
        ("cluster-admin", "kind: Group, name: admins", "cluster-admin-bound", [Severity.WARNING]),
        ("view", "kind: ServiceAccount, name: web, namespace: shop", "cluster-admin-bound", []),
        ("view", "kind: Group, name: 'system:authenticated'", "everybody-bound", [Severity.ERROR]),
        ("view", "kind: User, name: 'system:anonymous'", "everybody-bound", [Severity.ERROR]),
        ("system:discovery", "kind: Group, name: 'system:unauthenticated'", "everybody-bound", []),
        ("view", "kind: Group, name: developers", "everybody-bound", []),
    ],
)
def test_who_is_given_a_role(role: str, subject: str, rule: str, severities: list[Severity], tmp_path: Path) -> None:
    assert [item.severity for item in _found(tmp_path, _binding(role, subject), rule)] == severities


POD = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop%s}
spec:
  serviceAccountName: web
  containers: [{name: web, image: registry.example.com/web:1}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: shop}
%s
---
"""


def test_a_token_for_an_account_without_a_role_is_a_warning(tmp_path: Path) -> None:
    assert [item.severity for item in _found(tmp_path, POD % ("", ""), "token-mounted")] == [Severity.WARNING]


@pytest.mark.parametrize(
    "text",
    [
        POD % ("", "automountServiceAccountToken: false"),
        POD % ("", "") + _binding("view", "kind: ServiceAccount, name: web, namespace: shop"),
        POD % ("", "") + _binding("view", "kind: ServiceAccount, name: web", "RoleBinding"),
        POD % (", annotations: {vault.hashicorp.com/agent-inject: 'true'}", ""),
    ],
)
def test_a_token_that_is_needed_or_not_there_is_fine(text: str, tmp_path: Path) -> None:
    assert _found(tmp_path, text, "token-mounted") == ()


@pytest.mark.parametrize(
    ("spec", "severities"),
    [
        ("{sourceRepos: ['*']}", [Severity.ERROR]),
        ("{destinations: [{server: '*', namespace: '*'}]}", [Severity.ERROR]),
        ("{destinations: [{server: 'https://kubernetes.default.svc', namespace: '*'}]}", [Severity.WARNING]),
        ("{clusterResourceWhitelist: [{group: '*', kind: '*'}]}", [Severity.ERROR]),
        ("{sourceRepos: ['https://git.example.com/*'], destinations: [{name: a, namespace: 'shop-*'}]}", []),
        ("{clusterResourceWhitelist: [{group: '', kind: Namespace}]}", []),
    ],
)
def test_projects_that_limit_nothing(spec: str, severities: list[Severity], tmp_path: Path) -> None:
    head = "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: shop, namespace: argocd}\n"
    assert [item.severity for item in _found(tmp_path, f"{head}spec: {spec}\n", "app-project-wildcard")] == severities
