"""RankScore: PAI-Rec's default grammar for the score of an item, `${ctr} * (1 + ${cvr})`.

Numbers, `${name}`, parentheses and, from loose to tight: `+ -`, `* / %`, `^` (power), `#` (the left side
unless it is 0). All operators are left-associative. The open engine's parser has habits that
configurations may rest on, and this one keeps them:

- A token that is no operand counts as 0 and stays: `-5` is 0-5, `2*-1` is 2*0-1, `1e-3` is 0.
- What follows a complete expression is ignored (`3 4` is 3), and so is an operator at the end.
- An unbalanced parenthesis makes the whole text no expression; `$` without a brace ends the text.

Source: utils/ast of the open engine, as observed.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import NamedTuple

from pairec_cli.domain.arithmetic import power
from pairec_cli.domain.candidates import Item
from pairec_cli.domain.coercion import MAX_FLOAT, to_float, to_int
from pairec_cli.domain.errors import InvalidInput

RankScore = Callable[[Item], float]
"""An item → its score. Raises InvalidInput for a division or remainder by zero."""
Binary = Callable[[float, float], float]

LONGEST = 10_000
DEEPEST = 64
_BLANK, _OPERATOR, _DIGIT, _IN_NUMBER = " \t\n\v\f\r", "#()+-*/^%", "0123456789", "0123456789._e"
_PRECEDENCE = {"+": 20, "-": 20, "*": 40, "/": 40, "%": 40, "^": 60, "#": 80}


def named_value(item: Item, name: str) -> float | None:
    """What PAI-Rec means by a name: `current_score`, else the algorithm score, else the property as a number
    (0 when it is none); None when there is neither. Asking for the current score keeps it as the algorithm
    score `recall_score`."""
    if name == "current_score":
        item.algo_scores["recall_score"] = item.score
        return item.score
    score = item.algo_scores.get(name)
    if score is not None:
        return score
    return to_float(item.properties[name], 0.0) if name in item.properties else None


def compile_rank_score(text: str) -> RankScore | None:
    """The expression as a function; None for a text that holds no expression (empty, an unbalanced
    parenthesis). Raises InvalidInput for a character that the grammar does not know, and for texts of more
    than 10 000 characters or 64 nested parentheses."""
    if not text:
        return None
    if len(text) > LONGEST:
        raise InvalidInput(f"the expression is longer than {LONGEST} characters")
    tokens = _tokens(text)
    if not tokens:
        return _nothing
    try:
        return _Parser(tokens).expression(0)
    except _NoExpression:
        return None


class _NoExpression(Exception):
    """The parentheses do not match."""


class _Token(NamedTuple):
    text: str
    kind: str
    """number, name or operator"""


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at, end = 0, len(text)
    while True:
        while at < end and text[at] in _BLANK:
            at += 1
        if at >= end:
            if at == end and text[-1] in _BLANK and text[-1] != " ":  # the engine forgives blanks alone
                raise _unknown(text, end - 1)
            return found
        start, character = at, text[at]
        if character in _OPERATOR:
            at += 1
            found.append(_Token(character, "operator"))
        elif character in _DIGIT:
            while at < end and text[at] in _IN_NUMBER:
                at += 1
            found.append(_Token(text[start:at].replace("_", ""), "number"))
        elif character == "$":
            if text[start + 1 : start + 2] != "{":
                return found
            closing = text.find("}", start)
            at = end + 1 if closing < 0 else closing + 1
            found.append(_Token(text[start + 2 : at - 1], "name"))
        else:
            raise _unknown(text, start)


def _unknown(text: str, at: int) -> InvalidInput:
    return InvalidInput(
        f"the expression has {text[at]!r} at character {at + 1}",
        hint="it may hold numbers, ${name}, + - * / % ^ # and parentheses",
    )


class _Parser:
    """Builds functions instead of a tree. Past the last token the cursor stays on it, as in the engine."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens, self.at = tokens, 0

    def expression(self, depth: int) -> RankScore:
        return self._operations(0, self._operand(depth), depth)

    def _advance(self) -> bool:
        moved = self.at + 1 < len(self.tokens)
        self.at += moved
        return moved

    def _tightness(self) -> int:
        return _PRECEDENCE.get(self.tokens[self.at].text, -1)

    def _operand(self, depth: int) -> RankScore:
        token = self.tokens[self.at]
        if token == _Token("(", "operator"):
            return self._parenthesis(depth + 1)
        if token.kind == "name":
            self._advance()
            return _named(token.text)
        value = to_float(token.text, None) if token.kind == "number" else None
        if value is None:
            return _constant(0.0)
        self._advance()
        return _constant(value)

    def _parenthesis(self, depth: int) -> RankScore:
        if depth > DEEPEST:
            raise InvalidInput(f"the expression nests more than {DEEPEST} parentheses")
        if not self._advance():
            raise _NoExpression
        inner = self.expression(depth)
        if self.tokens[self.at].text != ")":
            raise _NoExpression
        self._advance()
        return inner

    def _operations(self, loosest: int, first: RankScore, depth: int) -> RankScore:
        """`first` and the operators that follow it, as long as they bind at least as tightly as `loosest`."""
        steps: list[tuple[Binary, RankScore]] = []
        while (tightness := self._tightness()) >= loosest:
            apply = _OPERATIONS[self.tokens[self.at].text]
            if not self._advance():
                break
            operand = self._operand(depth)
            if tightness < self._tightness():
                operand = self._operations(tightness + 1, operand, depth)
            steps.append((apply, operand))
        return _chain(first, steps) if steps else first


def _constant(value: float) -> RankScore:
    return lambda item: value


def _named(name: str) -> RankScore:
    def value(item: Item) -> float:
        found = named_value(item, name)
        return 0.0 if found is None else found

    return value


def _chain(first: RankScore, steps: list[tuple[Binary, RankScore]]) -> RankScore:
    """Left-associative operators of any number, without nesting a function per operator."""

    if len(steps) == 1:
        ((only, other),) = steps
        return lambda item: only(first(item), other(item))

    def value(item: Item) -> float:
        result = first(item)
        for apply, operand in steps:
            result = apply(result, operand(item))
        return result

    return value


def _nothing(item: Item) -> float:
    raise InvalidInput("the expression is blank")


def _quotient(left: float, right: float) -> float:
    if right == 0:
        raise InvalidInput("the expression divides by zero")
    return left / right


def _remainder(left: float, right: float) -> float:
    dividend, divisor = to_int(left, 0), to_int(right, 0)
    if divisor == 0:
        raise InvalidInput("the expression takes a remainder by zero")
    size = abs(dividend) % abs(divisor)
    return float(-size if dividend < 0 else size)


def _first_that_counts(left: float, right: float) -> float:
    return left if left != 0 else right


_OPERATIONS: dict[str, Binary] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _quotient,
    "%": _remainder,
    "^": power,
    "#": _first_that_counts,
}


def is_score(value: float) -> bool:
    """Whether items can be put in order by it: a finite number."""
    return -MAX_FLOAT <= value <= MAX_FLOAT
