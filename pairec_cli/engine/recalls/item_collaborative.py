"""ItemCollaborativeFilterRecall: what is published for the item that the request is about (i2i)."""

from __future__ import annotations

from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import InvalidConfig, Problem
from pairec_cli.domain.sources import CONFIGURATION, DaoConf
from pairec_cli.domain.stages import Recalled, RequestContext, Resources
from pairec_cli.engine.recalls.conf import FEATURESTORE, RecallConf
from pairec_cli.engine.recalls.entries import Entry, parse_entries
from pairec_cli.engine.recalls.lists import ITEM, ITEM_IDS, SIMILAR_IDS, Place, open_lists

KEY = "ItemCollaborativeDaoConf"


class ItemDaoConf(DaoConf):
    """Where an item's list lies. `enable_multiple_item_id` reads several ids from the request's item_id."""

    item2_item_table: str = ""
    item2_item_feature_view_name: str = ""
    enable_multiple_item_id: bool = False
    multiple_item_id_delimiter: str = ","


class ItemCollaborativeConf(RecallConf):
    item_collaborative_dao_conf: ItemDaoConf = ItemDaoConf()


class ItemCollaborativeFilterRecall:
    """The key is the request's item_id. Entries stand as they are stored, cut to RecallCount; an item that
    several lists give comes once, from the first."""

    Config: ClassVar[type[ItemCollaborativeConf]] = ItemCollaborativeConf
    title: ClassVar[str] = "items like this one"

    def __init__(self, name: str, config: ItemCollaborativeConf, resources: Resources) -> None:
        dao = config.item_collaborative_dao_conf
        self.name, self.count, self.item_type = name, config.recall_count, config.item_type
        self.several = (dao.multiple_item_id_delimiter or ",") if dao.enable_multiple_item_id else ""
        embedded = dao.adapter_type.lower() == FEATURESTORE
        view = dao.item2_item_feature_view_name or dao.feature_store_view_name
        if dao.adapter_type and not embedded and not dao.item2_item_table:
            raise InvalidConfig(CONFIGURATION, [Problem(f"{KEY}.Item2ItemTable", "is missing")])
        place = Place(ITEM, ITEM_IDS, dao.item2_item_table, view, (ITEM_IDS, SIMILAR_IDS))
        self.lists = open_lists(KEY, dao, place, resources)
        self.remote = self.lists.remote

    def recall(self, context: RequestContext) -> Recalled:
        given = context.request.item_id
        keys = [key for key in given.split(self.several) if key] if self.several else [given] if given else []
        if not keys:
            return Recalled((), "the request has no item_id")
        lists = self.lists.many(keys)
        if not lists:
            return Recalled((), self.lists.one(keys[0])[1])
        entries = parse_entries(",".join(lists.values()), self.name)
        if len(lists) > 1:
            first: dict[str, Entry] = {}
            for entry in entries:
                first.setdefault(entry[0], entry)
            entries = list(first.values())
        found = Item.listed(entries[: self.count], self.item_type)
        return Recalled(found, "" if found else "RecallCount is 0" if entries else "its list names no item")
