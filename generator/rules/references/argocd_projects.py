"""AppProjects: whether they are there, and permit what their Applications do."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from generator.base.nearest import did_you_mean
from generator.manifests import values
from generator.manifests.applications import GROUP, IN_CLUSTER, Application
from generator.manifests.clusters import Repository
from generator.manifests.object import Object
from generator.manifests.scope import cluster_scoped
from generator.rules.rule import Mistake, repository_rule


class _Projects:
    """The AppProjects that each Application can name: those of the cluster that it lies in itself."""

    def __init__(self, repository: Repository) -> None:
        self.home: dict[int, str] = {}
        self.projects: dict[tuple[str, str], Object] = {}
        self.names: dict[str, set[str]] = {}
        for cluster in repository.clusters:
            for item in (*cluster.of("Application", GROUP), *cluster.of("ApplicationSet", GROUP)):
                self.home[id(item.value)] = cluster.name
            for item in cluster.of("AppProject", GROUP):
                self.projects.setdefault((cluster.name, item.name), item)
                self.names.setdefault(cluster.name, set()).add(item.name)

    def find(self, item: Application) -> Object | None:
        """Return the project of an Application, or None."""
        return self.projects.get((self.home.get(id(item.object.value), ""), item.project or "default"))

    def known(self, item: Application) -> set[str]:
        """Return the names of the projects that an Application can name."""
        return self.names.get(self.home.get(id(item.object.value), ""), set())


@repository_rule("references/application-project")
def application_project(repository: Repository) -> Iterator[Mistake]:
    """Find Applications whose project is not there."""
    projects, seen = _Projects(repository), set()
    for item in repository.applications:
        known = projects.known(item)
        if not known or item.project in {"", "default"} or "{{" in item.project or projects.find(item):
            continue
        if (id(item.object), item.project) not in seen:
            seen.add((id(item.object), item.project))
            hint = did_you_mean(item.project, known) or f"The tree has {', '.join(sorted(known))}."
            yield Mistake(item.object, (*item.base, "project"), f"There is no AppProject '{item.project}'.", hint)


@repository_rule("references/project-forbids-source")
def project_forbids_source(repository: Repository) -> Iterator[Mistake]:
    """Find Applications that read a repository which their project does not permit."""
    projects = _Projects(repository)
    seen = set()
    for item in repository.applications:
        project = projects.find(item)
        if project is None or "sourceRepos" not in project.mapping("spec"):
            continue
        permitted = [_plain(one) for one in project.strings("spec", "sourceRepos")]
        for source in item.sources:
            url = _plain(source.repository)
            denied = any(one.startswith("!") and fnmatchcase(url, one[1:]) for one in permitted)
            allowed = any(fnmatchcase(url, one) for one in permitted if not one.startswith("!"))
            key = (id(item.object), source.at)
            if url and "{{" not in url and (denied or not allowed) and key not in seen:
                seen.add(key)
                message = f"AppProject '{project.name}' does not permit the repository {source.repository}."
                hint = did_you_mean(source.repository, project.strings("spec", "sourceRepos"))
                yield Mistake(item.object, (*source.at, "repoURL"), message, hint or "Add it to sourceRepos.")


def _plain(url: str) -> str:
    """Return a repository's address as Argo CD compares it."""
    return url.strip().lower().removesuffix("/").removesuffix(".git")


