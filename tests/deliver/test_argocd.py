"""Argo CD's view of a tree: every Application finds its files, and every project allows exactly what there is."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache

import pytest
from rendering import CHECKOUT, Manifest, Rendered, rendered_once, talai

from generator.components.catalogue import Component
from generator.spec.model import Instance
from generator.spec.workspace import open_workspace

GOLDEN = CHECKOUT / "tests" / "golden"
TREES = {
    "production": (CHECKOUT, "talai", "production"),
    "staging": (CHECKOUT, "talai", "staging"),
    "shop": (CHECKOUT / "examples" / "valid" / "shop", "shop", "production"),
    "atlas": (GOLDEN / "atlas", "atlas", "live"),
    "forge": (GOLDEN / "forge", "forge", "lab"),
}
WORKSPACES = {platform: workspace for workspace, platform, _ in TREES.values()}
CONFIRM = "Prune=confirm,Delete=confirm"


@pytest.fixture(params=TREES)
def tree(request: pytest.FixtureRequest) -> Rendered:
    return rendered_once(*TREES[request.param])


def control_planes(tree: Rendered) -> Iterator[tuple[dict[str, Manifest], dict[str, Manifest]]]:
    """Yield (Applications, AppProjects) by name of each Argo CD."""
    for folder in sorted({path.split("/")[1] for path in tree.objects if path.startswith("argocd/")}):
        below = {p: o for p, o in tree.objects.items() if p.startswith(f"argocd/{folder}/")}
        yield (
            {o["metadata"]["name"]: o for o in below.values() if o["kind"] == "Application"},
            {o["metadata"]["name"]: o for o in below.values() if o["kind"] == "AppProject"},
        )


def installs_a_chart(application: Manifest) -> bool:
    """Return whether an Application is an operator's: it reads an upstream chart, not the tree."""
    return "chart" in application["spec"]["source"]


def synced(tree: Rendered, application: Manifest) -> dict[str, Manifest]:
    """Return the manifests of the tree that an Application syncs by path: those directly in its folder."""
    if installs_a_chart(application):
        return {}
    prefix = "/".join(
        filter(None, (tree.platform.gitops.path, "output", tree.platform.name, tree.platform.environment))
    )
    path = application["spec"]["source"]["path"]
    assert path.startswith(f"{prefix}/")
    folder = path.removeprefix(f"{prefix}/")
    return {p: o for p, o in tree.objects.items() if p.rpartition("/")[0] == folder}


def group(o: Manifest) -> str:
    return str(o["apiVersion"].rpartition("/")[0])


@cache
def components_of(platform: str) -> Mapping[str, Component]:
    return open_workspace(WORKSPACES[platform]).catalogue.components


def operators(tree: Rendered) -> Iterator[tuple[str, Instance, Component]]:
    """Yield what the platform installs from upstream's charts, with its region."""
    for region, instances in tree.platform.instances.items():
        for instance in instances.values():
            component = components_of(tree.platform.name)[instance.component]
            if component.chart:
                yield region, instance, component


def of_operators(tree: Rendered) -> list[Manifest]:
    """Return the Applications that install charts, of all control planes."""
    return [a for applications, _ in control_planes(tree) for a in applications.values() if installs_a_chart(a)]


def test_every_application_syncs_files_of_the_tree_and_every_file_is_synced_once(tree: Rendered) -> None:
    paths: list[str] = []
    for applications, _ in control_planes(tree):
        for application in applications.values():
            found = synced(tree, application)
            assert bool(found) is not installs_a_chart(application), application["metadata"]["name"]
            paths += found
    by_hand = {path for path in tree.objects if "/bootstrap/" in path}
    assert sorted(paths) == sorted(tree.objects.keys() - by_hand)


def test_every_operator_of_the_platform_is_installed_where_it_lives_from_its_pinned_chart(tree: Rendered) -> None:
    wanted = [
        (c.chart.repository, c.chart.name, i.parameters.get("version", c.chart.version), i.name, i.namespace)
        for _, i, c in operators(tree)
        if c.chart
    ]
    found = [
        (s["repoURL"], s["chart"], s["targetRevision"], s["helm"]["releaseName"], a["spec"]["destination"]["namespace"])
        for a in of_operators(tree)
        for s in [a["spec"]["source"]]
    ]
    assert sorted(found) == sorted(wanted)


