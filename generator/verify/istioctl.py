"""The istioctl stage: Istio's own analysis and validation of a cluster's objects, offline, in all namespaces."""

import json
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from generator.base.errors import GenError
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.finding import Finding
from generator.manifests.object import Object
from generator.manifests.problems import problems_at
from generator.verify.istio_messages import DROPPED, SEVERITIES, UNSEEN
from generator.verify.outcome import Outcome

_NETWORKING = "networking.istio.io"
_GROUPS = frozenset({"", "apps", "apiextensions.k8s.io", "gateway.networking.k8s.io"})
_CORE = frozenset({"Namespace", "Pod", "Service", "Node"})
_REFERENCE = re.compile(r"(?:^|/)o(?P<number>\d+)\.yaml(?::(?P<line>\d+))?$")
_NOT_FOUND = re.compile(r'^Referenced (?P<kind>.+) not found: "(?P<value>.*)"$')
_NOT_IN_GATEWAY = re.compile(r" not found in Gateway (\S+)\.$")
_SKIPPED = re.compile(r"^Skipped analyzers:\n(?P<names>(?:[ \t]+\S+\n)*)", re.MULTILINE)
_SAID_OF = re.compile(r"^\s*(?:\*\s*)?(?P<kind>[A-Za-z]+)/(?P<namespace>[^/]*)/(?P<name>[^:]+): *(?P<text>.*)$")
# What istioctl logs goes to standard output, before the JSON.
_LOG_LINE = re.compile(r"^\d{4}-\d\d-\d\dT\S+\t.*\n", re.MULTILINE)
_UNREAD = re.compile(r"\* error processing (?P<file>\S+?)\[\d+\]: (?P<text>.*)")
_LEVELS = {"Error": Severity.ERROR, "Warning": Severity.WARNING, "Info": Severity.INFO}
_HINT = "See https://istio.io/latest/docs/reference/config/analysis/{code}/."


def analyze(clusters: Sequence[Cluster], istioctl: Path) -> Outcome:
    """Return what `istioctl analyze` and `istioctl validate` say of each cluster's objects.

    The note says how many analyzers istioctl leaves out when it reads files: those that ask for Services, Namespaces
    or Pods. Errors: GenError when istioctl does not run or does not answer as expected.
    """
    answers = [_analyze(cluster, istioctl) for cluster in clusters]
    skipped = max((answer.left_out for answer in answers), default=0)
    note = f"{skipped} analyzers need a running cluster and are left out by istioctl" if skipped else ""
    return Outcome(problems_at(found for answer in answers for found in answer.findings), 0, note)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What istioctl says of one cluster, and how many analyzers it did not run."""

    findings: tuple[Finding, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class _Copy:
    """The objects of a cluster that concern Istio, each in a file of its own in a folder."""

    folder: Path
    cluster: Cluster
    objects: Sequence[Object]

    def write(self) -> None:
        for number, item in enumerate(self.objects):
            # A scalar a line, so that a line of the copy tells the path.
            text = yaml.dump(item.value, Dumper=_Dumper, default_flow_style=False, width=2**30, sort_keys=False)
            Path(self.folder, f"o{number}.yaml").write_text(text, encoding="utf-8")

    def find(self, reference: str) -> tuple[Object, values.Path] | None:
        """Return the object and the path that a `file:line` of the copy means."""
        found = _REFERENCE.search(reference)
        if not found or int(found["number"]) >= len(self.objects):
            return None
        number, line = int(found["number"]), int(found["line"] or 1)
        return self.objects[number], path_at(Path(self.folder, f"o{number}.yaml"), line)


class _Dumper(yaml.CSafeDumper):
    """Without aliases: the API server has none."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the signature is PyYAML's
        return True


def _analyze(cluster: Cluster, istioctl: Path) -> _Answer:
    objects = [item for item in cluster.objects if _concerns(item)]
    if not any(item.group.endswith(("istio.io", "gateway.networking.k8s.io")) for item in objects):
        return _Answer()
    with tempfile.TemporaryDirectory(prefix="gen-istioctl-") as folder:
        copy = _Copy(Path(folder), cluster, objects)
        copy.write()
        answer = _analysis(copy, istioctl)
        refused = [found for found in _validation(copy, istioctl) if not _said_before(found, answer.findings)]
        return _Answer((*answer.findings, *refused), answer.left_out)


def _said_before(found: Finding, findings: Sequence[Finding]) -> bool:
    """Say whether analyze has the same message, in its own words around it."""
    core = found.message.rstrip(".").lower()
    return any(other.object is found.object and core in other.message.lower() for other in findings)


def _concerns(item: Object) -> bool:
    if item.group.endswith("istio.io"):
        return True
    if item.group not in _GROUPS:
        return False
    return bool(item.group) or item.kind in _CORE


