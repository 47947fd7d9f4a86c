"""SortType → class. A new sort is one file and one line here."""

from __future__ import annotations

from pairec_cli.domain.registry import Registry

SORTS = Registry(
    "SortType",
    {
        "ItemRankScore": "pairec_cli.sorting.item_rank_score:ItemRankScore",
    },
)
BUILT_IN_SORTS = ("ItemRankScore",)
"""Sorts that SortNames may name without a SortConfs entry."""
