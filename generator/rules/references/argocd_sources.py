"""Sources of Argo CD and Flux: two ways to say them at once, versions that move, repositories that are not there."""

import re
from collections.abc import Iterator

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.applications import GROUP
from generator.manifests.cluster import Cluster
from generator.manifests.clusters import Repository
from generator.manifests.object import Object
from generator.rules.references.operators import CHARTS, chart_name
from generator.rules.rule import Mistake, repository_rule

# 1.x, ^1.2, >=1 and * take a new minor version; 1.2.x and ~1.2 only a patch.
_FLOATING = re.compile(
    r"\s*(?:|\*|x|latest|head|(?:>=?|\^)\s*v?\d.*|v?\d+(?:\.[*x])?(?:\.[*x])?|~\s*v?\d+)\s*", re.IGNORECASE
)
_FLUX = "helm.toolkit.fluxcd.io"
_SOURCES = "source.toolkit.fluxcd.io"
_SOURCE_KINDS = ("HelmRepository", "GitRepository", "OCIRepository", "Bucket", "HelmChart", "ExternalArtifact")


@repository_rule("references/application-two-sources", Severity.WARNING)
def application_two_sources(repository: Repository) -> Iterator[Mistake]:
    """Find Applications with both `source` and `sources`: Argo CD ignores the first."""
    for item in repository.manifests.objects:
        if item.group == GROUP and item.kind in {"Application", "ApplicationSet"}:
            base: values.Path = ("spec",) if item.kind == "Application" else ("spec", "template", "spec")
            if item.mapping(*base, "source") and item.mappings(*base, "sources"):
                message = "The Application has a source beside its sources, and Argo CD ignores it."
                yield Mistake(item, (*base, "source"), message, "Keep one of them.")


@repository_rule("references/chart-version-floating", Severity.WARNING)
def chart_version_floating(repository: Repository) -> Iterator[Mistake]:
    """Find charts whose version is a range: what runs changes by itself."""
    seen = set()
    for item in repository.applications:
        for source in item.sources:
            version = item.object.dig(*source.at, "targetRevision")
            key = (id(item.object), source.at)
            if chart_name(source.chart) in CHARTS:
                continue  # operators have a stricter rule
            if source.chart and isinstance(version, str) and key not in seen and _FLOATING.fullmatch(version):
                seen.add(key)
                message = f"The chart '{source.chart}' is installed in version '{version}', which moves."
                yield Mistake(item.object, (*source.at, "targetRevision"), message, "Write one version.")
    for of in repository.manifests.objects:
        if (of.group, of.kind) == (_FLUX, "HelmRelease"):
            yield from _release_version(of)


def _release_version(of: Object) -> Iterator[Mistake]:
    at = ("spec", "chart", "spec")
    version = of.dig(*at, "version")
    # Of a chart in Git the version is the commit's.
    if of.text(*at, "sourceRef", "kind") != "HelmRepository" or (version is not None and not isinstance(version, str)):
        return
    if version is None or _FLOATING.fullmatch(version):
        message = f"The release takes version '{version or '*'}' of its chart, which moves."
        yield Mistake(of, at if version is None else (*at, "version"), message, "Write one version.")


@repository_rule("references/flux-source-missing")
def flux_source_missing(repository: Repository) -> Iterator[Mistake]:
    """Find releases and Kustomizations of Flux whose source is not there, although the tree declares its sources."""
    for cluster in repository.clusters:
        # What lies outside the folders of clusters is for all of them.
        beside = [other for other in repository.clusters if other is cluster or not (other.name and cluster.name)]
        for item, at in _source_references(cluster):
            kind, name = item.text(*at, "kind"), item.text(*at, "name")
            namespace = item.text(*at, "namespace") or item.namespace
            known = {(of.namespace, of.name) for other in beside for of in other.of(kind, _SOURCES)}
            # The source of the tree itself is made when Flux is installed.
            if kind not in _SOURCE_KINDS or not known or name in {"", "flux-system"} or "$" in name + namespace:
                continue
            if {(namespace, name), ("", name)} & known or not namespace:
                continue
            elsewhere = next((where for where, other in sorted(known) if other == name), "")
            hint = f"It is in namespace '{elsewhere}': write namespace too." if elsewhere else ""
            hint = hint or did_you_mean(name, {other for _, other in known}) or f"Add the {kind}."
            message = f"There is no {kind} '{name}' in namespace '{namespace}'."
            yield Mistake(item, (*at, "name"), message, hint)


def _source_references(cluster: Cluster) -> Iterator[tuple[Object, values.Path]]:
    for item in cluster.of("HelmRelease", _FLUX):
        yield item, ("spec", "chart", "spec", "sourceRef")
        yield item, ("spec", "chartRef")
    for kind, group in (("Kustomization", "kustomize.toolkit.fluxcd.io"), ("HelmChart", _SOURCES)):
        for item in cluster.of(kind, group):
            yield item, ("spec", "sourceRef")
