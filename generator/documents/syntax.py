"""libyaml's syntax errors in the words of somebody who writes a spec."""

from yaml import MarkedYAMLError, YAMLError

from generator.base.problem import Problem

# What libyaml says → what is wrong, and what to do.
_WORDS = {
    "mapping values are not allowed in this context": (
        "a second ':' in this value, or a line indented too far.",
        "Quote a value with ': ' in it, or mend the indentation.",
    ),
    "could not find expected ':'": ("a key without a ':'.", "Write 'key: value'."),
    "did not find expected key": (
        "no key where one is expected.",
        "Mend the indentation, or quote the value before it.",
    ),
    "did not find expected '-' indicator": ("no '- ' where an item is expected.", "Mend the indentation."),
    "block sequence entries are not allowed in this context": (
        "a '- ' item cannot stand here.",
        "Put the items on the lines below the key.",
    ),
    "did not find expected ',' or ']'": ("the '[' is not closed.", "Add the missing ',' or ']'."),
    "did not find expected ',' or '}'": ("the '{' is not closed.", "Add the missing ',' or '}'."),
    "found unexpected end of stream": ("a quote is not closed.", "Close the quote."),
    "found unknown escape character": (
        "an unknown escape in double quotes.",
        "Use single quotes, or write the backslash twice.",
    ),
    "did not find the expected comment or line break": ("text after a '|' or '>'.", "Start the text on the next line."),
    "did not find expected alphabetic or numeric character": (
        "a value that starts with '*' or '&'.",
        "Quote it.",
    ),
}
_NO_START = "found character that cannot start any token"


def syntax_problem(error: YAMLError, text: str, shown: str) -> Problem:
    """Return the problem for libyaml's error, at the place that it names."""
    said = str(getattr(error, "problem", None) or error).strip().splitlines()[0]
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    message, hint = _WORDS.get(said, (f"not YAML: {said}.", "Mend the syntax at or above this line."))
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    if said == _NO_START and mark:
        message, hint = _no_start(text, mark.line, mark.column)
    context = error.context_mark if isinstance(error, MarkedYAMLError) else None
    if context and context.line + 1 != line:
        message = f"{message.removesuffix('.')} (it is part of what starts on line {context.line + 1})."
    return Problem(rule="yaml/syntax", message=message, hint=hint, file=shown, line=line, column=column)


def _no_start(text: str, line: int, column: int) -> tuple[str, str]:
    lines = text.splitlines()
    character = lines[line][column : column + 1] if line < len(lines) else ""
    if character == "\t":
        return "a tab cannot indent YAML.", "Use spaces."
    return f"a value cannot start with '{character}'.", "Quote it."
