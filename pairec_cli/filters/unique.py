"""UniqueFilter: one item per id (PAI-Rec, "Configure filters"; the open engine's unique_filter.go)."""

from __future__ import annotations

from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.stages import NoConfig, RequestContext, Resources


class UniqueFilter:
    """Keeps the first item per id, in order, and gathers what the later ones knew.

    A duplicate's algo scores are copied into the kept item. On the first duplicate the kept item's
    recall_scores starts as its own recall's score; each duplicate then sets the score of its recall, the
    kept item's own recall included. The kept item's score, retrieve_id and properties stay.
    """

    Config: ClassVar[type[NoConfig]] = NoConfig
    drops: ClassVar[str] = "an earlier candidate has the same id"

    def __init__(self, name: str, config: NoConfig, resources: Resources) -> None:
        self.name = name

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        kept: dict[str, Item] = {}
        for item in items:
            id = item.id
            if id not in kept:
                kept[id] = item
            elif kept[id] is not item:
                _merge(kept[id], item)
        return list(kept.values())


def _merge(kept: Item, duplicate: Item) -> None:
    if duplicate.algo_scores:
        kept.algo_scores.update(duplicate.algo_scores)
    if kept.recall_scores is None:
        kept.recall_scores = {kept.retrieve_id: kept.score}
    kept.recall_scores[duplicate.retrieve_id] = duplicate.score
