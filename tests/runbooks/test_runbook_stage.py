"""The runbooks stage notices each kind of mistake that a page can hold, and leaves alone what is right."""

import shutil
from functools import cache
from pathlib import Path

import pytest
from runbook_trees import LIBRARY, judged, subject_of, velero_workspace

from generator.base.errors import GenError
from generator.base.problem import Problem, Severity
from generator.verify.runbooks import control, shellcheck
from generator.verify.runbooks.blocks import block_problems, shellcheck_problems
from generator.verify.runbooks.known import Known
from generator.verify.runbooks.links import alert_problems, link_problems
from generator.verify.runbooks.page import read_page
from generator.verify.runbooks.shellcheck import find_shellcheck
from generator.verify.runbooks.stage import check_runbooks, read_pages

CONTEXT = "kubectl --context shop-example-us-west-2"
PAGE = "output/shop/example/runbooks/velero-schedules.md"
RIGHT = (
    f"{CONTEXT} -n shop get deployments",
    f"{CONTEXT} -n velero get cronjob/velero-schedules-restore-test",
    f"{CONTEXT} -n velero get backups.velero.io,schedules.velero.io",
    f"{CONTEXT} get nodes -L topology.kubernetes.io/zone",
    f"{CONTEXT} get pods -A --field-selector status.phase=Pending",
    f"{CONTEXT} -n velero create job by-hand --from=cronjob/velero-schedules-restore-test",
    f"POD=$({CONTEXT} -n velero get pods -o name | tail -n 1)\n{CONTEXT} -n velero logs \"$POD\" --tail 5",
    f"{CONTEXT} -n kube-system get pods -l k8s-app=kube-dns",
    f"{CONTEXT} get --raw '/readyz?verbose'",
    "for region in us-west-2 eu-west-1; do\n  kubectl --context \"shop-example-$region\" get nodes\ndone",
    "argocd app sync shop-example-us-west-2-velero-schedules --timeout 60",
    "curl -fsS https://api.example.com/health",
    "git add environments/shop output/shop/example",
    "gen render --platform shop --env example",
    "aws s3 ls --region us-west-2",
    "helm list --kube-context shop-example-eu-west-1 --namespace velero",
)  # fmt: skip
WRONG = (
    ("context", "kubectl -n velero get pods"),
    ("context", "kubectl --context shop-example-us-west-1 -n velero get pods"),
    ("context", "for region in us-west-2 mars; do\n  kubectl --context \"shop-example-$region\" get nodes\ndone"),
    ("context", "helm list --kube-context nowhere"),
    ("context", "velero backup get"),
    ("namespace", f"{CONTEXT} get pods"),
    ("namespace", f"{CONTEXT} -n vellero get pods"),
    ("namespace", f"{CONTEXT} logs deployment/velero"),
    ("namespace", "helm list --kube-context shop-example-eu-west-1 --namespace vellero"),
    ("object", f"{CONTEXT} -n velero get cronjob/velero-schedules-restore-tests"),
    ("object", f"{CONTEXT} -n velero get schedules.velero.io weekly"),
    ("object", f"{CONTEXT} -n velero create job now --from=cronjob/nothing"),
    ("object", "aws s3 ls --region us-east-1"),
    ("object", "gen render --env prodution"),
    ("kind", f"{CONTEXT} -n velero get bakups"),
    ("kind", f"{CONTEXT} -n velero get widgets"),
    ("selector", f"{CONTEXT} -n velero get cronjobs -l app.kubernetes.io/name=velero-schedule"),
    ("selector", f"{CONTEXT} -n velero get pods -l 'a b'"),
    ("command", f"{CONTEXT} -n velero gt pods"),
    ("command", f"{CONTEXT} -n velero get pods --contxt"),
    ("command", f"{CONTEXT} -n velero rollout undoo deployment/velero"),
    ("command", f"{CONTEXT} -n velero get"),
    ("command", "kubctl get pods"),
    ("command", "argocd app resync shop-example-us-west-2-velero-schedules"),
    ("command", "git rebase main"),
    ("command", "gen redner"),
    ("command", "xargs -n 1 kubctl"),
    ("application", "argocd app get shop-example-us-west-2-velero-schedule"),
    ("host", "curl https://api.exmaple.com/health"),
    ("path", "cat environments/shop/platfrom.yaml"),
    ("path", "git add output/shop/example/cluster"),
    ("syntax", "echo 'x"),
    ("syntax", 'echo "$MISSING"'),
    ("shellcheck-sc2086", "FOLDER=$(mktemp -d)\nls $FOLDER"),
    ("shellcheck-sc2034", "UNUSED=1\nls"),
)  # fmt: skip


def workspace_with(tmp_path: Path, page: str, name: str = "extra.md") -> Path:
    workspace = tmp_path / "w"
    shutil.copytree(velero_workspace(), workspace)
    (workspace / "output" / "shop" / "example" / "runbooks" / name).write_text(page, "utf-8")
    return workspace


@cache
def known_names() -> Known:
    subject = subject_of(velero_workspace())
    assert subject.platform is not None
    return Known(subject, subject.platform, LIBRARY)


