"""Arrays, maps, regular expressions, and choices between values."""

from __future__ import annotations

import re

from pairec_cli.domain.errors import UnsupportedSql
from pairec_cli.warehouse.maxcompute.functions.signature import Builder, declare
from pairec_cli.warehouse.maxcompute.values import (
    BOOLEAN,
    STRING,
    VOID,
    Value,
    common,
    comparable,
    implicit,
    show,
    string,
)
from pairec_cli.warehouse.types import MaxComputeType

MACROS = (
    # The last of equal keys wins; a pair without the second delimiter has a NULL value.
    "CREATE MACRO mc_str_to_map(s, a, b) AS CASE WHEN s IS NOT NULL THEN map_from_entries(list_transform("
    "list_distinct(list_transform(list_filter(string_split(s, a), lambda p: p <> ''), "
    "lambda p: split_part(p, b, 1))), lambda k: (k, list_extract(list_transform(list_filter("
    "list_reverse(string_split(s, a)), lambda p: split_part(p, b, 1) = k), "
    "lambda p: CASE WHEN contains(p, b) THEN substr(p, instr(p, b) + length(b)) END), 1)))) END",
    "CREATE MACRO mc_regexp_extract(s, p, g) AS CASE WHEN regexp_matches(s, p) THEN regexp_extract(s, p, g) "
    "WHEN s IS NOT NULL THEN '' END",
)

COLLECTIONS = declare(
    {
        "COALESCE(SAME, SAME...) =SAME": "coalesce({all})",
        "NVL(SAME, SAME) =SAME": "coalesce({all})",
        "NULLIF(SAME, SAME) =0": "nullif({0}, {1})",
        "SIZE(ARRAY) BIGINT": "len({0})",
        "SIZE(MAP) BIGINT": "CAST(cardinality({0}) AS BIGINT)",
        "ARRAY_CONTAINS(ARRAY, ANY) BOOLEAN": "list_contains({0}, {1})",
        "ARRAY_DISTINCT(ARRAY) =0": "list_distinct({0})",
        "SORT_ARRAY(ARRAY) =0": "list_sort({0}, 'ASC', 'NULLS FIRST')",
        "ARRAY_JOIN(ARRAY, STRING) STRING": "array_to_string({0}, {1})",
        "REGEXP_REPLACE(STRING, STRING, STRING) STRING": "regexp_replace({0}, {1}, {2}, 'g')",
    }
)


def _if(arguments: list[Value]) -> Value:
    if len(arguments) != 3:
        raise UnsupportedSql(f"IF with {len(arguments)} argument(s)")
    test, yes, no = arguments
    if test.type not in (BOOLEAN, VOID):
        raise UnsupportedSql(f"IF on {show(test.type)}, which is no condition")
    kind = common([yes.type, no.type])
    return Value(
        f"CASE WHEN {test.text} THEN {implicit(yes, kind).text} ELSE {implicit(no, kind).text} END", kind
    )


def _split(arguments: list[Value]) -> Value:
    """SPLIT(text, delimiter [, trim]): trailing empty strings are dropped unless `trim` is false."""
    if len(arguments) not in (2, 3):
        raise UnsupportedSql(f"SPLIT with {len(arguments)} argument(s)")
    text, delimiter = implicit(arguments[0], STRING).text, arguments[1].literal
    if not delimiter:
        raise UnsupportedSql("SPLIT with a delimiter that is not a string literal")
    if len(arguments) == 3 and arguments[2].text not in ("true", "false"):
        raise UnsupportedSql("SPLIT whose third argument is not true or false")
    keep = len(arguments) == 3 and arguments[2].text == "false"
    kind = MaxComputeType("ARRAY", (), (STRING,))
    plain = _plain(delimiter)
    if plain is None:
        parts = f"string_split_regex({text}, {string(delimiter)})"
        return Value(parts if keep else f"mc_trim_tail({parts})", kind)
    if keep or len(plain) > 1:
        parts = f"string_split({text}, {string(plain)})"
        return Value(parts if keep else f"mc_trim_tail({parts})", kind)
    return Value(f"mc_split({text}, {string(plain)})", kind)


def _plain(delimiter: str) -> str | None:
    """The text that a delimiter matches, its escapes taken off; None when it is a regular expression."""
    if re.search(r"(?<!\\)[.^$*+?()\[\]{}|]|\\[A-Za-z0-9]", delimiter):
        return None
    return re.sub(r"\\([^A-Za-z0-9])", r"\1", delimiter)


def _str_to_map(arguments: list[Value]) -> Value:
    """STR_TO_MAP(text [, between pairs = ','] [, between key and value = '='])."""
    if not 1 <= len(arguments) <= 3:
        raise UnsupportedSql(f"STR_TO_MAP with {len(arguments)} argument(s)")
    delimiters = [_plain(value.literal) if value.literal else None for value in arguments[1:]]
    found = [string(text) for text in delimiters if text is not None]
    if len(found) != len(delimiters):
        raise UnsupportedSql("STR_TO_MAP with a delimiter that is no plain string literal")
    pairs, inner = [*found, *("','", "'='")[len(found) :]]
    text = implicit(arguments[0], STRING).text
    return Value(f"mc_str_to_map({text}, {pairs}, {inner})", MaxComputeType("MAP", (), (STRING, STRING)))


