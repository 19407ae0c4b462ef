"""The command line itself: help without waiting, near misses, exit codes, and never a traceback."""

import json
import sys
from pathlib import Path

import pytest
from command import Ran, process, shop
from rendering import CHECKOUT

from generator import __version__
from generator.cli.main import COMMANDS, main

# What a stage drags in; help has no need of it.
HEAVY = {"yaml", "jinja2", "rich", "yamllint", "jsonschema_rs", "jsonpatch"}
STAGES = {"spec", "documents", "components", "derive", "plan", "templating", "deliver", "tree", "verify", "tools"}
LOADED = "import json, sys\nfrom generator.cli.main import main\ntry:\n    main(sys.argv[1:])\n" \
         "except SystemExit:\n    print(json.dumps(sorted(sys.modules)), file=sys.stderr)\n"  # fmt: skip


def gen(capsys: pytest.CaptureFixture[str], *words: str) -> Ran:
    with pytest.raises(SystemExit) as ended:
        main(words)
    shown = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return Ran(ended.value.code, shown.out, shown.err)


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["--version"]])
def test_help_loads_no_stage_and_no_heavy_library(words: list[str], tmp_path: Path) -> None:
    ran = process(*words, cwd=tmp_path, program=("-c", LOADED))
    loaded = set(json.loads(ran.err))
    assert {name for name in loaded if name.split(".")[0] in HEAVY} == set()
    assert {name for name in loaded if name.startswith("generator.") and name.split(".")[1] in STAGES} == set()


def test_validating_does_load_them(tmp_path: Path) -> None:
    ran = process("validate", cwd=shop(tmp_path), program=("-c", LOADED))
    loaded = set(json.loads(ran.err))
    assert {"yaml", "jsonschema_rs", "generator.spec.load"} <= loaded


def test_help_lists_every_command_and_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    ran = gen(capsys, "--help")
    assert ran.code == 0
    assert all(f"  {name} " in ran.out and text in ran.out for name, text in COMMANDS.items())
    assert "Exit codes: 0 ok, 1 problems found, 2 usage or environment." in ran.out


def test_every_command_has_a_module_and_every_module_with_a_command_is_listed() -> None:
    found = {
        path.stem
        for path in (CHECKOUT / "generator" / "cli").glob("*.py")
        if "\ndef command(" in path.read_text("utf-8")
    }
    assert found == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = gen(capsys, name, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"Usage: gen {name} ")


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert gen(capsys, "--version") == Ran(0, f"gen, version {__version__}\n", "")


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("rendr", "Did you mean 'render'?"),
        ("verfy", "Did you mean 'verify'?"),
        ("xyzzy", "Commands: check, render, tools, validate, verify."),
    ],
)
def test_a_misspelt_command_is_told_the_nearest(word: str, hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = gen(capsys, word)
    assert (ran.code, ran.out) == (2, "")
    assert f"Error: There is no command '{word}'. {hint}\n" in ran.err


@pytest.mark.parametrize(
    "words",
    [
        ["--nonsense"],
        ["render", "--nonsense"],
        ["render", "--format", "xml"],
        ["render", "stray"],
        ["render", "--region"],
        ["render", "--workspace", "/nowhere/at/all"],
        ["validate", "--env"],
        ["verify", "--format", "yaml"],
        ["tools", "nonsense"],
    ],
)
def test_wrong_usage_exits_2_and_says_what_is_wrong(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    ran = gen(capsys, *words)
    assert (ran.code, ran.out) == (2, "")
    assert "Error: " in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("command", ["render", "validate", "verify"])
def test_outside_a_workspace_the_remedy_is_named(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = gen(capsys, command)
    assert ran == Ran(
        2,
        "",
        f"No workspace: neither {tmp_path} nor a folder above it holds environments/. Go to your workspace, or name it "
        "with --workspace.\n",
    )


@pytest.mark.parametrize("command", ["render", "validate", "verify"])
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--platform", "shpo"], "There is no platform 'shpo' below environments/. Did you mean 'shop'?"),
        (["--env", "prodction"], "There is no environment 'prodction'. Did you mean 'production'?"),
    ],
)
def test_an_unknown_platform_or_environment_is_told_the_nearest(
    command: str, words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = gen(capsys, command, "--workspace", str(shop(tmp_path)), *words)
    assert ran == Ran(2, "", f"{message}\n")


@pytest.mark.parametrize("command", ["render", "validate", "verify"])
def test_an_empty_workspace_is_told_what_to_write(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "environments").mkdir()
    ran = gen(capsys, command, "--workspace", str(tmp_path))
    assert (ran.code, ran.out) == (2, "")
    assert "holds no environment. Write environments/<platform>/platform.yaml" in ran.err


def test_a_reader_that_goes_away_ends_the_command_quietly(tmp_path: Path) -> None:
    workspace = shop(tmp_path)
    line = f"{sys.executable} -m generator.cli.main render --format json 2>{tmp_path}/err | true"
    ran = process("-c", line, cwd=workspace, program=("-c", "import os, sys; os.execvp('sh', ['sh', *sys.argv[1:]])"))
    assert ran.code == 0
    assert "Traceback" not in (tmp_path / "err").read_text("utf-8")


def test_a_bug_of_ours_shows_as_one_with_a_request_to_report_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("nobody expected this")

    monkeypatch.setattr("generator.spec.load.load", broken)
    ran = gen(capsys, "render", "--workspace", str(shop(tmp_path)))
    assert ran.code == 2
    assert "This is a bug in gen, not a mistake of yours. Please report it" in ran.err
    assert "nobody expected this" in ran.err
