"""Rules know a database of several regions: what a cluster archives to, and what it only reads of others."""

from pathlib import Path

import pytest
from trees import problems

STORES = """
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: books, namespace: data}
spec:
  instances: 3
  storage: {size: 10Gi}
  backup: {target: prefer-standby}
  externalClusters:
    - {name: there, plugin: {name: barman-cloud.cloudnative-pg.io, parameters: {barmanObjectName: there}}}
  PLUGINS
---
apiVersion: postgresql.cnpg.io/v1
kind: ScheduledBackup
metadata: {name: books, namespace: data}
spec: {schedule: 0 0 2 * * *, cluster: {name: books}}
---
apiVersion: barmancloud.cnpg.io/v1
kind: ObjectStore
metadata: {name: STORE, namespace: data}
spec: {configuration: {destinationPath: s3://books}}
"""
ARCHIVES = (
    "plugins: [{name: barman-cloud.cloudnative-pg.io, isWALArchiver: true, parameters: {barmanObjectName: here}}]"
)


def found(folder: Path, store: str, plugins: str) -> set[str]:
    text = STORES.replace("STORE", store).replace("PLUGINS", plugins)
    rules = {"reliability/no-backup", "reliability/backup-no-retention"}
    return {problem.rule for problem in problems(folder, text) if problem.rule in rules}


@pytest.mark.parametrize(("store", "expected"), [("there", False), ("here", True), ("nobodys", True)])
def test_only_what_is_written_to_needs_a_retention(tmp_path: Path, store: str, expected: bool) -> None:
    assert ("reliability/backup-no-retention" in found(tmp_path, store, ARCHIVES)) is expected


@pytest.mark.parametrize(("plugins", "expected"), [(ARCHIVES, False), ("", True)])
def test_a_plugin_is_a_destination_of_backups(tmp_path: Path, plugins: str, expected: bool) -> None:
    assert ("reliability/no-backup" in found(tmp_path, "here", plugins)) is expected


POLICY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: job, namespace: data}
spec:
  podSelector: {matchLabels: {app: job}}
  policyTypes: [Egress]
  egress: [{to: [{ipBlock: {cidr: CIDR}}], ports: [{port: 80}]}]
"""


@pytest.mark.parametrize(("cidr", "expected"), [("169.254.169.254/32", False), ("169.254.0.0/16", True)])
def test_the_metadata_server_by_itself_is_meant(tmp_path: Path, cidr: str, expected: bool) -> None:
    rules = {problem.rule for problem in problems(tmp_path, POLICY.replace("CIDR", cidr))}
    assert ("security/metadata-reachable" in rules) is expected


NODES = """
apiVersion: elasticsearch.k8s.elastic.co/v1
kind: Elasticsearch
metadata: {name: search, namespace: data}
spec:
  version: 8.19.8
  nodeSets:
    - {name: hot, count: 3, podTemplate: {metadata: {labels: {tier: hot}}}}
---
apiVersion: v1
kind: Service
metadata: {name: search-hot, namespace: data}
spec:
  selector: {tier: TIER}
  ports: [{name: https, port: 9200}]
"""


@pytest.mark.parametrize(("tier", "expected"), [("hot", False), ("cold", True)])
def test_labels_of_node_sets_are_labels_of_pods(tmp_path: Path, tier: str, expected: bool) -> None:
    rules = {problem.rule for problem in problems(tmp_path, NODES.replace("TIER", tier))}
    assert ("references/service-no-pods" in rules) is expected
