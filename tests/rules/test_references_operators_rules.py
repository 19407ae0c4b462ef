"""Rules about bootstrap: operators before custom resources, stores before services, operators in one version."""

from pathlib import Path

import pytest
import yaml
from trees import problems

from generator.rules.references.operators import CHARTS

COMPONENTS = sorted((Path(__file__).parents[2] / "templates" / "operators").glob("*/component.yaml"))
APP = """
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: {name}
  namespace: argocd
  annotations: {{argocd.argoproj.io/sync-wave: "{wave}"}}
spec:
  project: default
  source: {source}
  destination: {{server: https://kubernetes.default.svc, namespace: {namespace}}}
  syncPolicy: {{{policy}}}
"""
LOCAL = "{{repoURL: https://git.example.com/shop.git, targetRevision: main, path: {}}}"
CHART = "{{repoURL: https://charts.example.com, chart: {}, targetRevision: {}}}"
DEFINITION = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec: {group: example.com, scope: Namespaced, names: {plural: things, kind: Thing}, versions: []}
"""
KAFKA = "apiVersion: kafka.strimzi.io/v1\nkind: Kafka\nmetadata: {name: events, namespace: shop}\nspec: {kafka: {}}\n"


def local(name: str, wave: object, *, folder: str = "", namespace: str = "shop", policy: str = "automated: {}") -> str:
    source = LOCAL.format(folder or name)
    return APP.format(name=name, wave=wave, source=source, namespace=namespace, policy=policy)


def chart(name: str, wave: object, version: str = "1.2.3", namespace: str = "operators") -> str:
    source = CHART.format(name, version)
    return APP.format(name=name, wave=wave, source=source, namespace=namespace, policy="")


def found(root: Path, files: dict[str, str], rule: str) -> list[str]:
    return [f"{item.severity}: {item.message}" for item in problems(root, files) if item.rule == f"references/{rule}"]


ROOT = local("root", 0, folder="apps", namespace="argocd")


def bootstrap(operator: object, custom: object, *, operator_chart: str = "strimzi-kafka-operator") -> dict[str, str]:
    return {
        "root.yaml": ROOT,
        "apps/operator.yaml": chart(operator_chart, operator),
        "apps/events.yaml": local("events", custom),
        "events/kafka.yaml": KAFKA,
    }


@pytest.mark.parametrize(
    ("operator", "custom", "severities"),
    [(5, 20, []), (-1, 0, []), (20, 20, ["warning"]), (20, 5, ["error"]), (1, 0, ["error"])],
)
def test_custom_resources_come_after_the_chart_of_their_operator(
    tmp_path: Path, operator: int, custom: int, severities: list[str]
) -> None:
    told = found(tmp_path, bootstrap(operator, custom), "operator-wave")
    assert [text.partition(":")[0] for text in told] == severities


def test_a_tree_without_waves_leaves_the_order_to_retries(tmp_path: Path) -> None:
    annotation = '  annotations: {argocd.argoproj.io/sync-wave: "0"}\n'
    files = {name: text.replace(annotation, "") for name, text in bootstrap(0, 0).items()}
    assert [text.partition(":")[0] for text in found(tmp_path, files, "operator-wave")] == ["info"]


def test_the_chart_of_another_operator_may_come_later(tmp_path: Path) -> None:
    assert found(tmp_path, bootstrap(20, 5, operator_chart="keda"), "operator-wave") == []


def test_an_operator_of_another_cluster_is_not_waited_for(tmp_path: Path) -> None:
    files = bootstrap(20, 5)
    elsewhere = "{server: https://other.example.com, namespace: operators}"
    inside = "{server: https://kubernetes.default.svc, namespace: operators}"
    files["apps/operator.yaml"] = files["apps/operator.yaml"].replace(inside, elsewhere)
    assert found(tmp_path, files, "operator-wave") == []


def test_definitions_of_a_chart_of_their_own_are_enough(tmp_path: Path) -> None:
    monitor = "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: a, namespace: shop}\n"
    files = {
        "root.yaml": ROOT,
        "apps/stack.yaml": chart("kube-prometheus-stack", 50),
        "apps/web.yaml": local("web", 10),
        "web/monitor.yaml": monitor,
    }
    assert len(found(tmp_path / "bad", files, "operator-wave")) == 1
    files["apps/crds.yaml"] = chart("prometheus-operator-crds", -5)
    assert found(tmp_path / "good", files, "operator-wave") == []


@pytest.mark.parametrize(("above", "count"), [(("0", "1"), 0), (("1", "0"), 1)])
def test_apps_of_apps_are_ordered_where_their_families_part(tmp_path: Path, above: tuple[str, str], count: int) -> None:
    """The operator's own wave is the higher, but that counts within its parent only."""
    files = {
        "root.yaml": ROOT,
        "apps/base.yaml": local("base", above[0], namespace="argocd"),
        "apps/data.yaml": local("data", above[1], namespace="argocd"),
        "base/operator.yaml": chart("strimzi-kafka-operator", 40),
        "data/events.yaml": local("events", 3),
        "events/kafka.yaml": KAFKA,
    }
    assert len(found(tmp_path, files, "operator-wave")) == count


