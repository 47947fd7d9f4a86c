"""govaluate: the language of boost expressions, trigger weights and buckets.

Numbers are floats; `'2024-01-02'`, a text that names a moment, is its seconds since 1970. Operators from
loose to tight, each level left-associative: `,` (a list), `? : ??`, `||`, `&&`, `== != < <= > >= in`,
`& | ^`, `<< >>`, `+ -`, `* / %`, `**`, prefix `- ! ~`. Types are strict: `+` joins texts when either side
is one, all other arithmetic takes numbers only. `[a name]` is a name of any characters. Symbols that touch
are one symbol, so `a*-1` is refused and `a * -1` is not. Source: Knetic/govaluate and its manual; the
regular expressions `=~ !~` and member access (which knows Go's structs alone) are not served.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from pairec_cli.domain.arithmetic import power, quotient, remainder
from pairec_cli.domain.coercion import to_int
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.expressions.formatting import go_text
from pairec_cli.domain.expressions.functions import GOVALUATE_FUNCTIONS, UNSERVED, refused
from pairec_cli.domain.expressions.tokens import Cursor, Evaluate, Function, Token, tokens_of
from pairec_cli.domain.moments import nanoseconds

Binary = Callable[[Any, Any], object]

_TOKEN = re.compile(
    r"""\s+
    | (?P<number>0[xX][0-9a-fA-F]+|[0-9.]+)
    | (?P<name>[^\W\d_][\w.]*)
    | \[(?P<bracketed>[^\]]*)\]
    | (?P<quote>['"])(?P<text>(?:\\.|[^'"\\])*)['"]
    | (?P<single>[(),])
    | (?P<symbol>[^\w\s()\[\]'",]+|_+)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_LEVELS: dict[str, int] = {
    ",": 1,
    **dict.fromkeys(("?", ":", "??"), 2),
    "||": 3,
    "&&": 4,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in"), 5),
    **dict.fromkeys(("&", "|", "^"), 6),
    **dict.fromkeys(("<<", ">>"), 7),
    **dict.fromkeys(("+", "-"), 8),
    **dict.fromkeys(("*", "/", "%"), 9),
    "**": 10,
}
_PREFIXES = ("-", "!", "~")
_REGULAR = ("=~", "!~")


def compile_govaluate(text: str, functions: Mapping[str, Function] = GOVALUATE_FUNCTIONS) -> Evaluate:
    """The expression as a function of its names; it raises InvalidInput for a name that is not there and for
    values of types that an operator does not take. Integers count as floats. Raises InvalidInput for a text
    that cannot be read or calls a function that is not among `functions`."""
    cursor = Cursor(text, tokens_of(text, _TOKEN, _token))
    found = _Parser(cursor, functions).expression(1)
    if cursor.token.kind != "end":
        raise cursor.unexpected()
    return found


def govaluate_names(text: str) -> frozenset[str]:
    """The names that the expression may ask for, those of functions included. Raises InvalidInput for a text
    that has no tokens."""
    return frozenset(token.value for token in tokens_of(text, _TOKEN, _token) if token.kind == "name")


def _token(found: re.Match[str]) -> Token:
    at = found.start()
    if found["quote"]:
        content = _ESCAPE.sub(r"\1", found["text"])
        moment = nanoseconds(content)
        return Token("text", content, at) if moment is None else Token("number", float(moment // 10**9), at)
    if found["number"]:
        return Token("number", _number(found["number"]), at)
    if found["bracketed"] is not None:
        return Token("name", found["bracketed"], at)
    name = found["name"]
    if name is None:
        return Token("symbol", found[0], at)
    if name in ("true", "false"):
        return Token("literal", name == "true", at)
    if name in ("in", "IN"):
        return Token("symbol", "in", at)
    if "." in name:
        raise InvalidInput(f"{name!r} has no members here", hint=f"a name with a dot is written [{name}]")
    return Token("name", name, at)


def _number(text: str) -> float:
    try:
        return float(int(text, 16)) if text[:2] in ("0x", "0X") else float(text)
    except (ValueError, OverflowError):
        raise InvalidInput(f"{text!r} is no number") from None


class _Parser:
    def __init__(self, cursor: Cursor, functions: Mapping[str, Function]) -> None:
        self.cursor, self.functions = cursor, functions

    def expression(self, loosest: int) -> Evaluate:
        cursor = self.cursor
        cursor.enter()
        left = self._operand()
        while cursor.token.kind == "symbol" and _LEVELS.get(cursor.token.value, 0) >= loosest:
            symbol = cursor.next().value
            cursor.count_operator()
            left = _joined(symbol, left, self.expression(_LEVELS[symbol] + 1))
        if cursor.is_symbol(*_REGULAR):
            raise InvalidInput(f"the regular expression operator {cursor.token.value!r} is not served")
        cursor.leave()
        return left

    def _operand(self) -> Evaluate:
        cursor = self.cursor
        if cursor.is_symbol(*_PREFIXES):
            symbol = cursor.next().value
            if cursor.token.kind == "text" or cursor.is_symbol(*_PREFIXES):
                raise cursor.unexpected()
            cursor.count_operator()
            return _prefixed(symbol, self._operand())
        if cursor.accept("("):
            inner = self.expression(1)
            cursor.expect(")")
            return inner
        token = cursor.token
        if token.kind not in ("number", "text", "literal", "name"):
            raise cursor.unexpected()
        cursor.next()
        if token.kind != "name":
            return _Constant(token.value)
        return self._call(token.value) if cursor.is_symbol("(") else _Name(token.value)

    def _call(self, name: str) -> Evaluate:
        function = self.functions.get(name)
        if function is None:
            raise refused(name, self.functions, UNSERVED)
        self.cursor.expect("(")
        if self.cursor.accept(")"):
            return lambda names: function(())
        inner = self.expression(1)
        self.cursor.expect(")")

        def call(names: Mapping[str, object]) -> object:
            value = inner(names)
            return function(value if isinstance(value, list) else () if value is None else (value,))

        return call


class _Constant:
    """A literal."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __call__(self, names: Mapping[str, object]) -> object:
        return self.value


class _Name:
    """What stands under a name; integers count as floats."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, names: Mapping[str, object]) -> object:
        if self.name not in names:
            raise InvalidInput(f"there is no {self.name!r}")
        found = names[self.name]
        return float(found) if type(found) is int else found


class _IsText:
    """`name == text`. Its method is the expression: an object that is called takes longer."""

    def __init__(self, left: _Name, text: str) -> None:
        self.left, self.name, self.text = left, left.name, text

    def holds(self, names: Mapping[str, object]) -> bool:
        return (names[self.name] if self.name in names else self.left(names)) == self.text

    def and_also(self, right: Evaluate) -> Evaluate:
        """`name == text && right`, as buckets often are: one call decides on most items."""
        left, name, text = self.left, self.name, self.text

        def value(names: Mapping[str, object]) -> bool:
            if (names[name] if name in names else left(names)) != text:
                return False
            return _boolean("&&", right(names))

        return value


def _joined(symbol: str, left: Evaluate, right: Evaluate) -> Evaluate:
    if symbol == "&&" and isinstance(test := getattr(left, "__self__", None), _IsText):
        return test.and_also(right)
    if symbol in ("&&", "||"):
        return _logical(symbol, left, right)
    if symbol == "?":

        def when(names: Mapping[str, object]) -> object:
            return right(names) if _boolean("?", left(names)) else None

        return when
    if symbol in (":", "??"):

        def otherwise(names: Mapping[str, object]) -> object:
            found = left(names)
            return right(names) if found is None else found

        return otherwise
    apply = _OPERATIONS[symbol]
    if isinstance(right, _Constant):
        return _with_constant(apply, left, right.value)
    return lambda names: apply(left(names), right(names))


def _with_constant(apply: Binary, left: Evaluate, constant: object) -> Evaluate:
    """Most expressions compare a name with a literal, thousands of times in a request: that takes one call
    for the name and the literal."""
    if not isinstance(left, _Name):
        return lambda names: apply(left(names), constant)
    name = left.name

    def value(names: Mapping[str, object]) -> object:
        found = names[name] if name in names else left(names)
        return apply(float(found) if type(found) is int else found, constant)

    if apply is _same and type(constant) is str:
        return _IsText(left, constant).holds
    return value


def _logical(symbol: str, left: Evaluate, right: Evaluate) -> Evaluate:
    decided = symbol == "||"

    def value(names: Mapping[str, object]) -> object:
        first = left(names)
        if first is decided:
            return decided
        second = _boolean(symbol, right(names))
        _boolean(symbol, first)
        return second

    return value


def _prefixed(symbol: str, operand: Evaluate) -> Evaluate:
    if symbol == "!":
        return lambda names: not _boolean("!", operand(names))
    if symbol == "-":
        return lambda names: -_number_of("-", operand(names))
    return lambda names: float(~to_int(_number_of("~", operand(names)), 0))


def _boolean(symbol: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput(f"{symbol!r} takes true or false, not {go_text(value)}")
    return value


def _number_of(symbol: str, value: object) -> float:
    if not isinstance(value, float):
        raise InvalidInput(f"{symbol!r} takes numbers, not {go_text(value)}")
    return value


def _of_numbers(symbol: str, apply: Callable[[float, float], float]) -> Binary:
    return lambda left, right: apply(_number_of(symbol, left), _number_of(symbol, right))


def _of_integers(symbol: str, apply: Callable[[int, int], int]) -> Binary:
    def value(left: Any, right: Any) -> object:
        first, second = _number_of(symbol, left), _number_of(symbol, right)
        return float(apply(to_int(first, 0), to_int(second, 0)))

    return value


def _sum(left: Any, right: Any) -> object:
    if isinstance(left, float) and isinstance(right, float):
        return left + right
    if isinstance(left, str) or isinstance(right, str):
        return go_text(left) + go_text(right)
    raise InvalidInput(f"'+' takes numbers or texts, not {go_text(left)} and {go_text(right)}")


def _ordered(symbol: str, holds: Callable[[Any, Any], bool]) -> Binary:
    def value(left: Any, right: Any) -> object:
        if type(left) is type(right) and type(left) in (float, str):
            return holds(left, right)
        raise InvalidInput(f"{symbol!r} takes two numbers or two texts")

    return value


def _same(left: Any, right: Any) -> bool:
    return isinstance(left, bool) is isinstance(right, bool) and bool(left == right)


def _among(left: Any, right: Any) -> object:
    if not isinstance(right, (list, tuple)):
        raise InvalidInput(f"'in' takes a list, not {go_text(right)}")
    return any(_same(left, element) for element in right)


def _listed(left: Any, right: Any) -> object:
    return [*left, right] if isinstance(left, list) else [left, right]


def _shifted_left(value: int, by: int) -> int:
    return (value << by) % 2**64 if 0 <= by < 64 else 0


def _shifted_right(value: int, by: int) -> int:
    return value % 2**64 >> by if 0 <= by < 64 else 0


_OPERATIONS: dict[str, Binary] = {
    ",": _listed,
    "==": _same,
    "!=": lambda left, right: not _same(left, right),
    "<": _ordered("<", operator.lt),
    "<=": _ordered("<=", operator.le),
    ">": _ordered(">", operator.gt),
    ">=": _ordered(">=", operator.ge),
    "in": _among,
    "&": _of_integers("&", operator.and_),
    "|": _of_integers("|", operator.or_),
    "^": _of_integers("^", operator.xor),
    "<<": _of_integers("<<", _shifted_left),
    ">>": _of_integers(">>", _shifted_right),
    "+": _sum,
    "-": _of_numbers("-", operator.sub),
    "*": _of_numbers("*", operator.mul),
    "/": _of_numbers("/", quotient),
    "%": _of_numbers("%", remainder),
    "**": _of_numbers("**", power),
}
