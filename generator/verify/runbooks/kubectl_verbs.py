"""The verbs of kubectl and of two of its plugins that runbooks may use, with the options that each takes."""

from collections.abc import Mapping

from generator.verify.runbooks.options import Options, options

# Source: the help of kubectl 1.36, what people on call use of it.
COMMON = options("context kubeconfig n namespace request-timeout as as-group token v cache-dir", "help h")
_OUTPUT = COMMON.plus("o output template sort-by", "no-headers show-labels")
_PICK = "l selector field-selector"
VERBS: Mapping[str, Options] = {
    "annotate": COMMON.plus("o output resource-version " + _PICK, "overwrite all list dry-run A all-namespaces"),
    "api-resources": _OUTPUT.plus("api-group verbs", "namespaced cached"),
    "apply": _OUTPUT.plus(
        "f filename k kustomize field-manager l selector timeout", "server-side force-conflicts dry-run wait",
    ),
    "auth": COMMON.plus("subresource o output", "A all-namespaces list q quiet no-headers"),
    "cluster-info": COMMON,
    "config": COMMON.plus("o output user cluster", "minify current no-headers flatten"),
    "cordon": COMMON.plus("l selector", "dry-run"),
    "cp": COMMON.plus("c container retries", "no-preserve"),
    "create": _OUTPUT.plus("from from-literal from-file image schedule f filename duration audience", "dry-run"),
    "debug": COMMON.plus(
        "c container image target profile copy-to env", "i stdin t tty q quiet attach share-processes",
    ),
    "delete": COMMON.plus(
        "f filename o output grace-period timeout cascade " + _PICK,
        "all A all-namespaces now wait force ignore-not-found dry-run",
    ),
    "describe": COMMON.plus("f filename chunk-size l selector", "A all-namespaces show-events"),
    "diff": COMMON.plus("f filename k kustomize l selector", "server-side"),
    "drain": COMMON.plus(
        "grace-period timeout pod-selector l selector chunk-size",
        "ignore-daemonsets delete-emptydir-data force disable-eviction dry-run",
    ),
    "events": _OUTPUT.plus("for types", "A all-namespaces w watch"),
    "exec": COMMON.plus("c container f filename", "i stdin t tty q quiet"),
    "get": _OUTPUT.plus(
        "f filename k kustomize raw chunk-size subresource L label-columns " + _PICK,
        "A all-namespaces w watch watch-only ignore-not-found R recursive show-kind show-managed-fields",
    ),
    "label": COMMON.plus("o output " + _PICK, "overwrite all list dry-run A all-namespaces"),
    "logs": COMMON.plus(
        "c container since since-time tail l selector max-log-requests limit-bytes pod-running-timeout",
        "f follow p previous all-containers all-pods prefix timestamps ignore-errors",
    ),
    "patch": COMMON.plus("p patch type o output subresource f filename patch-file", "dry-run local"),
    "port-forward": COMMON.plus("address pod-running-timeout"),
    "rollout": _OUTPUT.plus("to-revision revision timeout l selector f filename", "w watch dry-run"),
    "run": _OUTPUT.plus(
        "image restart env labels l port overrides pod-running-timeout timeout override-type image-pull-policy",
        "i stdin t tty rm attach command q quiet dry-run privileged",
    ),
    "scale": COMMON.plus("replicas current-replicas timeout l selector o output", "all dry-run"),
    "top": COMMON.plus(f"sort-by {_PICK}", "A all-namespaces containers no-headers sum show-capacity show-swap"),
    "uncordon": COMMON.plus("l selector", "dry-run"),
    "version": COMMON.plus("o output", "client"),
    "wait": COMMON.plus(f"for timeout f filename o output {_PICK}", "all A all-namespaces"),
}  # fmt: skip
ROLLOUTS = COMMON.plus(
    "to-revision r revision timeout timeout-seconds interval-seconds in in-order",
    "w watch full skip-current-step skip-all-steps no-color A all-namespaces",
)
CNPG = COMMON.plus(
    "m method backup-name backup-target timeout o output s plugin-name",
    "v verbose online t tty i stdin replica dry-run f",
)
CNPG_VERBS = frozenset(
    {"backup", "destroy", "fencing", "logs", "maintenance", "promote", "psql", "reload", "report", "restart", "status"}
)
ROLLOUT_VERBS = frozenset({"abort", "get", "list", "pause", "promote", "restart", "retry", "status", "undo"})
