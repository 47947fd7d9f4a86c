"""The sqlglot dialect that reads MaxCompute SQL. Builds on Hive's grammar; knows no function by itself.

Every call is parsed into `exp.Anonymous` with the name as written, so that the tables of `functions` are the
one list of what is allowed, and nothing is translated by accident.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlglot import exp, tokens
from sqlglot.dialects.hive import Hive
from sqlglot.errors import ParseError, TokenError
from sqlglot.parsers.hive import HiveParser
from sqlglot.tokens import TokenType

from pairec_cli.domain.errors import SqlError, UnsupportedSql
from pairec_cli.warehouse.types import MaxComputeType


class MaxComputeParser(HiveParser):  # type: ignore[misc]  # sqlglot is untyped here, see pyproject
    """Hive's parser without Hive's functions, plus `LIFECYCLE n`."""

    ADD_JOIN_ON_TRUE = False
    FUNCTIONS: ClassVar[dict[str, Any]] = {}
    FUNCTION_PARSERS = {"CAST": lambda self: self._parse_cast(self.STRICT_CAST)}
    NO_PAREN_FUNCTION_PARSERS = {"CASE": lambda self: self._parse_case()}
    NO_PAREN_FUNCTIONS: ClassVar[dict[Any, Any]] = {}
    PROPERTY_PARSERS = {
        **HiveParser.PROPERTY_PARSERS,
        "LIFECYCLE": lambda self: exp.Property(this=exp.var("lifecycle"), value=self._parse_number()),
    }


_TYPE_WORDS = {
    *("TINYINT", "SMALLINT", "INT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL", "STRING", "VARCHAR"),
    *(
        "CHAR",
        "BINARY",
        "BOOLEAN",
        "DATE",
        "DATETIME",
        "TIMESTAMP",
        "TIMESTAMP_NTZ",
        "ARRAY",
        "MAP",
        "STRUCT",
    ),
    *("NULL", "UNION", "INTERVAL", "RANGE"),
}
"""Type names of MaxCompute; the last line holds words that sqlglot files under types and queries need."""


def _is_foreign(word: str, kind: TokenType) -> bool:
    """Whether a keyword belongs to other dialects: a command, or a type that MaxCompute does not have."""
    return kind == TokenType.COMMAND or (kind in HiveParser.TYPE_TOKENS and word not in _TYPE_WORDS)


class MaxCompute(Hive):  # type: ignore[misc]  # as above
    """MaxCompute SQL, 2.0 type edition."""

    class Tokenizer(Hive.Tokenizer):  # type: ignore[misc]  # as above
        KEYWORDS = {
            **{word: kind for word, kind in Hive.Tokenizer.KEYWORDS.items() if not _is_foreign(word, kind)},
            "DATETIME": TokenType.DATETIME,
        }
        COMMANDS = tokens.Tokenizer.COMMANDS - {TokenType.SHOW, TokenType.COMMAND}

    Parser = MaxComputeParser


_TYPES = {
    exp.DType.TINYINT: "TINYINT",
    exp.DType.SMALLINT: "SMALLINT",
    exp.DType.INT: "INT",
    exp.DType.BIGINT: "BIGINT",
    exp.DType.FLOAT: "FLOAT",
    exp.DType.DOUBLE: "DOUBLE",
    exp.DType.DECIMAL: "DECIMAL",
    exp.DType.TEXT: "STRING",
    exp.DType.VARCHAR: "VARCHAR",
    exp.DType.CHAR: "CHAR",
    exp.DType.BINARY: "BINARY",
    exp.DType.BOOLEAN: "BOOLEAN",
    exp.DType.DATE: "DATE",
    exp.DType.DATETIME: "DATETIME",
    exp.DType.TIMESTAMP: "TIMESTAMP",
    exp.DType.TIMESTAMPNTZ: "TIMESTAMP_NTZ",
    exp.DType.ARRAY: "ARRAY",
    exp.DType.MAP: "MAP",
    exp.DType.STRUCT: "STRUCT",
}


def read_type(node: exp.DataType) -> MaxComputeType:
    """A parsed type as ours. Raises UnsupportedSql for one that MaxCompute does not have."""
    name = _TYPES.get(node.this)
    if name is None:
        raise UnsupportedSql(f"the type {node.this.value}")
    if name == "STRUCT":
        fields = tuple(item.name for item in node.expressions)
        return MaxComputeType(
            name, (), tuple(read_type(item.args["kind"]) for item in node.expressions), fields
        )
    if name in ("ARRAY", "MAP"):
        return MaxComputeType(name, (), tuple(read_type(item) for item in node.expressions))
    sizes = tuple(int(item.name) for item in node.expressions)
    if name == "DECIMAL":
        sizes = (38, 18) if not sizes else (*sizes, 0)[:2]
    return MaxComputeType(name, sizes)


def parse(text: str, line: int = 1) -> exp.Expr:
    """One statement as a syntax tree; `line` is where `text` starts in the script.

    Raises SqlError with the script's line and the offending text, UnsupportedSql when the grammar knows only
    the first word.
    """
    try:
        found = MaxCompute().parse(text)
    except ParseError as error:
        raise _syntax_error(error, text, line) from None
    except TokenError as error:
        raise SqlError(str(error), line=line) from None
    trees = [tree for tree in found if tree is not None]
    if len(trees) != 1:
        raise SqlError("expected one statement", line=line)
    tree = trees[0]
    if isinstance(tree, exp.Command):
        first = text.split("\n", 1)[0].strip()
        raise UnsupportedSql(f"cannot read this statement: {first}", line=line)
    return tree


def _syntax_error(error: ParseError, text: str, line: int) -> SqlError:
    details = error.errors[0] if error.errors else {}
    at = int(details.get("line") or 1)
    lines = text.split("\n")
    shown = lines[at - 1] if 0 < at <= len(lines) else lines[0]
    word = str(details.get("highlight") or "")
    told = str(details.get("description") or "cannot read this statement").split(" but got <")[0].rstrip(".")
    near = f" near {word!r}" if word else ""
    return SqlError(f"syntax error{near}: {told}\n  {shown.strip()}", line=line + at - 1)


def line_of(node: exp.Expr, line: int = 1) -> int:
    """The script line of a node: that of the first token remembered in it, or in what holds it."""
    at: exp.Expr | None = node
    while at is not None:
        found: list[int] = [part.meta["line"] for part in at.walk() if "line" in part.meta]
        if found:
            return line + min(found) - 1
        at = at.parent
    return line
