"""UserCustomRecall: the list that was published under the user's own key (u2i)."""

from __future__ import annotations

from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.stages import Recalled, RequestContext, Resources
from pairec_cli.engine.recalls.conf import RecallConf, source_view
from pairec_cli.engine.recalls.entries import best, entry_score, parse_entries

COLUMN = "item_ids"


class UserCustomRecall:
    """View: user id → `item_ids` in the entry grammar. A missing score is 0; the order is as stored."""

    Config: ClassVar[type[RecallConf]] = RecallConf
    title: ClassVar[str] = "the user's own list"
    remote: ClassVar[bool] = False

    def __init__(self, name: str, config: RecallConf, resources: Resources) -> None:
        self.name = name
        self.count, self.item_type = config.recall_count, config.item_type
        self.column = config.dao_conf.item_id_field or COLUMN
        self.view = source_view(name, config.dao_conf, resources)
        self.features = resources.features

    def recall(self, context: RequestContext) -> Recalled:
        row = self.features.get(self.view, context.uid)
        if row is None:
            return Recalled((), f"view {self.view!r} has no list for user {context.uid}")
        if self.column not in row:
            return Recalled((), f"view {self.view!r} has no column {self.column!r}")
        entries = best(parse_entries(str(row[self.column] or ""), self.name), self.count, entry_score)
        kind = self.item_type
        items = [Item(id, score or 0.0, recall, kind) for id, recall, score in entries]
        return Recalled(items, "" if items else f"the list of user {context.uid} is empty")
