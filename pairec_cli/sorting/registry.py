"""SortType → class. A new sort is one file and one line here."""

from __future__ import annotations

from pairec_cli.domain.registry import Registry

SORTS = Registry(
    "SortType",
    {
        "AlgoScoreSort": "pairec_cli.sorting.algo_score:AlgoScoreSort",
        "BoostScoreSort": "pairec_cli.sorting.boost_score:BoostScoreSort",
        "ConditionSort": "pairec_cli.sorting.condition:ConditionSort",
        "CustomFieldSort": "pairec_cli.sorting.custom_field:CustomFieldSort",
        "DPPSort": "pairec_cli.sorting.dpp:DPPSort",
        "DistinctIdSort": "pairec_cli.sorting.distinct_id:DistinctIdSort",
        "DiversityRuleSort": "pairec_cli.sorting.diversity_rule:DiversityRuleSort",
        "ItemRankScore": "pairec_cli.sorting.item_rank_score:ItemRankScore",
        "MultiRecallMixSort": "pairec_cli.sorting.multi_recall_mix:MultiRecallMixSort",
        "SSDSort": "pairec_cli.sorting.ssd:SSDSort",
    },
)
BUILT_IN_SORTS = ("ItemRankScore",)
"""Sorts that SortNames may name without a SortConfs entry."""
