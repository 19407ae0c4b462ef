"""Strategies for objects as two regions have them: alike but for what a mutation adds, drops, changes or reorders."""

from typing import Any

from hostile import strings
from hypothesis import strategies as st

from generator.deliver.kustomize.limits import begins_with_tab

Tree = dict[str, Any]
Pair = tuple[Tree | None, Tree | None]

# Whole fractions come back as integers from kustomize, whatever is done to an object; so do integers beyond 64 bits.
_NUMBERS = st.one_of(
    st.sampled_from([0, 1, -1, 80, 1000000, 21000000, 2**31, 2**53, 2**53 + 1, 2**63 - 1, -(2**63)]),
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from([0.5, -2.25, 1234.5]),
)
_KEYS = st.one_of(
    st.sampled_from(
        [
            *(
                "a",
                "b",
                "name",
                "image",
                "ports",
                "env",
                "a/b",
                "~",
                "~1",
                "m~n",
                "0",
                "-",
                "on",
                "n",
                "null",
                "12",
                "=",
            ),
            *("$patch", "$retainKeys", "$setElementOrder/env", "finalizers", "app.kubernetes.io/name", "a b", "é", "#"),
        ]
    ),
    strings.filter(lambda key: 0 < len(key) < 60 and "\n" not in key and key != "<<"),
)
_SCALARS = st.one_of(strings, _NUMBERS, st.booleans(), st.none())
values = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_KEYS, inner, max_size=4)),
    max_leaves=8,
)
_FEW = st.sampled_from(["keep", "keep", "keep", "keep", "keep", "drop", "new", "inner", "inner"])


@st.composite
def mutated(draw: st.DrawFn, value: Any) -> Any:
    """Return the value as another region may have it."""
    if isinstance(value, dict):
        found = {}
        for key, inner in value.items():
            what = draw(_FEW)
            if what != "drop":
                found[key] = inner if what == "keep" else draw(values if what == "new" else mutated(inner))
        return found | draw(st.just({}) | st.dictionaries(_KEYS, values, max_size=1))
    if isinstance(value, list):
        kept = [draw(mutated(each)) if draw(_FEW) == "inner" else each for each in value if draw(_FEW) != "drop"]
        if draw(st.booleans()):
            kept.insert(draw(st.integers(0, len(kept))), draw(values))
        return draw(st.permutations(kept)) if draw(_FEW) == "new" else kept
    return draw(values)


_NAMES = st.lists(st.sampled_from(["app", "proxy", "on", "1", "x.y", "init"]), unique=True, max_size=4)
_IMAGES = st.builds(
    lambda name, version: name + version,
    st.sampled_from(["nginx", "nginxx", "r.io/web", "r-io/web", "r:5000/a/web", "quay.io/x/web"]),
    st.sampled_from(["", ":1", ":1.20", ":on", "@sha256:" + "a" * 64, ":2@sha256:" + "b" * 64]),
)


