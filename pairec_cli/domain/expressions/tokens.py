"""What the two languages share: tokens, the cursor over them, and the bounds of a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from pairec_cli.domain.errors import InvalidInput

Evaluate = Callable[[Mapping[str, object]], object]
"""Names and their values → the expression's value."""
Function = Callable[[Sequence[Any]], object]
"""The arguments of a call → its value."""

LONGEST = 10_000
DEEPEST = 100
MOST_OPERATORS = 250
"""An operator is a frame of the interpreter's stack when the expression is evaluated."""

END = ""


class Token(NamedTuple):
    """`kind` is name, number, text, symbol or end; `value` the literal's value, else what stands there."""

    kind: str
    value: Any
    at: int


class Cursor:
    """The tokens of a text, one at a time, and how much the parser has built of them."""

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self.text, self.tokens, self.at = text, [*tokens, Token("end", END, len(text))], 0
        self.depth = self.operators = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def next(self) -> Token:
        token = self.token
        if token.kind != "end":
            self.at += 1
        return token

    def is_symbol(self, *symbols: str) -> bool:
        return self.token.kind == "symbol" and self.token.value in symbols

    def accept(self, *symbols: str) -> bool:
        found = self.is_symbol(*symbols)
        self.at += found
        return found

    def expect(self, symbol: str) -> None:
        if not self.accept(symbol):
            raise self.unexpected(f"expected {symbol!r}")

    def unexpected(self, wanted: str = "") -> InvalidInput:
        token = self.token
        found = "the end" if token.kind == "end" else f"{token.value!r} at character {token.at + 1}"
        return InvalidInput(
            f"{wanted + ', found ' if wanted else 'unexpected '}{found} in {shown(self.text)}"
        )

    def count_operator(self) -> None:
        self.operators += 1
        if self.operators > MOST_OPERATORS:
            raise InvalidInput(f"the expression has more than {MOST_OPERATORS} operators")

    def enter(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise InvalidInput("the expression is nested too deeply")

    def leave(self) -> None:
        self.depth -= 1


def tokens_of(text: str, pattern: re.Pattern[str], token: Callable[[re.Match[str]], Token]) -> list[Token]:
    """The tokens of a text, one match of `pattern` after another; a match of no group is space. Raises
    InvalidInput for a text that is too long and for what the pattern does not know."""
    if len(text) > LONGEST:
        raise InvalidInput(f"the expression is longer than {LONGEST} characters")
    tokens, at = [], 0
    while at < len(text):
        found = pattern.match(text, at)
        if found is None:
            raise InvalidInput(f"cannot read {text[at]!r} at character {at + 1} of {shown(text)}")
        if found.lastgroup:
            tokens.append(token(found))
        at = found.end()
    return tokens


def shown(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def unescaped(text: str) -> str:
    """`\\n`, `\\u4e2d` and the like as the characters they stand for."""

    def character(found: re.Match[str]) -> str:
        code = found[1] or found[2]
        return chr(int(code, 16)) if code else _ESCAPED.get(found[3], found[3])

    return _ESCAPE.sub(character, text)