def _json(arguments: list[Value]) -> Value:
    """GET_JSON_OBJECT(text, '$.path'): NULL for text that is no JSON; objects come back as JSON."""
    if len(arguments) != 2 or not arguments[1].literal:
        raise UnsupportedSql("GET_JSON_OBJECT needs a text and a path literal")
    if "*" in arguments[1].literal or not arguments[1].literal.startswith("$"):
        raise UnsupportedSql(f"GET_JSON_OBJECT with the path {arguments[1].literal!r}")
    return Value(f"mc_json({implicit(arguments[0], STRING).text}, {arguments[1].text})", STRING)


def _regexp_extract(arguments: list[Value]) -> Value:
    """REGEXP_EXTRACT(text, pattern [, group]): group 1 by default, an empty string where nothing matches."""
    if len(arguments) not in (2, 3) or not arguments[1].literal:
        raise UnsupportedSql("REGEXP_EXTRACT needs a text and a pattern literal")
    group = arguments[2].literal if len(arguments) == 3 else "1"
    if group is None or not group.isdigit():
        raise UnsupportedSql("REGEXP_EXTRACT with a group that is not a whole-number literal")
    if int(group) > re.compile(arguments[1].literal).groups:
        raise UnsupportedSql(f"REGEXP_EXTRACT: the pattern {arguments[1].literal!r} has no group {group}")
    return Value(
        f"mc_regexp_extract({implicit(arguments[0], STRING).text}, {arguments[1].text}, {group})", STRING
    )


def _array(arguments: list[Value]) -> Value:
    kind = common(value.type for value in arguments)
    items = ", ".join(implicit(value, kind).text for value in arguments)
    return Value(f"[{items}]", MaxComputeType("ARRAY", (), (kind,)))


def _map(arguments: list[Value]) -> Value:
    if not arguments or len(arguments) % 2:
        raise UnsupportedSql(f"MAP with {len(arguments)} argument(s)")
    keys, values = arguments[::2], arguments[1::2]
    key, value = common(item.type for item in keys), common(item.type for item in values)
    pairs = (f"{implicit(k, key).text}: {implicit(v, value).text}" for k, v in zip(keys, values, strict=True))
    return Value(f"MAP {{{', '.join(pairs)}}}", MaxComputeType("MAP", (), (key, value)))


def _map_part(function: str, index: int) -> Builder:
    def build(arguments: list[Value]) -> Value:
        if len(arguments) != 1 or arguments[0].type.name != "MAP":
            raise UnsupportedSql(f"{function.upper()} of something that is no MAP")
        inner = arguments[0].type.inner[index]
        return Value(f"{function}({arguments[0].text})", MaxComputeType("ARRAY", (), (inner,)))

    return build


def _concat_ws(arguments: list[Value]) -> Value:
    """Any NULL makes the whole NULL; an array argument is joined (NULL elements are left out)."""
    if len(arguments) < 2:
        raise UnsupportedSql(f"CONCAT_WS with {len(arguments)} argument(s)")
    separator = implicit(arguments[0], STRING).text
    pieces = [
        f"array_to_string({value.text}, {separator})"
        if value.type.name == "ARRAY"
        else implicit(value, STRING).text
        for value in arguments[1:]
    ]
    return Value(f"({f' || {separator} || '.join(pieces)})", STRING)


def _concat(arguments: list[Value]) -> Value:
    """Any NULL makes the whole NULL, as DuckDB's || does and its concat() does not."""
    if not arguments:
        raise UnsupportedSql("CONCAT without arguments")
    return Value(f"({' || '.join(implicit(value, STRING).text for value in arguments)})", STRING)


def _extreme(function: str) -> Builder:
    """GREATEST, LEAST: NULL is the smallest value; mixed arguments get one type, as in comparisons."""

    def build(arguments: list[Value]) -> Value:
        if len(arguments) < 2:
            raise UnsupportedSql(f"{function.upper()} with {len(arguments)} argument(s)")
        values = comparable(arguments)
        kind = common(value.type for value in values)
        items = ", ".join(implicit(value, kind).text for value in values)
        text = f"greatest({items})" if function == "greatest" else f"mc_least([{items}], least({items}))"
        return Value(text, kind)

    return build


COLLECTION_BUILDERS: dict[str, Builder] = {
    "IF": _if,
    "SPLIT": _split,
    "STR_TO_MAP": _str_to_map,
    "GET_JSON_OBJECT": _json,
    "REGEXP_EXTRACT": _regexp_extract,
    "ARRAY": _array,
    "MAP": _map,
    "GREATEST": _extreme("greatest"),
    "LEAST": _extreme("least"),
    "MAP_KEYS": _map_part("map_keys", 0),
    "MAP_VALUES": _map_part("map_values", 1),
    "CONCAT": _concat,
    "CONCAT_WS": _concat_ws,
}
