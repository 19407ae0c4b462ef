"""The configuration that an Alertmanager names is its own, selected or not."""

from pathlib import Path

import pytest
from trees import problems

CONFIG = """
apiVersion: monitoring.coreos.com/v1alpha1
kind: AlertmanagerConfig
metadata: {name: routes, namespace: monitoring}
spec: {route: {receiver: all}, receivers: [{name: all}]}
---
apiVersion: monitoring.coreos.com/v1
kind: Alertmanager
metadata: {name: main, namespace: monitoring}
spec: {alertmanagerConfiguration: {name: NAMED}}
"""


@pytest.mark.parametrize(("named", "count"), [("routes", 0), ("others", 1)])
def test_the_configuration_that_an_alertmanager_names_is_read(named: str, count: int, tmp_path: Path) -> None:
    found = problems(tmp_path, {"monitoring/alertmanager.yaml": CONFIG.replace("NAMED", named)})
    assert [problem.rule for problem in found].count("references/monitor-not-selected") == count
