"""Charts as the real helm reads them: alone and below the umbrella, with each region's values."""

import shutil
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from handmade import (
    EUROPE,
    INDIA,
    REGIONS,
    WEST,
    helm,
    of_one_region,
    read_back,
    service,
    template,
    without_nulls,
    write,
)

EDGE = of_one_region("edge", EUROPE)


@pytest.fixture(scope="module")
def umbrella(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # A service may have the platform's own name.
    return write(tmp_path_factory.mktemp("charts"), service(), EDGE, service("talai"))


def chart_of(umbrella: Path, name: str = "orchex") -> Path:
    return umbrella / "charts" / name


def test_lint_is_content_with_every_chart(umbrella: Path) -> None:
    for chart in (umbrella, *sorted((umbrella / "charts").iterdir())):
        done = helm("lint", "--strict", "--quiet", str(chart), folder=umbrella.parent)
        assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", ""), chart.name


def test_lint_complains_about_a_chart_that_is_broken(umbrella: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(chart_of(umbrella), tmp_path / "orchex")
    with (copy / "values.yaml").open("a") as file:
        file.write("rogue: true\n")
    done = helm("lint", "--strict", str(copy), folder=tmp_path)
    assert done.returncode == 1
    assert "additional properties 'rogue' not allowed" in done.stdout


def test_a_chart_without_a_values_file_is_its_first_region(umbrella: Path) -> None:
    assert read_back(template(chart_of(umbrella))) == {"orchex": service().values[WEST]}


@pytest.mark.parametrize("region", REGIONS)
def test_a_chart_with_a_region_s_values_file_is_that_region(umbrella: Path, region: str) -> None:
    chart = chart_of(umbrella)
    assert read_back(template(chart, "-f", str(chart / f"values-{region}.yaml"))) == {
        "orchex": service().values[region]
    }


def test_a_chart_that_only_one_region_has_needs_no_values_file(umbrella: Path) -> None:
    assert read_back(template(chart_of(umbrella, "edge"))) == {"edge": {"replicaCount": 4}}


def test_the_umbrella_without_a_values_file_is_the_first_region(umbrella: Path) -> None:
    values = service().values[WEST]
    assert read_back(template(umbrella)) == {"orchex": values, "talai": values}


@pytest.mark.parametrize("region", REGIONS)
def test_the_umbrella_with_a_region_s_values_file_is_all_of_that_region(umbrella: Path, region: str) -> None:
    values = service().values[region]
    expected = {"orchex": values, "talai": values, **({"edge": EDGE.values[region]} if region == EUROPE else {})}
    assert read_back(template(umbrella, "-f", str(umbrella / f"values-{region}.yaml"))) == expected


@pytest.mark.parametrize("region", [WEST, EUROPE])
def test_the_umbrella_renders_the_objects_of_its_charts(umbrella: Path, region: str) -> None:
    """A loop over a list of values, with a number that Go would print as 1e+06."""
    alone = template(chart_of(umbrella), "-s", "templates/network-policy.yaml", "-f", values_of(umbrella, region))
    together = template(
        umbrella, "-s", "charts/orchex/templates/network-policy.yaml", "-f", str(umbrella / f"values-{region}.yaml")
    )
    assert without_source(together) == without_source(alone)
    assert "- port: 8000" in alone


def values_of(umbrella: Path, region: str) -> str:
    return str(chart_of(umbrella) / f"values-{region}.yaml")


def without_source(output: str) -> list[str]:
    return [line for line in output.splitlines() if not line.startswith("# Source:")]


def test_one_command_installs_a_region(umbrella: Path) -> None:
    words = ("install", "talai", str(umbrella), "-n", "talai", "--create-namespace", "--take-ownership")
    done = helm(*words, "--dry-run=client", "-f", str(umbrella / f"values-{EUROPE}.yaml"), folder=umbrella.parent)
    assert (done.returncode, done.stderr) == (0, "")
    assert "helm get manifest talai -n talai | kubectl get -f -" in done.stdout
    assert "talai (production) 1.4.0 is the release talai:\n  - edge\n  - orchex\n  - talai\n\n" in done.stdout


def test_the_notes_of_a_chart_say_what_was_installed_and_print_braces_as_they_are(umbrella: Path) -> None:
    done = helm("install", "mine", str(chart_of(umbrella)), "--dry-run=client", folder=umbrella.parent)
    assert (done.returncode, done.stderr) == (0, "")
    notes = done.stdout.partition("NOTES:\n")[2]
    assert notes.startswith("orchex 1.4.0 of talai (production) is in the release mine, application version")
    assert "  - https://api.example/orchex, {{ not a template }}\n" in notes
    assert "What should last is changed in environments/talai/, from which gen renders this chart." in notes
    assert "\n  helm rollback mine -n default\n" in notes


def test_the_notes_of_a_chart_may_hold_any_braces(tmp_path: Path) -> None:
    hostile = ("{{{{{ }}", "{", '{{ "a" }}', "{{- /* */ -}}", "{{`", "\x1b[2J")
    chart = chart_of(write(tmp_path, replace(service(), notes=hostile)))
    done = helm("install", "mine", str(chart), "--dry-run=client", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    shown = [note.replace("\x1b", "\\x1b") for note in hostile]
    assert "".join(f"  - {note}\n" for note in shown) in done.stdout


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("replicaCounts=3", "additional properties 'replicaCounts' not allowed"),
        ("image.tags=x", "at '/image': additional properties 'tags' not allowed"),
        ("resources.requests.gpu=1", "at '/resources/requests': additional properties 'gpu' not allowed"),
        ("quotas.other.pods=1", "at '/quotas': additional properties 'other' not allowed"),
        ("spare=x", "additional properties 'spare' not allowed"),
        ("replicaCount=many", "at '/replicaCount': got string, want integer"),
        ("replicaCount=0", "at '/replicaCount': minimum: got 0, want 1"),
        ("ingress[0].port=99999,ingress[0].from=a", "at '/ingress/0/port': maximum"),
    ],
)
def test_helm_refuses_an_unknown_key_and_a_wrong_value(umbrella: Path, setting: str, message: str) -> None:
    done = helm("template", "talai", str(chart_of(umbrella)), "--set", setting, folder=umbrella.parent)
    assert done.returncode == 1
    assert message in done.stderr


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("orchey.enabled=true", "additional properties 'orchey' not allowed"),
        ("orchex.enabled=maybe", "at '/orchex/enabled': got string, want boolean"),
        ("orchex.replicaCount=many", "at '/replicaCount': got string, want integer"),
        ("orchex.rogue=1", "additional properties 'rogue' not allowed"),
    ],
)
def test_helm_refuses_the_same_below_the_umbrella(umbrella: Path, setting: str, message: str) -> None:
    done = helm("template", "talai", str(umbrella), "--set", setting, folder=umbrella.parent)
    assert done.returncode == 1
    assert message in done.stderr