@pytest.mark.parametrize(("definition", "severities"), [(1, []), (2, ["warning"])])
def test_definitions_of_the_tree_come_in_a_lower_wave_than_what_they_define(
    tmp_path: Path, definition: int, severities: list[str]
) -> None:
    files = {
        "root.yaml": ROOT,
        "apps/crds.yaml": local("crds", definition),
        "apps/web.yaml": local("web", 2),
        "crds/thing.yaml": DEFINITION,
        "web/thing.yaml": "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a, namespace: shop}\n",
    }
    assert [text.partition(":")[0] for text in found(tmp_path, files, "operator-wave")] == severities


SKIP = "SkipDryRunOnMissingResource=true"


@pytest.mark.parametrize(
    ("policy", "annotation", "count"),
    [
        ("automated: {}", "", 1),
        (f"automated: {{}}, syncOptions: [{SKIP}]", "", 0),
        ("automated: {}", f", annotations: {{argocd.argoproj.io/sync-options: 'Prune=false, {SKIP}'}}", 0),
        ("automated: {}, syncOptions: [ServerSideApply=true]", "", 1),
    ],
)
def test_the_dry_run_of_a_kind_that_may_be_missing_is_skipped(
    tmp_path: Path, policy: str, annotation: str, count: int
) -> None:
    files = bootstrap(5, 20)
    files["apps/events.yaml"] = local("events", 20, policy=policy)
    files["events/kafka.yaml"] = KAFKA.replace("namespace: shop", f"namespace: shop{annotation}")
    assert len(found(tmp_path, files, "custom-resource-dry-run")) == count


def test_definitions_of_another_application_may_be_missing_too(tmp_path: Path) -> None:
    thing = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a, namespace: shop}\n"
    files = {"apps/crds.yaml": local("crds", 0), "apps/web.yaml": local("web", 1), "web/thing.yaml": thing}
    apart, together = files | {"crds/thing.yaml": DEFINITION}, files | {"web/definition.yaml": DEFINITION}
    for rule in ("custom-resource-dry-run", "custom-resource-retry"):
        assert len(found(tmp_path / rule / "apart", apart, rule)) == 1
        assert found(tmp_path / rule / "together", together, rule) == []


def test_kinds_whose_operator_the_tree_does_not_install_are_taken_as_there(tmp_path: Path) -> None:
    files = bootstrap(5, 20, operator_chart="keda")
    assert found(tmp_path, files, "custom-resource-dry-run") == []
    assert found(tmp_path, files, "custom-resource-retry") == []


@pytest.mark.parametrize(
    ("policy", "count"),
    [
        ("automated: {}", 1),
        ("automated: {}, retry: {limit: 0}", 1),
        ("automated: {}, retry: {limit: 20}", 0),
        ("automated: {}, retry: {limit: -1}", 0),
        ("automated: {enabled: false}", 0),
        ("syncOptions: [ServerSideApply=true]", 0),
    ],
)
def test_an_automated_sync_of_custom_resources_is_tried_for_long(tmp_path: Path, policy: str, count: int) -> None:
    files = bootstrap(5, 20) | {"apps/events.yaml": local("events", 20, policy=policy)}
    assert len(found(tmp_path, files, "custom-resource-retry")) == count


