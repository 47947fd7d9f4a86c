"""Days written as constant expressions, such as `to_char(dateadd(to_date('20260102', …), -6, 'dd'), …)`.

Only what is needed to know a window before anything runs; whatever else is not constant here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlglot import exp

from pairec_cli.domain.ds import parse_ds
from pairec_cli.domain.errors import InvalidInput, UnsupportedSql
from pairec_cli.warehouse.maxcompute.functions.dates import strftime_format

Constant = str | int | datetime | None
"""A value known from the text; None when it is not."""


def constant_day(node: exp.Expr | None) -> str | None:
    """The day that an expression names, YYYYMMDD, or None."""
    found = _value(node)
    if isinstance(found, (str, int)) and re.fullmatch(r"\d{8}", str(found)):
        try:
            return parse_ds(str(found))
        except InvalidInput:
            return None
    return None


def _value(node: exp.Expr | None) -> Constant:
    if isinstance(node, exp.Paren):
        return _value(node.this)
    if isinstance(node, exp.Literal):
        text = str(node.this)
        return int(text) if not node.is_string and text.isdigit() else text
    if isinstance(node, exp.Neg):
        inner = _value(node.this)
        return -inner if isinstance(inner, int) else None
    if isinstance(node, exp.Anonymous):
        fold = _FOLDS.get(str(node.this).upper())
        values = [_value(item) for item in node.expressions]
        if fold is not None and None not in values:
            try:
                return fold(values)
            except (ValueError, UnsupportedSql, OverflowError):
                return None
    return None


def _time(value: Constant) -> datetime:
    """A DATETIME argument; text is read as the product reads it."""
    if isinstance(value, datetime):
        return value
    return datetime.fromisoformat(str(value))


def _to_date(values: list[Constant]) -> Constant:
    text, layout = values
    return datetime.strptime(str(text), strftime_format(str(layout)))


def _to_char(values: list[Constant]) -> Constant:
    time, layout = values
    return _time(time).strftime(strftime_format(str(layout)))


def _date_format(values: list[Constant]) -> Constant:
    time, layout = values
    return _time(time).strftime(strftime_format(str(layout), java=True))


def _dateadd(values: list[Constant]) -> Constant:
    time, amount, unit = values
    if not isinstance(amount, int) or str(unit).lower() not in ("dd", "day"):
        return None
    return _time(time) + timedelta(days=amount)


def _days(sign: int) -> Callable[[list[Constant]], Constant]:
    def fold(values: list[Constant]) -> Constant:
        time, amount = values
        if not isinstance(amount, int):
            return None
        return _time(time).replace(hour=0, minute=0, second=0) + timedelta(days=sign * amount)

    return fold


def _replace(values: list[Constant]) -> Constant:
    text, old, new = values
    return _text(text).replace(_text(old), _text(new))


def _text(value: Constant) -> str:
    if isinstance(value, datetime):
        raise ValueError("a date as text depends on its type")
    return str(value)


def _concat(values: list[Constant]) -> Constant:
    return "".join(_text(value) for value in values)


_FOLDS: dict[str, Callable[[list[Constant]], Constant]] = {
    "TO_DATE": _to_date,
    "TO_CHAR": _to_char,
    "DATE_FORMAT": _date_format,
    "DATEADD": _dateadd,
    "DATE_ADD": _days(1),
    "DATE_SUB": _days(-1),
    "REPLACE": _replace,
    "CONCAT": _concat,
}
