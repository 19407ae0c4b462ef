"""Istio's timeouts, retries and outlier detection: numbers that agree with each other."""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.reliability.amounts import seconds
from generator.rules.rule import Mistake, rule

GROUP = "networking.istio.io"
_Route = tuple[Object, values.Path, Mapping[str, values.Value]]


def _routes(cluster: Cluster) -> Iterator[_Route]:
    for item in cluster.of("VirtualService", GROUP):
        for index, route in item.mappings("spec", "http"):
            yield item, ("spec", "http", index), route


@rule("reliability/retries-over-timeout")
def retries_over_timeout(cluster: Cluster) -> Iterator[Mistake]:
    """Find routes whose retries do not fit in their timeout."""
    for item, path, route in _routes(cluster):
        timeout, each = seconds(route.get("timeout")), seconds(values.dig(route, "retries", "perTryTimeout"))
        attempts = values.integer(route, "retries", "attempts")
        if not timeout or not each or attempts is None:
            continue
        needed = (attempts + 1) * each
        if needed > timeout:
            message = (
                f"{attempts + 1} tries of {route['retries']['perTryTimeout']} need {_shown(needed)}, and the route's"
            )
            message += f" timeout ends them after {route['timeout']}."
            hint = f"Set perTryTimeout to {_shown(timeout / (attempts + 1))} at most, or raise the timeout."
            # The last of several tries being cut short is common and mild; hardly one fitting is a mistake.
            severity = None if needed > 2 * timeout or each > timeout else Severity.WARNING
            yield Mistake(item, (*path, "retries", "perTryTimeout"), message, hint, severity)
    for route_item in cluster.of("HTTPRoute", "gateway.networking.k8s.io"):
        for index, rule_value in route_item.mappings("spec", "rules"):
            whole = seconds(values.dig(rule_value, "timeouts", "request"))
            backend = seconds(values.dig(rule_value, "timeouts", "backendRequest"))
            if whole and backend and backend > whole:
                message = "backendRequest is longer than request; the API server refuses it."
                at = ("spec", "rules", index, "timeouts", "backendRequest")
                yield Mistake(route_item, at, message, "Lower backendRequest.")


def _shown(length: Fraction) -> str:
    if length >= 1:
        return f"{float(length):.4g}s"
    return f"{int(length * 1000)}ms"


@rule("reliability/route-timeout", Severity.WARNING)
def route_timeout(cluster: Cluster) -> Iterator[Mistake]:
    """Find routes without a bound, or with too many retries."""
    for item, path, route in _routes(cluster):
        timeout = seconds(route.get("timeout"))
        if timeout == 0:
            message = "a timeout of 0 switches it off: a request may wait for ever."
            yield Mistake(item, (*path, "timeout"), message, "Set the time that a caller is willing to wait.")
        elif timeout is not None and timeout < 0:
            yield Mistake(item, (*path, "timeout"), "the timeout is below 0.", "Set it above 0.", Severity.ERROR)
        retries = values.mapping(route, "retries")
        attempts = values.integer(retries, "attempts")
        if attempts is not None and attempts < 0:
            message = f"{attempts} attempts are below 0."
            yield Mistake(item, (*path, "retries", "attempts"), message, "Set 0 at least.", Severity.ERROR)
        elif attempts and attempts > 5:
            message = f"{attempts} retries multiply the load on a service that is failing already."
            yield Mistake(item, (*path, "retries", "attempts"), message, "Set 2 or 3.")
        if attempts and not retries.get("retryOn"):
            message = "retryOn is not said: Istio retries what it deems safe, and no 5xx but 503."
            yield Mistake(item, (*path, "retries"), message, "Name the conditions in retryOn.", Severity.INFO)


@rule("reliability/caller-gives-up-first", Severity.WARNING)
def caller_gives_up_first(cluster: Cluster) -> Iterator[Mistake]:
    """Find services that wait for another longer than anybody waits for them."""
    patience = _patience(cluster)
    for item, path, route in _routes(cluster):
        timeout = seconds(route.get("timeout"))
        for _, match in values.mappings(route, "match") if timeout else ():
            name = values.text(match, "sourceLabels", "app.kubernetes.io/name") or values.text(
                match, "sourceLabels", "app"
            )
            waited = patience.get((item.namespace, name))
            if name and waited and timeout and timeout > waited:
                message = (
                    f"{name} waits {route['timeout']} here, and its own callers wait for it {_shown(waited)} at most."
                )
                hint = "Lower this timeout below that of the callers."
                yield Mistake(item, (*path, "timeout"), message, hint)
                break


def _patience(cluster: Cluster) -> Mapping[tuple[str, str], Fraction]:
    """Return how long the most patient route to each service waits; a service without a bound is left out."""
    longest: dict[tuple[str, str], Fraction] = {}
    unbounded: set[tuple[str, str]] = set()
    for item, _, route in _routes(cluster):
        timeout = seconds(route.get("timeout"))
        for host in item.strings("spec", "hosts"):
            name, _, rest = host.partition(".")
            key = (rest.split(".")[0] or item.namespace, name)
            if timeout:
                longest[key] = max(timeout, longest.get(key, Fraction(0)))
            else:
                unbounded.add(key)
    return {key: value for key, value in longest.items() if key not in unbounded}


