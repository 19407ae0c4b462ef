"""Reads a block of shell: its commands as words, with what their variables can be. What it cannot read is a problem.

It knows the part of the POSIX shell that people write down: pipes, lists, `if`, `for`, `while`, substitutions,
variables, redirections, here-documents. `case`, functions and backquotes are refused: they have no place in a runbook.
"""

import re
from dataclasses import dataclass, field

from generator.verify.runbooks.words import UNKNOWN, Command, Script, Variable, Word

_NAME = re.compile(r"[A-Za-z_]\w*")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=")
_SKIPPED = frozenset({"if", "then", "else", "elif", "fi", "while", "until", "do", "done", "{", "}", "!"})
_REFUSED = frozenset({"case", "esac", "function", "select", "[[", "(("})
_GIVEN = frozenset({"HOME", "PWD", "USER", "EDITOR", "SHELL", "TMPDIR", "PATH", "LANG", "KUBECONFIG"})
_ENDS = " \t\n;|&()<>"


class _UnreadableError(Exception):
    def __init__(self, at: int, message: str) -> None:
        super().__init__(message)
        self.at = at


def read_script(text: str) -> Script:
    """Return the commands of a block, in their order; those within substitutions come before the one around them."""
    reader = _Reader(text)
    try:
        reader.commands_until("")
    except _UnreadableError as error:
        reader.mistake(error.at, str(error))
    return Script(tuple(reader.commands), tuple(reader.mistakes))


