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
        "DiversityAdjustCountFilter": "pairec_cli.filters.diversity_adjust_count:DiversityAdjustCountFilter",
        "GroupWeightCountFilter": "pairec_cli.filters.group_weight_count:GroupWeightCountFilter",
        "ItemCustomFilter": "pairec_cli.filters.item_custom:ItemCustomFilter",
        "ItemStateFilter": "pairec_cli.filters.item_state:ItemStateFilter",
        "PriorityAdjustCountFilter": "pairec_cli.filters.priority_adjust_count:PriorityAdjustCountFilter",
        "PriorityAdjustCountFilterV2": (
            "pairec_cli.filters.pooled_priority_adjust_count:PooledPriorityAdjustCountFilter"
        ),
        "SnakeFilter": "pairec_cli.filters.snake:SnakeFilter",
        "User2ItemCustomFilter": "pairec_cli.filters.user2item_custom:User2ItemCustomFilter",
        "User2ItemExposureFilter": "pairec_cli.filters.user2item_exposure:User2ItemExposureFilter",
        "User2ItemExposureWithConditionFilter": (
            "pairec_cli.filters.user2item_exposure_with_condition:User2ItemExposureWithConditionFilter"
        ),
        "UniqueFilter": "pairec_cli.filters.unique:UniqueFilter",
    },
)
BUILT_IN_FILTERS = ("UniqueFilter",)
"""Filters that FilterNames may name without a FilterConfs entry."""
