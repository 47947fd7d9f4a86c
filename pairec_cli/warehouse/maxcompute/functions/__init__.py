"""The allow-list: every function that scripts may call, by name."""

from __future__ import annotations

from pairec_cli.domain.errors import UnsupportedSql, nearest
from pairec_cli.warehouse.maxcompute import values
from pairec_cli.warehouse.maxcompute.functions import collections, dates, numbers, text
from pairec_cli.warehouse.maxcompute.functions.aggregates import AGGREGATES, Aggregate
from pairec_cli.warehouse.maxcompute.functions.signature import Builder, Signature
from pairec_cli.warehouse.maxcompute.values import Value

__all__ = ["AGGREGATES", "Aggregate", "call", "macros", "names"]

_SIGNATURES: dict[str, list[Signature]] = {
    **text.TEXT,
    **numbers.NUMBERS,
    **dates.DATES,
    **collections.COLLECTIONS,
}
_BUILDERS: dict[str, Builder] = {
    **text.TEXT_BUILDERS,
    **dates.DATE_BUILDERS,
    **collections.COLLECTION_BUILDERS,
}


def names() -> list[str]:
    """Every function of the allow-list."""
    return sorted({*_SIGNATURES, *_BUILDERS, *AGGREGATES})


def macros(timezone: str) -> tuple[str, ...]:
    """DuckDB statements that define what the templates call."""
    return (
        *values.MACROS,
        *text.MACROS,
        *numbers.MACROS,
        *dates.MACROS,
        *dates.zone_macros(timezone),
        *collections.MACROS,
    )


def call(name: str, arguments: list[Value]) -> Value:
    """A call of a scalar function. Raises UnsupportedSql for an unknown name or arguments that do not fit."""
    upper = name.upper()
    if len(arguments) == 2 and upper in dates.DATE_BUILDERS_2:
        return dates.DATE_BUILDERS_2[upper](arguments)
    if upper in _BUILDERS:
        return _BUILDERS[upper](arguments)
    if upper not in _SIGNATURES:
        close = nearest(upper, names())
        raise UnsupportedSql(f"unknown function {upper}", hint=f"did you mean {close}?" if close else None)
    fitting = [signature for signature in _SIGNATURES[upper] if signature.fits(len(arguments))]
    if not fitting:
        raise UnsupportedSql(f"{upper} with {len(arguments)} argument(s)")
    refused: UnsupportedSql | None = None
    for signature in fitting:
        try:
            return signature.build(arguments)
        except UnsupportedSql as error:
            refused = refused or error
    raise refused if refused else UnsupportedSql(f"{upper} with these arguments")
