"""PromQL as the rules see it: a small syntax tree of values, made once for all expressions of one shape."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

_NAMES = "namespace|exported_namespace|service|pod|pod_name|container|container_name|job|job_name|deployment"
_NAMES += "|statefulset|daemonset|cronjob|horizontalpodautoscaler|app|name|cluster|persistentvolumeclaim|workload"
_NAMES += "|destination_(?:service_name|workload|app|service|workload_namespace|service_namespace)|reporter_service"
_OBJECT = re.compile(rf"\b((?:{_NAMES})\s*(?:=~|!~|!=|=)\s*)(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')")
_HOLE = re.compile(r"⟦(\d+)⟧")
_FINDS = 4096


@dataclass(frozen=True, slots=True)
class Number:
    """A number."""

    value: float


@dataclass(frozen=True, slots=True)
class String:
    """A string."""

    value: str


@dataclass(frozen=True, slots=True)
class Matcher:
    """A label matcher; operator is "=", "!=", "=~" or "!~"."""

    label: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Selector:
    """Series by metric and labels, at an offset in seconds; span is the range in seconds, None for an instant."""

    metric: str
    matchers: tuple[Matcher, ...]
    offset: float = 0
    span: float | None = None


@dataclass(frozen=True, slots=True)
class Subquery:
    """An expression over a range of time, in seconds."""

    of: "Node"
    span: float


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    name: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An aggregation; labels are those of `by`, or of `without`."""

    name: str
    of: "Node"
    parameter: "Node | None"
    labels: frozenset[str]
    without: bool


@dataclass(frozen=True, slots=True)
class Binary:
    """Two expressions with an operator; matching is "on", "ignoring" or "", group "left", "right" or ""."""

    operator: str
    left: "Node"
    right: "Node"
    flag: bool = False
    matching: str = ""
    labels: frozenset[str] = frozenset()
    group: str = ""
    included: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Negative:
    """An expression with a minus before it."""

    of: "Node"


Node: TypeAlias = Number | String | Selector | Subquery | Call | Aggregate | Binary | Negative
COMPARISONS = frozenset({"==", "!=", ">", "<", ">=", "<="})
SETS = frozenset({"and", "or", "unless"})


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression: its text, and its shape, in which the names of objects are numbered holes.

    A platform's services share a few shapes; what is found in one holds for every expression of it.
    """

    text: str
    shape: str
    names: tuple[str, ...]

    def fill(self, text: str) -> str:
        """Put the names of this expression's objects back into a text about its shape."""
        if "⟦" not in text:
            return text
        return _HOLE.sub(lambda found: self.names[int(found[1])] if int(found[1]) < len(self.names) else "", text)


@dataclass(frozen=True, slots=True)
class Parsed:
    """An expression's syntax tree, or the error that keeps it from having one."""

    root: Node | None
    error: str = ""


def read_expression(text: str) -> Expression:
    """Return an expression with its shape."""
    names: dict[str, int] = {}

    def hole(found: re.Match[str]) -> str:
        value = found[2][1:-1]
        if not value or "\\" in value or "⟦" in value:
            return found[0]
        return f'{found[1]}"⟦{names.setdefault(value, len(names))}⟧"'

    shape = _OBJECT.sub(hole, text)
    return Expression(text, shape, tuple(names))


@lru_cache(maxsize=_FINDS)
def parse(text: str) -> Parsed:
    """Return the syntax tree of an expression, or what PromQL's grammar has against it."""
    import promql_parser  # noqa: PLC0415 (a compiled library, needed only where alerts are)

    try:
        return Parsed(_node(promql_parser.parse(text), promql_parser))
    except ValueError as error:
        return Parsed(None, str(error))
    except RecursionError:
        return Parsed(None, "the expression is nested too deeply")


def _node(of: Any, promql: Any) -> Node:  # noqa: PLR0911 (a form each)
    match type(of).__name__:
        case "ParenExpr":
            return _node(of.expr, promql)
        case "NumberLiteral":
            return Number(of.val)
        case "StringLiteral":
            return String(of.val)
        case "VectorSelector":
            return _selector(of, None)
        case "MatrixSelector":
            return _selector(of.vector_selector, of.range.total_seconds())
        case "SubqueryExpr":
            return Subquery(_node(of.expr, promql), of.range.total_seconds() if of.range else 0)
        case "Call":
            return Call(of.func.name, tuple(_node(item, promql) for item in of.args))
        case "AggregateExpr":
            return _aggregate(of, promql)
        case "UnaryExpr":
            inner = _node(of.expr, promql)
            return Number(-inner.value) if isinstance(inner, Number) else Negative(inner)
        case "BinaryExpr":
            return _binary(of, promql)
        case other:
            raise ValueError(f"{other} is not known here")


def _selector(of: Any, span: float | None) -> Selector:
    matchers = tuple(
        Matcher(item.name, ("=", "!=", "=~", "!~")[int(item.op)], item.value) for item in of.matchers.matchers
    )
    named = [item.value for item in matchers if item.label == "__name__" and item.operator == "="]
    rest = tuple(item for item in matchers if item.label != "__name__" or item.operator != "=")
    if of.matchers.or_matchers:
        rest = ()
    offset = of.offset.total_seconds() if of.offset else 0
    return Selector(of.name or (named[0] if named else ""), rest, offset, span)


def _aggregate(of: Any, promql: Any) -> Aggregate:
    written = of.param
    parameter = _node(written, promql) if hasattr(written, "prettify") else None
    modifier = of.modifier
    without = modifier is not None and str(modifier.type).endswith(("Without", "Exclude"))
    labels = frozenset(modifier.labels) if modifier is not None else frozenset()
    return Aggregate(str(of.op), _node(of.expr, promql), parameter, labels, without)


def _binary(of: Any, promql: Any) -> Binary:
    left, right, modifier = _node(of.lhs, promql), _node(of.rhs, promql), of.modifier
    if modifier is None:
        return Binary(str(of.op), left, right)
    matching = modifier.matching
    kind = "" if matching is None else "on" if str(matching.type).endswith(("Include", "By")) else "ignoring"
    card = str(modifier.card)
    group = "left" if "ManyToOne" in card else "right" if "OneToMany" in card else ""
    labels = frozenset(matching.labels) if matching is not None else frozenset()
    included = frozenset(modifier.group_labels or ())
    return Binary(str(of.op), left, right, bool(modifier.return_bool), kind, labels, group, included)


def children(node: Node) -> Sequence[Node]:
    """Return the expressions directly below one."""
    match node:
        case Subquery(of=inner) | Negative(of=inner):
            return (inner,)
        case Aggregate(of=inner, parameter=parameter):
            return (inner,) if parameter is None else (parameter, inner)
        case Call(arguments=arguments):
            return arguments
        case Binary(left=left, right=right):
            return (left, right)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """Yield an expression and all below it."""
    yield node
    for child in children(node):
        yield from walk(child)


@lru_cache(maxsize=_FINDS)
def nodes(shape: str) -> tuple[Node, ...]:
    """Return every expression within one, itself first; none when it does not parse."""
    root = parse(shape).root
    return tuple(walk(root)) if root is not None else ()


def selectors(shape: str) -> tuple[Selector, ...]:
    """Return the selectors in an expression."""
    return tuple(node for node in nodes(shape) if isinstance(node, Selector))
