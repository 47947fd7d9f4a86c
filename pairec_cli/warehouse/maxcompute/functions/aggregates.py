"""Aggregate and window functions, and what they return."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Aggregate:
    """`function` is DuckDB's; `params` and `result` as in `signature.py`, `wrap` goes around the whole call
    (after FILTER and OVER). `=SUM` keeps BIGINT for whole numbers, where DuckDB would give HUGEINT.
    """

    function: str
    params: tuple[str, ...]
    result: str
    wrap: str = "{}"
    window_only: bool = False
    optional: int = 0
    """How many trailing parameters may be left out."""
    framed: bool = True
    """Whether a window frame means anything to it."""
    skip_nulls: bool = False


def _ranking(function: str, result: str = "BIGINT", wrap: str = "{}") -> Aggregate:
    return Aggregate(function, (), result, wrap, window_only=True, framed=False)


AGGREGATES: dict[str, Aggregate] = {
    "COUNT": Aggregate("count", ("ANY",), "BIGINT"),
    "SUM": Aggregate("sum", ("NUMBER",), "=SUM"),
    "AVG": Aggregate("avg", ("DOUBLE",), "DOUBLE"),
    "MIN": Aggregate("min", ("ANY",), "=0"),
    "MAX": Aggregate("max", ("ANY",), "=0"),
    "MEDIAN": Aggregate("median", ("DOUBLE",), "DOUBLE"),
    "STDDEV": Aggregate("stddev_pop", ("DOUBLE",), "DOUBLE"),
    "STDDEV_POP": Aggregate("stddev_pop", ("DOUBLE",), "DOUBLE"),
    "STDDEV_SAMP": Aggregate("stddev_samp", ("DOUBLE",), "DOUBLE"),
    "VARIANCE": Aggregate("var_pop", ("DOUBLE",), "DOUBLE"),
    "VAR_POP": Aggregate("var_pop", ("DOUBLE",), "DOUBLE"),
    "VAR_SAMP": Aggregate("var_samp", ("DOUBLE",), "DOUBLE"),
    "CORR": Aggregate("corr", ("DOUBLE", "DOUBLE"), "DOUBLE"),
    "PERCENTILE": Aggregate("quantile_cont", ("DOUBLE", "DOUBLE"), "DOUBLE"),
    "PERCENTILE_APPROX": Aggregate("quantile_cont", ("DOUBLE", "DOUBLE"), "DOUBLE"),
    "APPROX_DISTINCT": Aggregate("approx_count_distinct", ("ANY",), "BIGINT"),
    "COUNT_IF": Aggregate("count_if", ("BOOLEAN",), "BIGINT", "CAST({} AS BIGINT)"),
    "ANY_VALUE": Aggregate("any_value", ("ANY",), "=0"),
    "MAX_BY": Aggregate("max_by", ("ANY", "ANY"), "=0"),
    "MIN_BY": Aggregate("min_by", ("ANY", "ANY"), "=0"),
    "COLLECT_LIST": Aggregate("list", ("ANY",), "=LIST", "coalesce({}, [])", skip_nulls=True),
    "COLLECT_SET": Aggregate("list", ("ANY",), "=LIST", "list_sort(coalesce({}, []))", skip_nulls=True),
    "WM_CONCAT": Aggregate("string_agg", ("STRING", "STRING"), "STRING"),
    "ROW_NUMBER": _ranking("row_number"),
    "RANK": _ranking("rank"),
    "DENSE_RANK": _ranking("dense_rank"),
    "PERCENT_RANK": _ranking("percent_rank", "DOUBLE"),
    "CUME_DIST": _ranking("cume_dist", "DOUBLE"),
    "NTILE": Aggregate("ntile", ("BIGINT",), "BIGINT", window_only=True, framed=False),
    "LAG": Aggregate("lag", ("ANY", "BIGINT", "ANY"), "=0", window_only=True, optional=2, framed=False),
    "LEAD": Aggregate("lead", ("ANY", "BIGINT", "ANY"), "=0", window_only=True, optional=2, framed=False),
    "FIRST_VALUE": Aggregate("first_value", ("ANY",), "=0", window_only=True),
    "LAST_VALUE": Aggregate("last_value", ("ANY",), "=0", window_only=True),
    "NTH_VALUE": Aggregate("nth_value", ("ANY", "BIGINT"), "=0", window_only=True),
}
