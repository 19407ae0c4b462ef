"""Which labels the result of an expression has: what aggregations keep, what joins need on both sides."""

from dataclasses import dataclass
from functools import lru_cache

from generator.rules.alerts.expressions import (
    COMPARISONS,
    Aggregate,
    Binary,
    Call,
    Negative,
    Node,
    Number,
    Selector,
    String,
    Subquery,
    walk,
)

_PICKS = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})
_KEEP_LABELS = frozenset(
    {"rate", "irate", "increase", "delta", "idelta", "deriv", "predict_linear", "changes", "resets", "abs", "ceil"}
    | {"floor", "round", "clamp_min", "clamp_max", "avg_over_time", "max_over_time", "min_over_time", "sum_over_time"}
    | {"last_over_time", "count_over_time", "quantile_over_time"}
)
_SERIES = frozenset({"instance", "job"})


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of a result: `only` these (None: those of the series), and `dropped` are not among them."""

    only: frozenset[str] | None = None
    dropped: frozenset[str] = frozenset()

    def lacks(self, label: str) -> bool:
        """Say whether no series of the result can have a label."""
        return label in self.dropped or (self.only is not None and label not in self.only)


SCALAR = Labels(frozenset())


@lru_cache(maxsize=16384)
def result_labels(node: Node) -> Labels:
    """Return the labels of an expression's result."""
    match node:
        case Number() | String():
            return SCALAR
        case Selector():
            return Labels()
        case Subquery(of=inner) | Negative(of=inner):
            return result_labels(inner)
        case Aggregate():
            return _aggregated(node)
        case Call():
            return _called(node)
        case Binary():
            return _joined(node)


def _aggregated(node: Aggregate) -> Labels:
    inner = result_labels(node.of)
    if node.name in _PICKS:
        return inner
    added = frozenset({node.parameter.value}) if isinstance(node.parameter, String) else frozenset()
    if node.without:
        only = inner.only - node.labels if inner.only is not None else None
        return Labels(only, (inner.dropped | node.labels) - added)
    return Labels(frozenset(label for label in node.labels if not inner.lacks(label)) | added)


def _called(node: Call) -> Labels:
    if node.name in {"vector", "scalar", "time", "pi"} or not node.arguments:
        return SCALAR
    if node.name in {"absent", "absent_over_time"}:
        of = node.arguments[0]
        if isinstance(of, Selector):
            return Labels(frozenset(item.label for item in of.matchers if item.operator == "="))
        return SCALAR
    vectors = [item for item in node.arguments if not isinstance(item, (Number, String))]
    inner = result_labels(vectors[0]) if vectors else SCALAR
    if node.name in {"label_replace", "label_join"} and len(node.arguments) > 1:
        target = node.arguments[1]
        if isinstance(target, String):
            only = inner.only | {target.value} if inner.only is not None else None
            return Labels(only, inner.dropped - {target.value})
    if node.name == "histogram_quantile":
        only = inner.only - {"le"} if inner.only is not None else None
        return Labels(only, inner.dropped | {"le"})
    return Labels() if node.name == "info" else inner


def _joined(node: Binary) -> Labels:  # noqa: PLR0911 (a form each)
    left, right = result_labels(node.left), result_labels(node.right)
    if is_scalar(node.left):
        return right
    if is_scalar(node.right) or node.operator in {"and", "unless"}:
        return left
    if node.operator == "or":
        if left.only is None or right.only is None:
            return Labels(None, left.dropped & right.dropped)
        return Labels(left.only | right.only)
    many = right if node.group == "right" else left
    if node.group:
        only = many.only | node.included if many.only is not None else None
        return Labels(only, many.dropped - node.included)
    if node.operator in COMPARISONS and not node.flag:
        return left
    if node.matching == "on":
        return Labels(frozenset(label for label in node.labels if not left.lacks(label)))
    only = left.only - node.labels if left.only is not None else None
    return Labels(only, left.dropped | (node.labels if node.matching else frozenset()))


def is_scalar(node: Node) -> bool:
    """Say whether an expression is a scalar, not a vector."""
    match node:
        case Number() | String():
            return True
        case Negative(of=inner):
            return is_scalar(inner)
        case Call(name=name):
            return name in {"scalar", "time", "pi"}
        case Binary(left=left, right=right):
            return is_scalar(left) and is_scalar(right)
        case _:
            return False


def unjoinable(node: Binary) -> tuple[str, bool]:  # noqa: PLR0911 (a reason each)
    """Say why no series of the two sides match, and whether that is certain; ("", False) when they may."""
    if node.operator == "or" or is_scalar(node.left) or is_scalar(node.right):
        return "", False
    left, right = result_labels(node.left), result_labels(node.right)
    if node.matching == "on":
        return _on(node, left, right)
    one = left.only - node.labels if left.only is not None else None
    other = right.only - node.labels if right.only is not None else None
    if one is not None and other is not None:
        apart = one ^ other
        if not apart:
            return "", False
        return f"the left side has the labels {_list(one)}, the right side {_list(other)}", True
    known, raw, side = (one, right, node.right) if one is not None else (other, left, node.left)
    if known is not None and not node.labels:
        sure = sorted(sure_labels(side) - known)
        if sure:
            return f"one side has the labels {_list(known)} only, and the other carries '{sure[0]}'", True
    # A recorded metric may have no labels either.
    recorded = any(isinstance(item, Selector) and (":" in item.metric or not item.metric) for item in walk(side))
    if known is not None and not known and not recorded and not node.labels and not raw.dropped >= _SERIES:
        return "one side has no labels at all, the other those of its series", True
    return "", False


def sure_labels(node: Node) -> frozenset[str]:
    """Return labels that every series of a result carries for certain: those chosen by an equality."""
    match node:
        case Selector(matchers=matchers):
            return frozenset(item.label for item in matchers if item.operator == "=" and item.value) - {"__name__"}
        case Subquery(of=inner) | Negative(of=inner):
            return sure_labels(inner)
        case Call(name=name, arguments=arguments) if name in _KEEP_LABELS and arguments:
            return sure_labels(arguments[-1] if name == "quantile_over_time" else arguments[0])
        case Binary(operator="or"):
            return frozenset()
        case Binary(left=left, right=right) if not node.matching and not node.group:
            return sure_labels(right if is_scalar(left) else left)
        case _:
            return frozenset()


def _on(node: Binary, left: Labels, right: Labels) -> tuple[str, bool]:
    for label in sorted(node.labels):
        for side, one, other in (("left", left, right), ("right", right, left)):
            if one.lacks(label) and not other.lacks(label):
                return f"'{label}' is aggregated away on the {side} side", other.only is not None
    return "", False


def _list(labels: frozenset[str]) -> str:
    return "(" + ", ".join(sorted(labels)) + ")"
