"""UserGlobalHotRecall: one list for everybody, published under the key -1."""

from __future__ import annotations

from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.stages import Recalled, RequestContext, Resources
from pairec_cli.engine.recalls.conf import RecallConf, source_view
from pairec_cli.engine.recalls.entries import Entry, best, parse_entries

KEY = "-1"
COLUMN = "item_ids"
HOT_SCORE = "hot_score"


class UserGlobalHotRecall:
    """View: `-1` → `item_ids` in the entry grammar; another column through DaoConf.ItemIdField.

    An entry's score is also its algo score `hot_score`. Where no score is given PAI-Rec draws one from [0,
    1); we give falling ones, (n-1-i)/n for place i of n, so that the stored order stands.
    """

    Config: ClassVar[type[RecallConf]] = RecallConf
    title: ClassVar[str] = "global hot"
    remote: ClassVar[bool] = False

    def __init__(self, name: str, config: RecallConf, resources: Resources) -> None:
        self.name = name
        self.count, self.item_type = config.recall_count, config.item_type
        self.column = config.dao_conf.item_id_field or COLUMN
        self.view = source_view(name, config.dao_conf, resources)
        self.features = resources.features
        self._parsed: tuple[str, list[tuple[Entry, bool]]] = ("", [])

    def recall(self, context: RequestContext) -> Recalled:
        row = self.features.get(self.view, KEY)
        if row is None:
            return Recalled((), f"view {self.view!r} has no row {KEY!r}")
        if self.column not in row:
            return Recalled((), f"view {self.view!r} has no column {self.column!r}")
        kind = self.item_type
        items = [
            Item(id, score or 0.0, recall, kind, algo_scores={HOT_SCORE: score or 0.0} if scored else {})
            for (id, recall, score), scored in self._entries(str(row[self.column] or ""))
        ]
        return Recalled(items, "" if items else f"the list of view {self.view!r} is empty")

    def _entries(self, text: str) -> list[tuple[Entry, bool]]:
        """The list to serve, each entry with whether its score was published; parsed once per published
        text."""
        known, entries = self._parsed
        if known != text:
            parsed = parse_entries(text, self.name)
            placed = [_placed(entry, i, len(parsed)) for i, entry in enumerate(parsed)]
            entries = best(placed, self.count, _score)
            self._parsed = (text, entries)
        return entries


def _placed(entry: Entry, place: int, of: int) -> tuple[Entry, bool]:
    """The entry with a score for its place when it has none, and whether it had one."""
    if entry.score is not None:
        return entry, True
    return entry._replace(score=(of - 1 - place) / of), False


def _score(placed: tuple[Entry, bool]) -> float:
    return placed[0].score or 0.0