@pytest.mark.parametrize(
    ("version", "count"),
    [
        ("1.2.3", 0), ("v1.2.3", 0), ("90.2.0", 0), ("1.2.3-rc.1", 0), ("'{{ version }}'", 0), ("1.2.x", 1),
        ("~1.2.3", 1), ("'*'", 1), ("^1.2.0", 1), ("'>=1.2'", 1), ("'1.2'", 1), ("''", 1),
    ],
)  # fmt: skip
def test_an_operator_is_installed_in_one_version(tmp_path: Path, version: str, count: int) -> None:
    files = {"operator.yaml": chart("keda", 5, version)}
    assert len(found(tmp_path / "keda", files, "operator-version-floating")) == count
    assert found(tmp_path / "keda", files, "chart-version-floating") == []
    other = {"billing.yaml": chart("billing", 5, version)}
    assert found(tmp_path / "billing", other, "operator-version-floating") == []


def test_an_operator_without_a_version_is_found(tmp_path: Path) -> None:
    files = {"operator.yaml": chart("keda", 5).replace(", targetRevision: 1.2.3", "")}
    assert len(found(tmp_path, files, "operator-version-floating")) == 1


WORKLOAD = """
apiVersion: apps/v1
kind: {kind}
metadata: {{name: {name}, namespace: shop, annotations: {{argocd.argoproj.io/sync-wave: "{wave}"}}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers:
        - name: {name}
          image: {image}
          {environment}
"""
SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: cache, namespace: shop}
spec: {selector: {app: cache}, ports: [{port: 6379}]}
"""
BY_VALUE = 'env: [{name: CACHE_URL, value: "redis://cache.shop.svc.cluster.local:6379"}]'
BY_CONFIG = "envFrom: [{configMapRef: {name: settings}}]"
SETTINGS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {CACHE_URL: "redis://cache.shop.svc:6379"}
"""


def shop(
    web: int, cache: int, *, environment: str = BY_VALUE, image: str = "redis:7.4.1", inner: tuple[int, int] = (0, 0)
) -> dict[str, str]:
    files = {
        "root.yaml": ROOT,
        "apps/web.yaml": local("web", web),
        "web/web.yaml": WORKLOAD.format(
            kind="Deployment", name="web", wave=inner[0], image="registry.example/web:1.0.0", environment=environment
        ),
        "web/settings.yaml": SETTINGS,
    }
    store = WORKLOAD.format(kind="StatefulSet", name="cache", wave=inner[1], image=image, environment="")
    if cache == web:
        return {**files, "web/cache.yaml": store, "web/service.yaml": SERVICE}
    return {**files, "apps/cache.yaml": local("cache", cache), "cache/cache.yaml": store, "cache/service.yaml": SERVICE}


@pytest.mark.parametrize("environment", [BY_VALUE, BY_CONFIG])
@pytest.mark.parametrize(("web", "cache", "count"), [(30, 20, 0), (20, 30, 1)])
def test_a_store_comes_before_the_services_that_have_its_address(
    tmp_path: Path, web: int, cache: int, environment: str, count: int
) -> None:
    assert len(found(tmp_path, shop(web, cache, environment=environment), "store-wave")) == count


def test_a_service_that_does_not_know_the_store_does_not_wait_for_it(tmp_path: Path) -> None:
    assert found(tmp_path, shop(20, 30, environment=""), "store-wave") == []


def test_services_call_each_other_in_any_order(tmp_path: Path) -> None:
    assert found(tmp_path, shop(20, 30, image="registry.example/cache:1.0.0"), "store-wave") == []


@pytest.mark.parametrize(("inner", "count"), [((1, 0), 0), ((0, 0), 0), ((0, 1), 1)])
def test_within_one_application_the_objects_own_waves_count(tmp_path: Path, inner: tuple[int, int], count: int) -> None:
    assert len(found(tmp_path, shop(20, 20, inner=inner), "store-wave")) == count


@pytest.mark.parametrize("file", COMPONENTS, ids=lambda file: file.parent.name)
def test_the_rules_know_what_the_operators_of_the_shipped_components_bring(file: Path) -> None:
    chart = yaml.safe_load(file.read_text("utf-8"))["chart"]
    assert set(chart["groups"]) <= set(CHARTS.get(chart["name"], ()))
