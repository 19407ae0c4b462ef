"""Every case of examples/invalid is refused with exactly the messages beside it; the platform under them is sound."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from invalid_examples import BASE, CASES, EXPECTED, PLATFORM, build_workspace, said_of


def gen(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "generator.cli.main", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_mistake_is_refused_with_exactly_these_messages(case: Path, tmp_path: Path) -> None:
    assert said_of(build_workspace(case, tmp_path)) == (case / EXPECTED).read_text("utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_message_is_one_line_with_a_place_and_two_sentences(case: Path) -> None:
    lines = (case / EXPECTED).read_text("utf-8").splitlines()
    assert lines
    for line in lines:
        place, _, said = line.partition(": ")
        assert place.startswith(("environments/", "templates/", "clusters/")), line
        # What stops the work before any document is read has no place within one.
        what = said or place
        assert what.endswith((".", "?")), line
        assert what.count(". ") + what.count(".)") >= 1, f"what to do is missing: {line}"


def test_the_platform_under_the_cases_is_sound(tmp_path: Path) -> None:
    assert said_of(build_workspace(None, tmp_path)) == ""


def test_there_are_at_least_sixty_cases() -> None:
    assert len(CASES) >= 60


def test_a_case_differs_from_the_sound_platform() -> None:
    for case in CASES:
        for file in case.rglob("*.yaml"):
            inner = file.relative_to(case)
            below = BASE / (PLATFORM / inner if len(inner.parts) == 1 else inner)
            assert not below.is_file() or below.read_bytes() != file.read_bytes(), file


def test_the_command_prints_the_messages_and_exits_with_1(tmp_path: Path) -> None:
    case = next(case for case in CASES if case.name == "several-at-once")
    done = gen("validate", "--workspace", str(build_workspace(case, tmp_path)))
    expected = (case / EXPECTED).read_text("utf-8")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{expected}{len(expected.splitlines())} problems.\n"


def test_the_command_prints_the_problems_as_json(tmp_path: Path) -> None:
    case = next(case for case in CASES if case.name == "key-near-miss")
    done = gen("validate", "--format", "json", "--workspace", str(build_workspace(case, tmp_path)))
    assert (done.returncode, done.stderr) == (1, "")
    said = json.loads(done.stdout)
    assert said["environments"] == ["shop/production"]
    assert said["problems"] == [
        {
            "rule": "schema/unknown-key",
            "severity": "error",
            "file": "environments/shop/production.yaml",
            "line": 3,
            "column": 1,
            "path": "$.servces",
            "message": "unknown key.",
            "hint": "Did you mean 'services'?",
            "object": None,
        }
    ]


def test_the_command_accepts_the_sound_platform(tmp_path: Path) -> None:
    done = gen("validate", "--workspace", str(build_workspace(None, tmp_path)))
    assert (done.returncode, done.stdout, done.stderr) == (0, "Valid: shop/production.\n", "")
