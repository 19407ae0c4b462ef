"""Judges commands of kubectl: that verb and options are kubectl's, and that what they name is in the tree."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests.cluster import Cluster
from generator.verify.runbooks.kinds import Kind
from generator.verify.runbooks.known import Known, Remark
from generator.verify.runbooks.kubectl_verbs import CNPG, CNPG_VERBS, COMMON, ROLLOUT_VERBS, ROLLOUTS, VERBS
from generator.verify.runbooks.labels import label_remarks, read_selector
from generator.verify.runbooks.options import Options, Parsed, parse
from generator.verify.runbooks.words import UNKNOWN

_ROLLED = frozenset({"history", "pause", "restart", "resume", "status", "undo"})
_TIMELESS = frozenset({"api-resources", "cluster-info", "config", "version"})
_WRITES = frozenset({"patch", "scale", "edit", "set", "apply", "label"})
_SELF_HEAL = "Argo CD sets it back to what Git says: change the spec, or pause the Application first."


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command looks: the context with its cluster, and the namespace (None: not said; "*": all)."""

    context: str
    cluster: Cluster
    namespace: str | None


class Kubectl:
    """Judges the commands of one page; created are the objects that its commands make, as (kind, name)."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.created: set[tuple[str, str]] = set()
        self.paused = False

    def judge(self, words: Sequence[str]) -> Iterator[Remark]:
        """Yield what is wrong with the words after `kubectl`; a word may have parts that are UNKNOWN."""
        leading = parse(words, COMMON.plus("", "A"))
        verb = leading.arguments[0] if leading.arguments else ""
        plugin = _plugin(words)
        if plugin:
            name, known, rest = plugin
            yield from self._plugin(name, parse(rest, known))
            return
        if verb not in VERBS:
            near = did_you_mean(verb, VERBS)
            yield Remark("command", f"kubectl has no verb '{verb}' that a runbook is to use.", near)
            return
        parsed = parse(words, VERBS[verb])
        for option in parsed.unknown:
            yield Remark("command", f"kubectl {verb} is not known to take {option}.", "Correct it.")
        if verb in _TIMELESS and parsed.first("context") is None:
            return
        place = yield from self._place(parsed)
        if place is not None:
            yield from self._verb(verb, Parsed(parsed.arguments[1:], parsed.options, parsed.rest, ()), place)

    def _place(self, parsed: Parsed) -> Generator[Remark, None, Place | None]:
        context = parsed.first("context")
        if context is None:
            yield Remark("context", "kubectl is not told which cluster.", "Add --context.")
            return None
        cluster = self.known.clusters.get(context)
        if cluster is None:
            near = did_you_mean(context, self.known.clusters)
            yield Remark("context", f"the tree has no cluster {_shown(context)}.", near or _listed(self.known.clusters))
            return None
        namespace = parsed.first("namespace", "n")
        if "A" in parsed.options or "all-namespaces" in parsed.options:
            namespace = "*"
        elif namespace is not None and UNKNOWN not in namespace:
            there = self.known.namespaces(cluster)
            if namespace not in there:
                near = did_you_mean(namespace, there)
                yield Remark("namespace", f"{context} has no namespace {_shown(namespace)}.", near)
                return None
        return Place(context, cluster, namespace)

    def _verb(self, verb: str, parsed: Parsed, place: Place) -> Iterator[Remark]:
        judges: Mapping[str, Callable[[Parsed, Place], Iterator[Remark]]] = {
            "auth": self._nothing, "cluster-info": self._nothing, "config": self._nothing, "version": self._nothing,
            "api-resources": self._nothing, "cordon": self._nothing, "uncordon": self._nothing, "drain": self._nothing,
            "apply": self._nothing, "diff": self._nothing, "cp": self._nothing,
            "create": self._create, "run": self._run, "events": self._events, "top": self._top,
            "rollout": self._rollout, "logs": self._pods, "exec": self._pods, "debug": self._pods,
            "port-forward": self._forward,
        }  # fmt: skip
        if verb == "get" and "raw" in parsed.options:
            return
        judge = judges.get(verb, self._objects)
        yield from judge(parsed, place)
        if verb in _WRITES:
            yield from self._self_heal(verb, parsed, place)

    def _nothing(self, _parsed: Parsed, _place: Place) -> Iterator[Remark]:
        yield from ()

    def _objects(self, parsed: Parsed, place: Place) -> Iterator[Remark]:
        """Judge `kind name...`, `kind/name...` and `kind -l selector`."""
        arguments = [word for word in parsed.arguments if not _is_pair(word)]
        if not arguments:
            if not {"f", "filename", "k", "kustomize"} & parsed.options.keys():
                yield Remark("command", "the command names no kind of objects.", "Say what it is about.")
            return
        if "/" in arguments[0] and UNKNOWN not in arguments[0]:
            for word in arguments:
                yield from self._slashed(word, place)
            return
        if UNKNOWN in arguments[0]:
            return  # kind/name as a query gave it
        kinds: list[Kind] = []
        for word in arguments[0].split(","):
            kind = yield from self._kind(word)
            kinds += [kind] if kind else []
        for kind in kinds:
            yield from self._space(kind, place)
            for name in arguments[1:]:
                yield from self._named(kind, name, place)
            yield from self._selected(kind, parsed, place)

    def _slashed(self, word: str, place: Place, default: str = "") -> Generator[Remark, None, tuple[Kind, str] | None]:
        """Judge one `kind/name`; without a slash it is of the default kind."""
        if UNKNOWN in word.split("/", maxsplit=1)[0] and "/" not in word:
            return None
        first, slash, name = word.partition("/")
        if UNKNOWN in first:
            return None
        kind = yield from self._kind(first if slash else default)
        if kind is None:
            return None
        name = name if slash else first
        yield from self._space(kind, place)
        yield from self._named(kind, name, place)
        return kind, name

    def _kind(self, word: str) -> Generator[Remark, None, Kind | None]:
        if UNKNOWN in word:
            return None
        found = self.known.kinds.find(word)
        if isinstance(found, str):
            yield Remark("kind", found)
            return None
        return found

    def _space(self, kind: Kind, place: Place) -> Iterator[Remark]:
        if kind.namespaced and place.namespace is None:
            yield Remark("namespace", f"the command does not say in which namespace the {kind.name} is.", "Add -n.")

    def _named(self, kind: Kind, name: str, place: Place) -> Iterator[Remark]:
        namespace = place.namespace or ""
        if UNKNOWN in name or UNKNOWN in namespace or (kind.namespaced and namespace in {"", "*"}):
            return
        if (kind.name, name) in self.created or self.known.exists(place.cluster, kind, namespace, name):
            return
        there = place.cluster.names(kind.group, kind.name, namespace if kind.namespaced else "")
        where = f" in namespace {namespace}" if kind.namespaced else ""
        yield Remark("object", f"{place.context} has no {kind.name} {_shown(name)}{where}.", did_you_mean(name, there))

    def _selected(self, kind: Kind, parsed: Parsed, place: Place) -> Iterator[Remark]:
        selector = parsed.first("l", "selector")
        if selector is None or UNKNOWN in (place.namespace or ""):
            return
        wanted = read_selector(selector)
        if isinstance(wanted, str):
            yield Remark("selector", wanted)
            return
        namespace = None if place.namespace in {None, "*"} else place.namespace
        yield from label_remarks(self.known, place.cluster, kind, namespace, wanted)

    def _pods(self, parsed: Parsed, place: Place) -> Iterator[Remark]:
        """Judge what reads from or runs in pods, named by themselves or by what makes them."""
        kind = Kind("", "Pod", namespaced=True)
        yield from self._space(kind, place)
        yield from self._selected(kind, parsed, place)
        if not parsed.arguments:
            if parsed.first("l", "selector") is None:
                yield Remark("command", "the command names no pod.", "Name one, or what makes it.")
            return
        found = yield from self._slashed(parsed.arguments[0], place, "pod")
        container = parsed.first("c", "container") or (parsed.arguments[1] if len(parsed.arguments) > 1 else None)
        if found and container and UNKNOWN not in container:
            there = self.known.containers(place.cluster, found[0], place.namespace or "", found[1])
            if there is not None and container not in there:
                what = f"{found[0].name} {found[1]} has no container {_shown(container)}."
                yield Remark("object", what, did_you_mean(container, there))

    def _forward(self, parsed: Parsed, place: Place) -> Iterator[Remark]:
        found = yield from self._slashed(parsed.arguments[0], place, "pod") if parsed.arguments else ()
        if not isinstance(found, tuple) or found[0].name != "Service":
            return
        service = place.cluster.get("", "Service", place.namespace or "", found[1])
        if service is None:
            return
        ports = {str(port.get(key)) for _, port in service.mappings("spec", "ports") for key in ("port", "name")}
        for pair in parsed.arguments[1:]:
            wanted = pair.rpartition(":")[2]
            if UNKNOWN not in wanted and wanted not in ports:
                yield Remark("object", f"Service {service.name} has no port {wanted}.", _listed(ports - {"None"}))

    def _rollout(self, parsed: Parsed, place: Place) -> Iterator[Remark]:
        verb = parsed.arguments[0] if parsed.arguments else ""
        if verb not in _ROLLED:
            yield Remark("command", f"kubectl rollout has no verb '{verb}'.", did_you_mean(verb, _ROLLED))
            return
        yield from self._objects(Parsed(parsed.arguments[1:], parsed.options, None, ()), place)

    def _top(self, parsed: Parsed, place: Place) -> Iterator[Remark]:
        what = parsed.arguments[0] if parsed.arguments else ""
        if what not in {"node", "nodes", "pod", "pods", "po", "no"}:
            yield Remark("command", f"kubectl top knows nodes and pods, not '{what}'.")
            return
        yield from self._objects(parsed, place)

    def _events(self, parsed: Parsed, place: Place) -> Iterator[Remark]:
        yield from self._space(Kind("", "Event", namespaced=True), place)
        about = parsed.first("for")
        if about:
            yield from self._slashed(about, place, "pod")

    def _create(self, parsed: Parsed, place: Place) -> Iterator[Remark]:
        kind = yield from self._kind(parsed.arguments[0]) if parsed.arguments else ()
        if not isinstance(kind, Kind):
            return
        yield from self._space(kind, place)
        source = parsed.first("from")
        if source:
            yield from self._slashed(source, place, "cronjob")
        self.created |= {(kind.name, name) for name in parsed.arguments[1:]}

    def _run(self, parsed: Parsed, place: Place) -> Iterator[Remark]:
        yield from self._space(Kind("", "Pod", namespaced=True), place)
        self.created |= {("Pod", name) for name in parsed.arguments[:1]}

    def _self_heal(self, verb: str, parsed: Parsed, place: Place) -> Iterator[Remark]:
        """Yield a warning for a change to an object of the tree, which lasts until Argo CD looks again."""
        if self.paused or "dry-run" in parsed.options:
            return
        arguments = [word for word in parsed.arguments if not _is_pair(word)]
        pairs = [word.split("/", 1) for word in arguments if "/" in word] or [[arguments[0], n] for n in arguments[1:]]
        for word, name in pairs:
            kind = self.known.kinds.find(word)
            if isinstance(kind, Kind) and place.cluster.get(kind.group, kind.name, place.namespace or "", name):
                what = f"kubectl {verb} changes {kind.name} {name}, which Argo CD owns."
                yield Remark("self-heal", what, _SELF_HEAL, Severity.WARNING)

    def _plugin(self, plugin: str, parsed: Parsed) -> Iterator[Remark]:
        """Judge `kubectl argo rollouts` and `kubectl cnpg`."""
        verbs = ROLLOUT_VERBS if plugin == "argo rollouts" else CNPG_VERBS
        kind = (
            Kind("argoproj.io", "Rollout", namespaced=True)
            if plugin == "argo rollouts"
            else Kind("postgresql.cnpg.io", "Cluster", namespaced=True)
        )
        verb, arguments = (parsed.arguments[0], list(parsed.arguments[1:])) if parsed.arguments else ("", [])
        if verb not in verbs:
            yield Remark("command", f"kubectl {plugin} has no verb '{verb}'.", did_you_mean(verb, verbs))
            return
        for option in parsed.unknown:
            yield Remark("command", f"kubectl {plugin} {verb} is not known to take {option}.", "Correct it.")
        place = yield from self._place(parsed)
        if place is None:
            return
        yield from self._space(kind, place)
        if verb in {"get", "list", "retry"} and arguments[:1] in (["rollout"], ["rollouts"]):
            arguments = arguments[1:]
        for name in arguments[:1]:
            yield from self._named(kind, name, place)


def _plugin(words: Sequence[str]) -> tuple[str, Options, list[str]] | None:
    """Return the plugin that a command calls, what it takes, and its own words with the options before it."""
    plain = list(words)
    for name, known in (("argo rollouts", ROLLOUTS), ("cnpg", CNPG)):
        parts = name.split()
        for at in range(len(plain)):
            if plain[at : at + len(parts)] == parts and len(parse(plain[:at], COMMON).arguments) == 0:
                return name, known, plain[:at] + plain[at + len(parts) :]
    return None


def _is_pair(word: str) -> bool:
    """Say whether a word is a label or an annotation that is set (key=value) or removed (key-)."""
    return "=" in word or (word.endswith("-") and len(word) > 1)


def _shown(text: str) -> str:
    return "'" + text.replace(UNKNOWN, "...") + "'"


def _listed(names: Iterable[str]) -> str:
    return f"There are {', '.join(sorted(names))}."
