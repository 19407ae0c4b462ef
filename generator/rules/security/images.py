"""Images: references that cannot be pulled, and references whose content changes without a commit."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.clusters import Repository
from generator.manifests.object import Object
from generator.rules.rule import Mistake, repository_rule, rule

# Grammar: github.com/distribution/reference regexp.go.
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_PATH = re.compile(rf"{_PART}(?:/{_PART})*")
_HOST = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.?)+(?::[0-9]{1,5})?|\[[0-9a-fA-F:]+\](?::[0-9]{1,5})?"
)
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_PLACEHOLDER = re.compile(
    r"changeme|change-me|change_me|todo|tbd|fixme|x{3,}|placeholder|replace[-_]?(?:me|this)?|your[-_].*|<.*>|"
    r"(?:image[-_])?(?:tag|version)[-_](?:here|placeholder)|unknown|undefined|null|none|nil",
    re.IGNORECASE,
)
_MUTABLE_NAMES = (
    "alpha beta canary current daily dev develop development devel edge head live lts main master mainline next "
    "nightly preview prod production qa release rolling slim alpine snapshot stable staging test testing trunk unstable"
)
_MUTABLE = frozenset(_MUTABLE_NAMES.split())


@dataclass(frozen=True, slots=True)
class Image:
    """An image reference as it stands in an object; container is the one that runs it, or an empty mapping."""

    object: Object
    path: values.Path
    text: str
    container: Any

    @property
    def parts(self) -> tuple[str, str, str, str]:
        """Return (registry, repository, tag, digest); the registry is "" where none is written."""
        rest, _, digest = self.text.partition("@")
        head, _, last = rest.rpartition("/")
        last, _, tag = last.partition(":")
        name = f"{head}/{last}" if head else last
        first, slash, tail = name.partition("/")
        # Docker's rule: what has a dot, a port or a capital, or is localhost, is a registry.
        if slash and ("." in first or ":" in first or first == "localhost" or first != first.lower()):
            return first, tail, tag, digest
        return "", name, tag, digest


def images(cluster: Cluster) -> Iterator[Image]:
    """Yield the images of pods, of image volumes, and of the resources that operators make pods from."""
    for item in cluster.templates():
        for path, container in item.containers():
            text = values.text(container, "image")
            # Istio's injection replaces `auto` in its own container.
            if text and not (text == "auto" and container.get("name") == "istio-proxy"):
                yield Image(item.object, (*path, "image"), text, container)
        for index, volume in values.mappings(item.spec, "volumes"):
            text = values.text(volume, "image", "reference")
            if text:
                path = (*item.spec_path, "volumes", index, "image", "reference")
                yield Image(item.object, path, text, values.mapping(volume, "image"))
    for thing in cluster.objects:
        if thing.group and "." in thing.group:
            for field in ("image", "imageName"):
                text = thing.text("spec", field)
                if text:
                    yield Image(thing, ("spec", field), text, {})


def _broken(image: Image) -> str:
    """Return why a reference cannot be pulled, or ""."""
    text = image.text
    if text.startswith("ko://"):
        return ""  # `ko` writes the image in before it applies a manifest
    registry, repository, tag, digest = image.parts
    known = registry == "localhost" or "." in registry or ":" in registry
    last = text.partition("@")[0].rpartition("/")[2]
    reasons = (
        (re.search(r"\s", text), "holds a blank"),
        ("://" in text, "begins with a scheme"),
        ("{{" in text or "}}" in text, "holds a template that was never filled in"),
        ("@" in text and not _DIGEST.fullmatch(digest), "has a digest that is not sha256: and 64 hexadecimal digits"),
        (
            registry and not (known and _HOST.fullmatch(registry)),
            f"has '{registry}' where the registry's host should be",
        ),
        (repository != repository.lower(), "has capitals in its repository"),
        (not _PATH.fullmatch(repository), "has a repository that no registry can hold"),
        (last.endswith(":"), "has an empty tag"),
        (":" in last and not _TAG.fullmatch(tag), "has a tag of forbidden characters"),
    )
    return next((why for wrong, why in reasons if wrong), "")


def _unfilled(image: Image) -> bool:
    return "${" in image.text or "$(" in image.text


@rule("security/image-malformed")
def image_malformed(cluster: Cluster) -> Iterator[Mistake]:
    """Find a reference that no runtime can pull."""
    for image in images(cluster):
        why = "" if _unfilled(image) else _broken(image)
        if why:
            message = f"The image '{image.text}' {why}, so it can never be pulled."
            hint = "Write registry/repository:tag, in lower case, with @sha256:<digest> behind it at will."
            yield Mistake(image.object, image.path, message, hint)


@repository_rule("security/image-latest")
def image_latest(repository: Repository) -> Iterator[Mistake]:
    """Find an image with the tag latest, or with none."""
    tagged = _tagged(repository)
    for cluster in repository.clusters:
        for image in images(cluster):
            registry, name, tag, digest = image.parts
            whole = f"{registry}/{name}" if registry else name
            if digest or tag not in {"", "latest"} or whole in tagged or _unfilled(image) or _broken(image):
                continue
            message = f"The image '{image.text}' has {'the tag latest' if tag else 'no tag, which means latest'}."
            hint = "Write the version that was tested, with its digest if you can."
            yield Mistake(image.object, image.path, message, hint)


def _tagged(repository: Repository) -> frozenset[str]:
    """Return the images that a kustomization or an Application gives a tag."""
    found = set()
    for kustomization in repository.manifests.kustomizations.values():
        for _, item in values.mappings(kustomization, "images"):
            if item.get("newTag") or item.get("digest"):
                found.add(values.text(item, "name"))
    for application in repository.applications:
        for source in (application.spec.get("source"), *values.items(application.spec, "sources")):
            for text in values.strings(source, "kustomize", "images"):
                old, _, new = text.rpartition("=")
                found.add(old or re.split(r"[:@](?!.*/)", new)[0])
    return frozenset(found)


@rule("security/image-placeholder")
def image_placeholder(cluster: Cluster) -> Iterator[Mistake]:
    """Find an image with a tag or repository that somebody meant to fill in."""
    for image in images(cluster):
        _, repository, tag, _ = image.parts
        word = next((part for part in (tag, *repository.split("/")) if part and _PLACEHOLDER.fullmatch(part)), "")
        if word and not _broken(image):
            message = f"'{word}' in the image '{image.text}' is a placeholder."
            yield Mistake(image.object, image.path, message, "Write the image that is to run.")


@rule("security/image-mutable-tag", Severity.WARNING)
def image_mutable_tag(cluster: Cluster) -> Iterator[Mistake]:
    """Find a tag that moves from build to build."""
    for image in images(cluster):
        _, _, tag, digest = image.parts
        words = re.split(r"[-_.]", tag.lower())
        moving = tag.lower() in _MUTABLE or ("latest" in words and tag != "latest")
        if moving and not digest and not _broken(image):
            kept = values.text(image.container, "imagePullPolicy") != "Always"
            stale = " A node that has an old one keeps it (IfNotPresent)." if kept else ""
            message = (
                f"The tag '{tag}' of the image '{image.text}' moves: pods of one workload run different code.{stale}"
            )
            yield Mistake(image.object, image.path, message, "Write a version, or the digest beside the tag.")


@rule("security/image-pull-policy", Severity.WARNING)
def image_pull_policy(cluster: Cluster) -> Iterator[Mistake]:
    """Find a pull policy that does not suit the image."""
    for image in images(cluster):
        policy = values.text(image.container, "imagePullPolicy") or values.text(image.container, "pullPolicy")
        path = (*image.path[:-1], "imagePullPolicy" if "imagePullPolicy" in image.container else "pullPolicy")
        if policy == "Never":
            message = f"The image '{image.text}' is never pulled: a node that does not have it cannot run the pod."
            yield Mistake(image.object, path, message, "Write IfNotPresent.")
        elif policy == "Always" and image.parts[3]:
            message = "A digest never changes, so pulling it always only asks the registry at every start."
            yield Mistake(image.object, path, message, "Write IfNotPresent.", Severity.INFO)


@rule("security/image-no-digest", Severity.INFO)
def image_no_digest(cluster: Cluster) -> Iterator[Mistake]:
    """Find a tag without a digest."""
    for image in images(cluster):
        _, _, tag, digest = image.parts
        if tag not in {"", "latest"} and not digest and not _broken(image) and not _unfilled(image):
            message = f"The image '{image.text}' has no digest: whoever may push can change what the tag means."
            yield Mistake(image.object, image.path, message, "Write @sha256:<digest> behind the tag.")


@rule("security/image-no-registry", Severity.INFO)
def image_no_registry(cluster: Cluster) -> Iterator[Mistake]:
    """Find an image whose registry is left to the node's settings."""
    for image in images(cluster):
        if not image.parts[0] and not _broken(image) and not _unfilled(image):
            message = f"The image '{image.text}' names no registry: the node's runtime decides, mostly for docker.io."
            yield Mistake(image.object, image.path, message, "Write the registry in front.")
