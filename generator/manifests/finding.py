"""What is wrong at a place in an object, before its line is looked up."""

from dataclasses import dataclass

from generator.base.problem import Severity
from generator.manifests.object import Object
from generator.manifests.values import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A mistake in an object at a path of keys and indexes; rule is its id ("references/no-pods")."""

    rule: str
    object: Object
    path: Path = ()
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR
