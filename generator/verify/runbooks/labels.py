"""Label selectors on the command line: what they select in a tree."""

import re
from collections.abc import Iterator, Mapping

from generator.manifests.cluster import Cluster
from generator.verify.runbooks.kinds import Kind
from generator.verify.runbooks.known import Known, Remark
from generator.verify.runbooks.words import UNKNOWN

_KEY = r"[A-Za-z0-9](?:[-A-Za-z0-9._/]*[A-Za-z0-9])?"
_EQUAL = re.compile(rf"({_KEY}) *==? *([-A-Za-z0-9._{UNKNOWN}]*)")
_UNEQUAL = re.compile(rf"({_KEY}) *!= *([-A-Za-z0-9._{UNKNOWN}]*)")
_SET = re.compile(rf"({_KEY}) +(in|notin) +\(([^()]*)\)")
_HAS = re.compile(_KEY)
_HAS_NOT = re.compile(rf"! *{_KEY}")


def read_selector(text: str) -> "Mapping[str, tuple[str, ...] | None] | str":
    """Return the labels that a selector wants: by key the values of which one has to be there, None for any.

    What it does not want is not looked at. Returns a text where it is no selector.
    """
    wanted: dict[str, tuple[str, ...] | None] = {}
    for part in filter(None, (each.strip() for each in re.split(r",(?![^()]*\))", text))):
        if found := _EQUAL.fullmatch(part):
            wanted[found[1]] = None if UNKNOWN in found[2] else (found[2],)
        elif found := _SET.fullmatch(part):
            if found[2] == "in":
                wanted[found[1]] = tuple(value.strip() for value in found[3].split(","))
        elif _HAS.fullmatch(part):
            wanted[part] = None
        elif not (_UNEQUAL.fullmatch(part) or _HAS_NOT.fullmatch(part) or UNKNOWN in part):
            return f"'{part}' is not part of a label selector."
    return wanted


def label_remarks(
    known: Known, cluster: Cluster, kind: Kind, namespace: str | None, wanted: Mapping[str, tuple[str, ...] | None]
) -> Iterator[Remark]:
    """Yield a remark for labels that nothing of a kind carries; of several values each has to select something."""
    fixed = {key: found[0] if found else None for key, found in wanted.items()}
    for key, found in wanted.items():
        for value in found or (None,):
            labels = {**fixed, key: value}
            if not known.selects(cluster, kind, namespace, labels):
                text = ",".join(f"{name}={value}" if value is not None else name for name, value in labels.items())
                where = f" in namespace {namespace}" if namespace else ""
                hint = "Correct the label or the namespace."
                yield Remark("selector", f"-l {text} selects no {kind.name}{where} of {cluster.name}.", hint)
                return
