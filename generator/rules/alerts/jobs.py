"""Matchers for a scrape job, against the jobs that the tree's monitors make."""

import difflib
import re
from collections.abc import Iterator
from functools import lru_cache

from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.selectors import selects
from generator.rules.alerts.expressions import Matcher, selectors
from generator.rules.alerts.rule_groups import OPERATOR_GROUP, rules_of
from generator.rules.rule import Mistake, rule

_NEAR = 0.84
_JOB_NAME = re.compile(r"\bjob_name:\s*[\"']?([\w./-]+)")
_PLAIN = re.compile(r"[\w./-]+")


@rule("alerts/job-unknown")
def job_unknown(cluster: Cluster) -> Iterator[Mistake]:
    """Find a matcher for a job that is a slip away from one which the tree's monitors make, and is none itself."""
    made = _made(cluster)
    if not made:
        return
    others: frozenset[str] | None = None
    for of in rules_of(cluster):
        for matcher in _jobs(of.expression.shape):
            name = of.expression.fill(matcher.value)
            if name in made or not _PLAIN.fullmatch(name):
                continue
            near = _nearest(name, made)
            if near and others is None:
                others = _others(cluster)
            if near and others is not None and name not in others:
                message = f"{of.name}: no monitor of the tree makes a job '{name}'."
                yield Mistake(of.object, of.at("expr"), message, f"Did you mean '{near}'?")


@lru_cache(maxsize=4096)
def _jobs(shape: str) -> tuple[Matcher, ...]:
    found = dict.fromkeys(item for selector in selectors(shape) for item in selector.matchers)
    return tuple(item for item in found if item.label == "job" and item.operator == "=" and item.value)


def _nearest(name: str, made: frozenset[str]) -> str:
    # Names that differ in a number are names of two things.
    bare = re.sub(r"[-_]?\d+", "", name)
    alike = sorted(item for item in made if re.sub(r"[-_]?\d+", "", item) != bare)
    found = difflib.get_close_matches(name, alike[:2000], n=1, cutoff=_NEAR)
    return found[0] if found else ""


def _made(cluster: Cluster) -> frozenset[str]:
    """Return the jobs that ServiceMonitors and PodMonitors make; none where one of them renames jobs."""
    found: set[str] = set()
    for monitor in cluster.of("PodMonitor", OPERATOR_GROUP):
        if '"targetLabel": "job"' in monitor.flat:
            return frozenset()
        found.add(f"{monitor.namespace}/{monitor.name}")
    for monitor in cluster.of("ServiceMonitor", OPERATOR_GROUP):
        if '"targetLabel": "job"' in monitor.flat:
            return frozenset()
        spaces = monitor.strings("spec", "namespaceSelector", "matchNames") or [monitor.namespace]
        anywhere = monitor.dig("spec", "namespaceSelector", "any") is True
        label = monitor.text("spec", "jobLabel")
        for service in cluster.of("Service", ""):
            if anywhere or service.namespace in spaces:
                labels: dict[str, str | None] = dict(service.labels)
                if selects(monitor.mapping("spec", "selector"), labels):
                    found.add(service.labels.get(label) or service.name)
    return frozenset(found)


def _others(cluster: Cluster) -> frozenset[str]:
    """Return whatever else may be a job: Services, workloads, monitors, jobs that are configured by hand."""
    found = {item.name for kind in ("Service", "ServiceMonitor", "PodMonitor", "Probe") for item in cluster.of(kind)}
    found |= {pod.object.name for pod in cluster.workloads()}
    found |= {value for pod in cluster.workloads() for value in pod.labels.values() if value}
    for kind in ("Probe", "ScrapeConfig", "PodMonitor"):
        for item in cluster.of(kind, OPERATOR_GROUP):
            found |= {item.text("spec", "jobName"), item.text("spec", "jobLabel")}
    for kind in ("ConfigMap", "Secret"):
        for item in cluster.of(kind, ""):
            for field in ("data", "stringData"):
                for text in values.labels(item.value, field).values():
                    found.update(_JOB_NAME.findall(text) if "job_name" in text else ())
    for release in cluster.releases:
        found.update(release.names)
    return frozenset(found)
