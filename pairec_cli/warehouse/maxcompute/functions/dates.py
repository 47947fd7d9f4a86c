"""Date functions ("Date functions", MaxCompute). In its formats mm is the month and mi the minute."""

from __future__ import annotations

import re

from pairec_cli.domain.errors import UnsupportedSql
from pairec_cli.warehouse.maxcompute.functions.signature import Builder, declare
from pairec_cli.warehouse.maxcompute.values import (
    BIGINT,
    DATE,
    DATETIME,
    STRING,
    Value,
    implicit,
    string,
)

MACROS = (
    "CREATE MACRO mc_weekday(x) AS CAST(isodow(x) - 1 AS BIGINT)",
    "CREATE MACRO mc_dayofweek(x) AS CAST(dayofweek(x) + 1 AS BIGINT)",
)

DATES = declare(
    {
        "YEAR(TIME) BIGINT": "year({0})",
        "QUARTER(TIME) BIGINT": "quarter({0})",
        "MONTH(TIME) BIGINT": "month({0})",
        "DAY(TIME) BIGINT": "day({0})",
        "DAYOFMONTH(TIME) BIGINT": "day({0})",
        "DAYOFYEAR(TIME) BIGINT": "dayofyear({0})",
        "DAYOFWEEK(TIME) BIGINT": "mc_dayofweek({0})",
        "HOUR(DATETIME) BIGINT": "hour({0})",
        "MINUTE(DATETIME) BIGINT": "minute({0})",
        "SECOND(DATETIME) BIGINT": "second({0})",
        "WEEKDAY(TIME) BIGINT": "mc_weekday({0})",
        "WEEKOFYEAR(TIME) BIGINT": "weekofyear({0})",
        "LAST_DAY(TIME) STRING": "CAST(last_day({0}) AS VARCHAR)",
        "LASTDAY(DATETIME) DATETIME": "CAST(last_day({0}) AS TIMESTAMP)",
        "DATE_ADD(DATE, BIGINT) DATE": "CAST({0} + CAST({1} AS INTEGER) AS DATE)",
        "DATE_SUB(DATE, BIGINT) DATE": "CAST({0} - CAST({1} AS INTEGER) AS DATE)",
        "GETDATE() DATETIME": "mc_now()",
        "CURRENT_TIMESTAMP() DATETIME": "mc_now()",
        "NOW() DATETIME": "mc_now()",
        "FROM_UNIXTIME(BIGINT) DATETIME": "mc_from_unix({0})",
        "UNIX_TIMESTAMP() BIGINT": "mc_unix(mc_now())",
        "UNIX_TIMESTAMP(DATETIME) BIGINT": "mc_unix({0})",
    }
)

_UNITS = {
    **dict.fromkeys(("yyyy", "year"), "year"),
    **dict.fromkeys(("mm", "month", "mon"), "month"),
    **dict.fromkeys(("dd", "day"), "day"),
    **dict.fromkeys(("hh", "hour", "hh24"), "hour"),
    **dict.fromkeys(("mi", "minute"), "minute"),
    **dict.fromkeys(("ss", "second"), "second"),
}
# MaxCompute's format letters, longest first; anything that is no letter stands for itself.
_LETTERS = (
    ("yyyy", "%Y"),
    ("hh24", "%H"),
    ("ff3", "%g"),
    ("mm", "%m"),
    ("dd", "%d"),
    ("hh", "%H"),
    ("mi", "%M"),
    ("ss", "%S"),
    ("yy", "%y"),
)
# Java's letters, which DATE_FORMAT and FROM_UNIXTIME(x, format) use.
_JAVA = (
    ("yyyy", "%Y"),
    ("MM", "%m"),
    ("dd", "%d"),
    ("HH", "%H"),
    ("hh", "%I"),
    ("mm", "%M"),
    ("ss", "%S"),
    ("SSS", "%g"),
    ("yy", "%y"),
)


def zone_macros(timezone: str) -> tuple[str, ...]:
    """The macros that depend on the instance's time zone, in which DATETIME values are written."""
    if timezone == "UTC":
        return (
            "CREATE MACRO mc_from_unix(x) AS make_timestamp(x * 1000000)",
            "CREATE MACRO mc_unix(x) AS CAST(epoch_us(x) // 1000000 AS BIGINT)",
            "CREATE MACRO mc_now() AS CAST(timezone('UTC', now()) AS TIMESTAMP)",
        )
    zone = string(timezone)
    return (
        f"CREATE MACRO mc_from_unix(x) AS timezone({zone}, to_timestamp(x))",
        f"CREATE MACRO mc_unix(x) AS CAST(floor(epoch(timezone({zone}, x))) AS BIGINT)",
        f"CREATE MACRO mc_now() AS timezone({zone}, now())",
    )


