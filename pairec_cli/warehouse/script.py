"""A script as statements: split at `;` outside quotes and comments, each with the line it begins on.

Syntax of MaxCompute scripts: SQL, `PAI -name …`, and `set k=v` hints, each closed by `;`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pairec_cli.domain.errors import SqlError, nearest

_TOKENS = re.compile(
    r"""(?P<comment>--[^\n]*|/\*(?!\+).*?(?:\*/|\Z))"""
    r"""|(?P<quoted>'(?:[^'\\]|\\.)*(?:'|\Z)|"(?:[^"\\]|\\.)*(?:"|\Z)|`[^`]*(?:`|\Z))"""
    r"""|(?P<end>;)"""
    r"""|(?P<code>/\*\+|[^-/'"`;]+|.)""",
    re.DOTALL,
)
_PARAMETER = re.compile(r"\$\{([^}\n]*)\}")
_SET = re.compile(r"set\s+([\w.]+)\s*=\s*(.*)", re.IGNORECASE | re.DOTALL)


class StatementKind(StrEnum):
    """What a statement is, told from its first word."""

    SQL = "sql"
    PAI = "pai"
    SET = "set"


@dataclass(frozen=True)
class Statement:
    """One statement without its `;`. `text` starts at its first word, which is on `line` of the script."""

    text: str
    line: int
    kind: StatementKind

    def hint(self) -> tuple[str, str]:
        """Key and value of a `set` statement; raises SqlError when it has another form."""
        match = _SET.fullmatch(strip_comments(self.text).strip())
        if not match:
            raise SqlError("cannot read this set statement", line=self.line, hint="write set key=value;")
        return match[1].lower(), match[2].strip()


def split(script: str) -> list[Statement]:
    """The statements of `script` in order. Raises SqlError for a quote or comment that is never closed."""
    statements: list[Statement] = []
    parts: list[str] = []
    start = line = 1
    for kind, text in _scan(script):
        if kind == "end":
            _close(statements, parts, start)
            parts, start = [], line
        else:
            _check_closed(kind, text, line)
            parts.append(text)
        line += text.count("\n")
    _close(statements, parts, start)
    return statements


def _scan(script: str) -> Iterator[tuple[str, str]]:
    for match in _TOKENS.finditer(script):
        yield str(match.lastgroup), match[0]


def _check_closed(kind: str, text: str, line: int) -> None:
    if kind == "quoted" and (len(text) < 2 or text[-1] != text[0] or _escaped_end(text)):
        raise SqlError(f"the quote {text[0]} is never closed", line=line)
    if kind == "comment" and text.startswith("/*") and (len(text) < 4 or not text.endswith("*/")):
        raise SqlError("the comment /* is never closed", line=line)


def _escaped_end(text: str) -> bool:
    """Whether the last quote is itself escaped, so that the string runs to the end of the script."""
    if text[0] == "`":
        return False
    body = text[1:-1]
    return (len(body) - len(body.rstrip("\\"))) % 2 == 1


def _close(statements: list[Statement], parts: list[str], start: int) -> None:
    """Append the statement unless it holds nothing but blanks and comments."""
    text = "".join(parts)
    bare = _leading_noise(text)
    body = text[bare:].rstrip()
    if not strip_comments(body).strip():
        return
    line = start + text[:bare].count("\n")
    word = re.match(r"\w*", body)
    first = word[0].lower() if word else ""
    kind = {"pai": StatementKind.PAI, "set": StatementKind.SET}.get(first, StatementKind.SQL)
    statements.append(Statement(body, line, kind))


def _leading_noise(text: str) -> int:
    """Length of the blanks and comments before the first word."""
    position = 0
    for kind, token in _scan(text):
        if kind == "comment":
            position += len(token)
            continue
        stripped = token.lstrip()
        position += len(token) - len(stripped)
        if stripped:
            break
    return position


def strip_comments(text: str) -> str:
    """`text` with each comment replaced by its line breaks, so that lines keep their numbers."""
    return "".join(
        "\n" * token.count("\n") + " " if kind == "comment" else token for kind, token in _scan(text)
    )


def substitute(statement: Statement, parameters: Mapping[str, str]) -> Statement:
    """The statement with comments removed and `${name}` replaced, inside quotes too.

    Raises SqlError with the line of a name that `parameters` does not hold.
    """
    text = strip_comments(statement.text)

    def value(match: re.Match[str]) -> str:
        name = match[1].strip()
        if name in parameters:
            return parameters[name]
        line = statement.line + text.count("\n", 0, match.start())
        known = ", ".join(sorted(parameters)) or "none"
        close = nearest(name, parameters)
        guess = f"; did you mean ${{{close}}}?" if close else ""
        raise SqlError(f"unknown parameter ${{{name}}}{guess}", line=line, hint=f"known parameters: {known}")

    return Statement(_PARAMETER.sub(value, text), statement.line, statement.kind)
