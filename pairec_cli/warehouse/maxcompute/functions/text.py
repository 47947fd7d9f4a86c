"""String functions ("String functions", MaxCompute). Templates write DuckDB."""

from __future__ import annotations

from pairec_cli.domain.errors import UnsupportedSql
from pairec_cli.warehouse.maxcompute.functions.signature import Builder, declare
from pairec_cli.warehouse.maxcompute.values import STRING, Value, implicit

MACROS = (
    # Positions count from 1; 0 and positions before the first character give an empty string (2.0 edition).
    "CREATE MACRO mc_substr(s, p) AS CASE WHEN p = 0 OR -p > length(s) "
    "THEN CASE WHEN s IS NOT NULL THEN '' END ELSE substr(s, CAST(p AS BIGINT)) END",
    "CREATE MACRO mc_substr3(s, p, n) AS CASE WHEN p = 0 OR -p > length(s) OR n <= 0 "
    "THEN CASE WHEN s IS NOT NULL AND n IS NOT NULL THEN '' END "
    "ELSE substr(s, CAST(p AS BIGINT), CAST(n AS BIGINT)) END",
    # Java's split, one character: trailing empty strings go, but text without the delimiter stays as it is.
    "CREATE MACRO mc_split(s, d) AS CASE WHEN s <> '' AND rtrim(s, d) = '' THEN [] "
    "ELSE string_split(rtrim(s, d), d) END",
    "CREATE MACRO mc_trim_tail(a) AS a[:coalesce(list_max(list_filter(range(1, len(a) + 1), "
    "lambda i: a[i] <> '')), 0)]",
    "CREATE MACRO mc_split_part(s, d, f, t) AS CASE WHEN d = '' THEN s "
    "ELSE array_to_string(string_split(s, d)[f:t], d) END",
    # A pair without split2 has no value; the first matching key wins. The second form is for delimiters of
    # one character, where the key can be searched for as it stands: three times as fast.
    "CREATE MACRO mc_keyvalue(s, a, b, k) AS list_extract(list_transform(list_filter(string_split(s, a), "
    "lambda p: contains(p, b) AND left(p, instr(p, b) - 1) = k), "
    "lambda p: substr(p, instr(p, b) + length(b))), 1)",
    "CREATE MACRO mc_keyvalue1(s, a, b, k) AS CASE WHEN NOT contains(k, a) AND NOT contains(k, b) "
    "THEN string_split(string_split(a || s, a || k || b)[2], a)[1] END",
    "CREATE MACRO mc_instr(s, x, p, n) AS coalesce(list_extract(list_filter(range(p, length(s) + 1), "
    "lambda i: substr(s, i, length(x)) = x), n), CASE WHEN s IS NOT NULL AND x IS NOT NULL THEN 0 END)",
    "CREATE MACRO mc_json(s, p) AS CASE WHEN json_valid(s) THEN json_extract_string(s, p) END",
)

TEXT = declare(
    {
        "SUBSTR(STRING, BIGINT) STRING": "mc_substr({0}, {1})",
        "SUBSTR(STRING, BIGINT, BIGINT) STRING": "mc_substr3({0}, {1}, {2})",
        "SUBSTRING(STRING, BIGINT) STRING": "mc_substr({0}, {1})",
        "SUBSTRING(STRING, BIGINT, BIGINT) STRING": "mc_substr3({0}, {1}, {2})",
        "LENGTH(STRING) BIGINT": "length({0})",
        "CHAR_LENGTH(STRING) BIGINT": "length({0})",
        "LENGTHB(STRING) BIGINT": "CAST(strlen({0}) AS BIGINT)",
        "LOWER(STRING) STRING": "lower({0})",
        "TOLOWER(STRING) STRING": "lower({0})",
        "UPPER(STRING) STRING": "upper({0})",
        "TOUPPER(STRING) STRING": "upper({0})",
        "TRIM(STRING) STRING": "trim({0}, ' ')",
        "LTRIM(STRING) STRING": "ltrim({0}, ' ')",
        "RTRIM(STRING) STRING": "rtrim({0}, ' ')",
        "TRIM(STRING, STRING) STRING": "trim({0}, {1})",
        "LTRIM(STRING, STRING) STRING": "ltrim({0}, {1})",
        "RTRIM(STRING, STRING) STRING": "rtrim({0}, {1})",
        "REVERSE(STRING) STRING": "reverse({0})",
        "REPEAT(STRING, BIGINT) STRING": "repeat({0}, {1})",
        "REPLACE(STRING, STRING, STRING) STRING": "replace({0}, {1}, {2})",
        "LPAD(STRING, BIGINT, STRING) STRING": "lpad({0}, CAST({1} AS INTEGER), {2})",
        "RPAD(STRING, BIGINT, STRING) STRING": "rpad({0}, CAST({1} AS INTEGER), {2})",
        "INSTR(STRING, STRING) BIGINT": "instr({0}, {1})",
        "INSTR(STRING, STRING, BIGINT) BIGINT": "mc_instr({0}, {1}, {2}, 1)",
        "INSTR(STRING, STRING, BIGINT, BIGINT) BIGINT": "mc_instr({0}, {1}, {2}, {3})",
        "LOCATE(STRING, STRING) BIGINT": "instr({1}, {0})",
        "LOCATE(STRING, STRING, BIGINT) BIGINT": "mc_instr({1}, {0}, {2}, 1)",
        "SPLIT_PART(STRING, STRING, BIGINT) STRING": "mc_split_part({0}, {1}, {2}, {2})",
        "SPLIT_PART(STRING, STRING, BIGINT, BIGINT) STRING": "mc_split_part({0}, {1}, {2}, {3})",
        "MD5(STRING) STRING": "md5({0})",
        "ASCII(STRING) BIGINT": "CAST(ascii({0}) AS BIGINT)",
        "CHR(BIGINT) STRING": "chr(CAST({0} AS INTEGER))",
    }
)


def _keyvalue(arguments: list[Value]) -> Value:
    """KEYVALUE(text [, between pairs = ';', between key and value = ':'], key)."""
    if len(arguments) not in (2, 4):
        raise UnsupportedSql(f"KEYVALUE with {len(arguments)} argument(s)")
    text, *delimiters, key = (implicit(value, STRING).text for value in arguments)
    pairs, inner = delimiters or ("';'", "':'")
    plain = all(len(value.literal or "") == 1 for value in arguments[1:-1])
    return Value(f"mc_keyvalue{'1' if plain else ''}({text}, {pairs}, {inner}, {key})", STRING)


TEXT_BUILDERS: dict[str, Builder] = {"KEYVALUE": _keyvalue}