def _named(key: str, names: st.SearchStrategy[list[str]], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return lists whose elements have names of their own, in any order, with some of the fields."""

    def elements(found: list[str]) -> st.SearchStrategy[Any]:
        return st.tuples(*(st.fixed_dictionaries({key: st.just(name)}, optional=fields) for name in found)).map(list)

    return names.flatmap(elements)


_VARIABLES = _named("name", _NAMES, value=strings, valueFrom=st.dictionaries(_KEYS, values, max_size=1))
_MOUNTS = _named("mountPath", st.lists(st.sampled_from(["/tmp", "/data", "/a/b"]), unique=True), name=strings)
_PORTS = st.lists(
    st.fixed_dictionaries(
        {"containerPort": st.sampled_from([80, 81, 53])},
        optional={"protocol": st.sampled_from(["TCP", "UDP"]), "name": strings},
    ),
    max_size=3,
)
_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "image": _IMAGES,
    "env": _VARIABLES,
    "volumeMounts": _MOUNTS,
    "ports": _PORTS,
    "args": st.lists(strings, max_size=3),
    "resources": st.dictionaries(_KEYS, values, max_size=2),
}
# kustomize follows references to ConfigMaps, and stops at one without a name.
_CONFIG_MAPS = st.dictionaries(_KEYS, values, max_size=2).map(lambda source: {**source, "name": "config"})
_POD_SPECS = st.fixed_dictionaries(
    {"containers": _named("name", _NAMES, **_FIELDS)},
    optional={
        "initContainers": _named("name", _NAMES, **_FIELDS),
        "volumes": _named("name", _NAMES, emptyDir=st.just({}), configMap=_CONFIG_MAPS),
        "imagePullSecrets": _named("name", _NAMES),
        "tolerations": st.lists(st.dictionaries(_KEYS, values, max_size=2), max_size=2),
        "topologySpreadConstraints": st.lists(
            st.fixed_dictionaries({"topologyKey": st.sampled_from(["zone", "host"]), "maxSkew": st.integers(1, 2)}),
            max_size=2,
        ),
        "nodeSelector": st.dictionaries(_KEYS, strings, max_size=2),
    },
)
_WORKLOADS: st.SearchStrategy[Tree] = st.fixed_dictionaries(
    {"template": st.fixed_dictionaries({"spec": _POD_SPECS})}, optional={"replicas": st.integers(0, 5)}
)


@st.composite
def _two_workloads(draw: st.DrawFn) -> tuple[Tree, Tree]:
    """Return a workload's spec twice: parts of it drawn again, so that keyed lists gain, lose and reorder elements."""
    one: Tree = draw(_WORKLOADS)
    other: Tree = draw(_WORKLOADS)
    here, there = one["template"]["spec"], other["template"]["spec"]
    pod = {key: (there if draw(st.booleans()) else here).get(key) for key in {**here, **there}}
    pod = {key: value for key, value in pod.items() if value is not None}
    if here["containers"] and draw(st.booleans()):
        pod["containers"] = [dict(each) for each in here["containers"]]
        changed = pod["containers"][-1]
        field = draw(st.sampled_from(sorted(_FIELDS)))
        changed[field] = draw(_FIELDS[field])
    if draw(st.booleans()):  # all of a pod's images from another registry, or in another version
        change = draw(
            st.sampled_from([("nginx", "eu.io/nginx"), ("r.io/", "eu.io/"), (":1", ":2"), ("/web", "/web:3")])
        )
        pod |= {
            field: [
                {**each, "image": each["image"].replace(*change)} if "image" in each else each for each in here[field]
            ]
            for field in ("containers", "initContainers")
            if field in here
        }
    return one, {**(other if draw(st.booleans()) else one), "template": {"spec": pod}}


_WORDS = st.dictionaries(
    st.sampled_from(["a", "app.kubernetes.io/name", "on", "x/y"]),
    strings.filter(lambda text: not begins_with_tab(text)),  # refused
    min_size=1,
    max_size=3,
)


@st.composite
def _metadata(draw: st.DrawFn, name: str) -> tuple[Tree, Tree]:
    base: Tree = {"name": name, "namespace": "shop"}
    for field in ("labels", "annotations"):
        if draw(st.booleans()):
            base[field] = draw(_WORDS)
    other = dict(base)
    if draw(_FEW) != "keep":
        other = {key: value for key, value in base.items() if key in ("name", "namespace") or draw(st.booleans())}
        other |= draw(st.fixed_dictionaries({}, optional={"annotations": _WORDS}))
    return base, other


_FILES = st.dictionaries(st.sampled_from(["a", "b.yaml", "C", "run.sh", "..data"]), strings, max_size=4)


@st.composite
def pairs(draw: st.DrawFn, number: int) -> Pair:
    """Return an object in two regions; None where a region does not have it."""
    kind = draw(st.sampled_from(["Deployment", "StatefulSet", "CronJob", "ConfigMap", "Widget", "Service"]))
    one, other = draw(_metadata(f"x{number}"))
    version = {"Deployment": "apps/v1", "StatefulSet": "apps/v1", "CronJob": "batch/v1", "Widget": "example.com/v1"}
    identity = {"apiVersion": version.get(kind, "v1"), "kind": kind}
    if kind == "ConfigMap":
        data = draw(_FILES)
        fields = {"data": data}, {"data": draw(st.one_of(st.just(data), _FILES))}
    elif kind in ("Deployment", "StatefulSet"):
        fields = tuple({"spec": spec} for spec in draw(_two_workloads()))  # type: ignore[assignment]
    elif kind == "CronJob":
        fields = tuple({"spec": {"jobTemplate": {"spec": s}}} for s in draw(_two_workloads()))  # type: ignore[assignment]
    else:
        spec = draw(st.dictionaries(_KEYS, values, max_size=5))
        fields = {"spec": spec}, {"spec": draw(mutated(spec))}
    here, there = ({**identity, "metadata": meta, **each} for meta, each in zip((one, other), fields, strict=True))
    found: Pair = draw(st.sampled_from([(here, there)] * 8 + [(here, None), (None, there)]))
    return found


components = st.integers(1, 8).flatmap(lambda count: st.tuples(*(pairs(number) for number in range(count))))
