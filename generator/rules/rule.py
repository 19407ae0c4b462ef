"""What a rule is: an id, a severity and a function over the objects of a cluster, or of the whole tree."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.clusters import Repository
from generator.manifests.finding import Finding
from generator.manifests.object import Object


@dataclass(frozen=True, slots=True)
class Mistake:
    """What a rule found: the object, the path of keys and indexes in it, what is wrong and what to do.

    severity replaces the rule's own where one case is less certain than the others.
    """

    object: Object
    path: values.Path
    message: str
    hint: str = ""
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: id is "<group>/<name>"; its page `<name>.md` lies beside the module that defines it."""

    id: str
    severity: Severity
    check: Callable[[Repository], Iterable[Mistake]]
    folder: Path

    @property
    def page(self) -> Path:
        """Return the file that explains the rule, with a bad and a good example."""
        return self.folder / f"{self.id.partition('/')[2]}.md"

    def run(self, repository: Repository) -> Iterator[Finding]:
        """Yield what the rule finds in a tree."""
        for mistake in self.check(repository):
            yield Finding(
                rule=self.id,
                severity=mistake.severity or self.severity,
                object=mistake.object,
                path=mistake.path,
                message=mistake.message,
                hint=mistake.hint,
            )


def rule(name: str, severity: Severity = Severity.ERROR) -> Callable[[Callable[[Cluster], Iterable[Mistake]]], Rule]:
    """Make a rule of a function over one cluster; name is "<group>/<name>"."""

    def make(check: Callable[[Cluster], Iterable[Mistake]]) -> Rule:
        def over_clusters(repository: Repository) -> Iterator[Mistake]:
            for cluster in repository.clusters:
                yield from check(cluster)

        return Rule(name, severity, over_clusters, Path(check.__code__.co_filename).parent)

    return make


def repository_rule(
    name: str, severity: Severity = Severity.ERROR
) -> Callable[[Callable[[Repository], Iterable[Mistake]]], Rule]:
    """Make a rule of a function over the whole tree, for what spans clusters (Applications, projects)."""

    def make(check: Callable[[Repository], Iterable[Mistake]]) -> Rule:
        return Rule(name, severity, check, Path(check.__code__.co_filename).parent)

    return make