def test_talai_has_operators_in_every_region() -> None:
    assert {a["spec"]["destination"]["name"] for a in of_operators(talai())} == {
        "talai-us-west-2",
        "talai-eu-west-1",
        "talai-ap-south-1",
    }


def test_every_application_belongs_to_a_project_of_its_argo_cd(tree: Rendered) -> None:
    for applications, projects in control_planes(tree):
        assert {application["spec"]["project"] for application in applications.values()} == projects.keys()


def test_a_project_allows_the_kinds_and_places_of_its_objects_and_no_others(tree: Rendered) -> None:
    for applications, projects in control_planes(tree):
        for name, project in projects.items():
            mine = [a for a in applications.values() if a["spec"]["project"] == name]
            wanted: dict[str, set[tuple[str, ...]]] = {"cluster": set(), "namespaced": set(), "places": set()}
            declared = min((n.name for n in tree.platform.namespaces), default="default")
            for application in mine:
                where = application["spec"]["destination"]
                address = where.get("name") or where["server"]
                for o in synced(tree, application).values():
                    inside = "namespace" in o["metadata"]
                    wanted["namespaced" if inside else "cluster"].add((group(o), o["kind"]))
                    wanted["places"].add((address, o["metadata"].get("namespace", declared)))
            spec = project["spec"]
            if name.endswith("-operators"):
                wanted["places"] = set(places_of_operators(tree, mine))
            if name.endswith("-root"):
                wanted["places"] = {("https://kubernetes.default.svc", tree.platform.gitops.namespace)}
            # All that the components may make, not what they make today: what a kind leaves behind must be pruned.
            cluster, namespaced = makeable(tree, name, mine)
            assert kinds_of(spec.get("clusterResourceWhitelist", ())) == cluster >= wanted["cluster"]
            assert kinds_of(spec["namespaceResourceWhitelist"]) == namespaced >= wanted["namespaced"]
            places = {(d.get("name") or d["server"], d["namespace"]) for d in spec["destinations"]}
            assert places == wanted["places"]


Kinds = set[tuple[str, str]]


def kinds_of(listed: Iterable[Mapping[str, str]]) -> Kinds:
    return {(kind["group"], kind["kind"]) for kind in listed}


def makeable(tree: Rendered, project: str, applications: list[Manifest]) -> tuple[Kinds, Kinds]:
    """Return the kinds, outside and inside namespaces, that the components of a project say they may make."""
    if project.endswith("-root"):
        return set(), {("argoproj.io", "AppProject"), ("argoproj.io", "Application")}
    charts = {chart_of(application) for application in applications if installs_a_chart(application)}
    templates = {
        text.splitlines()[0].rpartition("from templates/")[2].partition("/manifests/")[0]
        for application in applications
        for path in synced(tree, application)
        for text in [tree.files[path].decode()]
    }
    foundation = project.endswith("-foundation")
    used = [
        c
        for c in components_of(tree.platform.name).values()
        if c.name in templates
        or (foundation and c.scope == "region")
        or (c.chart and (c.chart.repository, c.chart.name) in charts)
    ]
    cluster, namespaced = [k for c in used for k in c.cluster_kinds], [k for c in used for k in c.kinds]
    return {pair(kind) for kind in cluster}, {pair(kind) for kind in namespaced}


def chart_of(application: Manifest) -> tuple[str, str]:
    source = application["spec"]["source"]
    return source["repoURL"], source["chart"]


def places_of_operators(tree: Rendered, applications: list[Manifest]) -> Iterator[tuple[str, str]]:
    """Yield where operators of one Argo CD may write: beside their pods, where they watch, where upstream writes."""
    addresses = {a["metadata"]["name"]: a["spec"]["destination"] for a in applications}
    for region, instance, component in operators(tree):
        name = f"{tree.platform.name}-{tree.platform.environment}-{region}-{instance.name}"
        if name in addresses and component.chart:
            watched, nodes = instance.parameters.get("watches", []), instance.parameters.get("nodes", {})
            assert isinstance(watched, list)
            assert isinstance(nodes, dict)
            # What runs on every node may be in a namespace of its own.
            beside = [nodes["namespace"]] if "namespace" in nodes else []
            for place in (instance.namespace, *component.chart.namespaces, *watched, *beside):
                yield addresses[name].get("name") or addresses[name]["server"], place


