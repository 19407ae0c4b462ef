"""Pages are text and nothing but: whatever a spec holds, no value becomes markup or a command."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.deliver.markdown import code, plain
from generator.templating.markdown import SIZE_LIMIT, Page, PageError


def page(text: str, **context: object) -> str:
    return Page("page.md.j2", text, plain, code).render(context)


def refusal(text: str, **context: object) -> str:
    with pytest.raises(PageError) as caught:
        page(text, **context)
    (problem,) = caught.value.problems
    return problem.text()


def test_names_hosts_numbers_and_addresses_print_as_they_are() -> None:
    words = ["orchex", "api.talai.io", "https://git.example.com/a/b#c", "10Gi", "us-west-2"]
    assert page("[% for word in words %]\n- [[ word ]]\n[% endfor %]\n[[ 3 ]]", words=words) == (
        "".join(f"- {word}\n" for word in words) + "3\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "a b",
        "$(reboot)",
        "`reboot`",
        "a;b",
        "a&b",
        "a|b",
        "-rf",
        "a\nb",
        "[x](http://evil)",
        "<b>",
        "'",
        '"',
        "*",
        "a\\b",
        "#x",
    ],
)
def test_a_text_that_is_no_plain_word_is_refused_with_its_place(text: str) -> None:
    assert refusal("# Title\n\n[[ value ]]\n", value=text).startswith("page.md.j2:3: ")


@given(st.text())
def test_whatever_prints_without_a_filter_means_nothing_to_a_shell(text: str) -> None:
    try:
        printed = page("echo [[ value ]] end", value=text)
    except PageError:
        return
    assert printed == f"echo {text} end\n"
    assert not set(text) & set(" \t\n'\"`$&|;<>()*?[]{}!\\~")


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_a_quoted_text_is_one_word_of_a_shell(text: str) -> None:
    import shlex

    try:
        printed = page("```sh\necho [[ value | quoted ]]\n```", value=text)
    except PageError:
        assert not text.isprintable()
        return
    line = printed.split("\n")[1]
    assert shlex.split(line) == ["echo", text]


def test_prose_cannot_get_into_a_block_of_code() -> None:
    assert "prose in a block of code" in refusal("```sh\n[[ value | plain ]]\n```", value="$(reboot)")


def test_prose_cannot_get_into_a_block_of_code_by_a_variable() -> None:
    assert "prose in a block" in refusal("[% set x = value | code %]\n   ```sh\n   [[ x ]]\n   ```", value="a b")


def test_a_quoted_word_cannot_stand_within_quotation_marks() -> None:
    assert "within a quoted text" in refusal("```sh\necho 'x [[ value | quoted ]]'\n```", value="a'; reboot; '")
    assert "within a quoted text" in refusal('```sh\necho "x\n[[ value | quoted ]]"\n```', value="a b")


def test_a_block_of_code_cannot_be_closed_by_a_value() -> None:
    assert "has characters that no line" in refusal("```sh\necho [[ v | quoted ]]\n```", v="a\n```\n# Heading")


def test_free_text_is_shown_on_one_line_and_without_markup() -> None:
    shown = page("[[ value | plain ]]", value="# [Click](http://evil)\n<script> `x`")
    assert shown == "\\# \\[Click\\](http\\://evil) \\<script\\> \\`x\\`\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[ missing ]]", "'missing' is undefined"),
        ("[[ value.missing ]]", "has no attribute 'missing'"),
        ("[[ value.__class__ ]]", "unsafe"),
        ("[[ [value] | map(attribute='__class__') | join(',') ]]", "StrictUndefined"),
        ("[[ value.upper() ]]", "'call' is not part of the language"),
        ("[% include 'other' %]", "'include' is not part of the language"),
        ("[% macro m() %][% endmacro %]", "'macro' is not part of the language"),
        ("[[ value | tojson ]]", "there is no filter 'tojson'"),
        ("[[ value | safe ]]", "there is no filter 'safe'"),
        ("[[ value * 5000 ]]", "'*' is for integers"),
        ("[[ 999999999 * 999999999 * 999999999 ]]", "'*' is for integers"),
        ("[[ true ]]", "a value of type bool cannot be printed"),
        ("[[ none ]]", "a value of type NoneType cannot be printed"),
        ("[[ [value] ]]", "a value of type list cannot be printed"),
        ("[[ [value, 'a b'] | join(', ') ]]", "'a b' is not a plain word"),
        ("[[ [value] | join(value) ]]", "what `join` puts between values is a text in the template"),
        ("[% if value %]", "Unexpected end of template"),
        ("[% for a in value %][% for b in value %][% for c in value %][% for d in value %][% for e in value %]x"
         "[% endfor %][% endfor %][% endfor %][% endfor %][% endfor %]", "more than 4 loops"),
    ],
)  # fmt: skip
def test_what_is_outside_of_the_language_is_refused(text: str, message: str) -> None:
    said = refusal(f"\n{text}", value="abc")
    assert said.startswith("page.md.j2:2: ")
    assert message.lower() in said.lower()


def test_a_page_has_a_size() -> None:
    loops = "[% for a in v %][% for b in v %][% for c in v %]xxxxxxxxxx[% endfor %][% endfor %][% endfor %]"
    assert f"more than {SIZE_LIMIT:,}" in refusal(loops, v=["a"] * 100)


def test_nobody_can_fake_what_a_filter_says_by_characters_in_a_spec() -> None:
    assert "not a plain word" in refusal("[[ value ]]", value="\x01x\x03")
    assert "\x01" not in page("[[ value | plain ]]", value="\x02x\x03")
