from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from yamllint import linter
from yamllint.config import YamlLintConfig

from generator.verify import lint as stage
from generator.verify.lint import lint, remarks_on
from generator.verify.shape import shape
from generator.verify.trees import Manifest

REPOSITORY = Path(__file__).parents[2]
CORPUS = Path(__file__).parent / "bad_yaml"
CONFIG = Path(stage.__file__).with_name("yamllint.yaml")

# The rules that generator/verify/shape.py reasons about.
PROVEN = {
    "anchors", "braces", "brackets", "colons", "commas", "comments", "comments-indentation", "document-end",
    "empty-lines", "hyphens", "indentation", "key-duplicates", "new-line-at-end-of-file", "new-lines",
    "trailing-spaces", "truthy",
}  # fmt: skip

SCALARS = (
    "word", "other", "two words", "yes", "Off", "TRUE", "y", "0x1f", "010", "1e3", "nginx:1.2",
    "http://a.b/c?d=e", "10.0.0.1/8", "a - b", "- a", "-a", "a:", "a: b", "a :b", "a #b", "a#b", "'one'",
    "'two words'", "'it''s'", "''", "'open", "\"one\"", '"two"', '""', '"a\\"b"', '"open', "close'", 'close"',
    '"a\\nb"', "&anchor a", "*anchor", "*other", "!!str yes", "!tag", "|", ">-", "|2", "{a: b}", "{ a: b}",
    "[a,b]", "[ a ]", "{", "}", "[", "]", ",", "a,", "? a", "?a", "a?", "% a", "@a", "`a", "a\ttab",
    "trailing ", "umlaut ä", "a\u0085b", "a\u2028b", "\ufeffa", "---", "...", "~", "null", "<<", "=",
    "{{ x }}", "x" * 1100, "a\rb", "a\\", "$(x)", "*", "50%", "a::b",
)  # fmt: skip
FRONTS = (
    "a: ", "b: ", "a:  ", "a : ", '"a": ', "'a': ", "- ", "-  ", "- a: ", "- - ", "", "? ", ": ", "a:",
    "<<: ", "# ", "#", "  # ", "a: # ", "--- ", "%YAML 1.2 ", "a b: ", "a.b/c: ", "yes: ", "&x a: ", "[", "{",
    ", ", "# yamllint disable ", "\ufeff", "{?",
)  # fmt: skip
ENDS = (
    "\n",
    "\n",
    "\n",
    "\n",
    "\n",
    "",
    "\r\n",
    " \n",
    "\n\n",
    "\n\n\n\n",
    " # c\n",
    "\t\n",
    "\u0085",
    "\n...\n",
    "\n---\n",
)


@st.composite
def lines(draw: st.DrawFn) -> list[tuple[str, str, str]]:
    size = draw(st.integers(1, 8))
    return [
        (
            " " * draw(st.sampled_from((0, 0, 2, 2, 3, 4))) + draw(st.sampled_from(FRONTS)),
            draw(st.sampled_from(SCALARS)),
            draw(st.sampled_from(ENDS)),
        )
        for _ in range(size)
    ]


def text_of(parts: list[tuple[str, str, str]]) -> str:
    return "".join(front + scalar + end for front, scalar, end in parts)


@settings(max_examples=400, deadline=None)
@given(lines())
@example([("? ", "|", "\n"), ("  a: ", "word", "\n"), (": ", "v", "\n"), ("? ", "|", "\n"), ("  a: ", "other", "\n")])
@example([("{?", '"open', "\n"), ("b: ", "word", "\n"), (" ", '": x}', "\n")])
@example([("a: ", '"open', "\n"), (" b: ", '"one"', "\n"), (" c: ", "word", "\n")])
def test_the_shape_of_a_text_is_remarked_on_as_the_text_itself(parts: list[tuple[str, str, str]]) -> None:
    text = text_of(parts)
    assert remarks_on([shape(text)]) == remarks_on([text])


@settings(max_examples=400, deadline=None)
@given(lines(), st.data())
def test_two_texts_of_one_shape_are_remarked_on_alike(parts: list[tuple[str, str, str]], data: st.DataObject) -> None:
    other = [(front, data.draw(st.sampled_from((scalar, *SCALARS[:8]))), end) for front, scalar, end in parts]
    one, two = text_of(parts), text_of(other)
    if shape(one) == shape(two):
        assert remarks_on([one]) == remarks_on([two])


