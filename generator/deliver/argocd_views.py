"""What the templates of Argo CD's objects see."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProjectView:
    """An AppProject: where its Applications come from, where they may write, and which kinds."""

    name: str
    description: str
    repositories: tuple[str, ...]
    destinations: tuple[Mapping[str, str], ...]
    cluster_kinds: tuple[Mapping[str, str], ...]
    namespaced_kinds: tuple[Mapping[str, str], ...]
    synced: bool


@dataclass(frozen=True, slots=True)
class ChartSource:
    """An operator's upstream chart at one version, with its values."""

    repository: str
    name: str
    version: str
    release: str
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """An Application: path is what it syncs, within the repository; chart what it syncs from upstream instead.

    changes are the paths, relative to it, whose changes matter to it; helm are the settings of a chart, None of any
    other form (https://argo-cd.readthedocs.io/en/stable/user-guide/helm/). ignored are differences that are somebody
    else's to make, options the further sync options.
    """

    name: str
    project: str
    path: str
    wave: str
    destination: Mapping[str, str]
    changes: str = "."
    helm: Mapping[str, object] | None = None
    chart: ChartSource | None = None
    ignored: tuple[Mapping[str, object], ...] = ()
    options: tuple[str, ...] = ()
