"""What decides by queries: triggers of KEDA, and metrics of Argo Rollouts' analyses."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.alerts.expressions import parse
from generator.rules.references.lookup import is_near
from generator.rules.rule import Mistake, rule

# https://keda.sh/docs/latest/scalers/
_NAMES = (
    "activemq apache-kafka arangodb artemis-queue aws-cloudwatch aws-dynamodb aws-dynamodb-streams aws-kinesis-stream "
    "aws-sqs-queue azure-app-insights azure-blob azure-data-explorer azure-eventhub azure-log-analytics azure-monitor "
    "azure-pipelines azure-queue azure-servicebus beanstalkd cassandra couchdb cpu cron datadog dynatrace "
    "elasticsearch etcd external external-push forgejo-runner gcp-cloudtasks gcp-pubsub gcp-stackdriver gcp-storage "
    "github-runner graphite huawei-cloudeye ibmmq influxdb kafka kubernetes-workload liiklus loki memory metrics-api "
    "mongodb mssql mysql nats-jetstream new-relic nsq openstack-metric openstack-swift postgresql predictkube "
    "prometheus pulsar rabbitmq redis redis-cluster redis-cluster-streams redis-sentinel redis-sentinel-streams "
    "redis-streams selenium-grid solace-event-queue solarwinds solr splunk stan sumologic temporal"
)
_SCALERS = tuple(_NAMES.split())
# Trigger type → metadata that it cannot do without, by itself or as <name>FromEnv.
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "aws-sqs-queue": ("queueURL", "awsRegion"),
    "cpu": ("value",),
    "cron": ("timezone", "start", "end", "desiredReplicas"),
    "kafka": ("consumerGroup",),
    "memory": ("value",),
    "prometheus": ("serverAddress", "query", "threshold"),
    "rabbitmq": ("queueName",),
    "redis": ("listName",),
}
_METRIC_TYPES = ("AverageValue", "Value", "Utilization")
_DANGLING = re.compile(r"(?:[<>=!]=?|&&|\|\||[-+*/(])\s*$")
_BARE_RESULT = re.compile(r"(?<![\w.\])])result\s*(?:[<>]=?|==|!=)\s*-?[\d.]")


@rule("reliability/keda-trigger")
def keda_trigger(cluster: Cluster) -> Iterator[Mistake]:
    """Find a trigger that no scaler of KEDA takes: an unknown type, metadata that is missing, a broken query."""
    for of in (*cluster.of("ScaledObject", "keda.sh"), *cluster.of("ScaledJob", "keda.sh")):
        for index, trigger in of.mappings("spec", "triggers"):
            yield from _trigger(of, ("spec", "triggers", index), trigger)


def _trigger(of: Object, path: values.Path, trigger: Mapping[str, Any]) -> Iterator[Mistake]:
    kind = values.text(trigger, "type")
    if kind not in _SCALERS and is_near(kind, _SCALERS):
        yield Mistake(of, (*path, "type"), f"KEDA has no scaler '{kind}'.", did_you_mean(kind, _SCALERS))
    metric = values.text(trigger, "metricType")
    if metric and metric not in _METRIC_TYPES:
        hint = did_you_mean(metric, _METRIC_TYPES) or f"Write one of {', '.join(_METRIC_TYPES)}."
        yield Mistake(of, (*path, "metricType"), f"There is no metric type '{metric}'.", hint)
    metadata = values.mapping(trigger, "metadata")
    for name in _NEEDS.get(kind, ()):
        if metadata.get(name) in (None, "") and f"{name}FromEnv" not in metadata:
            message = f"A trigger of type {kind} needs the metadata {name}."
            yield Mistake(of, (*path, "metadata"), message, f"Add {name}.")
    if kind == "prometheus":
        yield from _query(of, (*path, "metadata", "query"), values.text(metadata, "query"))


def _query(of: Object, path: values.Path, query: str) -> Iterator[Mistake]:
    if not query or "{{" in query or "$(" in query or "${" in query:
        return
    error = parse(query).error
    if error:
        yield Mistake(of, path, f"The query does not parse: {error.splitlines()[0].rstrip('.')}.", "Correct the query.")


@rule("reliability/analysis-metric")
def analysis_metric(cluster: Cluster) -> Iterator[Mistake]:
    """Find a metric that Argo Rollouts cannot measure: no provider, no interval, a condition that does not parse."""
    for kind in ("AnalysisTemplate", "ClusterAnalysisTemplate"):
        for of in cluster.of(kind, "argoproj.io"):
            for index, metric in of.mappings("spec", "metrics"):
                path: values.Path = ("spec", "metrics", index)
                yield from _counts(of, path, metric)
                yield from _provider(of, path, metric)
    for of in cluster.of("Rollout", "argoproj.io"):
        start = of.integer("spec", "strategy", "canary", "analysis", "startingStep")
        steps = len(values.items(of.value, "spec", "strategy", "canary", "steps"))
        if start is not None and start >= steps:
            message = f"The analysis starts with step {start}, and the last step is {steps - 1}: it never runs."
            yield Mistake(of, ("spec", "strategy", "canary", "analysis", "startingStep"), message, "Lower it.")


def _counts(of: Object, path: values.Path, metric: Mapping[str, Any]) -> Iterator[Mistake]:
    count, limit = _whole(metric.get("count")), _whole(metric.get("failureLimit"))
    if count is not None and count > 1 and not metric.get("interval"):
        message = f"{count} measurements need an interval: the controller refuses the metric."
        yield Mistake(of, (*path, "count"), message, "Add interval.")
    if count and limit is not None and count < limit:
        message = f"failureLimit {limit} is over count {count}: the controller refuses the metric."
        yield Mistake(of, (*path, "failureLimit"), message, "Lower failureLimit.")
    elif count and limit == count:
        message = f"failureLimit {limit} is never passed by {count} measurements: the analysis cannot fail."
        yield Mistake(of, (*path, "failureLimit"), message, "Lower failureLimit.", Severity.WARNING)


def _provider(of: Object, path: values.Path, metric: Mapping[str, Any]) -> Iterator[Mistake]:
    provider = values.mapping(metric, "provider")
    if not provider:
        yield Mistake(of, path, "The metric has no provider: the controller refuses it.", "Add one.")
    query = values.text(provider, "prometheus", "query")
    for key in ("successCondition", "failureCondition"):
        condition = values.text(metric, key)
        if "{{" in condition:
            continue
        pairs = (("(", ")"), ("[", "]"))
        if _DANGLING.search(condition) or any(condition.count(a) != condition.count(b) for a, b in pairs):
            yield Mistake(of, (*path, key), f"'{condition}' is no complete expression.", "Complete it.")
        elif query and not query.lstrip().startswith("scalar(") and _BARE_RESULT.search(condition):
            message = "The result of a query is a list of samples, which no number compares with."
            yield Mistake(of, (*path, key), message, "Write result[0].")
    plain = re.sub(r"\{\{[^{}]*\}\}", "x", query)
    yield from _query(of, (*path, "provider", "prometheus", "query"), plain)


def _whole(value: values.Value) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        return int(value[:9])
    return values.integer(value)
