"""FilterType → class. A new filter is one file and one line here."""

from __future__ import annotations

from pairec_cli.domain.registry import Registry

FILTERS = Registry(
    "FilterType",
    {
        "UniqueFilter": "pairec_cli.filters.unique:UniqueFilter",
    },
)
BUILT_IN_FILTERS = ("UniqueFilter",)
"""Filters that FilterNames may name without a FilterConfs entry."""
