"""A tier decides replicas and resources; a region decides registry, zones, storage, host and secret manager."""

import pytest
from rendering import Manifest, containers, talai

REGIONS = {
    "us-west-2": ("111122223333.dkr.ecr.us-west-2.amazonaws.com/talai", "ebs.csi.aws.com", "api.talai.io", "aws"),
    "eu-west-1": (
        "europe-west1-docker.pkg.dev/talai-production/talai", "pd.csi.storage.gke.io", "api-eu.talai.io", "gcpsm",
    ),
    "ap-south-1": ("talaiproduction.azurecr.io/talai", "disk.csi.azure.com", "api-ap.talai.io", "azurekv"),
}  # fmt: skip


def manifest(path: str, environment: str = "production") -> Manifest:
    return talai(environment).objects[path]


@pytest.mark.parametrize(
    ("environment", "replicas", "resources"),
    [
        ("staging", (3, 10), {"cpu": "500m", "memory": "1Gi"}),
        ("growth", (3, 30), {"cpu": "1", "memory": "2Gi"}),
        ("production", (3, 100), {"cpu": "2", "memory": "4Gi"}),
    ],
)
def test_the_tier_decides_replicas_and_resources(
    environment: str, replicas: tuple[int, int], resources: dict[str, str]
) -> None:
    scaler = manifest("clusters/us-west-2/orchex/horizontalpodautoscaler.yaml", environment)["spec"]
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == replicas
    (container,) = containers(manifest("clusters/us-west-2/orchex/rollout.yaml", environment))
    assert container["resources"] == {"requests": resources, "limits": {"memory": resources["memory"]}}


def test_a_size_within_the_tier_decides_between_services() -> None:
    cpu = {}
    for service in ("prompt-marketplace", "citation-predictor", "lit-review"):
        (container,) = containers(manifest(f"clusters/us-west-2/{service}/rollout.yaml"))
        cpu[service] = container["resources"]["requests"]["cpu"]
    assert cpu == {"prompt-marketplace": "500m", "citation-predictor": "1", "lit-review": "2"}


@pytest.mark.parametrize("region", REGIONS)
def test_the_region_decides_the_registry(region: str) -> None:
    (container,) = containers(manifest(f"clusters/{region}/orchex/rollout.yaml"))
    assert container["image"] == f"{REGIONS[region][0]}/orchex:2.4.1"


@pytest.mark.parametrize("region", REGIONS)
def test_the_region_decides_the_provisioner_behind_a_storage_class_of_one_name(region: str) -> None:
    assert manifest(f"clusters/{region}/storage/storageclass-talai-fast.yaml")["provisioner"] == REGIONS[region][1]


@pytest.mark.parametrize("region", REGIONS)
def test_the_region_decides_the_host(region: str) -> None:
    host = REGIONS[region][2]
    gateway = manifest(f"clusters/{region}/gateway/gateway-istio-ingress-talai.yaml")
    assert [server["hosts"] for server in gateway["spec"]["servers"]] == [[host], [host]]
    assert manifest(f"clusters/{region}/orchex/virtualservice-gateway.yaml")["spec"]["hosts"] == [host]


@pytest.mark.parametrize("region", REGIONS)
def test_the_region_decides_the_secret_manager(region: str) -> None:
    (store,) = [o for p, o in talai().of_kind("SecretStore", region).items() if p.endswith("secretstore-talai.yaml")]
    assert list(store["spec"]["provider"]) == [REGIONS[region][3]]


@pytest.mark.parametrize("region", REGIONS)
def test_the_service_is_told_where_it_runs(region: str) -> None:
    data = manifest(f"clusters/{region}/orchex/configmap.yaml")["data"]
    assert (data["REGION"], data["ENVIRONMENT"], data["PLATFORM"]) == (region, "production", "talai")


def test_zones_and_locations_are_told_in_the_readme() -> None:
    readme = talai().files["README.md"].decode()
    assert "| gcp, europe-west1 | europe-west1-b, europe-west1-c, europe-west1-d |" in readme
    assert "| azure, centralindia | centralindia-1, centralindia-2, centralindia-3 |" in readme
