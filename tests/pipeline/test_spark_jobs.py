"""Jobs of pipeline/spark: what scheduled and endless ones share, who may do what, where they find their bucket."""

from typing import Any

import pytest
from pipeline_examples import REGIONS, example, named
from rendering import Manifest, Rendered

POD = ("podSecurityContext", "securityContext", "env", "serviceAccount", "nodeSelector", "tolerations")


def spark() -> Rendered:
    return example("spark", "jobs")


def tables() -> Rendered:
    return example("delta-lake", "tables")


def scheduled(region: str) -> Manifest:
    return dict(named(spark(), "ScheduledSparkApplication", "daily-report", region)["spec"]["template"])


def endless(region: str) -> Manifest:
    return dict(named(spark(), "SparkApplication", "order-events", region)["spec"])


def maintenance(region: str) -> Manifest:
    return dict(named(tables(), "ScheduledSparkApplication", "optimize-customers", region)["spec"]["template"])


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("role", ["driver", "executor"])
def test_scheduled_jobs_and_streams_run_in_the_same_pods(region: str, role: str) -> None:
    first, second = scheduled(region)[role], endless(region)[role]
    assert {key: first[key] for key in POD} == {key: second[key] for key in POD}
    assert first["volumeMounts"] == second["volumeMounts"]
    assert first["labels"] | {"app.kubernetes.io/instance": ""} == second["labels"] | {"app.kubernetes.io/instance": ""}


@pytest.mark.parametrize("region", REGIONS)
def test_scheduled_jobs_and_streams_have_the_same_settings_but_their_own(region: str) -> None:
    first, second = scheduled(region)["sparkConf"], endless(region)["sparkConf"]
    assert first.items() - second.items() == {("spark.sql.shuffle.partitions", "800")}
    assert not second.items() - first.items()


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("role", ["driver", "executor"])
def test_maintenance_is_as_restricted_as_the_jobs(region: str, role: str) -> None:
    job, upkeep = scheduled(region)[role], maintenance(region)[role]
    for key in ("podSecurityContext", "securityContext", "env"):
        assert upkeep[key] == job[key]


@pytest.mark.parametrize("region", REGIONS)
def test_maintenance_takes_turns_with_the_jobs_that_write(region: str) -> None:
    locks = [
        {
            key: value
            for key, value in conf.items()
            if "S3DynamoDBLogStore" in key or key.startswith("spark.delta.logStore")
        }
        for conf in (scheduled(region)["sparkConf"], maintenance(region)["sparkConf"])
    ]
    assert locks[0] == locks[1]
    assert bool(locks[0]) == (region == "us-west-2")


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("job", [scheduled, endless, maintenance])
def test_only_executors_run_on_spot_nodes(region: str, job: Any) -> None:
    assert job(region)["driver"]["tolerations"] == []
    assert [taint["value"] for taint in job(region)["executor"]["tolerations"]] == ["spot"]


@pytest.mark.parametrize("region", REGIONS)
def test_executors_have_neither_token_nor_rights(region: str) -> None:
    assert named(spark(), "ServiceAccount", "spark-executor", region)["automountServiceAccountToken"] is False
    bindings = spark().of_kind("RoleBinding", region).values()
    subjects = [subject["name"] for binding in bindings for subject in binding["subjects"]]
    assert subjects == ["spark-driver"]


@pytest.mark.parametrize("region", REGIONS)
def test_policies_let_in_exactly_the_ports_that_spark_is_told(region: str) -> None:
    conf = scheduled(region)["sparkConf"]
    told = {int(conf["spark.driver.port"]), int(conf["spark.driver.blockManager.port"])}
    driver = named(spark(), "NetworkPolicy", "spark-driver", region)["spec"]["ingress"]
    assert {port["port"] for port in driver[0]["ports"]} == told
    executor = named(spark(), "NetworkPolicy", "spark-executor", region)["spec"]["ingress"]
    assert [port["port"] for rule in executor for port in rule["ports"]] == [int(conf["spark.blockManager.port"])]


@pytest.mark.parametrize(
    ("region", "url"),
    [
        ("us-west-2", "s3a://shop-example-us-west-2-lake"),
        ("eu-west-1", "gs://shop-example-eu-west-1-lake"),
        ("ap-south-1", "abfss://lake@shopcentralindia.dfs.core.windows.net"),
    ],
)
@pytest.mark.parametrize("job", [scheduled, endless, maintenance])
def test_each_cloud_has_its_own_way_to_the_bucket(region: str, url: str, job: Any) -> None:
    spec = job(region)
    assert spec["sparkConf"]["spark.eventLog.dir"] == f"{url}/spark/events"
    for role in ("driver", "executor"):
        assert {"name": "STORAGE_URL", "value": url} in spec[role]["env"]


def test_memory_reaches_spark_in_its_own_notation() -> None:
    executor = scheduled("us-west-2")["executor"]
    assert (executor["memory"], executor["memoryOverhead"]) == ("12288m", "2048m")


def test_a_hundred_executors_fit_into_the_quota() -> None:
    quota = named(spark(), "ResourceQuota", "spark-executors", "us-west-2")["spec"]
    assert quota["scopeSelector"]["matchExpressions"][0]["values"] == [
        scheduled("us-west-2")["executor"]["priorityClassName"]
    ]
    jobs = [scheduled("us-west-2"), endless("us-west-2")]
    asked = sum(job["dynamicAllocation"]["maxExecutors"] * job["executor"]["cores"] for job in jobs)
    assert asked <= int(quota["hard"]["requests.cpu"])


def test_credentials_of_kafka_are_those_that_kafka_makes_for_its_client() -> None:
    rendered = example("spark", "from-kafka")
    spec = named(rendered, "SparkApplication", "order-events", "us-west-2")["spec"]
    mounted = [volume["secret"]["secretName"] for volume in spec["volumes"] if "secret" in volume]
    made = {secret["metadata"]["name"] for secret in rendered.of_kind("ExternalSecret", "us-west-2").values()}
    assert mounted
    assert set(mounted) <= made
