"""Values that Istio's validation refuses although the schemas of its CRDs let them pass."""

import re
from collections.abc import Iterator
from http import HTTPStatus

from generator.base.nearest import did_you_mean
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.references.lookup import each
from generator.rules.rule import Mistake, rule

NETWORKING = "networking.istio.io"
# Envoy's x-envoy-retry-on and x-envoy-retry-grpc-on, as Istio's validation lists them.
_RETRY_ON = (
    "5xx", "gateway-error", "reset", "reset-before-request", "connect-failure", "retriable-4xx", "refused-stream",
    "retriable-status-codes", "retriable-headers", "envoy-ratelimited", "http3-post-connect-failure", "cancelled",
    "deadline-exceeded", "internal", "resource-exhausted", "unavailable",
)  # fmt: skip
_CODES = frozenset(str(status.value) for status in HTTPStatus)
_MATCHES = ("uri", "scheme", "method", "authority")


@rule("references/istio-value-refused")
def istio_value_refused(cluster: Cluster) -> Iterator[Mistake]:
    """Find retry conditions, patterns, shares and ports that Istio refuses."""
    for of in cluster.of("VirtualService", NETWORKING):
        for path, entry in each(of.value, ("spec", "http", "*")):
            yield from _retries(of, path, entry)
            yield from _shares(of, path, entry)
            yield from _patterns(of, path, entry)
    for of in cluster.of("ServiceEntry", NETWORKING):
        for path, number in each(of.value, ("spec", "ports", "*", "number")):
            if isinstance(number, int) and not 1 <= number <= 65535:
                yield Mistake(of, path, f"{number} is no port.", "Write a port from 1 to 65535.")
    for of in cluster.of("Telemetry", "telemetry.istio.io"):
        for path, share in each(of.value, ("spec", "tracing", "*", "randomSamplingPercentage")):
            yield from _percent(of, path, share)


def _retries(of: Object, at: values.Path, entry: values.Value) -> Iterator[Mistake]:
    for word in values.text(entry, "retries", "retryOn").split(","):
        condition = word.strip()
        if condition and condition not in _RETRY_ON and condition not in _CODES:
            message = f"There is no retry condition '{condition}'."
            hint = did_you_mean(condition, _RETRY_ON) or "Write conditions of Envoy: 5xx, reset, connect-failure."
            yield Mistake(of, (*at, "retries", "retryOn"), message, hint)


def _shares(of: Object, at: values.Path, entry: values.Value) -> Iterator[Mistake]:
    for path, share in each(entry, ("fault", "*", "percentage", "value")):
        yield from _percent(of, (*at, *path), share)
    for path, share in each(entry, ("mirrorPercentage", "value")):
        yield from _percent(of, (*at, *path), share)


def _percent(of: Object, path: values.Path, share: values.Value) -> Iterator[Mistake]:
    if isinstance(share, int | float) and not isinstance(share, bool) and not 0 <= share <= 100:
        yield Mistake(of, path, f"{share} is no percentage.", "Write a number from 0 to 100.")


def _patterns(of: Object, at: values.Path, entry: values.Value) -> Iterator[Mistake]:
    for index, match in values.mappings(entry, "match"):
        found: list[tuple[values.Path, values.Value]] = [((key,), match.get(key)) for key in _MATCHES]
        found += [
            ((key, name), matcher)
            for key in ("headers", "withoutHeaders", "queryParams")
            for name, matcher in values.mapping(match, key).items()
        ]
        for path, matcher in found:
            pattern = values.text(matcher, "regex")
            if pattern and not _compiles(pattern):
                message = f"'{pattern}' is no regular expression."
                yield Mistake(of, (*at, "match", index, *path, "regex"), message, "Close every bracket that it opens.")


def _compiles(pattern: str) -> bool:
    # What RE2 has and Python lacks is taken out: it would be told as wrong although Istio takes it.
    plain = re.sub(r"\\[pP](\{[^}]*\}|\w)|\\[zCQE]|\[\[:\^?\w+:\]\]|\(\?[a-zA-Z-]+\)", "x", pattern)
    plain = re.sub(r"\[:\^?\w+:\]", "x", plain)
    plain = re.sub(r"\(\?[a-zA-Z-]+:", "(", plain)
    try:
        re.compile(plain)
    except (re.error, OverflowError):
        return False
    return True


@rule("references/authorization-path")
def authorization_path(cluster: Cluster) -> Iterator[Mistake]:
    """Find a path of an AuthorizationPolicy that matches nothing: a star in the middle is taken literally."""
    for of in cluster.of("AuthorizationPolicy", "security.istio.io"):
        for key in ("paths", "notPaths"):
            for path, found in each(of.value, ("spec", "rules", "*", "to", "*", "operation", key, "*")):
                if isinstance(found, str) and "*" in found.strip("*") and "{*" not in found:
                    message = (
                        f"'{found}': a star stands at the beginning or at the end; elsewhere it is a plain letter."
                    )
                    yield Mistake(of, path, message, "Write {*} for one segment and {**} for several.")
