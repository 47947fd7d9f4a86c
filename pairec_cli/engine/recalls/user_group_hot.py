"""UserGroupHotRecall: the lists of the groups that the user belongs to."""

from __future__ import annotations

from functools import partial
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
        self._read = ReadOnce(partial(_best, recall=name, count=config.recall_count))

    def recall(self, context: RequestContext) -> Recalled:
        keys = trigger_ids(self.triggers, context.user)[:COMBINATIONS]
        lists = self.lists.many(keys)
        found = Item.listed(self._read(",".join(lists.values())), self.item_type)
        return Recalled(found, "" if found else self.lists.one(keys[0])[1] or "its lists name no item")


def _best(text: str, recall: str, count: int) -> list[Entry]:
    """The best entries of all lists, joined in `text`."""
    entries = parse_entries(text, recall)
    entries.sort(key=score_of, reverse=True)
    return entries[:count] if count > 0 else entries