def pair(kind: str) -> tuple[str, str]:
    group, _, name = kind.rpartition("/")
    return group, name


def test_a_project_takes_from_the_platforms_repository_only_and_that_of_operators_from_their_charts(
    tree: Rendered,
) -> None:
    ours = tree.platform.gitops
    for applications, projects in control_planes(tree):
        for name, project in projects.items():
            sources = [a["spec"]["source"] for a in applications.values() if a["spec"]["project"] == name]
            repositories = sorted({source["repoURL"] for source in sources})
            assert project["spec"]["sourceRepos"] == repositories
            if name.endswith("-operators"):
                assert ours.repository not in repositories
                assert all("chart" in source for source in sources)
            else:
                assert repositories == [ours.repository]
                assert {source["targetRevision"] for source in sources} == {ours.revision}


def test_an_application_may_write_where_it_points(tree: Rendered) -> None:
    for applications, projects in control_planes(tree):
        for application in applications.values():
            allowed = projects[application["spec"]["project"]]["spec"]["destinations"]
            assert application["spec"]["destination"] in allowed


def test_waves_bring_projects_first_then_regions_and_their_components_in_order(tree: Rendered) -> None:
    for applications, projects in control_planes(tree):
        regions = regions_of(applications)
        assert {wave(a) for a in regions} == {1}
        assert {wave(p) for name, p in projects.items() if not name.endswith("-root")} == {0}
        for region in regions:
            order = waves_of(tree, region)
            services = {order[name] for name in order if name in tree.platform.services[region_of(tree, region)]}
            stores = {order[name] for name in ("postgres", "redis", "elasticsearch", "kafka") if name in order}
            foundation = [
                order[name] for name in ("namespaces", "storage", "secrets", "istio", "gateway") if name in order
            ]
            assert foundation == sorted(foundation)
            assert order["namespaces"] < min([order[n] for n in ("secrets", "istio") if n in order], default=30)
            assert len(services) == 1
            assert max(foundation) < min(services)
            assert max(stores, default=0) < min(services)


def test_an_operator_comes_after_the_namespaces_and_before_every_object_of_its_kinds(tree: Rendered) -> None:
    for applications, _ in control_planes(tree):
        for region in regions_of(applications):
            order, place = waves_of(tree, region), region_of(tree, region)
            here = [(i, c) for where, i, c in operators(tree) if where == place]
            brought = {group: order[i.name] for i, c in here if c.chart for group in c.chart.groups}
            # What makes nothing inside of namespaces need not wait for them.
            assert all(order["namespaces"] < order[i.name] for i, c in here if c.kinds)
            assert early(tree.objects, place, order, brought) == []


def early(
    objects: Mapping[str, Manifest], region: str, order: Mapping[str, int], brought: Mapping[str, int]
) -> list[str]:
    """Return the objects of a region that would be applied before or beside the operator that brings their kind."""
    mine = {p: o for p, o in objects.items() if p.startswith(f"clusters/{region}/")}
    return [p for p, o in mine.items() if group(o) in brought and order[p.split("/")[2]] <= brought[group(o)]]


def test_an_object_that_comes_beside_its_operator_is_noticed() -> None:
    path = "clusters/us-west-2/postgres/cluster.yaml"
    found = {path: talai().objects[path]}
    assert early(found, "us-west-2", {"postgres": 5}, {"postgresql.cnpg.io": 5}) == [path]
    assert early(found, "us-west-2", {"postgres": 6}, {"postgresql.cnpg.io": 5}) == []


def regions_of(applications: Mapping[str, Manifest]) -> list[Manifest]:
    """Return the Applications that sync a region's Applications."""
    inside = [a for a in applications.values() if not installs_a_chart(a)]
    return [a for a in inside if a["spec"]["source"]["path"].split("/")[-2] == "components"]


