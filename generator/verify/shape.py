"""The shape of a YAML text: all that yamllint's verdict can depend on, so that one verdict holds for many files.

The last scalar of a line is replaced by a fixed word of its class (plain, single-quoted, double-quoted) when it is a
run of harmless words that is not one of those that the rule `truthy` looks for, and so is the text of a comment that
has its line to itself. Keys, indentation and every line of another form stay as they are.

Why yamllint says the same of both texts, line, column and message, with the rules of yamllint.yaml:

- Only a scalar that ends its line is touched: nothing on its line stands behind it, and no column before it moves.
  A last line without a line break is left alone: `new-line-at-end-of-file` counts its columns.
- A harmless run holds no quote, escape, comment, indicator followed by a space, flow bracket, tab or other line break.
  So it is one token, or inside of one (a block scalar, a scalar of several lines), before and after.
- Of values, the rules that are on look only at the words of `truthy`. `key-duplicates` looks at keys: one that could
  span lines starts with "?", and a text that keeps a "?" is left alone.
- Of a comment, they look at where it stands and at what follows the "#" at once: a space and a visible character. Its
  text holds no quote and no backslash, so inside a scalar of several lines it is harmless too. Directives are kept.
"""

import re

_CHARACTER = "[A-Za-z0-9._/@=+~()$%*-]"
_WORD = f"{_CHARACTER}++(?::{_CHARACTER}++)*+"
_RUN = f"(?=[A-Za-z0-9/]){_WORD}(?:[ ]{_WORD})*+"
_TRUTHY = r"(?i:yes|no|true|false|on|off)\n"  # in any case: more than the rule looks for
_KEY = r"""[A-Za-z0-9_./-]++|"[A-Za-z0-9_./-]++\""""
_LINE = re.compile(
    rf"""^(?P<front>[ ]*+(?:-[ ]++)*+(?:(?:{_KEY}):[ ]++)?)
    (?:(?P<plain>(?!{_TRUTHY}){_RUN})|"(?P<double>{_RUN})"|'(?P<single>{_RUN})')
    (?=\n)
    |^(?P<comment>[ ]*+\#[ ])(?![^\n]*yamllint)[!#-&(-\[\]-~](?:[ ]?[!#-&(-\[\]-~])*+(?=\n)""",
    re.MULTILINE | re.VERBOSE,
)


def shape(text: str) -> str:
    """Return the text with its harmless scalars and comments replaced; yamllint remarks the same on both."""
    reduced = _LINE.sub(_reduced, text)
    return text if "?" in reduced else reduced


def _reduced(line: re.Match[str]) -> str:
    kind = line.lastgroup
    if kind == "plain":
        return f"{line['front']}v"
    if kind == "double":
        return f'{line["front"]}"v"'
    return f"{line['front']}'v'" if kind == "single" else f"{line['comment']}v"
