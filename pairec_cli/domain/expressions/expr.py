"""expr: the language of expression conditions and of GenerateItemDataExpr.

Names that are not there are nil, and so are absent keys of an object; a member of nil is an error, `?.`
gives nil instead. Integers and floats are kept apart (`/` and `**` give floats, `%` takes integers);
`==` compares numbers by value and never mixes other types. Operators from loose to tight: `? :`, `|` (a
pipe into a call), `or ||`, `and &&`, comparisons with `in contains startsWith endsWith` (each also after
`not`), `..`, `+ -`, `not !`, `* / %`, prefix `+ -`, `** ^` (right-associative), `??`. Source: the language
definition of expr-lang. Predicates (`#`, `{…}`), `let`, `matches`, dates and methods are not served.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.expressions.expr_functions import EXPR_FUNCTIONS
from pairec_cli.domain.expressions.expr_values import (
    BINARY,
    boolean,
    element,
    member,
    negative,
    positive,
    sliced,
)
from pairec_cli.domain.expressions.functions import refused
from pairec_cli.domain.expressions.tokens import Cursor, Evaluate, Token, shown, tokens_of, unescaped

_TOKEN = re.compile(
    r"""\s+ | //[^\n]* | /\*.*?\*/
    | (?P<integer>0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+)(?!\w)
    | (?P<number>(?:[0-9][0-9_]*(?:\.(?!\.)[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?)(?!\w)
    | (?P<name>[^\W\d]\w*|\$env\b)
    | "(?P<double>(?:\\.|[^"\\])*)" | '(?P<single>(?:\\.|[^'\\])*)' | `(?P<raw>[^`]*)`
    | (?P<symbol>\?\?|\?\.|\.\.|\*\*|\|\||&&|[=!<>]=|[-+*/%^<>!?:.,|()\[\]{}])""",
    re.VERBOSE | re.DOTALL,
)
_WORDS = ("not", "in", "or", "and", "contains", "startsWith", "endsWith", "matches")
_AFTER_NOT = ("in", "contains", "startsWith", "endsWith", "matches")
_LITERALS = {"true": True, "false": False, "nil": None}


class _Level(NamedTuple):
    tightness: int
    right: bool = False


_LEVELS: dict[str, _Level] = {
    "|": _Level(0),
    **dict.fromkeys(("or", "||"), _Level(10)),
    **dict.fromkeys(("and", "&&"), _Level(15)),
    **dict.fromkeys(("==", "!=", "<", ">", ">=", "<=", *_AFTER_NOT), _Level(20)),
    "..": _Level(25),
    **dict.fromkeys(("+", "-"), _Level(30)),
    **dict.fromkeys(("*", "/", "%"), _Level(60)),
    **dict.fromkeys(("**", "^"), _Level(100, right=True)),
    "??": _Level(500),
}
_PREFIXES = {"not": 50, "!": 50, "-": 90, "+": 90}
_SAME = {"||": "or", "&&": "and", "^": "**"}


def compile_expr(text: str) -> Evaluate:
    """The expression as a function of its names; it raises InvalidInput for values that an operator or a
    function does not take. Raises InvalidInput for a text that cannot be read or asks for what is not
    served."""
    cursor = Cursor(text, tokens_of(text, _TOKEN, _token))
    found = _Parser(cursor).expression(0)
    if cursor.token.kind != "end":
        raise cursor.unexpected()
    return found


def _token(found: re.Match[str]) -> Token:
    kind = str(found.lastgroup)
    text, at = found[kind], found.start()
    if kind in ("single", "double"):
        return Token("literal", unescaped(text), at)
    if kind == "raw":
        return Token("literal", text, at)
    if kind == "integer":
        return Token("literal", int(text, 0), at)
    if kind == "number":
        return Token("literal", _number(text), at)
    if kind == "name" and text in _LITERALS:
        return Token("literal", _LITERALS[text], at)
    return Token("symbol" if text in _WORDS else kind, text, at)


def _number(text: str) -> int | float:
    digits = text.replace("_", "")
    if digits.isdigit():
        if len(digits) > 19 or int(digits) >= 2**63:
            raise InvalidInput(f"{shown(text)} is no 64-bit integer")
        return int(digits)
    return float(digits)


class _Parser:
    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor

    def expression(self, loosest: int) -> Evaluate:
        cursor = self.cursor
        cursor.enter()
        left = self._operand()
        while (found := self._operator(loosest)) is not None:
            symbol, negated = found
            cursor.count_operator()
            if symbol == "|":
                left = self._piped(left)
                continue
            level = _LEVELS[symbol]
            right = self.expression(level.tightness + (not level.right))
            left = _joined(_SAME.get(symbol, symbol), left, right)
            if negated:
                left = _inverted(left)
        if not loosest and cursor.accept("?"):
            left = self._choice(left)
        cursor.leave()
        return left

    def _operator(self, loosest: int) -> tuple[str, bool] | None:
        """The next operator that binds at least so tightly, and whether `not` stands before it."""
        cursor = self.cursor
        token = cursor.token
        negated = cursor.is_symbol("not") and cursor.tokens[cursor.at + 1].value in _AFTER_NOT
        if negated:
            token = cursor.tokens[cursor.at + 1]
        level = _LEVELS.get(token.value) if token.kind == "symbol" else None
        if level is None or level.tightness < loosest:
            return None
        if token.value == "matches":
            raise InvalidInput("the regular expression operator 'matches' is not served")
        cursor.at += 2 if negated else 1
        return token.value, negated

    def _choice(self, condition: Evaluate) -> Evaluate:
        self.cursor.count_operator()
        chosen = self.expression(0)
        self.cursor.expect(":")
        otherwise = self.expression(0)
        return lambda names: (chosen if boolean("?", condition(names)) else otherwise)(names)

    def _piped(self, first: Evaluate) -> Evaluate:
        token = self.cursor.next()
        if token.kind != "name" or not self.cursor.is_symbol("("):
            raise self.cursor.unexpected("expected a call after '|'")
        return self._members(self._call(token.value, [first]))

    def _operand(self) -> Evaluate:
        cursor = self.cursor
        if cursor.is_symbol(*_PREFIXES):
            symbol = cursor.next().value
            cursor.count_operator()
            return self._members(_prefixed(symbol, self.expression(_PREFIXES[symbol])))
        return self._members(self._primary())

    def _primary(self) -> Evaluate:
        cursor = self.cursor
        token = cursor.token
        if cursor.accept("("):
            inner = self.expression(0)
            cursor.expect(")")
            return inner
        if cursor.accept("["):
            return _listed(self._several("]"))
        if cursor.accept("{"):
            return self._object()
        if token.kind == "literal":
            cursor.next()
            return lambda names: token.value
        if token.kind != "name":
            raise cursor.unexpected()
        cursor.next()
        if cursor.is_symbol("("):
            return self._call(token.value, [])
        if token.value == "$env":
            return lambda names: names
        return lambda names: names.get(token.value)

    def _several(self, closing: str) -> list[Evaluate]:
        found: list[Evaluate] = []
        while not self.cursor.accept(closing):
            if found:
                self.cursor.expect(",")
                if self.cursor.accept(closing):
                    break
            found.append(self.expression(0))
        return found

    def _object(self) -> Evaluate:
        cursor = self.cursor
        pairs: list[tuple[str, Evaluate]] = []
        while not cursor.accept("}"):
            if pairs:
                cursor.expect(",")
            key = cursor.next()
            if key.kind != "name" and not (key.kind == "literal" and isinstance(key.value, str)):
                raise InvalidInput(f"a key is a name or a text in {shown(cursor.text)}")
            cursor.expect(":")
            pairs.append((key.value, self.expression(0)))
        return lambda names: {key: value(names) for key, value in pairs}

    def _call(self, name: str, first: list[Evaluate]) -> Evaluate:
        function = EXPR_FUNCTIONS.get(name)
        if function is None:
            raise refused(name, EXPR_FUNCTIONS)
        self.cursor.expect("(")
        arguments = [*first, *self._several(")")]
        return lambda names: function([argument(names) for argument in arguments])

    def _members(self, owner: Evaluate) -> Evaluate:
        """`.name`, `?.name`, `[index]` and `[from:to]` after an operand; a chain that meets nil at a `?.`
        is nil as a whole."""
        steps: list[_Member] = []
        cursor = self.cursor
        while cursor.is_symbol(".", "?.", "["):
            cursor.count_operator()
            symbol = cursor.next().value
            if symbol == "[":
                steps.append(self._index())
                continue
            token = cursor.next()
            if token.kind != "name" and token.value not in _WORDS:
                raise InvalidInput(f"expected a name after {symbol!r} in {shown(cursor.text)}")
            if cursor.is_symbol("("):
                raise InvalidInput(f"the method {token.value!r} is not served here")
            steps.append(_named_member(token.value, optional=symbol == "?."))
        return _chained(owner, steps) if steps else owner

    def _index(self) -> _Member:
        cursor = self.cursor
        start = None if cursor.is_symbol(":") else self.expression(0)
        if start is not None and cursor.accept("]"):
            at = start
            return _Member(lambda owner, names: element(owner, at(names)))
        cursor.expect(":")
        end = None if cursor.is_symbol("]") else self.expression(0)
        cursor.expect("]")
        return _Member(
            lambda owner, names: sliced(owner, start and start(names), end and end(names)),
        )


class _Member(NamedTuple):
    take: Any
    """(owner, names) → the member's value."""
    optional: bool = False


