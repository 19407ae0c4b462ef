"""Which nodes a pod may run on: node selectors, node affinities and tolerations that contradict themselves."""

import difflib
from collections.abc import Iterator, Mapping, Sequence

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.rules.rule import Mistake, rule

_CLOSED = {
    "kubernetes.io/os": ("linux", "windows"),
    "kubernetes.io/arch": ("amd64", "arm64", "arm", "ppc64le", "s390x", "riscv64", "386"),
    "karpenter.sh/capacity-type": ("spot", "on-demand", "reserved"),
}
_REQUIRED = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
_PREFERRED = ("affinity", "nodeAffinity", "preferredDuringSchedulingIgnoredDuringExecution")
_FORMER = {
    "beta.kubernetes.io/os": "kubernetes.io/os",
    "beta.kubernetes.io/arch": "kubernetes.io/arch",
    "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    "node-role.kubernetes.io/master": "node-role.kubernetes.io/control-plane",
}
_KNOWN = frozenset({*_FORMER.values(), "kubernetes.io/hostname", "karpenter.sh/nodepool", "karpenter.sh/capacity-type"})
_Expression = Mapping[str, values.Value]


@rule("reliability/node-unmatched")
def node_unmatched(cluster: Cluster) -> Iterator[Mistake]:
    """Find pods that no node can take, since what they ask of it is contradictory or misspelt."""
    for pods in cluster.templates():
        selector = values.labels(pods.spec, "nodeSelector")
        for key, value in selector.items():
            for message, hint, severity in _label(key, [value]):
                yield Mistake(pods.object, (*pods.spec_path, "nodeSelector", key), message, hint, severity)
        terms = values.mappings(pods.spec, *_REQUIRED)
        fits = []
        for index, term in terms:
            path = (*pods.spec_path, *_REQUIRED, index, "matchExpressions")
            expressions = values.mappings(term, "matchExpressions")
            for at, expression in expressions:
                key, wanted = values.text(expression, "key"), values.strings(expression, "values")
                if values.text(expression, "operator") == "In":
                    for message, hint, severity in _label(key, wanted):
                        yield Mistake(pods.object, (*path, at), message, hint, severity)
                yield from (Mistake(pods.object, (*path, at), *wrong) for wrong in invalid_expression(expression))
            fits.append(contradiction([item for _, item in expressions], selector))
        if fits and all(fits):
            message = f"no node can fit: {fits[0]}."
            yield Mistake(pods.object, (*pods.spec_path, *_REQUIRED), message, "Mend nodeSelector or nodeAffinity.")
        for index, item in values.mappings(pods.spec, *_PREFERRED):
            weight = values.integer(item, "weight")
            if weight is not None and not 1 <= weight <= 100:
                path = (*pods.spec_path, *_PREFERRED, index, "weight")
                yield Mistake(pods.object, path, f"a weight of {weight} is not within 1 to 100.", "Write 1 to 100.")


def _label(key: str, wanted: Sequence[str]) -> Iterator[tuple[str, str, Severity | None]]:
    known = _CLOSED.get(key)
    if known and wanted and not set(wanted) & set(known):
        yield f"no node has {key}: {wanted[0]}.", f"It is one of {', '.join(known)}.", None
    elif key in _FORMER:
        yield f"the label '{key}' is deprecated.", f"Use {_FORMER[key]}.", Severity.WARNING
    elif key not in _KNOWN and "kubernetes.io/" in key:
        near = difflib.get_close_matches(key, sorted(_KNOWN), n=1, cutoff=0.9)
        if near:
            yield f"no node has a label '{key}'.", f"Did you mean '{near[0]}'?", None


def invalid_expression(expression: _Expression) -> Iterator[tuple[str, str]]:
    """Yield (message, hint) of what the API server refuses in an expression over node labels."""
    key, operator, given = values.text(expression, "key"), values.text(expression, "operator"), expression.get("values")
    count = len(given) if isinstance(given, list) else 0
    if operator in {"In", "NotIn"} and count == 0:
        yield f"{operator} on '{key}' has no values.", "List the values, or use Exists."
    elif operator in {"Exists", "DoesNotExist"} and count:
        yield f"{operator} on '{key}' takes no values.", "Remove the values, or use In."
    elif operator in {"Gt", "Lt"} and (count != 1 or not str(values.items(given)[0]).lstrip("-").isdecimal()):
        yield f"{operator} on '{key}' takes one integer.", "Write one number, in quotes."


def contradiction(expressions: Sequence[_Expression], fixed: Mapping[str, str]) -> str:
    """Return why no labels satisfy expressions (together with fixed labels), or ""."""
    allowed: dict[str, set[str]] = {key: {value} for key, value in fixed.items()}
    for item in expressions:
        if values.text(item, "operator") == "In" and values.strings(item, "values"):
            key, wanted = values.text(item, "key"), set(values.strings(item, "values"))
            allowed[key] = allowed[key] & wanted if key in allowed else wanted
            if not allowed[key]:
                return f"the values wanted of '{key}' exclude each other"
    for item in expressions:
        key, operator = values.text(item, "key"), values.text(item, "operator")
        if operator == "DoesNotExist" and key in allowed:
            return f"'{key}' must be there and must not"
        if operator == "NotIn" and key in allowed and allowed[key] <= set(values.strings(item, "values")):
            return f"every wanted value of '{key}' is excluded"
    return ""


@rule("reliability/toleration-invalid")
def toleration_invalid(cluster: Cluster) -> Iterator[Mistake]:
    """Find tolerations that the API server refuses."""
    for pods in cluster.templates():
        for index, item in values.mappings(pods.spec, "tolerations"):
            path = (*pods.spec_path, "tolerations", index)
            operator, effect = values.text(item, "operator") or "Equal", values.text(item, "effect")
            if operator == "Exists" and item.get("value"):
                message = f"operator Exists takes no value, and this has '{item['value']}'."
                yield Mistake(pods.object, (*path, "value"), message, "Remove the value, or use Equal.")
            elif operator not in {"Exists", "Equal", "Lt", "Gt"}:
                yield Mistake(pods.object, (*path, "operator"), f"'{operator}' is no operator.", "Use Equal or Exists.")
            elif operator == "Equal" and not item.get("key"):
                yield Mistake(pods.object, path, "a toleration without key needs operator Exists.", "Name the key.")
            if effect not in {"", "NoSchedule", "PreferNoSchedule", "NoExecute"}:
                hint = "Use NoSchedule, PreferNoSchedule or NoExecute."
                yield Mistake(pods.object, (*path, "effect"), f"'{effect}' is no effect of a taint.", hint)
            elif "tolerationSeconds" in item and effect != "NoExecute":
                message = "tolerationSeconds goes with the effect NoExecute only."
                yield Mistake(pods.object, (*path, "tolerationSeconds"), message, "Remove it, or set NoExecute.")
