"""Mathematical functions ("Mathematical functions", MaxCompute): outside their domain they are NULL."""

from __future__ import annotations

from pairec_cli.warehouse.maxcompute.functions.signature import declare

MACROS = (
    # 125.315 is a hair below the middle of its neighbours, and MaxCompute rounds it up, as it is written.
    "CREATE MACRO mc_round(x, n) AS round(x * pow(10.0, n)) / pow(10.0, n)",
    "CREATE MACRO mc_ln(x) AS CASE WHEN x > 0 THEN ln(x) END",
    "CREATE MACRO mc_log(b, x) AS CASE WHEN b > 0 AND b <> 1 AND x > 0 THEN ln(x) / ln(b) END",
    "CREATE MACRO mc_log2(x) AS CASE WHEN x > 0 THEN log2(x) END",
    "CREATE MACRO mc_log10(x) AS CASE WHEN x > 0 THEN log10(x) END",
    "CREATE MACRO mc_sqrt(x) AS CASE WHEN x >= 0 THEN sqrt(x) END",
    "CREATE MACRO mc_finite(x) AS CASE WHEN isfinite(x) THEN x END",
    "CREATE MACRO mc_least(a, x) AS CASE WHEN len(list_filter(a, lambda v: v IS NULL)) = 0 THEN x END",
)

NUMBERS = declare(
    {
        "ABS(NUMBER) =0": "abs({0})",
        "CEIL(NUMBER) BIGINT": "CAST(ceil({0}) AS BIGINT)",
        "CEILING(NUMBER) BIGINT": "CAST(ceil({0}) AS BIGINT)",
        "FLOOR(NUMBER) BIGINT": "CAST(floor({0}) AS BIGINT)",
        "ROUND(DOUBLE) DOUBLE": "round({0})",
        "ROUND(DOUBLE, BIGINT) DOUBLE": "mc_round({0}, {1})",
        "TRUNC(DOUBLE) DOUBLE": "trunc({0})",
        "TRUNC(DOUBLE, BIGINT) DOUBLE": "trunc({0}, CAST({1} AS INTEGER))",
        "EXP(DOUBLE) DOUBLE": "mc_finite(exp({0}))",
        "LN(DOUBLE) DOUBLE": "mc_ln({0})",
        "LOG(DOUBLE, DOUBLE) DOUBLE": "mc_log({0}, {1})",
        "LOG2(DOUBLE) DOUBLE": "mc_log2({0})",
        "LOG10(DOUBLE) DOUBLE": "mc_log10({0})",
        "POW(DOUBLE, DOUBLE) DOUBLE": "mc_finite(pow({0}, {1}))",
        "POWER(DOUBLE, DOUBLE) DOUBLE": "mc_finite(pow({0}, {1}))",
        "SQRT(DOUBLE) DOUBLE": "mc_sqrt({0})",
        "CBRT(DOUBLE) DOUBLE": "cbrt({0})",
        "SIN(DOUBLE) DOUBLE": "sin({0})",
        "COS(DOUBLE) DOUBLE": "cos({0})",
        "TAN(DOUBLE) DOUBLE": "tan({0})",
        "TANH(DOUBLE) DOUBLE": "tanh({0})",
        "ATAN(DOUBLE) DOUBLE": "atan({0})",
        "SIGN(DOUBLE) DOUBLE": "CAST(sign({0}) AS DOUBLE)",
        "PI() DOUBLE": "pi()",
        "PMOD(BIGINT, BIGINT) BIGINT": "((({0} % nullif({1}, 0)) + {1}) % nullif({1}, 0))",
        "RAND() DOUBLE": "random()",
    }
)
