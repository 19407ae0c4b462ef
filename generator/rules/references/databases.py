"""CloudNativePG: what backups, poolers, databases and clusters refer to."""

from collections.abc import Iterator

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.references.lookup import Reference, dangling, each, table_references
from generator.rules.rule import Mistake, rule

GROUP = "postgresql.cnpg.io"
_OBJECT_STORES = "barmancloud.cnpg.io"
_OWNERS = {
    (GROUP, kind): ("spec.cluster.name",)
    for kind in ("Backup", "Database", "Pooler", "Publication", "ScheduledBackup", "Subscription")
}


@rule("references/database-cluster-missing")
def database_cluster_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find a backup, a pooler or a database of a PostgreSQL Cluster that is not there."""
    for reference in table_references(cluster, _OWNERS):
        yield from dangling(cluster, reference, GROUP, "Cluster")


@rule("references/database-source-missing")
def database_source_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find a PostgreSQL Cluster whose source, image catalogue, backup or object store is not there."""
    for of in cluster.of("Cluster", GROUP):
        external = {values.text(item, "name") for _, item in of.mappings("spec", "externalClusters")}
        for steps in (
            ("spec", "bootstrap", "recovery", "source"),
            ("spec", "bootstrap", "pg_basebackup", "source"),
            ("spec", "bootstrap", "initdb", "import", "source", "externalCluster"),
            ("spec", "replica", "source"),
        ):
            name = of.text(*steps)
            if name and name not in external:
                hint = did_you_mean(name, external) or "Add it to externalClusters."
                yield Mistake(of, steps, f"externalClusters has no entry '{name}'.", hint)
        yield from _catalog(cluster, of)
        backup = ("spec", "bootstrap", "recovery", "backup", "name")
        # Backups are made by schedules, so that the tree need not hold them.
        reference = Reference(of, backup, of.namespace, of.text(*backup))
        yield from dangling(cluster, reference, GROUP, "Backup", Severity.WARNING)
        for pattern in (("spec", "plugins", "*"), ("spec", "externalClusters", "*", "plugin")):
            for path, plugin in each(of.value, pattern):
                at = (*path, "parameters", "barmanObjectName")
                name = values.text(plugin, "parameters", "barmanObjectName")
                yield from dangling(cluster, Reference(of, at, of.namespace, name), _OBJECT_STORES, "ObjectStore")


def _catalog(cluster: Cluster, of: Object) -> Iterator[Mistake]:
    kind, name = of.text("spec", "imageCatalogRef", "kind"), of.text("spec", "imageCatalogRef", "name")
    if kind not in {"ImageCatalog", "ClusterImageCatalog"}:
        return
    path: values.Path = ("spec", "imageCatalogRef", "name")
    namespace = of.namespace if kind == "ImageCatalog" else ""
    certain = kind == "ImageCatalog" or cluster.of(kind, GROUP)
    severity = Severity.ERROR if certain else Severity.WARNING
    yield from dangling(cluster, Reference(of, path, namespace, name), GROUP, kind, severity)
    found = cluster.get(GROUP, kind, namespace, name)
    major = of.integer("spec", "imageCatalogRef", "major")
    if found is not None and major is not None:
        majors = [values.integer(item, "major") for _, item in found.mappings("spec", "images")]
        if major not in majors:
            shown = ", ".join(str(item) for item in majors)
            at = ("spec", "imageCatalogRef", "major")
            yield Mistake(of, at, f"{found} has no image of PostgreSQL {major}.", f"It has {shown}.")


@rule("references/elastic-missing")
def elastic_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find a Kibana, a Beat or an agent of an Elasticsearch that is not there."""
    group = "elasticsearch.k8s.elastic.co"
    for owner, kind in (("kibana", "Kibana"), ("apm", "ApmServer"), ("beat", "Beat"), ("maps", "ElasticMapsServer")):
        for of in cluster.of(kind, f"{owner}.k8s.elastic.co"):
            namespace = of.text("spec", "elasticsearchRef", "namespace") or of.namespace
            path = ("spec", "elasticsearchRef", "name")
            yield from dangling(cluster, Reference(of, path, namespace, of.text(*path)), group, "Elasticsearch")
            if kind == "Beat":
                at = ("spec", "kibanaRef", "name")
                where = of.text("spec", "kibanaRef", "namespace") or of.namespace
                yield from dangling(cluster, Reference(of, at, where, of.text(*at)), "kibana.k8s.elastic.co", "Kibana")