@dataclass(slots=True)
class _Reader:
    text: str
    at: int = 0
    commands: list[Command] = field(default_factory=list)
    mistakes: list[tuple[int, str]] = field(default_factory=list)
    variables: dict[str, tuple[str, ...]] = field(default_factory=dict)
    documents: list[str] = field(default_factory=list)

    def mistake(self, at: int, message: str) -> None:
        self.mistakes.append((self.line(at), message))

    def line(self, at: int) -> int:
        return self.text.count("\n", 0, at) + 1

    def peek(self, length: int = 1) -> str:
        return self.text[self.at : self.at + length]

    def commands_until(self, end: str) -> None:
        """Read commands up to a closing bracket ("": the end of the text)."""
        while True:
            self.skip_separators()
            if not self.peek():
                if end:
                    raise _UnreadableError(len(self.text) - 1, f"'{end}' is missing.")
                return
            if self.peek() == ")":
                if not end:
                    raise _UnreadableError(self.at, "')' closes nothing.")
                self.at += 1
                return
            if self.peek() == "(":
                self.at += 1
                self.commands_until(")")
                continue
            self.command()

    def skip_separators(self) -> None:
        while self.peek():
            if self.peek(2) == "\\\n":
                self.at += 2
            elif self.peek() == "\n":
                self.at += 1
                self.skip_documents()
            elif self.peek() in " \t;|&":
                self.at += 1
            elif self.peek() == "#":
                self.at = _end_of_line(self.text, self.at)
            else:
                return

    def skip_documents(self) -> None:
        for delimiter in self.documents:
            while self.at < len(self.text):
                end = _end_of_line(self.text, self.at)
                line = self.text[self.at : end]
                self.at = min(end + 1, len(self.text))
                if line.strip("\t") == delimiter:
                    break
            else:
                raise _UnreadableError(
                    len(self.text) - 1, f"the here-document that ends with {delimiter} does not end."
                )
        self.documents.clear()

    def command(self) -> None:
        start = self.at
        words: list[Word] = []
        assigned: list[tuple[str, Word]] = []
        while True:
            self.skip_blanks()
            if self.redirection():
                continue
            if self.peek() in {"", "\n", ";", "|", "&", ")"} or (self.peek() == "#" and not self.in_word()):
                break
            if self.peek() == "(":
                raise _UnreadableError(self.at, "functions and arrays are not read here.")
            raw = self.at
            assignment = _ASSIGNMENT.match(self.text, self.at) if not words else None
            if assignment:
                self.at = assignment.end()
                assigned.append((assignment[1], self.word()))
                continue
            word = self.word()
            keyword = "" if words or word.quoted else word.text({}) if _literal(word) else ""
            if keyword in _REFUSED:
                raise _UnreadableError(raw, f"'{keyword}' is not read here: write it without.")
            if keyword == "for":
                self.loop()
                return
            if keyword in _SKIPPED:
                return
            words.append(word)
        self.finish(start, words, assigned)

    def in_word(self) -> bool:
        return self.at > 0 and self.text[self.at - 1] not in _ENDS

    def finish(self, start: int, words: list[Word], assigned: list[tuple[str, Word]]) -> None:
        name = words[0].text({}) if words and _literal(words[0]) else ""
        if name in {"export", "local", "readonly"}:
            for word in words[1:]:
                text = word.parts[0] if word.parts and isinstance(word.parts[0], str) else ""
                if found := _ASSIGNMENT.match(text):
                    assigned.append((found[1], Word((text[found.end() :], *word.parts[1:]), word.quoted)))
        if name == "read":
            self.variables |= {w.text({}): (UNKNOWN,) for w in words[1:] if _literal(w) and _NAME.fullmatch(w.text({}))}
        if not words or name in {"export", "local", "readonly"}:
            for variable, word in assigned:
                values = [reading[0] for reading in Command(0, (word,)).readings()]
                self.variables[variable] = tuple(dict.fromkeys(values))
        if words:
            self.commands.append(Command(self.line(start), tuple(words)))

    def loop(self) -> None:
        """Read `NAME in words` of a `for`."""
        self.skip_blanks()
        name = _NAME.match(self.text, self.at)
        if not name:
            raise _UnreadableError(self.at, "`for` has no variable.")
        self.at = name.end()
        self.skip_blanks()
        if self.peek(2) != "in":
            raise _UnreadableError(self.at, "`for` without `in` walks over arguments, and a block has none.")
        self.at += 2
        values: list[str] = []
        while True:
            self.skip_blanks()
            if self.peek() in {"", "\n", ";"}:
                break
            word = self.word()
            for (text,) in Command(0, (word,)).readings():
                values += [UNKNOWN] if UNKNOWN in text or "*" in text else [text]
        self.variables[name[0]] = tuple(dict.fromkeys(values)) or (UNKNOWN,)

    def skip_blanks(self) -> None:
        while self.peek() and (self.peek() in " \t" or self.peek(2) == "\\\n"):
            self.at += 2 if self.peek() == "\\" else 1

    def redirection(self) -> bool:
        """Read a redirection with its target, if one stands here."""
        found = re.compile(r"[0-9]*(<<-|<<|>>|>&|<&|>\||<>|<|>)").match(self.text, self.at)
        if not found:
            return False
        self.at = found.end()
        if self.peek() == "(":
            raise _UnreadableError(self.at, "a process substitution is not read here: use a pipe or a file.")
        self.skip_blanks()
        target = self.word()
        if found[1] in {"<<", "<<-"}:
            self.documents.append(target.text({}) if _literal(target) else "")
        return True

    def word(self) -> Word:
        parts: list[str | Variable] = []
        quoted = False
        start = self.at
        while self.peek() and self.peek() not in _ENDS:
            character = self.peek()
            if character == "'":
                quoted = True
                parts.append(self.single())
            elif character == '"':
                quoted = True
                parts += self.double()
            elif character == "\\":
                escaped = self.text[self.at + 1 : self.at + 2]
                parts.append("" if escaped == "\n" else escaped)
                self.at += 2
            elif character == "$":
                parts.append(self.expansion())
            elif character == "`":
                raise _UnreadableError(self.at, "backquotes are not read here: write $(...).")
            else:
                parts.append(character)
                self.at += 1
        if self.at == start:
            raise _UnreadableError(start, f"a word is missing before {self.peek()!r}.")
        return Word(_joined(parts), quoted)

    def single(self) -> str:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            raise _UnreadableError(self.at, "a single quotation mark is never closed.")
        text = self.text[self.at + 1 : end]
        self.at = end + 1
        return text

    def double(self) -> list[str | Variable]:
        opened = self.at
        self.at += 1
        parts: list[str | Variable] = []
        while self.peek() != '"':
            if not self.peek():
                raise _UnreadableError(opened, "a double quotation mark is never closed.")
            if self.peek() == "`":
                raise _UnreadableError(self.at, "backquotes are not read here: write $(...).")
            if self.peek() == "$":
                parts.append(self.expansion())
                continue
            if self.peek() == "\\" and self.text[self.at + 1 : self.at + 2] in {'"', "$", "\\", "`", "\n"}:
                self.at += 1
            parts.append(self.peek())
            self.at += 1
        self.at += 1
        return parts

    def expansion(self) -> str | Variable:
        """Read what begins with `$`."""
        start = self.at
        self.at += 1
        if self.peek(2) == "((":
            end = self.text.find("))", self.at)
            if end < 0:
                raise _UnreadableError(start, "'$((' is never closed.")
            for name in _NAME.findall(self.text[self.at : end]):
                self.value(name, start)
            self.at = end + 2
            return UNKNOWN
        if self.peek() == "(":
            self.at += 1
            self.commands_until(")")
            return UNKNOWN
        if self.peek() == "{":
            return self.braces(start)
        if name := _NAME.match(self.text, self.at):
            self.at = name.end()
            return self.value(name[0], start)
        if self.peek() in {"?", "!", "$", "#", "-"}:
            self.at += 1
            return UNKNOWN
        if self.peek().isdigit() or self.peek() in {"@", "*"}:
            raise _UnreadableError(start, "a block has no arguments: give the variable a name and a value.")
        return "$"

    def braces(self, start: int) -> str | Variable:
        end = self.text.find("}", self.at)
        name = _NAME.match(self.text, self.at + 1)
        if end < 0 or not name:
            raise _UnreadableError(start, "'${' is not followed by a name and '}'.")
        rest = self.text[name.end() : end]
        self.at = end + 1
        if rest.startswith((":-", ":=", "-", "=")):
            return UNKNOWN
        found = self.value(name[0], start)
        return UNKNOWN if rest else found

    def value(self, name: str, at: int) -> str | Variable:
        if name in self.variables:
            return Variable(name, self.variables[name])
        if name not in _GIVEN:
            self.mistake(at, f"the variable {name} has no value in this block.")
        return UNKNOWN


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _literal(word: Word) -> bool:
    return all(isinstance(part, str) for part in word.parts)


def _joined(parts: list[str | Variable]) -> tuple[str | Variable, ...]:
    joined: list[str | Variable] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    return tuple(joined)