def _named_member(name: str, *, optional: bool) -> _Member:
    return _Member(lambda owner, names: member(owner, name), optional)


def _chained(owner: Evaluate, steps: list[_Member]) -> Evaluate:
    def value(names: Mapping[str, object]) -> object:
        found = owner(names)
        for take, optional in steps:
            if optional and found is None:
                return None
            found = take(found, names)
        return found

    return value


def _listed(elements: list[Evaluate]) -> Evaluate:
    return lambda names: [one(names) for one in elements]


def _inverted(condition: Evaluate) -> Evaluate:
    return lambda names: not boolean("not", condition(names))


def _prefixed(symbol: str, operand: Evaluate) -> Evaluate:
    if symbol in ("not", "!"):
        return _inverted(operand)
    apply = negative if symbol == "-" else positive
    return lambda names: apply(operand(names))


def _joined(symbol: str, left: Evaluate, right: Evaluate) -> Evaluate:
    if symbol == "and":
        return lambda names: boolean("and", left(names)) and boolean("and", right(names))
    if symbol == "or":
        return lambda names: boolean("or", left(names)) or boolean("or", right(names))
    if symbol == "??":

        def first_there(names: Mapping[str, object]) -> object:
            found = left(names)
            return right(names) if found is None else found

        return first_there
    apply = BINARY[symbol]
    return lambda names: apply(left(names), right(names))
