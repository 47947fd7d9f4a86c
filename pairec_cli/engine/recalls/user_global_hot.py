"""UserGlobalHotRecall: one list for everybody, published under the key -1."""

from __future__ import annotations

from typing import ClassVar

from pairec_cli.domain.candidates import Item, Pairs
from pairec_cli.domain.coercion import to_float, to_text
from pairec_cli.domain.errors import InvalidConfig, Problem
from pairec_cli.domain.sources import CONFIGURATION, Query, Rows, under
from pairec_cli.domain.stages import Recalled, RequestContext, Resources
from pairec_cli.engine.recalls.conf import FEATURESTORE, RecallConf
from pairec_cli.engine.recalls.entries import Entry, best, parse_entries
from pairec_cli.engine.recalls.lists import TRIGGER
from pairec_cli.engine.recalls.published import PublishedList
from pairec_cli.engine.recalls.read_once import ReadOnce

KEY = "-1"
HOT_SCORE = "hot_score"


class UserGlobalHotRecall(PublishedList):
    """View or table: `-1` → list; with DaoConf.ItemScoreField a table with a row per item.

    A published score is also the item's algo score `hot_score`. Where none is published PAI-Rec draws one
    from [0, 1); we give falling ones, (n-1-i)/n for place i of n, so that the stored order stands.
    """

    title: ClassVar[str] = "global hot"
    key_column: ClassVar[str] = TRIGGER
    for_all: ClassVar[bool] = True

    def __init__(self, name: str, config: RecallConf, resources: Resources) -> None:
        super().__init__(name, config, resources)
        self._read = ReadOnce(self.lists, self.parse)
        self._rows = _rows(config, resources)
        self._last: tuple[list[Entry], list[Pairs]] = [], []
        """The list served last, which is the same for all, and the algo scores of its items."""

    def key_of(self, uid: str) -> str:
        return KEY

    def parse(self, text: str) -> list[Entry]:
        return _best(text, self.name, self.count)

    def entries(self, uid: str) -> tuple[list[Entry], str]:
        if self._rows is None:
            found = self._read.many((KEY,)).get(KEY)
            return (found, "") if found else super().entries(uid)
        rows = [(to_text(item, ""), to_float(score, 0.0)) for item, score in self._rows.read({})]
        entries = [(item, self.name, score, True) for item, score in rows if item]
        found = best(entries, self.count)
        return found, "" if found else "RecallCount is 0" if entries else "its table is empty"

    def recall(self, context: RequestContext) -> Recalled:
        found, reason = self.entries(context.uid)
        last, scores = self._last
        if found is not last:
            scores = [((HOT_SCORE, score),) if published else () for _, _, score, published in found]
            self._last = found, scores
        return Recalled(Item.listed(found, self.item_type, scores), reason)


def _rows(config: RecallConf, resources: Resources) -> Rows | None:
    """The table with a row per item, if the configuration names its columns."""
    dao = config.dao_conf
    if not dao.item_score_field:
        return None
    if not dao.item_id_field:
        problem = Problem("DaoConf.ItemIdField", "is missing beside ItemScoreField")
        raise InvalidConfig(CONFIGURATION, [problem])
    if dao.adapter_type.lower() == FEATURESTORE:
        problem = Problem("DaoConf.ItemScoreField", "needs a table, not a feature view", dao.item_score_field)
        raise InvalidConfig(CONFIGURATION, [problem])
    with under("DaoConf"):
        query = Query((dao.item_id_field, dao.item_score_field))
        return resources.sources.open(dao).rows(dao, query)


def _best(text: str, recall: str, count: int) -> list[Entry]:
    entries = parse_entries(text, recall)
    return best([_placed(entry, place, len(entries)) for place, entry in enumerate(entries)], count)


def _placed(entry: Entry, place: int, of: int) -> Entry:
    item, recall, _, published = entry
    return entry if published else (item, recall, (of - 1 - place) / of, False)
