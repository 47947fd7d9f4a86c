"""AlgoScoreSort: by an algorithm's score as long as the scores are low (the open engine's
algo_score_sort.go)."""

from __future__ import annotations

from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.records import Record
from pairec_cli.domain.stages import RequestContext, Resources
from pairec_cli.sorting.field_order import CURRENT_SCORE, by_field


class AlgoScoreConfig(Record):
    sort_by_field: str = CURRENT_SCORE
    switch_threshold: float = 0.0


class AlgoScoreSort:
    """Descending `SortByField`, unless the best score is greater than `SwitchThreshold`: then descending
    score. The engine compares an item without the field by rules that depend on its neighbours; here it goes
    by its score."""

    Config: ClassVar[type[AlgoScoreConfig]] = AlgoScoreConfig

    def __init__(self, name: str, config: AlgoScoreConfig, resources: Resources) -> None:
        self.name = name
        self.field = config.sort_by_field or CURRENT_SCORE
        self.threshold = config.switch_threshold

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        scored = any(item.score > self.threshold for item in items)
        return by_field(items, CURRENT_SCORE if scored else self.field)
