"""UserGroupHotRecall: the lists of the groups that the user belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import chain
from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.stages import Recalled, RequestContext, Resources
from pairec_cli.engine.recalls.conf import RecallConf
from pairec_cli.engine.recalls.entries import Entry, parse_entries, score_of
from pairec_cli.engine.recalls.lists import ITEM_IDS, TRIGGER, Place, open_lists
from pairec_cli.engine.recalls.read_once import ReadOnce
from pairec_cli.engine.recalls.triggers import TriggerConf, trigger_ids

COMBINATIONS = 1_000
"""So many groups of one user are looked up."""


class UserGroupHotConf(RecallConf):
    triggers: tuple[TriggerConf, ...] = ()


class UserGroupHotRecall:
    """View or table: trigger id → list. All lists of the user, best score first, cut to RecallCount unless
    that is 0."""

    Config: ClassVar[type[UserGroupHotConf]] = UserGroupHotConf
    title: ClassVar[str] = "hot in the user's group"

    def __init__(self, name: str, config: UserGroupHotConf, resources: Resources) -> None:
        dao = config.dao_conf
        self.name, self.count, self.item_type = name, config.recall_count, config.item_type
        self.triggers = config.triggers
        place = Place(TRIGGER, dao.item_id_field or ITEM_IDS)
        self.lists = open_lists("DaoConf", dao, place, resources)
        self.remote = self.lists.remote
        self._read = ReadOnce(self.lists, partial(_best, recall=name, count=self.count))

    def recall(self, context: RequestContext) -> Recalled:
        keys = trigger_ids(self.triggers, context.user)[:COMBINATIONS]
        lists = list(self._read.many(keys).values())
        entries = lists[0] if len(lists) == 1 else _sorted(chain.from_iterable(lists), self.count)
        found = Item.listed(entries, self.item_type)
        return Recalled(found, "" if found else self.lists.one(keys[0])[1] or "its lists name no item")


def _best(text: str, recall: str, count: int) -> list[Entry]:
    return _sorted(parse_entries(text, recall), count)


def _sorted(entries: Iterable[Entry], count: int) -> list[Entry]:
    """Best score first, the first `count` unless that is 0."""
    found = sorted(entries, key=score_of, reverse=True)
    return found[:count] if count > 0 else found
