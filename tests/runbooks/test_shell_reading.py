"""Blocks of shell are read as a shell reads them; what cannot be read is said."""

import pytest

from generator.verify.runbooks.shell import read_script
from generator.verify.runbooks.words import UNKNOWN


def commands(text: str) -> list[tuple[str, ...]]:
    script = read_script(text)
    assert script.mistakes == ()
    return [words for command in script.commands for words in command.readings()]


def test_pipes_lists_and_continued_lines_are_separate_commands() -> None:
    assert commands("a b | c 'd e' &&\\\n f > out 2>&1 || g # no\nh; i &") == [
        ("a", "b"), ("c", "d e"), ("f",), ("g",), ("h",), ("i",),
    ]  # fmt: skip


def test_a_variable_with_a_value_is_that_value() -> None:
    assert commands('NAME=orchex\nkubectl get "deployment/$NAME-x"') == [("kubectl", "get", "deployment/orchex-x")]


def test_a_loop_is_read_once_for_each_value_and_a_variable_is_the_same_in_a_whole_command() -> None:
    assert commands('for r in a b; do k --context "c-$r" get "$r"; done') == [
        ("k", "--context", "c-a", "get", "a"),
        ("k", "--context", "c-b", "get", "b"),
    ]


def test_what_a_query_gives_is_not_known_and_its_command_is_read_too() -> None:
    assert commands('POD=$(kubectl get pods -o name | head -n 1)\nlogs "$POD"') == [
        ("kubectl", "get", "pods", "-o", "name"),
        ("head", "-n", "1"),
        ("logs", UNKNOWN),
    ]


def test_conditions_here_documents_and_arithmetic_are_read() -> None:
    text = 'N=1\nif [ "$N" -gt 0 ]; then\n  cat <<EOF | kubectl apply -f -\n$(never read)\nEOF\nfi\necho $((N + 1))\n'
    assert commands(text) == [("[", "1", "-gt", "0", "]"), ("cat",), ("kubectl", "apply", "-f", "-"), ("echo", UNKNOWN)]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a\necho 'x", 2, "never closed"),
        ('a\necho "x', 2, "never closed"),
        ("case x in", 1, "'case' is not read"),
        ("[[ -n x ]]", 1, "'[[' is not read"),
        ("echo `date`", 1, "backquotes"),
        ("echo $1", 1, "no arguments"),
        ("echo $(date", 1, "')' is missing"),
        ("echo )", 1, "closes nothing"),
        ("f() { a; }", 1, "functions"),
        ("diff <(a) b", 1, "process substitution"),
        ("for x; do a; done", 1, "without `in`"),
        ("cat <<EOF\nx", 2, "does not end"),
        ('a\n\necho "$MISSING"', 3, "MISSING has no value"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(text: str, line: int, message: str) -> None:
    found = read_script(text).mistakes
    assert [number for number, _ in found] == [line]
    assert message in found[0][1]
