"""Alert expressions: a spec says what to watch, these say it in PromQL over metrics that something scrapes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from generator.base.scalars import decimal_text
from generator.spec.model import Alert, Service


@dataclass(frozen=True, slots=True)
class AlertRule:
    """A rule of a PrometheusRule; hold is its `for`, runbook where it is explained ("" where nobody says where).

    watches is what an alert of the spec watches, "" for others.
    """

    name: str
    expression: str
    hold: str
    severity: str
    summary: str
    description: str
    runbook: str = ""
    watches: str = ""


def explained(rules: Iterable[AlertRule], page: str) -> tuple[AlertRule, ...]:
    """Return rules with the address of their heading on a page of runbooks; page may be ""."""
    return tuple(replace(rule, runbook=f"{page}#{rule.name.lower()}" if page else "") for rule in rules)


def alert_rules(service: Service) -> tuple[AlertRule, ...]:
    """Return the rules of a service's alerts, in the order of their names."""
    return tuple(_rule(service, alert) for alert in service.alerts)


def _rule(service: Service, alert: Alert) -> AlertRule:
    expression, description = _EXPRESSIONS[alert.watches](service, decimal_text(alert.above))
    return AlertRule(
        alert.name, expression, alert.hold, alert.severity, alert.summary, description, watches=alert.watches
    )


def _errors(service: Service, above: str) -> tuple[str, str]:
    """Return the share of requests answered 5xx. A rate of errors alone would fire on any busy service."""
    selected = f'namespace="{service.namespace}", service="{service.name}"'
    return (
        f'sum by (namespace, service) (rate(http_requests_total{{{selected}, status=~"5.."}}[5m]))\n'
        f"  / sum by (namespace, service) (rate(http_requests_total{{{selected}}}[5m]))\n"
        f"  > {above}",
        f"{{{{ $value | humanizePercentage }}}} of the requests to {service.name} are answered with a 5xx status.",
    )


def _restarts(service: Service, above: str) -> tuple[str, str]:
    return (
        f"rate(kube_pod_container_status_restarts_total{{{_container(service)}}}[15m]) > {above}",
        "Container {{ $labels.container }} of pod {{ $labels.pod }} keeps restarting.",
    )


def _memory(service: Service, above: str) -> tuple[str, str]:
    """Return the working set over the limit: what the kernel kills by, and only where there is a limit."""
    selected = _container(service)
    return (
        f"max by (namespace, pod, container) (container_memory_working_set_bytes{{{selected}}})\n"
        f"  / max by (namespace, pod, container) (container_spec_memory_limit_bytes{{{selected}}} > 0)\n"
        f"  > {above}",
        "Pod {{ $labels.pod }} uses {{ $value | humanizePercentage }} of its memory limit.",
    )


def _container(service: Service) -> str:
    """Select the service's own container; the pod pattern keeps `api` from matching the pods of `api-gateway`."""
    suffix = "[0-9]+" if service.workload == "StatefulSet" else "[a-z0-9]+-[a-z0-9]{5}"
    return f'namespace="{service.namespace}", pod=~"{service.name}-{suffix}", container="{service.name}"'


_EXPRESSIONS: Mapping[str, Callable[[Service, str], tuple[str, str]]] = {
    "errors": _errors,
    "restarts": _restarts,
    "memory": _memory,
}
