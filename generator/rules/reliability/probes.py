"""Probes and lifecycle hooks: handlers that the kubelet can run, ports that exist, timing that lets a pod start."""

from collections.abc import Iterator, Mapping

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.workload import Workload
from generator.rules.reliability.scale import behind_services
from generator.rules.rule import Mistake, rule

_KINDS = ("livenessProbe", "readinessProbe", "startupProbe")
_HANDLERS = ("exec", "grpc", "httpGet", "tcpSocket")
# What Istio's sidecar listens on; an injected pod has them without declaring them.
_SIDECAR_PORTS = frozenset({15000, 15001, 15006, 15008, 15020, 15021, 15053, 15090})
_Container = Mapping[str, values.Value]
_Probe = tuple[Workload, values.Path, _Container, str, Mapping[str, values.Value]]


def _probes(cluster: Cluster) -> Iterator[_Probe]:
    """Yield (pods, path of the probe, container, which probe, the probe)."""
    for pods in cluster.templates():
        for path, container in pods.containers():
            for kind in _KINDS:
                if isinstance(container.get(kind), dict):
                    yield pods, (*path, kind), container, kind, container[kind]


@rule("reliability/probe-invalid")
def probe_invalid(cluster: Cluster) -> Iterator[Mistake]:
    """Find probes that the API server refuses."""
    for pods, path, container, kind, probe in _probes(cluster):
        of = pods.object
        if "initContainers" in path and container.get("restartPolicy") != "Always":
            message = f"an init container that ends has no {kind}; the API server refuses it."
            yield Mistake(of, path, message, "Remove the probe, or make it a sidecar with restartPolicy: Always.")
        handlers = [name for name in _HANDLERS if probe.get(name) is not None]
        if len(handlers) != 1:
            what = f"has {len(handlers)} handlers ({', '.join(handlers)})" if handlers else "has no handler"
            message = f"{kind} {what}; it takes exactly one."
            yield Mistake(of, path, message, f"Use one of {', '.join(_HANDLERS)}.")
        yield from _numbers(of, path, kind, probe)
        if "terminationGracePeriodSeconds" in probe and kind == "readinessProbe":
            message = "terminationGracePeriodSeconds means nothing to a readinessProbe; the API server refuses it."
            yield Mistake(of, (*path, "terminationGracePeriodSeconds"), message, "Remove it.")
        if values.mapping(probe, "exec") and not values.items(probe, "exec", "command"):
            yield Mistake(of, (*path, "exec"), "exec has no command to run.", "Write the command.")


def _numbers(of: Object, path: values.Path, kind: str, probe: _Container) -> Iterator[Mistake]:
    success = values.integer(probe, "successThreshold")
    if success not in {None, 0, 1} and kind != "readinessProbe":
        message = f"successThreshold {success}: a {kind} takes 1 only."
        yield Mistake(of, (*path, "successThreshold"), message, "Set 1.")
    for name in ("failureThreshold", "periodSeconds", "timeoutSeconds", "successThreshold", "initialDelaySeconds"):
        number = values.integer(probe, name)
        if number is not None and number < 0:
            yield Mistake(of, (*path, name), f"{name} {number} is below 0.", "Set 1 at least.")
        elif number == 0 and name in probe and name != "initialDelaySeconds":
            message = f"{name} 0 is not zero but the default of the API server."
            yield Mistake(of, (*path, name), message, "Write the number that is meant.", Severity.WARNING)


@rule("reliability/handler-invalid")
def handler_invalid(cluster: Cluster) -> Iterator[Mistake]:
    """Find lifecycle hooks that the API server refuses."""
    for pods in cluster.templates():
        for path, container in pods.containers():
            for name, hook in values.mapping(container, "lifecycle").items():
                if name not in {"postStart", "preStop"} or not isinstance(hook, dict):
                    continue
                handlers = [one for one in ("exec", "httpGet", "sleep", "tcpSocket") if hook.get(one) is not None]
                if len(handlers) != 1:
                    what = f"has {len(handlers)} handlers ({', '.join(handlers)})" if handlers else "has no handler"
                    message = f"{name} {what}; it takes exactly one."
                    yield Mistake(pods.object, (*path, "lifecycle", name), message, "Use one of exec, httpGet, sleep.")


@rule("reliability/probe-port")
def probe_port(cluster: Cluster) -> Iterator[Mistake]:
    """Find probes of a port that the container does not have."""
    for pods, path, container, kind, probe in _probes(cluster):
        for handler in ("httpGet", "tcpSocket", "grpc"):
            port = values.dig(probe, handler, "port")
            if isinstance(port, str) and port.isdecimal() and isinstance(probe.get(handler), dict):
                message = f"'{port}' in quotes is the name of a port, and no name has digits only."
                yield Mistake(pods.object, (*path, handler, "port"), message, "Write the number without quotes.")
            elif isinstance(port, str | int) and not isinstance(port, bool):
                for message, hint, severity in _unknown(pods, container, kind, port):
                    yield Mistake(pods.object, (*path, handler, "port"), message, hint, severity)


