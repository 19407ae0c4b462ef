"""The README of a tree tells people what is there, in numbers that are those of the files."""

import re
import shutil
from pathlib import Path

import pytest
from rendering import CHECKOUT, SHOP, Rendered, copied, edit, render, rendered_once, talai

ATLAS = (CHECKOUT / "tests" / "golden" / "atlas", "atlas", "live")
TREES = {"production": (CHECKOUT, "talai", "production"), "shop": (SHOP, "shop", "production"), "atlas": ATLAS}


@pytest.fixture(params=TREES)
def tree(request: pytest.FixtureRequest) -> Rendered:
    return rendered_once(*TREES[request.param])


def readme(tree: Rendered) -> str:
    return tree.files["README.md"].decode()


def test_objects_are_counted_by_kind_and_together(tree: Rendered) -> None:
    text = readme(tree)
    kinds = [o["kind"] for o in tree.objects.values()]
    table = text.partition("## Objects by kind")[2].partition("##")[0]
    told = {kind: int(number) for kind, number in re.findall(r"^\| (\w+) \| (\d+) \|$", table, re.MULTILINE)}
    assert told == {kind: kinds.count(kind) for kind in kinds}
    assert f"\n{len(kinds)} object" in text


def test_every_file_that_a_person_applies_is_named_and_there(tree: Rendered) -> None:
    bootstrap = readme(tree).partition("\n## Other forms\n")[0]
    applied = set(re.findall(r"(?:-f|--patch-file) (\S+)", bootstrap))
    assert applied == {path for path in tree.files if "/bootstrap/" in path}


def test_what_installs_a_region_without_argo_cd_is_there() -> None:
    files = talai("production").files
    text = readme(talai("production")).partition("\n## Other forms\n")[2]
    chart, values = re.findall(r"charts/\S+", text)
    (root,) = re.findall(r"kustomize/\S+", text)
    assert {f"{chart}/Chart.yaml", values, f"{root}/kustomization.yaml"} <= files.keys()
    assert "\n## Other forms\n" not in readme(talai("growth"))


def test_every_region_and_service_has_a_row(tree: Rendered) -> None:
    text = readme(tree)
    for region in tree.platform.regions:
        drained = ", drained" if region.drained else ""
        assert f"\n| {region.name} | {region.role}{drained} |" in text
        assert all(f"\n| {name} " in text for name in tree.platform.services[region.name])


def test_a_service_of_some_regions_says_which() -> None:
    text = readme(rendered_once(*ATLAS))
    assert "\n| search (only in us-east-1) | Finds places |" in text
    assert "\n| web | Shows maps: the site's only public part |" in text


def test_requirements_of_sections_that_are_not_there_are_left_out() -> None:
    text = readme(rendered_once(SHOP, "shop", "production"))
    assert "Argo CD 2.14" in text
    assert not [word for word in ("Istio", "Prometheus", "External Secrets") if word in text]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("# A heading | a cell", r"\# A heading \| a cell"),
        ("<img src=x> &lt; `code`", r"\<img src=x\> \&lt; \`code\`"),
        ("![a](http://b) www.c", r"!\[a\](http\://b) www\.c"),
        ("1. a_b *c* ~~d~~ @e", r"1\. a\_b \*c\* \~\~d\~\~ \@e"),
    ],
)
def test_a_description_stays_text(text: str, shown: str, tmp_path: Path) -> None:
    workspace = copied(SHOP, tmp_path)
    spec = workspace / "environments" / "shop" / "platform.yaml"
    edit(spec, "A web shop of two services in one region", f"'{text}'")
    edit(spec, "Renders the pages", f"'{text}'")
    told = readme(render(workspace, "shop", "production"))
    assert told.splitlines()[2] == shown
    assert f"\n| frontend | {shown} | 1.4.0 |" in told


def test_operators_and_components_are_listed_with_versions_and_callers(tmp_path: Path) -> None:
    example = CHECKOUT / "templates" / "operators" / "strimzi" / "examples" / "valid" / "one-region-ahead.yaml"
    folder = tmp_path / "environments" / "shop"
    folder.mkdir(parents=True)
    shutil.copyfile(CHECKOUT / "examples" / "components" / "platform.yaml", folder / "platform.yaml")
    shutil.copyfile(example, folder / "example.yaml")
    text = render(tmp_path, "shop", "example").files["README.md"].decode()
    (row,) = [line for line in text.splitlines() if line.startswith("| strimzi")]
    assert "us-west-2 1.2.1, eu-west-1 1.2.0" in row
    assert "strimzi-kafka-operator" in row


def test_the_names_in_the_secret_managers_are_those_that_the_objects_ask_for() -> None:
    production = talai()
    wanted: dict[str, set[str]] = {}
    for path, item in production.of_kind("ExternalSecret").items():
        if item["spec"]["secretStoreRef"]["name"] == "talai":
            for entry in item["spec"]["data"]:
                wanted.setdefault(entry["remoteRef"]["key"], set()).add(path.split("/")[2])
    section = readme(production).partition("## Secrets\n")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")][2:]
    assert {row[0]: set(row[1].split(", ")) for row in rows} == wanted
    assert wanted["talai-db-password"] >= {"postgres", "secrets"}
