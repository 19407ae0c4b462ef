"""What makes the replicas of a service more and fewer: an autoscaler's targets, what KEDA asks Kafka and Prometheus."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from generator.base.scalars import decimal_text, duration_text
from generator.derive.graph import CallGraph
from generator.derive.naming import address_of, secret_of
from generator.spec.measured import window_of
from generator.spec.model import Lag, Monitoring, Platform, Scale, Service

# Parameter of KEDA's scaler → key of the Secret, in the words of Strimzi's Secrets of users where it has one
# (https://keda.sh/docs/latest/scalers/apache-kafka/#authentication-parameters).
SIGN_IN = {
    "ca": "ca.crt",
    "cert": "user.crt",
    "key": "user.key",
    "password": "password",
    "username": "username",
}


@dataclass(frozen=True, slots=True)
class LagView:
    """A topic's lag as KEDA measures it. threshold: messages a replica; servers: the brokers to ask first.

    sign_in names the TriggerAuthentication, "" where nobody signs in; sasl is its mechanism, "none" of a certificate.
    """

    threshold: str
    group: str
    servers: str
    sign_in: str
    sasl: str


@dataclass(frozen=True, slots=True)
class QueryView:
    """What Prometheus is asked. metric is AverageValue, of a sum that replicas share, or Value, of what all see."""

    expression: str
    threshold: str
    metric: str


@dataclass(frozen=True, slots=True)
class ParameterView:
    """What KEDA reads from a Secret, and what it is to the scaler."""

    parameter: str
    key: str


@dataclass(frozen=True, slots=True)
class ScalingView:
    """How many replicas run, and how many may be away; windows in seconds.

    cpu and memory are the use, in percent of the request, above which replicas are added; None: no reason to. lag is by
    topic, queries by what they measure (requests, latency), sign_ins by the name that Secret and TriggerAuthentication
    share. scaled_object says whether KEDA scales; without it a HorizontalPodAutoscaler does. prometheus is where
    queries are answered, "" without monitoring.
    """

    replicas: int
    max_replicas: int
    autoscaled: bool
    scaled_object: bool
    cpu: int | None
    memory: int | None
    lag: Mapping[str, LagView]
    queries: Mapping[str, QueryView]
    sign_ins: Mapping[str, tuple[ParameterView, ...]]
    prometheus: str
    up_window: int
    down_window: int
    max_unavailable: str


def scaling_view(platform: Platform, graph: CallGraph, service: Service) -> ScalingView:
    """Return how a service is scaled in a region."""
    scale = service.scale
    queries = _queries(service, platform.monitoring) if platform.monitoring else {}
    return ScalingView(
        replicas=scale.min,
        max_replicas=scale.max,
        autoscaled=scale.max > scale.min,
        scaled_object=bool(scale.lag or queries),
        cpu=int(scale.cpu * 100) if scale.cpu is not None else None,
        memory=int(scale.memory * 100) if scale.memory is not None else None,
        lag={topic: _lag(graph, service, lag) for topic, lag in scale.lag.items()},
        queries=queries,
        sign_ins=_sign_ins(graph, service),
        prometheus=platform.monitoring.address if platform.monitoring else "",
        up_window=scale.up_window,
        down_window=scale.down_window,
        max_unavailable=service.max_unavailable,
    )


def _lag(graph: CallGraph, service: Service, lag: Lag) -> LagView:
    instance = graph.instances[lag.kafka]
    address = address_of(instance, service.name)
    return LagView(
        threshold=str(lag.messages),
        group=lag.group,
        # The address may be written as a URL; a Kafka client takes host and port.
        servers=address.partition("://")[2] or address,
        sign_in=secret_of(instance, service.name),
        sasl="scram_sha512" if "password" in instance.secret_keys else "none",
    )


def _sign_ins(graph: CallGraph, service: Service) -> dict[str, tuple[ParameterView, ...]]:
    """Return what KEDA reads of the Secrets that stand beside the service, each TriggerAuthentication named as one."""
    found = (graph.instances[name] for name in sorted({lag.kafka for lag in service.scale.lag.values()}))
    return {
        secret_of(instance, service.name): tuple(
            ParameterView(name, key) for name, key in SIGN_IN.items() if key in instance.secret_keys
        )
        for instance in found
        if instance.secret
    }


def _queries(service: Service, monitoring: Monitoring) -> dict[str, QueryView]:
    """Return what Prometheus is asked, over the metrics that its ServiceMonitor of the service brings."""
    selected = f'namespace="{service.namespace}", service="{service.name}"'
    window = duration_text(window_of(monitoring.interval))
    return {
        name: QueryView(expression, decimal_text(threshold), metric)
        for name, expression, threshold, metric in (
            ("latency", _latency(selected, window), _seconds(service.scale), "Value"),
            ("requests", _requests(selected, window), service.scale.requests, "AverageValue"),
        )
        if threshold is not None
    }


def _requests(selected: str, window: str) -> str:
    return f"sum(rate(http_requests_total{{{selected}}}[{window}]))"


def _latency(selected: str, window: str) -> str:
    """Return the 99th percentile; without requests it is no number, and 0 as long as there are series to count them."""
    metric = "http_request_duration_seconds"
    return (
        f"histogram_quantile(0.99, sum by (le) (rate({metric}_bucket{{{selected}}}[{window}]))) >= 0\n"
        f"  or 0 * sum(rate({metric}_count{{{selected}}}[{window}]))"
    )


def _seconds(scale: Scale) -> Decimal | None:
    return Decimal(scale.latency).scaleb(-3) if scale.latency is not None else None
