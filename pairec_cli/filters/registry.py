"""FilterType → class. A new filter is one file and one line here."""

from __future__ import annotations

from pairec_cli.domain.registry import Registry

FILTERS = Registry(
    "FilterType",
    {
        "AdjustCountFilter": "pairec_cli.filters.adjust_count:AdjustCountFilter",
        "CompletelyFairFilter": "pairec_cli.filters.completely_fair:CompletelyFairFilter",
        "ConditionFilter": "pairec_cli.filters.condition:ConditionFilter",
        "DimensionFieldUniqueFilter": "pairec_cli.filters.dimension_field_unique:DimensionFieldUniqueFilter",
        "GroupWeightCountFilter": "pairec_cli.filters.group_weight_count:GroupWeightCountFilter",
        "PriorityAdjustCountFilter": "pairec_cli.filters.priority_adjust_count:PriorityAdjustCountFilter",
        "PriorityAdjustCountFilterV2": (
            "pairec_cli.filters.pooled_priority_adjust_count:PooledPriorityAdjustCountFilter"
        ),
        "SnakeFilter": "pairec_cli.filters.snake:SnakeFilter",
        "UniqueFilter": "pairec_cli.filters.unique:UniqueFilter",
    },
)
BUILT_IN_FILTERS = ("UniqueFilter",)
"""Filters that FilterNames may name without a FilterConfs entry."""
