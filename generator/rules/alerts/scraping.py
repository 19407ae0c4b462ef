"""How often targets are scraped, and whether a rate's range holds enough of their samples."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.alerts.expressions import Call, Matcher, Selector, nodes
from generator.rules.alerts.rule_groups import OPERATOR_GROUP, PrometheusRule, rules_of
from generator.rules.alerts.show import duration
from generator.rules.alerts.timing import seconds
from generator.rules.rule import Mistake, rule

_ENDPOINTS = {"ServiceMonitor": "endpoints", "PodMonitor": "podMetricsEndpoints"}
_RATES = frozenset({"rate", "irate", "increase", "delta", "idelta", "deriv"})
_USUAL = 60  # seconds; twice the operator's default scrape interval of 30 s


def _settings(cluster: Cluster) -> Iterator[tuple[Object, values.Path, Mapping[str, object]]]:
    for kind, field in _ENDPOINTS.items():
        for item in cluster.of(kind, OPERATOR_GROUP):
            for index, endpoint in item.mappings("spec", field):
                yield item, ("spec", field, index), endpoint
    for kind in ("Probe", "ScrapeConfig", "Prometheus"):
        for item in cluster.of(kind, OPERATOR_GROUP):
            yield item, ("spec",), item.mapping("spec")


@rule("alerts/scrape-timeout")
def scrape_timeout(cluster: Cluster) -> Iterator[Mistake]:
    """Find a scrape timeout longer than its interval: the operator refuses the object."""
    for item, path, setting in _settings(cluster):
        every = seconds(values.text(setting, "interval") or values.text(setting, "scrapeInterval"))
        timeout = seconds(values.text(setting, "scrapeTimeout"))
        if every and timeout and timeout > every:
            message = f"{item} times out after {duration(timeout)}, later than its interval of {duration(every)}."
            yield Mistake(item, (*path, "scrapeTimeout"), message, "Set a timeout of at most the interval.")


@rule("alerts/scrape-interval-invalid")
def scrape_interval_invalid(cluster: Cluster) -> Iterator[Mistake]:
    """Find an interval or a timeout that is no duration."""
    for item, path, setting in _settings(cluster):
        for key in ("interval", "scrapeInterval", "scrapeTimeout", "evaluationInterval"):
            text = values.text(setting, key)
            if text and not seconds(text):
                message = f"{item} has the {key} '{text}', which is no duration."
                yield Mistake(item, (*path, key), message, "Write it such as 30s or 1m.")


@rule("alerts/scraped-twice", Severity.WARNING)
def scraped_twice(cluster: Cluster) -> Iterator[Mistake]:
    """Find two endpoints of a monitor on the same port and path: every series is there twice."""
    for kind, field in _ENDPOINTS.items():
        for item in cluster.of(kind, OPERATOR_GROUP):
            seen: set[str] = set()
            for index, endpoint in item.mappings("spec", field):
                port = str(endpoint.get("port") or endpoint.get("targetPort") or endpoint.get("portNumber"))
                path = values.text(endpoint, "path") or "/metrics"
                key = f"{port} {path} {endpoint.get('params')}"
                if key in seen:
                    message = f"{item} scrapes {path} on port {port} twice."
                    yield Mistake(item, ("spec", field, index), message, "Remove one of the two.")
                seen.add(key)


@rule("alerts/rate-range", Severity.WARNING)
def rate_range(cluster: Cluster) -> Iterator[Mistake]:
    """Find a rate over a range that holds less than two samples, or just two."""
    intervals = _intervals(cluster)
    for of in rules_of(cluster):
        for span, matchers in _rates(of.expression.shape):
            every = _interval(of, matchers, intervals)
            if every and span <= every:
                message = f"a rate over {duration(span)} sees one sample of what is scraped every {duration(every)}"
                hint = f"Take a range of at least {duration(4 * every)}."
                yield Mistake(of.object, of.at("expr"), f"{of.name}: {message}.", hint, Severity.ERROR)
            elif span < (2 * every or _USUAL):
                message = f"a rate over {duration(span)} holds too few samples"
                hint = f"Take a range of at least {duration(4 * every or 2 * _USUAL)}."
                yield Mistake(of.object, of.at("expr"), f"{of.name}: {message}.", hint)


@lru_cache(maxsize=4096)
def _rates(shape: str) -> tuple[tuple[float, tuple[Matcher, ...]], ...]:
    found = []
    for node in nodes(shape):
        if isinstance(node, Call) and node.name in _RATES and isinstance(node.arguments[0], Selector):
            selector = node.arguments[0]
            found.append((selector.span or 0, selector.matchers))
    return tuple(dict.fromkeys(found))


def _intervals(cluster: Cluster) -> Mapping[tuple[str, str], float]:
    """Return the longest interval of each monitor that gives one, by namespace and name."""
    found: dict[tuple[str, str], float] = {}
    for item, _, setting in _settings(cluster):
        every = seconds(values.text(setting, "interval"))
        if every and item.kind in _ENDPOINTS:
            names = {item.name, *values.labels(item.value, "spec", "selector", "matchLabels").values()}
            for name in names:
                key = (item.namespace, name)
                found[key] = max(every, found.get(key, 0))
    return found


def _interval(of: PrometheusRule, matchers: tuple[Matcher, ...], known: Mapping[tuple[str, str], float]) -> float:
    if not known:
        return 0
    wanted = {item.label: of.expression.fill(item.value) for item in matchers if item.operator == "="}
    namespace = wanted.get("namespace", of.object.namespace)
    for label in ("service", "job", "app"):
        found = known.get((namespace, wanted.get(label, "")))
        if found is not None:
            return found
    return 0
