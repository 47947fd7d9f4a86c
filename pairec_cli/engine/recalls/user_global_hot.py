"""UserGlobalHotRecall: one list for everybody, published under the key -1."""

from __future__ import annotations

from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.stages import Recalled, RequestContext, Resources
from pairec_cli.engine.recalls.conf import RecallConf
from pairec_cli.engine.recalls.entries import Entry, best, parse_entries
from pairec_cli.engine.recalls.published import PublishedList

KEY = "-1"
HOT_SCORE = "hot_score"


class UserGlobalHotRecall(PublishedList):
    """View: `-1` → list.

    A published score is also the item's algo score `hot_score`. Where none is published PAI-Rec draws one
    from [0, 1); we give falling ones, (n-1-i)/n for place i of n, so that the stored order stands.
    """

    title: ClassVar[str] = "global hot"
    for_all: ClassVar[bool] = True

    def __init__(self, name: str, config: RecallConf, resources: Resources) -> None:
        super().__init__(name, config, resources)
        self._parsed: tuple[str, list[Entry]] = ("", [])

    def key_of(self, uid: str) -> str:
        return KEY

    def parse(self, text: str) -> list[Entry]:
        """As `PublishedList.parse`; one text is parsed once."""
        known, found = self._parsed
        if known != text:
            entries = parse_entries(text, self.name)
            placed = [_placed(entry, place, len(entries)) for place, entry in enumerate(entries)]
            found = best(placed, self.count)
            self._parsed = (text, found)
        return found

    def recall(self, context: RequestContext) -> Recalled:
        found, reason = self.entries(context.uid)
        kind = self.item_type
        items = [
            Item(item, score, recall, kind, None, {HOT_SCORE: score} if published else None)
            for item, recall, score, published in found
        ]
        return Recalled(items, reason)


def _placed(entry: Entry, place: int, of: int) -> Entry:
    item, recall, _, published = entry
    return entry if published else (item, recall, (of - 1 - place) / of, False)
