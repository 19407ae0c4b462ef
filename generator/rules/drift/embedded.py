"""Files inside objects: what a ConfigMap, a Secret, an annotation or Helm's values hold has a syntax of its own."""

import tomllib
from collections.abc import Iterator

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.read import Note, read_documents
from generator.rules.drift.helm import value_texts
from generator.rules.rule import Mistake, rule

_YAML = (".yaml", ".yml")
_ANNOTATIONS_IN_YAML = ("proxy.istio.io/config",)
_ANNOTATIONS_IN_JSON = (
    "cloud.google.com/backend-config",
    "cloud.google.com/neg",
    "kubectl.kubernetes.io/last-applied-configuration",
    "cluster-autoscaler.kubernetes.io/node-template",
)
# Programs fill these in before anybody reads the file.
_TEMPLATE_MARKS = ("{{", "{%", "<%", "{{-")
_WRONG = frozenset({"manifests/syntax", "identity/duplicate-key"})
_Text = tuple[Object, values.Path, str, str]


def _texts(cluster: Cluster) -> Iterator[_Text]:
    """Yield (object, path, language, text) of the files inside objects; templates are left out."""
    for found in _all_texts(cluster):
        if not any(mark in found[3] for mark in _TEMPLATE_MARKS):
            yield found


def _all_texts(cluster: Cluster) -> Iterator[_Text]:
    for kind, field in (("ConfigMap", "data"), ("Secret", "stringData")):
        for item in cluster.of(kind, ""):
            for key, text in values.labels(item.value, field).items():
                language = "yaml" if key.endswith(_YAML) else key.rpartition(".")[2]
                if "." in key and language in {"yaml", "json", "toml"}:
                    yield item, (field, key), language, text
    for item in cluster.objects:
        for key, text in item.annotations.items():
            if key in _ANNOTATIONS_IN_YAML or key in _ANNOTATIONS_IN_JSON:
                language = "yaml" if key in _ANNOTATIONS_IN_YAML else "json"
                yield item, ("metadata", "annotations", key), language, text
    for item, path, text in value_texts(cluster):
        yield item, path, "yaml", text


@rule("drift/embedded-syntax")
def embedded_syntax(cluster: Cluster) -> Iterator[Mistake]:
    """Find files inside objects that their program cannot read."""
    for item, path, language, text in _texts(cluster):
        if language == "toml":
            try:
                tomllib.loads(text)
            except tomllib.TOMLDecodeError as error:
                yield Mistake(item, path, f"'{path[-1]}' is no TOML: {error}.", "Mend the file.")
            continue
        for note in _notes(text, language):
            if note.rule in _WRONG and (text.strip() or language == "json"):
                where = f" in its line {note.line}" if note.line else ""
                message = f"'{path[-1]}' cannot be read as {language.upper()}: {note.message[:-1]}{where}."
                yield Mistake(item, path, message, "Mend the file.")
                break


@rule("drift/embedded-scalar", Severity.WARNING)
def embedded_scalar(cluster: Cluster) -> Iterator[Mistake]:
    """Find scalars in files inside objects that YAML readers take differently."""
    for item, path, language, text in _texts(cluster):
        for note in _notes(text, language) if language == "yaml" else ():
            if note.rule == "drift/ambiguous-scalar":
                where = f" (line {note.line} of '{path[-1]}')"
                yield Mistake(item, path, f"{note.message[:-1]}{where}.", note.hint)


def _notes(text: str, language: str) -> tuple[Note, ...]:
    # A surrogate, which YAML's \ud800 makes, is no UTF-8: another rule tells of it.
    return read_documents(text.encode("utf-8", "replace"), is_json=language == "json").notes