@repository_rule("references/project-forbids-destination")
def project_forbids_destination(repository: Repository) -> Iterator[Mistake]:
    """Find Applications and objects that go to a cluster or namespace which their project does not permit."""
    projects, seen = _Projects(repository), set()
    for index, item in enumerate(repository.applications):
        project = projects.find(item)
        if project is None or not item.resolved or not (item.server or item.destination):
            continue
        permitted = [entry for _, entry in project.mappings("spec", "destinations")]
        allowed: dict[str, bool] = {}  # namespace → whether the project permits it
        shown = item.destination or item.server
        if "{{" not in item.target_namespace and not _permits(permitted, item, item.target_namespace):
            if (id(item.object), item.target_namespace) not in seen:
                seen.add((id(item.object), item.target_namespace))
                message = f"AppProject '{project.name}' does not permit namespace '{item.target_namespace}' of {shown}."
                names = {values.text(entry, key) for entry in permitted for key in ("name", "server", "namespace")}
                near = did_you_mean(item.target_namespace, names) or did_you_mean(shown, names)
                path = (*item.base, "destination")
                yield Mistake(item.object, path, message, near or "Add it to the project's destinations.")
            continue
        for thing in repository.delivered[index]:
            if thing.namespace and (id(thing.value), project.name) not in seen:
                seen.add((id(thing.value), project.name))
                if thing.namespace not in allowed:
                    allowed[thing.namespace] = _permits(permitted, item, thing.namespace)
                if not allowed[thing.namespace]:
                    message = f"AppProject '{project.name}' of Application '{item.name}' does not permit namespace "
                    message += f"'{thing.namespace}'."
                    hint = did_you_mean(thing.namespace, {values.text(entry, "namespace") for entry in permitted})
                    yield Mistake(thing, ("metadata", "namespace"), message, hint or "Add it to the destinations.")


def _permits(permitted: list[Mapping[str, Any]], item: Application, namespace: str) -> bool:
    found = False
    server = item.server or (IN_CLUSTER if item.destination == "in-cluster" else "")
    name = item.destination or ("in-cluster" if item.server == IN_CLUSTER else "")
    for entry in permitted:
        their_server, their_name = values.text(entry, "server"), values.text(entry, "name")
        where = values.text(entry, "namespace")
        # Which server a name stands for, only Argo CD's cluster secrets tell: then nothing is certain.
        by_server = _matches(their_server, server) if server else bool(their_server) and not their_name
        by_name = _matches(their_name, name) if name else bool(their_name) and not their_server
        denied = where.startswith("!") and _matches(where[1:], namespace)
        if denied and (by_server or by_name):
            return False
        if any(
            _matches(text[1:], own) for text, own in ((their_server, server), (their_name, name)) if text[:1] == "!"
        ):
            return False
        found = found or ((by_server or by_name) and (_matches(where, namespace) or where.startswith("!")))
    return found


def _matches(pattern: str, value: str) -> bool:
    return bool(pattern) and fnmatchcase(value, pattern)


@repository_rule("references/project-forbids-kind")
def project_forbids_kind(repository: Repository) -> Iterator[Mistake]:
    """Find kinds that Applications deliver and their project does not permit."""
    projects = _Projects(repository)
    crds = [item.value for item in repository.manifests.objects if item.kind == "CustomResourceDefinition"]
    wide, seen = cluster_scoped(crds), set()
    for index, item in enumerate(repository.applications):
        project = projects.find(item)
        if project is None:
            continue
        for thing in repository.delivered[index]:
            key = (id(project), thing.group, thing.kind)
            if key in seen:
                continue
            seen.add(key)
            scope = "cluster" if (thing.group, thing.kind) in wide else "namespace"
            field = _forbidden(project, scope, thing)
            if field:
                message = f"The project does not permit {thing.kind} ({thing.group or 'core'}), "
                message += f"which Application '{item.name}' delivers."
                remedy = "Remove it from" if field.endswith("Blacklist") else "Add it to"
                yield Mistake(project, ("spec", field), message, f"{remedy} {field}.")


def _forbidden(project: Object, scope: str, thing: Object) -> str:
    """Return the field of a project that forbids a kind, or ""."""
    white, black = f"{scope}ResourceWhitelist", f"{scope}ResourceBlacklist"
    listed = any(_listed(entry, thing) for _, entry in project.mappings("spec", white))
    if not listed and (scope == "cluster" or isinstance(project.dig("spec", white), list)):
        return white
    return black if any(_listed(entry, thing) for _, entry in project.mappings("spec", black)) else ""


def _listed(entry: Mapping[str, Any], thing: Object) -> bool:
    group, kind, name = values.text(entry, "group"), values.text(entry, "kind"), values.text(entry, "name")
    return fnmatchcase(thing.group, group) and fnmatchcase(thing.kind, kind) and fnmatchcase(thing.name, name or "*")