def test_a_person_may_tune_what_the_schema_allows(umbrella: Path) -> None:
    words = ("--set", "orchex.replicaCount=7,orchex.resources.limits.memory=2Gi,global.any=x,edge.enabled=true")
    seen = read_back(template(umbrella, *words))
    assert seen["orchex"]["replicaCount"] == 7
    assert seen["orchex"]["resources"]["limits"] == {"memory": "2Gi"}
    assert seen["edge"] == {"replicaCount": 4}


def test_a_region_s_nulls_remove_what_is_nested_deep_and_what_is_null_already(tmp_path: Path) -> None:
    schema = {"properties": {"free": {"description": "Anything.", "type": "object"}}}
    values: dict[str, dict[str, object]] = {
        WEST: {"free": {"a": {"b": {"c": 1, "d": 2, "e": None}}, "gone": {"x": {"y": 1}}, "same": None}},
        EUROPE: {"free": {"a": {"b": {"d": None, "e": 5}}, "same": None}},
        INDIA: {"free": {}},
    }
    chart = replace(service(), schema=schema, values=values, used=frozenset({("free",)}))
    umbrella = write(tmp_path, replace(chart, templates={"values.yaml": service().templates["values.yaml"]}))
    for region in REGIONS:
        for folder, name in ((chart_of(umbrella), "orchex"), (umbrella, "orchex")):
            seen = read_back(template(folder, "-f", str(folder / f"values-{region}.yaml")))
            assert seen[name] == without_nulls(values[region])


def test_a_package_holds_no_values_of_regions(umbrella: Path, tmp_path: Path) -> None:
    for chart in (umbrella, chart_of(umbrella)):
        done = helm("package", str(chart), "-d", str(tmp_path), folder=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
    with tarfile.open(tmp_path / "talai-1.4.0.tgz") as archive:
        names = archive.getnames()
    assert "talai/charts/orchex/values.yaml" in names
    assert "talai/charts/orchex/templates/values.yaml" in names
    assert [name for name in names if "values-" in name] == []
    packed = read_back(template(tmp_path / "talai-1.4.0.tgz", "-f", str(umbrella / f"values-{INDIA}.yaml")))
    assert packed["orchex"] == service().values[INDIA]


def test_helm_shows_the_readme_of_a_chart_and_of_its_package(umbrella: Path, tmp_path: Path) -> None:
    helm("package", str(umbrella), "-d", str(tmp_path), folder=tmp_path)
    for chart in (umbrella, chart_of(umbrella), tmp_path / "talai-1.4.0.tgz"):
        done = helm("show", "readme", str(chart), folder=tmp_path)
        folder = chart if chart.is_dir() else umbrella
        assert done.stdout.strip() == (folder / "README.md").read_text().strip()
        assert (done.returncode, done.stderr) == (0, "")


def test_helm_knows_the_dependencies_as_unpacked(umbrella: Path) -> None:
    done = helm("dependency", "list", str(umbrella), folder=umbrella.parent)
    rows = [line.split() for line in done.stdout.splitlines()[1:] if line.strip()]
    assert rows == [[name, "1.4.0", "unpacked"] for name in ("edge", "orchex", "talai")]


@pytest.mark.parametrize("version", ["0.1.0", "1.0.0-rc.1", "2.3.4+build.5"])
def test_any_version_of_a_platform_is_one_of_its_charts(tmp_path: Path, version: str) -> None:
    umbrella = write(tmp_path, replace(service(), version=version))
    assert read_back(template(umbrella)) == {"orchex": service().values[WEST]}
