"""Jobs of pipeline/flink: exactly once, on fixed ports, each with a place of its own in the bucket."""

import pytest
from pipeline_examples import REGIONS, example, named
from rendering import Rendered

JOBS = ("clicks", "suggestions")


def flink() -> Rendered:
    return example("flink", "streams")


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("job", JOBS)
def test_a_job_counts_each_record_once_and_survives_its_leader(region: str, job: str) -> None:
    conf = named(flink(), "FlinkDeployment", job, region)["spec"]["flinkConfiguration"]
    assert conf["execution.checkpointing.mode"] == "EXACTLY_ONCE"
    assert conf["high-availability.type"] == "kubernetes"
    assert conf["execution.checkpointing.externalized-checkpoint-retention"] == "RETAIN_ON_CANCELLATION"


@pytest.mark.parametrize(
    ("region", "url"),
    [
        ("us-west-2", "s3://shop-example-us-west-2-lake"),
        ("eu-west-1", "gs://shop-example-eu-west-1-lake"),
        ("ap-south-1", "abfss://lake@shopcentralindia.dfs.core.windows.net"),
    ],
)
def test_no_two_jobs_share_a_folder_of_the_bucket(region: str, url: str) -> None:
    folders = [
        conf[key]
        for conf in (named(flink(), "FlinkDeployment", job, region)["spec"]["flinkConfiguration"] for job in JOBS)
        for key in ("state.checkpoints.dir", "state.savepoints.dir", "high-availability.storageDir")
    ]
    assert len(set(folders)) == len(folders) == 6
    assert all(folder.startswith(f"{url}/flink/") for folder in folders)


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("job", JOBS)
def test_the_policy_of_a_job_names_the_ports_that_flink_is_told(region: str, job: str) -> None:
    conf = named(flink(), "FlinkDeployment", job, region)["spec"]["flinkConfiguration"]
    keys = ("taskmanager.data.port", "taskmanager.rpc.port", "jobmanager.rpc.port", "blob.server.port", "rest.port")
    inside = named(flink(), "NetworkPolicy", job, region)["spec"]["ingress"][0]
    assert inside["from"] == [{"podSelector": {"matchLabels": {"app": job, "type": "flink-native-kubernetes"}}}]
    assert {port["port"] for port in inside["ports"]} == {int(conf[key]) for key in keys}
    assert conf["high-availability.jobmanager.port"] == conf["jobmanager.rpc.port"]


@pytest.mark.parametrize("job", JOBS)
def test_prometheus_scrapes_the_port_of_flinks_reporter(job: str) -> None:
    spec = named(flink(), "FlinkDeployment", job, "us-west-2")["spec"]
    (port,) = spec["podTemplate"]["spec"]["containers"][0]["ports"]
    assert port["containerPort"] == int(spec["flinkConfiguration"]["metrics.reporter.prom.port"]) == 9249
    monitor = named(flink(), "PodMonitor", "flink", "us-west-2")["spec"]
    assert [endpoint["port"] for endpoint in monitor["podMetricsEndpoints"]] == [port["name"]]


def test_only_a_job_with_an_autoscaler_changes_its_parallelism() -> None:
    confs = [named(flink(), "FlinkDeployment", job, "us-west-2")["spec"]["flinkConfiguration"] for job in JOBS]
    assert [conf.get("job.autoscaler.enabled") for conf in confs] == [None, "true"]
    assert confs[1]["jobmanager.scheduler"] == "adaptive"


def test_credentials_and_names_are_those_that_kafka_allows() -> None:
    rendered = example("flink", "from-kafka")
    pod = named(rendered, "FlinkDeployment", "revenue", "eu-west-1")["spec"]["podTemplate"]["spec"]
    mounted = [volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume]
    made = {secret["metadata"]["name"] for secret in rendered.of_kind("ExternalSecret", "eu-west-1").values()}
    assert mounted
    assert set(mounted) <= made
    environment = {entry["name"]: entry["value"] for entry in pod["containers"][0]["env"]}
    user = named(rendered, "KafkaUser", "flink", "eu-west-1")
    acls = [acl["resource"] for acl in user["spec"]["authorization"]["acls"]]
    allowed = {(acl["type"], acl["name"]) for acl in acls if acl["patternType"] == "prefix"}
    assert {("group", environment["KAFKA_PREFIX"]), ("transactionalId", environment["KAFKA_PREFIX"])} <= allowed