def problems_of(text: str) -> list[Problem]:
    """Return what the stage says of one page beside those of the tree."""
    known = known_names()
    pages = [*read_pages(known.root, "tree"), read_page("extra.md", "extra.md", text)]
    objects = known.subject.repository.manifests.objects
    found = [*block_problems(pages[-1:], known), *link_problems(pages, known)]
    found += alert_problems(pages, objects, known.platform)
    return [*found, *shellcheck_problems(pages[-1:], find_shellcheck())]


def rules(text: str) -> list[str]:
    return sorted({problem.rule.removeprefix("runbooks/") for problem in problems_of(text)})


def test_what_gen_renders_has_no_problem() -> None:
    assert judged(velero_workspace()) == ()


@pytest.mark.parametrize("command", RIGHT)
def test_commands_with_the_names_of_the_tree_are_right(command: str) -> None:
    assert problems_of(f"```sh\n{command}\n```\n") == []


@pytest.mark.parametrize(("rule", "command"), WRONG, ids=[f"{rule}-{at}" for at, (rule, _) in enumerate(WRONG)])
def test_a_mistake_in_a_command_is_noticed(rule: str, command: str) -> None:
    found = rules(f"# Page\n\n   ```sh\n   {command.replace(chr(10), chr(10) + '   ')}\n   ```\n")
    # What no shell can read is no script to shellcheck either.
    assert [name for name in found if rule != "syntax" or not name.startswith("shellcheck")] == [rule]


@pytest.mark.parametrize(
    ("rule", "page"),
    [
        ("link", "[there](velero-schedule.md)\n"),
        ("link", "[there](velero-schedules.md#restoring)\n"),
        ("link", "[there](#nowhere)\n"),
        ("link", "[there](../plam/README.md)\n"),
        ("alert", "## VeleroBackupTooAncient\n"),
        ("page", "```\nls\n```\n"),
        ("page", "```sh\nls\n"),
        ("query", "```promql\nrate(up[5m]\n```\n"),
        ("page", "```sh\n# nothing\n```\n"),
    ],
)
def test_a_mistake_in_a_page_is_noticed(rule: str, page: str) -> None:
    assert rules(page) == [rule]


def test_links_that_lead_somewhere_are_right() -> None:
    links = "[x](velero-schedules.md#restore) [y](#a-b-c) [z](../README.md) [w](https://velero.io) `[v](u.md)`"
    assert rules(f"# A `b` c\n\n{links}\n") == []


def test_a_problem_names_page_line_and_the_name_that_was_meant() -> None:
    page = f"# Page\n\n```sh\nls\n{CONTEXT} -n velero get cronjob/velero-schedules-restore-tests\n```\n"
    (problem,) = problems_of(page)
    assert (problem.file, problem.line) == ("extra.md", 5)
    assert problem.hint == "Did you mean 'velero-schedules-restore-test'?"


def test_a_change_by_hand_to_what_argo_cd_owns_is_warned_of() -> None:
    command = f"{CONTEXT} -n velero patch cronjob/velero-schedules-restore-test --type merge -p '{{}}'"
    (problem,) = problems_of(f"```sh\n{command}\n```\n")
    assert (problem.rule, problem.severity) == ("runbooks/self-heal", Severity.WARNING)


def test_a_change_by_hand_while_argo_cd_is_paused_is_right() -> None:
    pause = "argocd app set shop-example-us-west-2-velero-schedules --sync-policy none"
    command = f"{CONTEXT} -n velero patch cronjob/velero-schedules-restore-test --type merge -p '{{}}'"
    assert rules(f"```sh\n{pause}\n{command}\n```\n") == []


def test_an_alert_whose_page_is_gone_is_a_problem_at_its_annotation(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, "# Page\n")
    (workspace / PAGE).unlink()
    found = [problem for problem in judged(workspace) if problem.rule == "runbooks/alert"]
    assert found
    assert all(problem.path.endswith("annotations.runbook_url") and problem.line for problem in found)


def test_an_alert_whose_heading_is_gone_is_a_problem(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, "# Page\n")
    file = workspace / PAGE
    file.write_text(file.read_text("utf-8").replace("## VeleroAbsent\n", "## Velero is absent\n"), "utf-8")
    found = {problem.message for problem in judged(workspace) if problem.rule == "runbooks/alert"}
    assert found == {"runbooks/velero-schedules.md has no heading #veleroabsent for VeleroAbsent."}


def test_a_tree_without_an_index_is_a_problem(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, "# Page\n")
    (workspace / "output" / "shop" / "example" / "runbooks" / "README.md").unlink()
    assert "runbooks/page" in {problem.rule for problem in judged(workspace)}


def test_a_missing_shellcheck_is_an_error_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shellcheck, "files", lambda _: [])
    with pytest.raises(GenError, match="shellcheck is not there"):
        check_runbooks([subject_of(velero_workspace())], LIBRARY)


def test_a_judge_that_sees_nothing_is_noticed_by_the_controls(monkeypatch: pytest.MonkeyPatch) -> None:
    known = known_names()
    assert list(control.control_problems(known)) == []
    monkeypatch.setattr(control, "block_problems", lambda *_: ())
    missed = {problem.message.split(":")[0] for problem in control.control_problems(known)}
    wanted = ("command", "context", "host", "namespace", "object", "path", "selector", "syntax")
    assert {f"A mistake goes unnoticed that is of runbooks/{rule}" for rule in wanted} <= missed
