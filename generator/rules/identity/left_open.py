"""Settings that were left open: template expressions and CHANGEME in variables, ConfigMaps and annotations."""

import re
from collections.abc import Iterator

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.rule import Mistake

# What only Helm fills in. Other expressions may be meant for the program that reads them (a log's format, a mail).
_HELM = re.compile(
    r"\{\{-?\s*(?:(?:quote|toYaml|tpl|default\s+\S+)\s+)*(?:\.(?:Values|Release|Chart)\.\w|include\s+\")"
)
_NAME = re.compile(r"\s*\{\{\s*[a-z_][a-z0-9_]*\s*\}\}\s*")  # as Ansible and Jinja write it
_WORD = re.compile(
    r"(?:TODO|TBD|FIXME|(?:CHANGE|REPLACE|FILL)[-_ ]?(?:ME|THIS|IN)|REPLACE[-_ ]?WITH[-_ A-Z]*|PLACEHOLDER|"
    r"<(?:your|my|insert|replace|change|todo|the)[-_ ][^<>]*>)(?:\b(?![-_/.]).*)?",
    re.IGNORECASE,
)
_TRACES = ("{{", "todo", "tbd", "fixme", "change", "replace", "fill", "placeholder", "<your", "<my", "<insert", "<the")
_TEMPLATE_KEY = re.compile(r"templ|tmpl|\.tpl|\.j2|\.ya?ml$|dashboard|chart", re.IGNORECASE)


def left_open(cluster: Cluster, templates: re.Pattern[str]) -> Iterator[Mistake]:
    """Yield the settings that nobody filled in; kinds that `templates` matches hold expressions of their own."""
    yield from _variables(cluster)
    for item in cluster.of("ConfigMap", ""):
        if _traced(item):
            for key, text in values.labels(item.value, "data").items():
                yield from _data(item, key, text)
    for item in cluster.objects:
        if item.annotations and not templates.fullmatch(item.kind):
            for key, text in item.annotations.items():
                if "{{" in text and _HELM.search(text):
                    yield _open(item, ("metadata", "annotations", key), text)


def _traced(item: Object) -> bool:
    text = item.flat.lower()
    return any(trace in text for trace in _TRACES)


def _variables(cluster: Cluster) -> Iterator[Mistake]:
    for pod in cluster.templates():
        if _traced(pod.object):
            for path, container in pod.containers():
                for index, variable in values.mappings(container, "env"):
                    text, name = values.text(variable, "value"), values.text(variable, "name")
                    if not _TEMPLATE_KEY.search(name):
                        yield from _text(pod.object, (*path, "env", index, "value"), text)


def _text(item: Object, path: values.Path, text: str) -> Iterator[Mistake]:
    if _HELM.search(text) or _NAME.fullmatch(text):
        yield _open(item, path, text)
    elif _WORD.fullmatch(text) and "\n" not in text:
        # In lower case it may be a word, or the password that a program is delivered with.
        certain = text.upper() == text
        message = f"'{text[:60]}' was left for somebody to fill in."
        yield Mistake(item, path, message, "Write the value.", None if certain else Severity.WARNING)


def _data(item: Object, key: str, text: str) -> Iterator[Mistake]:
    if _TEMPLATE_KEY.search(key):
        return
    if len(text) < 200 and "\n" not in text.strip():
        yield from _text(item, ("data", key), text)
    elif _HELM.search(text):
        # A whole file may be a template for somebody else.
        found = _open(item, ("data", key), text)
        yield Mistake(item, found.path, found.message, found.hint, Severity.WARNING)


def _open(item: Object, path: values.Path, text: str) -> Mistake:
    start = text.index("{{")
    shown = text[start : text.find("}}", start) + 2 or None][:60]
    message = f"The expression '{shown}' was not filled in."
    return Mistake(item, path, message, "Render the template, and commit what comes out.")
