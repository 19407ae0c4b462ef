"""Characters that nobody sees, or that look like others: in names, hosts, images and labels they match nothing."""

import re
import unicodedata
from collections.abc import Iterator

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.rule import Mistake, rule

# Zero width, byte order mark, soft hyphen, direction marks, and spaces that are not the space.
_INVISIBLE = re.compile(
    "[\u00a0\u00ad\u034f\u115f\u1160\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufeff\uffa0]"
)
# In running text no-break spaces and joiners are good typography; these have no place there either.
_NEVER = re.compile("[\u200b\u2028-\u202e\u2060-\u2069\ufeff]")
_LOOKALIKE = re.compile("[\u0370-\u0391\u0392-\u0393\u0395-\u03a8\u03aa-\u03bb\u03bd-\u03bf\u03c1-\u03ff\u0400-\u052f]")
_FULL_WIDTH = re.compile("[\uff01-\uff5e]")
_ASCII_LETTER = re.compile("[A-Za-z]").search
_STRICT = frozenset(
    {
        "image",
        "host",
        "hosts",
        "hostname",
        "hostnames",
        "dnsNames",
        "namespace",
        "serviceName",
        "secretName",
        "claimName",
    }
    | {"serviceAccountName", "storageClassName", "apiVersion", "kind", "externalName", "containerName", "commonName"}
)
_STRICT_MAPS = frozenset({"labels", "matchLabels", "selector", "nodeSelector", "sourceLabels"})
_SCRIPTS = frozenset({"command", "args"})


@rule("drift/hidden-character")
def hidden_character(cluster: Cluster) -> Iterator[Mistake]:
    """Find characters that do not print, or that look like a letter of ASCII, where a name is meant."""
    for item in cluster.objects:
        if item.flat.isascii():
            continue
        for path, text in _beyond_ascii(item.value):
            key = str(path[-1])
            if not key.isascii() and _INVISIBLE.search(key):
                yield _mistake(item, path, "the key", key, _INVISIBLE)
            elif not key.isascii() and (_mixed(key) or (len(path) > 1 and path[-2] in _STRICT_MAPS)):
                yield _mistake(item, path, "the key", key, None)
            elif not text.isascii():
                yield from _in_value(item, path, text)


def _in_value(item: Object, path: values.Path, text: str) -> Iterator[Mistake]:
    field = next((str(step) for step in reversed(path) if isinstance(step, str)), "")
    strict = field in _STRICT or (len(path) > 1 and path[-2] in _STRICT_MAPS) or path == ("metadata", "name")
    token = not any(letter in text for letter in " \t\n")
    if strict:
        yield _mistake(item, path, field, text, _INVISIBLE if _INVISIBLE.search(text) else None)
    elif token and _INVISIBLE.search(text) and not _emoji(text):
        yield _mistake(item, path, field, text, _INVISIBLE)
    elif token and (_mixed(text) or _FULL_WIDTH.search(text)) and len(text) < 254:
        yield _mistake(item, path, field, text, None)
    elif _NEVER.search(text):
        yield _mistake(item, path, field, text, _NEVER, Severity.WARNING)
    elif field in _SCRIPTS and _INVISIBLE.search(text):
        yield _mistake(item, path, field, text, _INVISIBLE, Severity.WARNING)


def _emoji(text: str) -> bool:
    """Say whether joiners stand between emoji, where they belong."""
    return any(ord(letter) > 0x2190 and unicodedata.category(letter) == "So" for letter in text)


def _mixed(text: str) -> bool:
    return bool(_LOOKALIKE.search(text)) and bool(_ASCII_LETTER(text))


def _mistake(
    item: Object,
    path: values.Path,
    what: str,
    text: str,
    pattern: re.Pattern[str] | None,
    severity: Severity | None = None,
) -> Mistake:
    found = pattern.search(text) if pattern else None
    letter = found[0] if found else next(one for one in text if not one.isascii())
    name = unicodedata.name(letter, "a character without a name")
    shown = text if len(text) <= 60 else f"{text[:57]}..."
    message = f"{what} {shown!a} holds U+{ord(letter):04X} ({name.lower()}), which nobody sees or takes for another."
    hint = f"Write {_plain(text)!a}." if len(text) <= 60 and _plain(text).isascii() else "Type it anew, in ASCII."
    return Mistake(item, path, message, hint, severity)


_LATIN = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421"
    "\u0422\u0425\u03bf\u03b1\u03bd\u0391\u0392\u0395\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u0396"
    "\u2010\u2011\u2012\u2013\u2014\u2212",
    "aeopcyxijsABEKMHOPCTXoavABEHIKMNOPTYXZ------",
)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).translate(_LATIN)


def _beyond_ascii(value: values.Value) -> Iterator[tuple[values.Path, str]]:
    """Yield (path, text) of strings with a character, or under a key with one, that is not ASCII."""
    stack: list[tuple[values.Path, values.Value]] = [((), value)]
    while stack:
        path, here = stack.pop()
        children = here.items() if isinstance(here, dict) else enumerate(here)
        for key, child in children:
            kind = type(child)
            if kind is dict or kind is list:
                if isinstance(key, str) and not key.isascii():
                    yield (*path, key), ""
                stack.append(((*path, key), child))
            elif kind is str and not child.isascii():
                yield (*path, key), child
            elif isinstance(key, str) and not key.isascii():
                yield (*path, key), ""


@rule("drift/script-whitespace", Severity.WARNING)
def script_whitespace(cluster: Cluster) -> Iterator[Mistake]:
    """Find carriage returns and broken continuations of lines in scripts."""
    for item, path, text in _scripts(cluster):
        if "\r" in text:
            message = "the script has carriage returns: the shell takes them for a part of each word."
            yield Mistake(item, path, message, "Save it with line feeds only.")
        elif re.search(r"\\[ \t]+\n", text):
            message = "a backslash with blanks after it does not continue the line."
            yield Mistake(item, path, message, "Remove the blanks at the end of the line.")


def _scripts(cluster: Cluster) -> Iterator[tuple[Object, values.Path, str]]:
    for item in cluster.of("ConfigMap", ""):
        for key, text in values.labels(item.value, "data").items():
            if key.endswith((".sh", ".bash", ".py", ".pl")) or text.startswith("#!"):
                yield item, ("data", key), text
    for pods in cluster.workloads():
        for path, container in pods.containers() if pods.complete else ():
            for field in ("args", "command"):
                for index, text in enumerate(values.items(container, field)):
                    if isinstance(text, str) and "\n" in text:
                        yield pods.object, (*path, field, index), text