def waves_of(tree: Rendered, region: Manifest) -> dict[str, int]:
    """Return the waves of a region's components by their names."""
    prefix = f"{region['metadata']['name']}-"
    return {o["metadata"]["name"].removeprefix(prefix): wave(o) for o in synced(tree, region).values()}


def wave(o: Manifest) -> int:
    return int(o["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"])


def region_of(tree: Rendered, application: Manifest) -> str:
    return str(application["spec"]["source"]["path"].rpartition("/")[2])


def unconfirmed(objects: dict[str, Manifest]) -> list[str]:
    """Return the objects that would go without a person's word although much would go with them."""
    asking = {
        *("StatefulSet", "Namespace", "Application", "AppProject", "Alertmanager", "Logstash", "Prometheus"),
        *("Cluster", "Database", "Elasticsearch", "Kafka", "KafkaNodePool", "KafkaTopic", "FlinkDeployment"),
        *("Bucket", "StorageBucket", "StorageAccount", "StorageAccountsBlobServicesContainer"),
    }
    return [
        path
        for path, o in objects.items()
        if o["kind"] in asking
        and "/bootstrap/" not in path  # a person applies these, nothing prunes them
        and o["metadata"].get("annotations", {}).get("argocd.argoproj.io/sync-options") != CONFIRM
    ]


def test_what_takes_much_along_asks_before_it_goes(tree: Rendered) -> None:
    assert unconfirmed(tree.objects) == []


def test_a_stateful_set_that_does_not_ask_is_noticed() -> None:
    path = "clusters/us-west-2/grant-writer/statefulset.yaml"
    bare = talai().objects[path]
    assert unconfirmed({path: {**bare, "metadata": {"name": "grant-writer"}}}) == [path]


def test_what_comes_and_goes_with_a_release_does_not_ask(tree: Rendered) -> None:
    for path, o in tree.objects.items():
        if o["kind"] in {"Deployment", "ConfigMap", "Service"}:
            assert "argocd.argoproj.io/sync-options" not in o["metadata"].get("annotations", {}), path


def test_the_root_and_the_regions_can_be_deleted_without_deleting_what_runs(tree: Rendered) -> None:
    for applications, _ in control_planes(tree):
        for application in applications.values():
            of_component = installs_a_chart(application) or "/clusters/" in application["spec"]["source"]["path"]
            assert ("finalizers" in application["metadata"]) == of_component


def test_every_application_heals_itself_and_applies_on_the_server(tree: Rendered) -> None:
    for applications, _ in control_planes(tree):
        for application in applications.values():
            policy = application["spec"]["syncPolicy"]
            assert policy["automated"] == {"prune": True, "selfHeal": True}
            assert "ServerSideApply=true" in policy["syncOptions"]
            assert policy["retry"]["limit"] == 20


def test_the_configuration_of_argo_cd_gets_one_key_and_keeps_its_own(tree: Rendered) -> None:
    found = [o for path, o in tree.objects.items() if path.endswith("/argocd-cm.yaml")]
    assert found
    for o in found:
        assert o["metadata"]["name"] == "argocd-cm"
        assert o["metadata"]["labels"] == {
            "app.kubernetes.io/name": "argocd-cm",
            "app.kubernetes.io/part-of": "argocd",
        }
        assert list(o["data"]) == ["resource.customizations.health.argoproj.io_Application"]


def test_in_hub_mode_one_argo_cd_knows_every_cluster_by_name() -> None:
    ((applications, _),) = control_planes(talai())
    clusters = {a["spec"]["destination"].get("name") for a in applications.values()}
    assert clusters == {None, "talai-us-west-2", "talai-eu-west-1", "talai-ap-south-1"}


def test_in_per_region_mode_each_argo_cd_knows_its_own_cluster_only() -> None:
    tree = rendered_once(*TREES["atlas"])
    planes = list(control_planes(tree))
    assert len(planes) == 2
    for applications, _ in planes:
        assert {a["spec"]["destination"]["server"] for a in applications.values()} == {"https://kubernetes.default.svc"}
    for region in ("north", "us-east-1"):
        other = {"north": "us-east-1", "us-east-1": "north"}[region]
        mine = [files for path, files in tree.files.items() if path.startswith(f"argocd/{region}/")]
        assert mine
        assert not any(f"clusters/{other}/".encode() in content for content in mine)