def _policies(cluster: Cluster) -> Iterator[_Route]:
    """Yield (DestinationRule, path, traffic policy): its own, those of its ports and of its subsets."""
    for item in cluster.of("DestinationRule", GROUP):
        found: list[values.Path] = [("spec", "trafficPolicy")]
        found += [("spec", "subsets", index, "trafficPolicy") for index, _ in item.mappings("spec", "subsets")]
        for path in found:
            policy = item.mapping(*path)
            if policy:
                yield item, path, policy
            for index, port in values.mappings(policy, "portLevelSettings"):
                yield item, (*path, "portLevelSettings", index), port


@rule("reliability/outlier-detection", Severity.WARNING)
def outlier_detection(cluster: Cluster) -> Iterator[Mistake]:
    """Find outlier detection that ejects everybody or nobody."""
    for item, base, policy in _policies(cluster):
        path = (*base, "outlierDetection")
        settings = values.mapping(policy, "outlierDetection")
        if values.integer(settings, "maxEjectionPercent") == 100:
            message = "100 % may be ejected at once: then no endpoint is left, or all get requests again."
            yield Mistake(item, (*path, "maxEjectionPercent"), message, "Set 50 at most.")
        for name in ("maxEjectionPercent", "minHealthPercent"):
            number = values.integer(settings, name)
            if number is not None and not 0 <= number <= 100:
                yield Mistake(item, (*path, name), f"{number} is no percentage.", "Write 0 to 100.", Severity.ERROR)
        for name in ("interval", "baseEjectionTime"):
            length = seconds(settings.get(name))
            if length is not None and length < Fraction(1, 1000):
                message = f"{name} {settings[name]} is below 1ms; Istio refuses it."
                yield Mistake(item, (*path, name), message, "Set some seconds.", Severity.ERROR)
        counts = {name: settings[name] for name in _COUNTS if name in settings}
        off = settings.get("consecutive5xxErrors", 1) == 0
        if off and not any(counts.values()):
            message = "no number of errors ejects an endpoint: the detection is off."
            yield Mistake(item, (*path, min(counts)), message, "Set consecutive5xxErrors to 5.", Severity.ERROR)


_COUNTS = ("consecutive5xxErrors", "consecutiveGatewayErrors", "consecutiveLocalOriginFailures")


@rule("reliability/locality-without-outlier")
def locality_without_outlier(cluster: Cluster) -> Iterator[Mistake]:
    """Find locality settings that have no effect, or that do not add up."""
    for item, base, policy in _policies(cluster):
        path = (*base, "loadBalancer", "localityLbSetting")
        setting = values.mapping(policy, "loadBalancer", "localityLbSetting")
        fails_over = [name for name in ("failover", "failoverPriority") if setting.get(name)]
        inherited = item.mapping("spec", "trafficPolicy", "outlierDetection")
        if fails_over and not (values.mapping(policy, "outlierDetection") or inherited):
            message = f"{fails_over[0]} has no effect without outlierDetection: no endpoint ever counts as unhealthy."
            yield Mistake(item, (*path, fails_over[0]), message, "Add outlierDetection to the traffic policy.")
        if fails_over and setting.get("distribute"):
            message = f"distribute and {fails_over[0]} exclude each other; Istio refuses both."
            yield Mistake(item, (*path, "distribute"), message, "Keep one of them.")
        for index, entry in values.mappings(setting, "distribute"):
            weights = [weight for weight in values.mapping(entry, "to").values() if isinstance(weight, int)]
            if weights and sum(weights) != 100:
                message = f"the weights add up to {sum(weights)}, not 100; Istio refuses them."
                yield Mistake(item, (*path, "distribute", index, "to"), message, "Let them add up to 100.")
        for index, entry in values.mappings(setting, "failover"):
            if entry.get("from") and entry.get("from") == entry.get("to"):
                message = f"a failover from {entry['from']} to itself."
                yield Mistake(item, (*path, "failover", index, "to"), message, "Name another region.")


@rule("reliability/connection-pool", Severity.WARNING)
def connection_pool(cluster: Cluster) -> Iterator[Mistake]:
    """Find bounds of connection pools that bound nothing, or that Istio refuses."""
    for item, base, policy in _policies(cluster):
        for layer in ("tcp", "http"):
            path = (*base, "connectionPool", layer)
            for name, value in values.mapping(policy, "connectionPool", layer).items():
                number = values.integer(value)
                if number is not None and number < 0:
                    message = f"{name} {number} is below 0."
                    yield Mistake(item, (*path, name), message, "Set 1 at least.", Severity.ERROR)
                elif number == 0 and name in _BOUNDS:
                    message = f"{name} 0 is not zero but the default, which is almost no bound at all."
                    yield Mistake(item, (*path, name), message, "Set the number that the service can take.")
                elif name in {"connectTimeout", "idleTimeout", "maxConnectionDuration"} and seconds(value) == 0:
                    severity = Severity.ERROR if name == "connectTimeout" else None
                    yield Mistake(item, (*path, name), f"{name} of 0.", "Set some seconds.", severity)


_BOUNDS = frozenset({"http1MaxPendingRequests", "http2MaxRequests", "maxConnections", "maxRetries"})
