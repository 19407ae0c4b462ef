"""Checks of the typed words in parameters of component instances: each names something that the region has."""

from collections.abc import Iterator, Mapping, Sequence

from generator.base.problem import Problem
from generator.base.scalars import milliseconds, size_bytes
from generator.components.catalogue import Component
from generator.spec.documents import Documents
from generator.spec.identities import identity_name
from generator.spec.layers import Layer, Path, merge_all, problem_at
from generator.spec.parameters import OWN_KEYS
from generator.spec.references import unknown
from generator.spec.typed import AMOUNTS, LENGTHS, replace_words

_SAID = {"storageClass": "storage class", "lastingBucket": "bucket"}


def word_problems(
    documents: Documents, region: str, component: Component, layers: Sequence[Layer]
) -> Iterator[Problem]:
    """Yield the words of an instance that name nothing in the region, or are no whole number of what they count."""
    found: list[Problem] = []
    own = {key: value for key, value in merge_all(layers).items() if key not in OWN_KEYS}
    scope = _Scope.of(documents, region)

    def look(kind: str, word: object, path: Path) -> object:
        said = scope.said(kind, word)
        if said is not None:
            found.append(problem_at(layers, path, *said))
        return word

    replace_words(component.schema, own, look)
    yield from found


class _Scope:
    """What typed words can name in a region."""

    def __init__(self, provider: str, names: Mapping[str, Mapping[str, object]]) -> None:
        self.provider, self.names = provider, names
        self.account, self.given, self.storage_account = "", dict[str, str](), ""
        self.owner = ("", "", "")

    @classmethod
    def of(cls, documents: Documents, region: str) -> "_Scope":
        tree = documents.region(region)
        clouds = documents.clouds()
        cloud = clouds.get(str(tree.get("cloud")))
        cloud = cloud if isinstance(cloud, dict) else {}
        names: dict[str, Mapping[str, object]] = {
            "bucket": documents.section("buckets"),
            "lastingBucket": documents.section("buckets"),
            "namespace": documents.section("namespaces"),
            "region": dict.fromkeys(documents.regions()),
            "severity": _severities(documents),
            "storageClass": cloud.get("storage", {}),
        }
        scope = cls(str(cloud.get("provider", "")), names)
        identities, storage = tree.get("identities"), tree.get("objectStorage")
        scope.account = str(tree.get("account", ""))
        scope.given = identities if isinstance(identities, dict) else {}
        scope.storage_account = str(storage.get("account", "")) if isinstance(storage, dict) else ""
        scope.owner = (str(documents.platform.tree.get("name", "")), documents.name, region)
        return scope

    def said(self, kind: str, word: object) -> tuple[str, str, str] | None:
        """Return rule, message and hint for a word that does not fit, None for one that does."""
        text = str(word)
        if kind in LENGTHS or kind in AMOUNTS:
            said = f"{text} is no whole number of {kind}."
            return None if _whole(kind, text) else ("spec/unit", said, f"Write whole {kind}.")
        if kind in self.names and text not in self.names[kind]:
            what = _SAID.get(kind, kind)
            return f"spec/unknown-{what.replace(' ', '-')}", *unknown(what, text, self.names[kind])
        if kind == "lastingBucket" and (lost := _lost(self.names[kind][text])):
            said = f"objects of the bucket '{text}' {lost}, and what this writes refers to objects of any age."
            return "spec/bucket", said, "Choose a bucket of which everything stays at hand, or change that one."
        if kind in ("bucket", "lastingBucket") and self.provider == "azure" and not self.storage_account:
            said = f"the bucket '{text}' has no storage account in {self.owner[2]}."
            return "spec/bucket", said, "Add objectStorage: {account: ...} to the region."
        if kind == "identity":
            _, hint = identity_name(self.provider, self.account, self.given, self.owner, text)
            return ("spec/identity", f"{self.owner[2]} has no identity '{text}'.", hint) if hint else None
        return None


def _severities(documents: Documents) -> Mapping[str, object]:
    severities = documents.section("incidents").get("severities")
    return {name: said for name, said in severities.items() if said} if isinstance(severities, dict) else {}


def _lost(bucket: object) -> str:
    """Say how a bucket's objects get out of reach, "" where they don't."""
    if not isinstance(bucket, Mapping):
        return ""
    if "expire" in bucket:
        return f"go after {bucket['expire']}"
    tiers = bucket.get("tiers")
    archived = tiers.get("archive") if isinstance(tiers, Mapping) else None
    return f"are archived after {archived}" if archived else ""


def _whole(kind: str, text: str) -> bool:
    """Say whether a length or an amount is a whole number of its unit; of what is neither, the schema has spoken."""
    try:
        size, unit = (milliseconds(text), LENGTHS[kind]) if kind in LENGTHS else (size_bytes(text), AMOUNTS[kind])
    except (ValueError, KeyError):
        return True
    return size % unit == 0
