"""How pods end: whether they get the time that they take."""

import re
from collections.abc import Iterator, Mapping

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.rules.reliability.amounts import seconds
from generator.rules.rule import Mistake, rule

_SLEEP = re.compile(r"\bsleep\s+([0-9]{1,6})(s|m|h)?(?![0-9.])").findall
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}
_DRAIN = re.compile(r"(terminationDrainDuration|drainDuration)\"?\s*:\s*\"?([0-9a-z.]+)").search
_DEFAULT_GRACE = 30  # seconds


@rule("reliability/grace-period-short")
def grace_period_short(cluster: Cluster) -> Iterator[Mistake]:
    """Find pods that are killed before their preStop hook, or the mesh's drain, is over."""
    for pods in cluster.templates():
        given = values.integer(pods.spec, "terminationGracePeriodSeconds")
        grace = _DEFAULT_GRACE if given is None else given
        grace_path = (*pods.spec_path, "terminationGracePeriodSeconds")
        if given is not None and given <= 0:
            message = "the container is killed at once, with every request that it answers." if not given else (
                f"a grace period of {given} s is below 0.")  # fmt: skip
            yield Mistake(pods.object, grace_path, message, "Give it 30 s.", None if given else Severity.WARNING)
            continue
        for path, container in pods.containers():
            hook = values.mapping(container, "lifecycle", "preStop")
            waits = pre_stop_seconds(hook)
            if waits and waits >= grace:
                shown = f"terminationGracePeriodSeconds {grace}" + (" (the default)" if given is None else "")
                message = f"preStop takes {waits} s, and {shown} leaves the process no time to end by itself."
                at = grace_path if given is not None else (*path, "lifecycle", "preStop")
                hint = f"Set terminationGracePeriodSeconds well above {waits}."
                yield Mistake(pods.object, at, message, hint)
        config = values.text(
            pods.object.value, *(pods.template or ()), "metadata", "annotations", "proxy.istio.io/config"
        )
        drain = _DRAIN(config)
        length = seconds(drain[2]) if drain else None
        if drain and length is not None and length >= grace:
            message = f"the sidecar drains for {drain[2]}, and the pod is killed after {grace} s."
            hint = "Set terminationGracePeriodSeconds above the drain."
            yield Mistake(pods.object, grace_path, message, hint, Severity.WARNING)


def pre_stop_seconds(hook: Mapping[str, values.Value]) -> int:
    """Return how long a preStop hook sleeps at least, as far as its command tells; 0 when it does not."""
    slept = values.integer(hook, "sleep", "seconds") or 0
    command = " ".join(values.strings(hook, "exec", "command"))
    return slept + sum(int(number) * _UNITS[unit] for number, unit in _SLEEP(command))
