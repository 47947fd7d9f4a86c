"""Protobuf's text format: text → blocks of named values, each with its line; values → text.

Grammar: protobuf.dev, "Text Format Language Specification". Extension names and `Any` are not part of
TorchEasyRec's configs and are refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pairec_cli.domain.errors import InvalidConfig, Problem

TOKEN = re.compile(
    r"""
      (?P<space>[ \t\r\n\f\v]+|\#[^\n]*)
    | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    | (?P<number>(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fF]?)(?![\w.]))
    | (?P<word>[A-Za-z_]\w*)
    | (?P<sign>[-{}<>\[\]:,;])
    """,
    re.VERBOSE,
)
ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))")
SIMPLE = {"n": 10, "r": 13, "t": 9, "a": 7, "b": 8, "f": 12, "v": 11, '"': 34, "'": 39, "\\": 92, "?": 63}
SHOWN = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
DEPTH = 100
"""Blocks within blocks: deeper than any config, and far from Python's own limit."""


@dataclass(frozen=True)
class Word:
    """A bare word: an enum's value, true, inf. `negative` for `-inf`."""

    text: str
    negative: bool = False


@dataclass(frozen=True)
class Number:
    """A number as written, without its sign."""

    text: str
    negative: bool = False


@dataclass(frozen=True)
class Entry:
    """One value of one field. A list of n values is n entries of the same name."""

    name: str
    value: Value
    line: int


@dataclass(frozen=True)
class Block:
    """What stands between braces; `line` is that of the opening one."""

    line: int
    entries: list[Entry] = field(default_factory=list)


Value = Word | Number | str | Block


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    line: int


def read_blocks(text: str) -> Block:
    """The whole text as one block. Raises InvalidConfig with the line where the text stops making sense."""
    return _Reader(text).block(None, Block(1), 0)


def _tokens(text: str) -> Iterator[Token]:
    place, line = 0, 1
    while place < len(text):
        found = TOKEN.match(text, place)
        if found is None:
            raise _failure(_strange(text, place), line)
        if found.lastgroup != "space":
            yield Token(str(found.lastgroup), found.group(), line)
        line += found.group().count("\n")
        place = found.end()
    yield Token("end", "", line)


def _strange(text: str, place: int) -> str:
    rest = text[place : text.find("\n", place) if "\n" in text[place:] else len(text)]
    if rest[:1] in "\"'":
        return f"a string begins and does not end: {rest[:40]}"
    return f"cannot read {rest.split()[0][:40]!r}"


def _failure(message: str, line: int) -> InvalidConfig:
    return InvalidConfig("pipeline config", [Problem("text", message, line=line)])


class _Reader:
    """Recursive descent with one token of sight."""

    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.token = next(self.tokens)

    def take(self) -> Token:
        token = self.token
        if token.kind != "end":
            self.token = next(self.tokens)
        return token

    def sees(self, *signs: str) -> bool:
        return self.token.kind == "sign" and self.token.text in signs

    def block(self, closing: str | None, block: Block, depth: int) -> Block:
        """Fields up to `closing`, or to the end of the text when it is None."""
        if depth > DEPTH:
            raise _failure(f"more than {DEPTH} blocks within each other", block.line)
        while True:
            token = self.take()
            if token.kind == "end" and closing is None:
                return block
            if token.kind == "sign" and token.text == closing:
                return block
            if token.kind == "end":
                raise _failure(f"the block that begins on line {block.line} is not closed", token.line)
            if token.kind != "word":
                raise _failure(f"expected a field name, found {token.text!r}", token.line)
            block.entries.extend(self.field(token, depth))
            if self.sees(",", ";"):
                self.take()

    def field(self, name: Token, depth: int) -> Iterator[Entry]:
        colon = self.sees(":")
        if colon:
            self.take()
        if not self.sees("["):
            if not colon and not self.sees("{", "<"):
                message = f"expected : or {{ after {name.text}, found {self.token.text or 'the end'!r}"
                raise _failure(message, self.token.line)
            yield Entry(name.text, self.value(depth), name.line)
            return
        self.take()
        while not self.sees("]"):
            line = self.token.line
            yield Entry(name.text, self.value(depth), line)
            if self.sees(","):
                self.take()
                if self.sees("]"):
                    raise _failure(f"a value is missing after the last comma of {name.text}", self.token.line)
            elif not self.sees("]"):
                raise _failure(f"the list of {name.text} is not closed", self.token.line)
        self.take()

    def value(self, depth: int) -> Value:
        token = self.take()
        if token.kind == "sign" and token.text in "{<":
            return self.block({"{": "}", "<": ">"}[token.text], Block(token.line), depth + 1)
        negative = token.kind == "sign" and token.text == "-"
        if negative:
            token = self.take()
        if token.kind == "number":
            return Number(token.text, negative)
        if token.kind == "word":
            return Word(token.text, negative)
        if token.kind == "string" and not negative:
            parts = [token]
            while self.token.kind == "string":
                parts.append(self.take())
            return _unquoted(parts)
        raise _failure(f"expected a value, found {token.text or 'the end'!r}", token.line)


def _unquoted(parts: list[Token]) -> str:
    """Adjacent literals are one string. Escapes name bytes, which together must be UTF-8."""
    found = bytearray()
    for part in parts:
        body, place = part.text[1:-1], 0
        for escape in ESCAPE.finditer(body):
            found += body[place : escape.start()].encode()
            found += _escaped(escape, part.line)
            place = escape.end()
        found += body[place:].encode()
    try:
        return found.decode()
    except UnicodeDecodeError:
        raise _failure("a string is not UTF-8 after its escapes are read", parts[0].line) from None


def _escaped(escape: re.Match[str], line: int) -> bytes:
    octal, hexadecimal, short, long, letter = escape.groups()
    try:
        if octal or hexadecimal:
            return bytes([int(octal, 8) if octal else int(hexadecimal, 16)])
        if short or long:
            return chr(int(short or long, 16)).encode()
        return bytes([SIMPLE[letter]])
    except (ValueError, OverflowError, KeyError):
        raise _failure(f"a string has the escape {escape.group()}, which names no character", line) from None


def quoted(value: str) -> str:
    """The literal of a string: control characters as three octal digits, so that no digit joins them."""
    escape = "".join
    return '"' + escape(SHOWN.get(c) or (c if " " <= c != "\x7f" else f"\\{ord(c):03o}") for c in value) + '"'


def shown_float(value: float) -> str:
    if math.isfinite(value):
        return repr(float(value))
    return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
