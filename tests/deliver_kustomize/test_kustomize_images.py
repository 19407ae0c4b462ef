"""When a region's images are entries of `images:`, and when a patch has to say it."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from kustomized import Tree, build, component, differences, document, write

from generator.deliver.kustomize.images import Entry, split
from generator.deliver.kustomize.render import render_component


def pod(name: str, *images: str, **fields: Any) -> Tree:
    containers = [{"name": f"c{number}", "image": image} for number, image in enumerate(images)]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"containers": containers, **fields},
    }


def widget(spec: Any) -> Tree:
    return {
        "apiVersion": "example.com/v1",
        "kind": "Widget",
        "metadata": {"name": "w", "namespace": "shop"},
        "spec": spec,
    }


def overlay(base: list[Tree], target: list[Tree]) -> tuple[Tree, list[str]]:
    """Return the second region's kustomization and the names of its patches."""
    files = component({"east": base, "west": target})
    said = yaml.safe_load(files["overlays/west/kustomization.yaml"])
    return said, sorted(path.rpartition("/")[2] for path in files if "/patch-" in path)


@pytest.mark.parametrize(
    ("before", "after", "entry"),
    [
        ("r.io/web:1", "r.io/web:2", {"name": "r.io/web", "newTag": "2"}),
        ("r.io/web:1", "eu.io/web:1", {"name": "r.io/web", "newName": "eu.io/web"}),
        ("r.io/web:1", "eu.io/web:2", {"name": "r.io/web", "newName": "eu.io/web", "newTag": "2"}),
        ("r:5000/web:1", "eu:5000/web:1", {"name": "r:5000/web", "newName": "eu:5000/web"}),
        ("web", "web:1.20", {"name": "web", "newTag": "1.20"}),
        ("web:1", "web@sha256:ab", {"name": "web", "digest": "sha256:ab"}),
        ("web:1@sha256:ab", "web:2@sha256:cd", {"name": "web", "newTag": "2", "digest": "sha256:cd"}),
    ],
)
def test_an_entry_says_what_differs(before: str, after: str, entry: Tree) -> None:
    said, patches = overlay([pod("a", before)], [pod("a", after)])
    assert said["images"] == [entry]
    assert patches == []


def test_one_entry_serves_all_containers_of_the_image() -> None:
    before, after = (pod("a", image, image, initContainers=[{"name": "i", "image": image}]) for image in ("w:1", "w:2"))
    said, patches = overlay([before, pod("b", "w:1")], [after, pod("b", "w:2")])
    assert said["images"] == [{"name": "w", "newTag": "2"}]
    assert patches == []


@pytest.mark.parametrize(
    ("base", "target"),
    [
        pytest.param(
            [pod("a", "w:1"), pod("b", "w:1")], [pod("a", "w:2"), pod("b", "w:1")], id="another-object-keeps-it"
        ),
        pytest.param([pod("a", "w:1", "w:1")], [pod("a", "w:2", "w:1")], id="another-container-keeps-it"),
        pytest.param([pod("a", "w:1", "w:1")], [pod("a", "w:2", "w:3")], id="two-containers-want-two-tags"),
        pytest.param([pod("a", "r.io/w:1", "r-io/w:1")], [pod("a", "r.io/w:2", "r-io/w:1")], id="a-dot-matches-more"),
        pytest.param([pod("a", "w:1")], [pod("a", "w")], id="a-tag-that-goes"),
        pytest.param(
            [pod("a", "w:1")], [pod("a", "w:2"), pod("b", "w:1")], id="an-object-of-the-region-has-the-old-one"
        ),
        pytest.param(
            [pod("a", "w:1"), widget({"containers": ["w"]})],
            [pod("a", "w:2"), widget({"containers": ["w"]})],
            id="a-list-of-words-called-containers",
        ),
        pytest.param(
            [pod("a", "w:1"), widget({"template": "text"})],
            [pod("a", "w:2"), widget({"template": "text"})],
            id="a-template-that-is-a-text",
        ),
    ],
)
def test_an_entry_that_would_change_more_or_less_is_a_patch(
    base: list[Tree], target: list[Tree], tmp_path: Path
) -> None:
    said, patches = overlay(base, target)
    assert "images" not in said
    assert patches == ["patch-pod-a.yaml"]
    made = render_component("web", {r: [document(t, r) for t in ts] for r, ts in (("e", base), ("w", target))}, "")
    write(tmp_path, made)
    assert differences(target, build(tmp_path / "kustomize" / "web" / "overlays" / "w")) == []


def test_an_entry_and_a_patch_share_the_work_on_one_object() -> None:
    said, patches = overlay([pod("a", "w:1", hostNetwork=False)], [pod("a", "w:2", hostNetwork=True)])
    assert said["images"] == [{"name": "w", "newTag": "2"}]
    files = component({"east": [pod("a", "w:1", hostNetwork=False)], "west": [pod("a", "w:2", hostNetwork=True)]})
    assert patches == ["patch-pod-a.yaml"]
    assert "image:" not in files["overlays/west/patch-pod-a.yaml"]


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        ("w", ("w", "", "")),
        ("w:1", ("w", "1", "")),
        ("r:5000/w", ("r:5000/w", "", "")),
        ("r:5000/a/w:1@sha256:ab", ("r:5000/a/w", "1", "sha256:ab")),
        ("r/w@sha256:ab", ("r/w", "", "sha256:ab")),
    ],
)
def test_an_image_has_a_name_a_tag_and_a_digest(image: str, parts: tuple[str, str, str]) -> None:
    assert split(image) == parts


def test_an_entry_leaves_images_of_other_names_alone() -> None:
    entry = Entry("r/w", "x/w", "", "")
    assert entry.applied("r/w:1") == "x/w:1"
    assert entry.applied("r/web:1") == "r/web:1"


def test_a_text_that_looks_like_a_template_is_in_nobodys_way() -> None:
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c", "namespace": "shop"},
        "data": {"a b": "x:\n  template: text\n"},
    }
    said, patches = overlay([pod("a", "w:1"), config], [pod("a", "w:2"), config])
    assert said["images"] == [{"name": "w", "newTag": "2"}]
    assert patches == []
