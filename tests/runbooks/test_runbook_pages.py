"""The pages that gen ships: right for every platform, and with the names that people type."""

import shutil
from pathlib import Path

import pytest
from rendering import CHECKOUT, SHOP, edit, render, rendered_once
from runbook_trees import LIBRARY, subject_of, velero_workspace, written

from generator.base.errors import ProblemsError
from generator.verify.runbooks.blocks import block_problems
from generator.verify.runbooks.known import Known
from generator.verify.runbooks.page import read_page

GOLDEN = CHECKOUT / "tests" / "golden"
PROCEDURES = ("deploy.md", "failover.md", "incident-response.md", "scaling.md")


def shop_copy(tmp_path: Path) -> Path:
    workspace = tmp_path / "w"
    shutil.copytree(SHOP, workspace, ignore=shutil.ignore_patterns("output"))
    return workspace


def page_of(workspace: Path, name: str, platform: str = "shop", environment: str = "production") -> str:
    return render(workspace, platform, environment).files[f"runbooks/{name}"].decode()


def test_a_platform_of_two_services_has_every_procedure_and_an_index() -> None:
    files = rendered_once(SHOP, "shop", "production").files
    assert {path for path in files if path.startswith("runbooks/")} >= {
        f"runbooks/{name}" for name in (*PROCEDURES, "README.md")
    }


@pytest.mark.parametrize(("platform", "environment"), [("atlas", "live"), ("forge", "lab")])
def test_the_procedures_of_any_platform_have_no_problem(platform: str, environment: str, tmp_path: Path) -> None:
    workspace = tmp_path / "w"
    shutil.copytree(GOLDEN / platform, workspace, ignore=shutil.ignore_patterns("output"))
    written(workspace, environment, platform)
    subject = subject_of(workspace, environment, platform)
    assert subject.platform is not None
    known = Known(subject, subject.platform, LIBRARY)
    folder = known.root / "runbooks"
    pages = [read_page(name, name, (folder / name).read_text("utf-8")) for name in PROCEDURES]
    assert [problem.text() for problem in block_problems(pages, known)] == []


def test_a_platform_without_a_database_has_no_section_about_one() -> None:
    page = rendered_once(SHOP, "shop", "production").files["runbooks/incident-response.md"].decode()
    assert "cnpg" not in page
    assert "Data pipeline failure" not in page


def test_a_platform_of_one_region_fails_over_to_nobody() -> None:
    page = rendered_once(SHOP, "shop", "production").files["runbooks/failover.md"].decode()
    assert "There is one region, eu-central-1" in page
    assert "drained" not in page


def test_each_region_is_named_by_the_commands_of_its_own_cloud() -> None:
    page = (velero_workspace() / "output" / "shop" / "example" / "runbooks" / "velero-schedules.md").read_text("utf-8")
    assert "aws s3api get-bucket-location --region us-west-2" in page
    assert "gcloud storage buckets describe gs://" in page
    assert "az storage container show" in page


def test_draining_a_region_is_one_value_with_the_regions_own_name() -> None:
    page = (velero_workspace() / "output" / "shop" / "example" / "runbooks" / "failover.md").read_text("utf-8")
    assert "  us-west-2:\n    region: {drained: true}\n" in page


def test_the_index_leads_from_each_alert_to_its_heading() -> None:
    page = (velero_workspace() / "output" / "shop" / "example" / "runbooks" / "README.md").read_text("utf-8")
    assert "| [VeleroAbsent](velero-schedules.md#veleroabsent) |" in page
    assert page.index("### critical") < page.index("### high") < page.index("### warning")


def test_without_incidents_nobody_is_named(tmp_path: Path) -> None:
    index = page_of(shop_copy(tmp_path), "README.md")
    assert "Who answers" not in index


def test_severities_say_who_answers_and_how_fast(tmp_path: Path) -> None:
    workspace = shop_copy(tmp_path)
    with (workspace / "environments" / "shop" / "platform.yaml").open("a", encoding="utf-8") as file:
        file.write(
            "incidents:\n  contact: oncall@example.com\n  severities:\n"
            "    gravest: {alerts: [critical, high], respond: 5m, escalate: 0s, team: first, channel: '#now', "
            "notify: [pagerduty, slack]}\n"
            "    rest: {alerts: [warning, info], respond: 1h, team: second, notify: [email]}\n"
        )
    for name in ("README.md", "incident-response.md"):
        page = page_of(workspace, name)
        assert "| gravest | critical, high | 5m | at once | first | \\#now |" in page
        assert "| rest | warning, info | 1h | never | second |" in page
        assert "oncall\\@example.com" in page


def test_a_description_stays_text_in_every_page(tmp_path: Path) -> None:
    workspace = shop_copy(tmp_path)
    edit(
        workspace / "environments" / "shop" / "platform.yaml",
        "description: Renders the pages",
        'description: "``` # $(reboot) `x` [y](http://z) <script> | cell"',
    )
    for path, content in render(workspace, "shop", "production").files.items():
        if path.startswith("runbooks/"):
            text = content.decode()
            assert "<script>" not in text.replace("\\<script\\>", "")
            assert "\n# $(reboot)" not in text


def test_a_workspace_adds_pages_and_replaces_those_that_gen_ships(tmp_path: Path) -> None:
    workspace = shop_copy(tmp_path)
    folder = workspace / "templates" / "runbooks"
    folder.mkdir(parents=True)
    (folder / "deploy.md.j2").write_text("# Ours\n\n[[ platform.name ]]\n", "utf-8")
    (folder / "holidays.md.j2").write_text("# Holidays\n", "utf-8")
    assert page_of(workspace, "deploy.md") == "# Ours\n\nshop\n"
    assert "- [Holidays](holidays.md)" in page_of(workspace, "README.md")


def test_a_mistake_in_a_page_is_told_with_its_file_and_line(tmp_path: Path) -> None:
    workspace = shop_copy(tmp_path)
    folder = workspace / "templates" / "runbooks"
    folder.mkdir(parents=True)
    (folder / "deploy.md.j2").write_text("# Ours\n\n[[ platform.nme ]]\n", "utf-8")
    with pytest.raises(ProblemsError, match=r"templates/runbooks/deploy\.md\.j2:3: .*nme"):
        page_of(workspace, "deploy.md")


def test_two_pages_of_one_name_are_refused(tmp_path: Path) -> None:
    workspace = shop_copy(tmp_path)
    folder = workspace / "templates" / "runbooks"
    folder.mkdir(parents=True)
    (folder / "README.md.j2").write_text("# Ours\n", "utf-8")
    with pytest.raises(ProblemsError, match=r"two pages would be runbooks/README\.md"):
        page_of(workspace, "README.md")


def test_a_page_changes_the_input_of_its_component(tmp_path: Path) -> None:
    workspace = tmp_path / "w"
    shutil.copytree(velero_workspace(), workspace)
    before = subject_input(workspace)
    folder = workspace / "templates" / "recovery" / "velero"
    shutil.copytree(CHECKOUT / "templates" / "recovery" / "velero", folder)
    assert subject_input(workspace) == before
    with (folder / "runbook.md.j2").open("a", encoding="utf-8") as file:
        file.write("More.\n")
    assert subject_input(workspace) != before


def subject_input(workspace: Path) -> set[str]:
    written(workspace)
    lines = (workspace / "output" / "shop" / "example" / "inventory.json").read_text("utf-8").splitlines()
    return {line.partition('"input"')[2] for line in lines if "/velero-schedules/" in line}
