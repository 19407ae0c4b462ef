"""What dashboards ask Prometheus: that it parses, and that somebody makes the metrics."""

from collections.abc import Iterator

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests.cluster import Cluster
from generator.rules.alerts.declared import UNDECLARED, made, recorded
from generator.rules.alerts.metric_names import nearest_metric
from generator.rules.dashboards.content import Dashboard, Query, dashboards_of
from generator.rules.dashboards.promql import asked
from generator.rules.rule import Mistake, rule


@rule("dashboards/query-invalid")
def query_invalid(cluster: Cluster) -> Iterator[Mistake]:
    """Find a query that Prometheus refuses: its panel shows an error, or nothing."""
    for dashboard, query in _queries(cluster):
        error = asked(query.text).error
        if error:
            message = f"{dashboard.name}: {query.by} does not parse: {error}."
            yield Mistake(dashboard.holder, dashboard.path, message, "Correct the query.")


@rule("dashboards/metric-unknown")
def metric_unknown(cluster: Cluster) -> Iterator[Mistake]:
    """Find a metric that nothing scrapes or records: its panel stays empty, and looks as if all were quiet."""
    known = made(cluster)
    seen: set[tuple[Dashboard, str]] = set()
    for dashboard, query in _queries(cluster):
        for metric in asked(query.text).metrics:
            if metric in known or (dashboard, metric) in seen:
                continue
            seen.add((dashboard, metric))
            own = ":" in metric
            near = did_you_mean(metric, recorded(cluster)) if own else nearest_metric(metric)
            message = (
                f"{dashboard.name}: {query.by} reads '{metric}', which nothing here {'records' if own else 'makes'}."
            )
            hint = near or ("Record it by a rule, or mend the name." if own else UNDECLARED)
            severity = Severity.ERROR if near else Severity.WARNING
            yield Mistake(dashboard.holder, dashboard.path, message, hint, severity)


def _queries(cluster: Cluster) -> Iterator[tuple[Dashboard, Query]]:
    """Yield what is asked of Prometheus; of a data source of an unknown type nothing is known."""
    for dashboard in dashboards_of(cluster):
        for query in dashboard.queries():
            if query.source == "prometheus":
                yield dashboard, query