def strftime_format(text: str, *, java: bool = False) -> str:
    """A MaxCompute (or Java) date format as strftime's. Raises UnsupportedSql for unknown letters."""
    letters, result, rest = (_JAVA if java else _LETTERS), "", text
    while rest:
        head = rest if java else rest.lower()
        for word, code in letters:
            if head.startswith(word):
                result, rest = result + code, rest[len(word) :]
                break
        else:
            if re.match(r"[A-Za-z]", rest):
                raise UnsupportedSql(f"date format {text!r} at {rest!r}")
            result, rest = result + rest[0].replace("%", "%%"), rest[1:]
    return result


def _literal(function: str, value: Value) -> str:
    if value.literal is None or not value.is_text:
        raise UnsupportedSql(f"{function} with a format or unit that is not a string literal")
    return value.literal


def _unit(function: str, value: Value) -> str:
    name = _literal(function, value).lower()
    if name not in _UNITS:
        raise UnsupportedSql(f"{function} with the unit {name!r}", hint=f"units are {', '.join(_UNITS)}")
    return _UNITS[name]


def _time(value: Value) -> Value:
    return value if value.is_time else implicit(value, DATETIME)


def _arity(function: str, arguments: list[Value], *counts: int) -> None:
    if len(arguments) not in counts:
        raise UnsupportedSql(f"{function} with {len(arguments)} argument(s)")


def _to_date(arguments: list[Value]) -> Value:
    _arity("TO_DATE", arguments, 1, 2)
    if len(arguments) == 1:
        return implicit(arguments[0], DATE)
    code = strftime_format(_literal("TO_DATE", arguments[1]))
    return Value(f"try_strptime({implicit(arguments[0], STRING).text}, {string(code)})", DATETIME)


def _to_char(arguments: list[Value]) -> Value:
    _arity("TO_CHAR", arguments, 1, 2)
    if len(arguments) == 1:
        return implicit(arguments[0], STRING)
    code = strftime_format(_literal("TO_CHAR", arguments[1]))
    return Value(f"strftime({_time(arguments[0]).text}, {string(code)})", STRING)


def _date_format(arguments: list[Value]) -> Value:
    _arity("DATE_FORMAT", arguments, 2)
    code = strftime_format(_literal("DATE_FORMAT", arguments[1]), java=True)
    return Value(f"strftime({_time(arguments[0]).text}, {string(code)})", STRING)


def _dateadd(arguments: list[Value]) -> Value:
    _arity("DATEADD", arguments, 3)
    unit = _unit("DATEADD", arguments[2])
    time, step = _time(arguments[0]), implicit(arguments[1], BIGINT).text
    if time.type == DATE and unit in ("year", "month", "day"):
        return Value(f"CAST({time.text} + to_{unit}s(CAST({step} AS INTEGER)) AS DATE)", DATE)
    amount = step if unit in ("hour", "minute", "second") else f"CAST({step} AS INTEGER)"
    return Value(f"(CAST({time.text} AS TIMESTAMP) + to_{unit}s({amount}))", DATETIME)


def _datediff(arguments: list[Value]) -> Value:
    _arity("DATEDIFF", arguments, 2, 3)
    unit = _unit("DATEDIFF", arguments[2]) if len(arguments) == 3 else "day"
    late, early = (f"CAST({_time(value).text} AS TIMESTAMP)" for value in arguments[:2])
    return Value(f"date_diff('{unit}', {early}, {late})", BIGINT)


def _datetrunc(arguments: list[Value]) -> Value:
    _arity("DATETRUNC", arguments, 2)
    time, unit = _time(arguments[0]), _unit("DATETRUNC", arguments[1])
    return Value(f"CAST(date_trunc('{unit}', {time.text}) AS {time.type.duckdb()})", time.type)


def _datepart(arguments: list[Value]) -> Value:
    _arity("DATEPART", arguments, 2)
    unit = _unit("DATEPART", arguments[1])
    return Value(
        f"CAST(date_part('{unit}', CAST({_time(arguments[0]).text} AS TIMESTAMP)) AS BIGINT)", BIGINT
    )


def _from_unixtime(arguments: list[Value]) -> Value:
    """FROM_UNIXTIME(x, format): the Hive form, a STRING in Java's letters."""
    seconds = implicit(arguments[0], BIGINT).text
    code = strftime_format(_literal("FROM_UNIXTIME", arguments[1]), java=True)
    return Value(f"strftime(mc_from_unix({seconds}), {string(code)})", STRING)


def _unix_timestamp(arguments: list[Value]) -> Value:
    code = strftime_format(_literal("UNIX_TIMESTAMP", arguments[1]), java=True)
    return Value(f"mc_unix(try_strptime({implicit(arguments[0], STRING).text}, {string(code)}))", BIGINT)


DATE_BUILDERS: dict[str, Builder] = {
    "TO_DATE": _to_date,
    "TO_CHAR": _to_char,
    "DATE_FORMAT": _date_format,
    "DATEADD": _dateadd,
    "DATEDIFF": _datediff,
    "DATETRUNC": _datetrunc,
    "DATEPART": _datepart,
}
DATE_BUILDERS_2: dict[str, Builder] = {"FROM_UNIXTIME": _from_unixtime, "UNIX_TIMESTAMP": _unix_timestamp}
"""Builders for calls with two arguments; other arities are declared above."""