def _analysis(copy: _Copy, istioctl: Path) -> _Answer:
    # Without -A only one namespace is looked at, and nothing is said about the others; -v names what is left out.
    done = _run(istioctl, ["analyze", "--use-kube=false", "-A", "-v", "-o", "json", "--color=false", "."], copy.folder)
    try:
        messages = json.loads(_LOG_LINE.sub("", done.stdout) or "null") or []
    except json.JSONDecodeError as error:
        message = f"istioctl analyze did not answer in JSON: {_tail(done)}. Install it again: gen tools install."
        raise GenError(message) from error
    findings = [found for message in messages for found in _finding(copy, message)]
    unread = [found for line in done.stderr.splitlines() for found in _unread(copy, line)]
    findings += unread
    if (done.returncode != 0 or "Error(s) adding files" in done.stderr) and not unread:
        about = f"istioctl cannot read the objects of {copy.cluster.name or 'the tree'}: {_tail(done)}"
        findings.append(Finding(rule="istioctl/error", object=copy.objects[0], message=about))
    skipped = _SKIPPED.search(done.stderr)
    return _Answer(tuple(dict.fromkeys(findings)), len(skipped["names"].splitlines()) if skipped else 0)


def _unread(copy: _Copy, line: str) -> Iterator[Finding]:
    """Yield what a line says of an object that istioctl could not read."""
    about = _UNREAD.search(line)
    found = copy.find(about["file"]) if about else None
    if about and found:
        yield Finding(rule="istioctl/unreadable", object=found[0], path=("spec",), message=_sentence(about["text"]))


def _finding(copy: _Copy, message: Mapping[str, str]) -> Iterator[Finding]:
    code, text = message["code"], message["message"]
    found = copy.find(message.get("reference", ""))
    if code in DROPPED or (found and _cannot_be_seen(copy.cluster, found[0], code, text)):
        return
    severity = SEVERITIES.get(code, _LEVELS.get(message["level"], Severity.ERROR))
    item, path = found or (copy.objects[0], ())
    hint = _HINT.format(code=code.lower())
    yield Finding(
        rule=f"istioctl/{code}", object=item, path=path, message=_sentence(text), hint=hint, severity=severity
    )


def _cannot_be_seen(cluster: Cluster, item: Object, code: str, text: str) -> bool:
    """Say whether what istioctl misses may be there all the same: in a chart, or where it does not look."""
    if code == "IST0132":  # said of a Gateway that is missing as well
        gateway = _NOT_IN_GATEWAY.search(text)
        return gateway is not None and not _is_there(cluster, item, gateway[1])
    missing = _NOT_FOUND.match(text) if code == "IST0101" else None
    if not missing:
        return False
    if missing["kind"] == "gateway":
        namespace, _, name = missing["value"].rpartition("/")
        return cluster.exists(_NETWORKING, "Gateway", namespace or item.namespace, name)
    return missing["kind"] in UNSEEN


def _is_there(cluster: Cluster, item: Object, gateway: str) -> bool:
    namespace, _, name = gateway.rpartition("/")
    return cluster.get(_NETWORKING, "Gateway", namespace or item.namespace, name) is not None


def _validation(copy: _Copy, istioctl: Path) -> Iterator[Finding]:
    """Yield what `istioctl validate` refuses in Istio's objects: unknown fields too, which analyze lets pass."""
    names = [f"o{number}.yaml" for number, item in enumerate(copy.objects) if item.group.endswith("istio.io")]
    if not names:
        return
    done = _run(istioctl, ["validate", *(part for name in names for part in ("-f", name))], copy.folder)
    if done.returncode == 0:
        return
    known = {(item.kind, item.namespace, item.name): item for item in copy.objects}
    said = 0
    for line in done.stderr.splitlines():
        about = _SAID_OF.match(line)
        item = known.get((about["kind"], about["namespace"], about["name"])) if about else None
        if about and item:
            said += 1
            yield Finding(rule="istioctl/validate", object=item, path=("spec",), message=_sentence(about["text"]))
    if not said:
        message = f"istioctl validate refuses the objects of {copy.cluster.name or 'the tree'}: {_tail(done)}"
        yield Finding(rule="istioctl/error", object=copy.objects[0], message=message)


def path_at(file: Path, line: int) -> values.Path:
    """Return the path of the deepest node that begins on a line (from 1) of a YAML file with a scalar a line."""
    root = yaml.compose(file.read_text(encoding="utf-8"), yaml.CSafeLoader)
    return _deepest(root, line, ()) if root is not None and line > 1 else ()


def _deepest(node: yaml.Node, line: int, path: values.Path) -> values.Path:
    children: list[tuple[int, str | int, yaml.Node]] = []
    if isinstance(node, yaml.MappingNode):
        children = [(key.start_mark.line, key.value, value) for key, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        children = [(item.start_mark.line, index, item) for index, item in enumerate(node.value)]
    before = [child for child in children if child[0] < line]
    return _deepest(before[-1][2], line, (*path, before[-1][1])) if before else path


def _run(istioctl: Path, arguments: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    try:
        # A kubeconfig is not asked for, but neither should one be found.
        return subprocess.run(
            [str(istioctl), *arguments],
            cwd=folder,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            env={"HOME": str(folder), "KUBECONFIG": "/dev/null"},
        )
    except OSError as error:
        raise GenError(f"istioctl cannot be run ({error}). Install it again: gen tools install.") from error


def _tail(done: subprocess.CompletedProcess[str]) -> str:
    return (done.stderr.strip() or done.stdout.strip())[-400:]


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