def test_the_rules_that_are_on_are_those_that_the_shape_was_proven_for() -> None:
    config = YamlLintConfig(CONFIG.read_text(encoding="utf-8"))
    assert {rule.ID for rule in config.enabled_rules(None)} == PROVEN
    assert config.rules["key-duplicates"]["forbid-duplicated-merge-keys"] is False
    assert config.rules["indentation"]["check-multi-line-strings"] is False


def corpus() -> list[Path]:
    return sorted(CORPUS.glob("*.yaml"))


def test_the_corpus_has_a_bad_file_for_every_rule() -> None:
    assert {path.stem for path in corpus()} == PROVEN | {"syntax", "directive"}


@pytest.mark.parametrize("path", corpus(), ids=lambda path: path.stem)
def test_a_bad_file_is_remarked_on_by_its_rule_and_so_is_its_shape(path: Path) -> None:
    text = path.read_bytes().decode()
    remarks = remarks_on([text])
    assert path.stem in {rule for rule, *_ in remarks[0]}
    assert remarks_on([shape(text)]) == remarks
    renamed = text.replace("harmless", "innocent-words and 17")
    assert renamed != text
    assert shape(renamed) == shape(text)
    assert remarks_on([renamed]) == remarks


@pytest.mark.parametrize("folder", ["output/talai/production", "tests", "examples"])
def test_every_yaml_file_of_the_project_is_remarked_on_as_by_yamllint_itself(folder: str) -> None:
    config = YamlLintConfig(CONFIG.read_text(encoding="utf-8"))
    paths = sorted((REPOSITORY / folder).rglob("*.yaml"))
    said = {path: plain_yamllint(path, config) for path in (paths[::9] if folder.startswith("output") else paths)}
    readable = {path: remarks for path, remarks in said.items() if remarks is not None}
    assert len(readable) > 100
    expected = [
        (str(path), f"yamllint/{remark.rule or 'syntax'}", remark.line, remark.column, f"{remark.desc}.")
        for path, remarks in readable.items()
        for remark in remarks
    ]
    found = lint([Manifest(str(path), path) for path in readable])
    assert [(p.file, p.rule, p.line, p.column, p.message) for p in found if p.rule != "yamllint/directive"] == expected


def plain_yamllint(path: Path, config: YamlLintConfig) -> list[linter.LintProblem] | None:
    """Return None for a file that yamllint cannot read at all."""
    try:
        return list(linter.run(path.read_bytes().decode("utf-8"), config))
    except (yaml.reader.ReaderError, UnicodeDecodeError):
        return None


def test_files_of_one_shape_are_each_named(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(f"name:   {name}\nother: yes\n")
    problems = lint([Manifest(name, tmp_path / f"{name}.yaml") for name in ("two", "one")])
    assert [(problem.file, problem.rule, problem.line) for problem in problems] == [
        ("two", "yamllint/colons", 1),
        ("two", "yamllint/truthy", 2),
        ("one", "yamllint/colons", 1),
        ("one", "yamllint/truthy", 2),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: b\nc: \x07\n", "YAML does not allow the character #x0007."),
        (b"a: \xff\n", "this is not UTF-8"),
        (b"}\n", "syntax error: expected the node content, but found '}'"),
    ],
)
def test_what_yamllint_cannot_read_at_all_is_a_problem(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "bad.yaml").write_bytes(content)
    (problem,) = lint([Manifest("bad.yaml", tmp_path / "bad.yaml")])
    assert problem.rule == "yamllint/syntax"
    assert problem.message.startswith(message)


def test_many_shapes_are_linted_by_several_processes_with_the_same_verdict(tmp_path: Path) -> None:
    files = []
    for number in range(600):
        path = tmp_path / f"{number}.yaml"
        path.write_text(f"key{number}: yes\n")
        files.append(Manifest(path.name, path))
    problems = lint(files)
    assert [problem.file for problem in problems] == [file.shown for file in files]
    assert {problem.rule for problem in problems} == {"yamllint/truthy"}
