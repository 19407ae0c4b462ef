"""What Argo CD may deploy from where, and who may tell it to."""

from collections.abc import Iterator

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.clusters import Repository
from generator.rules.rule import Mistake, repository_rule, rule

_GROUP = "argoproj.io"


@rule("security/app-project-wildcard")
def app_project_wildcard(cluster: Cluster) -> Iterator[Mistake]:
    """Find projects that limit nothing."""
    for item in cluster.of("AppProject", _GROUP):
        for index, source in enumerate(values.items(item.value, "spec", "sourceRepos")):
            if source == "*":
                message = "The project deploys from any repository."
                yield Mistake(item, ("spec", "sourceRepos", index), message, "Name the repositories.")
        for index, destination in item.mappings("spec", "destinations"):
            where = values.text(destination, "server") or values.text(destination, "name")
            namespace = values.text(destination, "namespace")
            path = ("spec", "destinations", index)
            if where == "*" and namespace == "*":
                message = "The project deploys into every namespace of every cluster."
                yield Mistake(item, path, message, "Name the clusters and namespaces.")
            elif "*" in {where, namespace}:
                what = "every cluster" if where == "*" else "every namespace, kube-system too"
                message = f"The project deploys into {what}."
                yield Mistake(item, path, message, "Name the clusters and namespaces.", Severity.WARNING)
        for index, allowed in item.mappings("spec", "clusterResourceWhitelist"):
            if allowed.get("group") == "*" and allowed.get("kind") == "*":
                message = "The project deploys every kind without a namespace: roles, webhooks, definitions."
                yield Mistake(item, ("spec", "clusterResourceWhitelist", index), message, "Name the groups and kinds.")


@repository_rule("security/default-project", Severity.WARNING)
def default_project(repository: Repository) -> Iterator[Mistake]:
    """Find Applications in the project that limits nothing."""
    seen: set[int] = set()
    for application in repository.applications:
        if application.project in {"default", ""} and id(application.object) not in seen:
            seen.add(id(application.object))
            message = "The Application is in the project default, which allows every source and destination."
            yield Mistake(application.object, (*application.base, "project"), message, "Make an AppProject for it.")


_BAD_SETTINGS = {
    ("argocd-cm", "users.anonymous.enabled", "true"): ("everybody may use Argo CD without logging in", None),
    ("argocd-cm", "exec.enabled", "true"): ("Argo CD opens shells in pods", Severity.WARNING),
    ("argocd-rbac-cm", "policy.default", "role:admin"): ("whoever logs in is administrator", None),
    ("argocd-cmd-params-cm", "server.disable.auth", "true"): ("everybody may use Argo CD without logging in", None),
    ("argocd-cmd-params-cm", "server.insecure", "true"): ("the server speaks plain text", Severity.WARNING),
}


@rule("security/argocd-open")
def argocd_open(cluster: Cluster) -> Iterator[Mistake]:
    """Find settings of Argo CD that let everybody in."""
    for item in cluster.of("ConfigMap", ""):
        if not item.name.startswith("argocd-"):
            continue
        for (name, key, value), (message, severity) in _BAD_SETTINGS.items():
            if item.name == name and str(item.mapping("data").get(key)).lower() == value:
                yield Mistake(item, ("data", key), f"With {key}: {value} {message}.", f"Remove {key}.", severity)
        if item.name == "argocd-rbac-cm":
            for line in item.text("data", "policy.csv").splitlines():
                words = [word.strip() for word in line.split(",")]
                if words[:1] == ["p"] and words[2:4] == ["*", "*"] and words[-1:] == ["allow"]:
                    message = f"The policy allows {words[1]} everything."
                    yield Mistake(item, ("data", "policy.csv"), message, "Name actions.", Severity.WARNING)
