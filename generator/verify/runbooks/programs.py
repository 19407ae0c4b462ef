"""Judges the commands of a block: each program has to be known, and what its words name has to be in the tree."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from generator.base.nearest import did_you_mean
from generator.verify.runbooks.known import Known, Remark, hosts_in
from generator.verify.runbooks.kubectl import Kubectl
from generator.verify.runbooks.options import options, parse
from generator.verify.runbooks.words import UNKNOWN

# Programs whose words are looked at for hosts and paths only.
_PLAIN = frozenset({
    "[", ":", "amtool", "awk", "base64", "basename", "break", "cat", "cd", "cmctl", "column", "comm", "continue",
    "cosign", "cp", "curl", "cut", "date", "diff", "dig", "dirname", "echo", "exit", "export", "false", "find", "grep",
    "head", "host", "jq", "kill", "kyverno", "local", "ls", "make", "mkdir", "mktemp", "mv", "node", "npm", "npx",
    "nslookup", "openssl", "ping", "printf", "promtool", "psql", "pwd", "read", "readonly", "return", "rm", "sed",
    "seq", "set", "sha256sum", "skopeo", "sleep", "sort", "tail", "tee", "test", "touch", "tr", "trap", "true",
    "umask", "uniq", "unset", "vi", "wait", "wc", "which", "yq",
})  # fmt: skip
# Programs that run what their further words say, with their own options that take a value.
_WRAPPERS: Mapping[str, str] = {
    "command": "", "env": "", "exec": "", "nohup": "", "sudo": "", "time": "", "timeout": "", "watch": "n interval",
    "xargs": "n I P L",
}  # fmt: skip
_GIT = frozenset({
    "add", "branch", "checkout", "clone", "commit", "diff", "fetch", "log", "merge", "pull", "push", "restore",
    "rev-parse", "revert", "show", "status", "switch", "tag",
})  # fmt: skip
_GEN = frozenset({"check", "render", "tools", "validate", "verify"})
_APP = frozenset({
    "actions", "confirm-deletion", "delete", "diff", "get", "history", "list", "logs", "manifests", "resources",
    "rollback", "set", "sync", "terminate-op", "wait",
})  # fmt: skip
_APP_OPTIONS = options(
    "argocd-context grpc-web-root-path server auth-token sync-policy sync-option timeout revision resource l selector "
    "o output N app-namespace p project operation c cluster parameter kind resource-name group namespace action local "
    "retry-limit strategy label",
    "core grpc-web health sync suspended degraded prune force hard-refresh refresh self-heal auto-prune async dry-run "
    "all delete h help insecure preview-changes apply-out-of-sync-only show-operation show-params yes y cascade",
)


class Programs:
    """Judges the commands of one page, in their order."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.kubectl = Kubectl(known)

    def judge(self, words: Sequence[str]) -> Iterator[Remark]:
        """Yield what is wrong with a command."""
        program, rest = words[0], words[1:]
        if UNKNOWN in program:
            yield Remark("command", "the program that is run is only known when it runs.", "Write its name.")
            return
        for word in words:
            yield from self._hosts(word)
            for part in (word, word.partition("=")[2], *word.split(":")[:1]):
                if part and self.known.missing_path(part):
                    yield Remark(
                        "path", f"there is no {part}, neither in the workspace nor in the tree.", "Correct it."
                    )
                    break
        if program in _WRAPPERS:
            inner = _inner(rest, _WRAPPERS[program], program)
            yield from self.judge(inner) if inner else ()
            return
        judges: Mapping[str, Callable[[Sequence[str]], Iterator[Remark]]] = {
            "kubectl": self.kubectl.judge, "argocd": self._argocd, "git": self._git, "gen": self._gen,
            "gh": self._nothing, "helm": self._cluster_tool, "velero": self._cluster_tool,
            "istioctl": self._cluster_tool, "kustomize": self._nothing, "aws": self._cloud,
            "gcloud": self._cloud, "az": self._cloud,
            "gsutil": self._cloud, "wrangler": self._nothing,
        }  # fmt: skip
        judge = judges.get(program)
        if judge is not None:
            yield from judge(rest)
        elif program not in _PLAIN:
            near = did_you_mean(program, {*judges, *_PLAIN, *_WRAPPERS})
            yield Remark("command", f"the program '{program}' is not one that runbooks use.", near)

    def _nothing(self, _: Sequence[str]) -> Iterator[Remark]:
        yield from ()

    def _hosts(self, word: str) -> Iterator[Remark]:
        for host in hosts_in(word):
            if UNKNOWN not in word.partition(host)[2][:1] and not self.known.known_host(host):
                yield Remark(
                    "host", f"nothing of the tree has the host {host}.", "Correct it, or declare it in the spec."
                )

    def _argocd(self, words: Sequence[str]) -> Iterator[Remark]:
        if not words or words[0] != "app":
            if not words or words[0] not in {"login", "cluster", "context", "proj", "repo", "version", "account"}:
                yield Remark("command", f"argocd has no verb '{' '.join(words[:1])}' that a runbook is to use.")
            return
        parsed = parse(words[1:], _APP_OPTIONS)
        verb = parsed.arguments[0] if parsed.arguments else ""
        if verb not in _APP:
            yield Remark("command", f"argocd app has no verb '{verb}'.", did_you_mean(verb, _APP))
            return
        for option in parsed.unknown:
            yield Remark("command", f"argocd app {verb} is not known to take {option}.", "Correct it.")
        if verb == "set" and parsed.first("sync-policy") in {"none", "manual"}:
            self.kubectl.paused = True
        names = parsed.arguments[1:]
        if verb == "actions":
            names = names[1:2]
        elif verb == "rollback":
            names = names[:1]
        for name in names:
            known = self.known.applications
            if UNKNOWN not in name and name.rpartition("/")[2] not in known:
                yield Remark("application", f"the tree has no Application '{name}'.", did_you_mean(name, known))

    def _git(self, words: Sequence[str]) -> Iterator[Remark]:
        parsed = parse(words, options("C c", ""))
        verb = parsed.arguments[0] if parsed.arguments else ""
        if verb not in _GIT:
            yield Remark("command", f"git has no verb '{verb}' that a runbook is to use.", did_you_mean(verb, _GIT))

    def _gen(self, words: Sequence[str]) -> Iterator[Remark]:
        verb = words[0] if words else ""
        if verb not in _GEN:
            yield Remark("command", f"gen has no command '{verb}'.", did_you_mean(verb, _GEN))
            return
        names = {"--platform": {self.known.platform.name}, "--region": {r.name for r in self.known.platform.regions}}
        names["--env"] = {
            path.stem for path in (self.known.workspace / "environments" / self.known.platform.name).glob("*.yaml")
        }
        names["--env"] |= {self.known.platform.environment}
        for option, value in _values(words):
            if option in names and UNKNOWN not in value and value not in names[option]:
                yield Remark("object", f"gen {option} has no '{value}'.", did_you_mean(value, names[option]))

    def _cluster_tool(self, words: Sequence[str]) -> Iterator[Remark]:
        """Judge what takes a context and a namespace as kubectl does, and nothing else that is known here."""
        given = dict(_values(words))
        context = next(
            (given[name] for name in ("--kube-context", "--kubecontext", "--context") if name in given), None
        )
        if context is None:
            if not set(words) & {"template", "lint", "version", "dependency", "show"}:
                yield Remark("context", "the command does not say which cluster.", "Add the option for the context.")
            return
        cluster = self.known.clusters.get(context)
        if cluster is None and UNKNOWN not in context:
            yield Remark("context", f"the tree has no cluster '{context}'.", did_you_mean(context, self.known.clusters))
            return
        namespace = next((given[name] for name in ("--namespace", "-n") if name in given), None)
        if cluster is not None and namespace is not None and UNKNOWN not in namespace:
            there = self.known.namespaces(cluster)
            if namespace not in there:
                what = f"{context} has no namespace '{namespace}'."
                yield Remark("namespace", what, did_you_mean(namespace, there))

    def _cloud(self, words: Sequence[str]) -> Iterator[Remark]:
        """Judge the options of the clouds' programs that name a region, a cluster, an account or a resource group."""
        regions = self.known.platform.regions
        zones = {zone for region in regions for zone in region.zones}
        known = {
            "--region": {region.location for region in regions},
            "--location": {region.location for region in regions} | zones,
            "--zone": zones,
            "--cluster": {region.cluster for region in regions},
            "--cluster-name": {region.cluster for region in regions},
            "--project": {region.account for region in regions},
            "--subscription": {region.account for region in regions},
            "--resource-group": {region.resource_group for region in regions},
            "--account-name": {region.storage_account for region in regions},
        }
        for option, value in _values(words):
            if option in known and UNKNOWN not in value and value not in known[option]:
                near = did_you_mean(value, known[option])
                yield Remark("object", f"{option} {value} is nothing of this environment.", near)


def _values(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the options of a command with what follows each."""
    for at, word in enumerate(words):
        if word.startswith("-"):
            name, equals, value = word.partition("=")
            if equals:
                yield name, value
            elif at + 1 < len(words):
                yield name, words[at + 1]


def _inner(words: Sequence[str], valued: str, program: str) -> list[str]:
    """Return the command that a wrapper runs."""
    rest = list(words)
    takes = valued.split()
    while rest:
        word = rest[0]
        if word.startswith("-"):
            rest = rest[2:] if word.lstrip("-") in takes else rest[1:]
        elif program == "env" and "=" in word:
            rest = rest[1:]
        elif program == "timeout":
            return rest[1:]
        else:
            return rest
    return []