def _unknown(
    pods: Workload, container: _Container, kind: str, port: str | int
) -> Iterator[tuple[str, str, Severity | None]]:
    own = [item for _, item in values.mappings(container, "ports")]
    names = [values.text(item, "name") for item in own if values.text(item, "name")]
    numbers = [number for item in own if (number := values.integer(item, "containerPort")) is not None]
    declared = ", ".join(str(number) for number in numbers)
    name = values.text(container, "name")
    if isinstance(port, str):
        if port not in names:
            hint = did_you_mean(port, names) or f"Its ports: {', '.join(names) or declared or 'none'}."
            yield f"{kind} asks port '{port}', which container '{name}' does not name.", hint, None
    elif not 1 <= port <= 65535:
        yield f"{port} is no port.", "Ports are 1 to 65535.", None
    # Containers of a pod share its network.
    elif numbers and port not in _SIDECAR_PORTS | {*numbers} and port not in {number for _, number, _ in pods.ports()}:
        message = f"{kind} asks port {port}, and container '{name}' declares {declared}."
        # A port for health only is often not declared; but then no probe asks one that is.
        severity = None if _others_declared(container, kind, {*names, *numbers}) else Severity.WARNING
        yield message, f"Its ports: {declared}.", severity


def _others_declared(container: _Container, kind: str, known: set[str | int]) -> bool:
    asked = [
        values.dig(container, other, handler, "port") for other in _KINDS if other != kind for handler in _HANDLERS
    ]
    return any(isinstance(port, str | int) and port in known for port in asked)


@rule("reliability/probe-timing", Severity.WARNING)
def probe_timing(cluster: Cluster) -> Iterator[Mistake]:
    """Find probes that overlap, or that restart a pod before it is taken out of service."""
    for pods, path, container, kind, probe in _probes(cluster):
        timeout, period = _number(probe, "timeoutSeconds", 1), _number(probe, "periodSeconds", 10)
        if timeout > period:
            message = f"a timeout of {timeout} s is longer than the period of {period} s."
            yield Mistake(pods.object, (*path, "timeoutSeconds"), message, f"Set {period} s at most.")
        readiness = values.mapping(container, "readinessProbe")
        if kind == "livenessProbe" and readiness and _asked(probe) == _asked(readiness):
            patience = _number(probe, "failureThreshold", 3) * period
            other = _number(readiness, "failureThreshold", 3) * _number(readiness, "periodSeconds", 10)
            if patience < other:
                message = f"the same request restarts the container after {patience} s and takes it out of service"
                message += f" only after {other} s."
                hint = "Give liveness a higher failureThreshold than readiness."
                yield Mistake(pods.object, path, message, hint)
        if kind == "livenessProbe" and _number(probe, "failureThreshold", 3) == 1:
            message = "a single failed request restarts the container."
            yield Mistake(pods.object, (*path, "failureThreshold"), message, "Set failureThreshold to 3.")


def _asked(probe: _Container) -> object:
    return [probe.get(name) for name in _HANDLERS]


def _number(probe: _Container, name: str, default: int) -> int:
    return values.integer(probe, name) or default


@rule("reliability/liveness-kills-start", Severity.WARNING)
def liveness_kills_start(cluster: Cluster) -> Iterator[Mistake]:
    """Find liveness probes that restart a container which is still starting."""
    for pods, path, container, kind, probe in _probes(cluster):
        if kind != "livenessProbe" or values.mapping(container, "startupProbe"):
            continue
        patience = _number(probe, "initialDelaySeconds", 0)
        patience += _number(probe, "failureThreshold", 3) * _number(probe, "periodSeconds", 10)
        expected = _number(values.mapping(container, "readinessProbe"), "initialDelaySeconds", 0)
        if patience <= expected:
            message = f"the container is restarted {patience} s after its start, before it is first asked whether it is"
            message += f" ready ({expected} s)."
            yield Mistake(pods.object, path, message, "Add a startupProbe.", Severity.ERROR)
        elif patience < 30:
            message = f"a container that starts for {patience} s is restarted for ever: there is no startupProbe."
            yield Mistake(pods.object, path, message, "Add a startupProbe with the longest time that a start takes.")


@rule("reliability/no-readiness", Severity.WARNING)
def no_readiness(cluster: Cluster) -> Iterator[Mistake]:
    """Find pods of a Service that get requests before they can answer."""
    seen: set[int] = set()
    for service, pods in behind_services(cluster):
        if not pods.complete or id(pods.object) in seen or pods.object.kind in {"Job", "CronJob"}:
            continue
        seen.add(id(pods.object))
        found = list(pods.containers())
        if found and not any(values.mapping(container, "readinessProbe") for _, container in found):
            message = (
                f"Service/{service.name} sends requests as soon as the container runs: there is no readinessProbe."
            )
            path = (*pods.spec_path, "containers", 0)
            yield Mistake(pods.object, path, message, "Add a readinessProbe.")
