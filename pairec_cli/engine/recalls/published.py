"""A published list of candidates, read by key: what the list recalls share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.stages import Recalled, RequestContext, Resources
from pairec_cli.engine.recalls.conf import RecallConf
from pairec_cli.engine.recalls.entries import Entry
from pairec_cli.engine.recalls.lists import ITEM_IDS, Place, open_lists


class PublishedList(ABC):
    """A recall whose candidates are one list: `item_ids`, or the column DaoConf.ItemIdField.

    A subclass says under which key the list lies (`key_of`), what the key's column is called where the list
    is in a table, and what its text means (`parse`). `for_all` is true when the key is the same for every
    user.
    """

    Config: ClassVar[type[RecallConf]] = RecallConf
    title: ClassVar[str]
    key_column: ClassVar[str]
    for_all: ClassVar[bool] = False

    def __init__(self, name: str, config: RecallConf, resources: Resources) -> None:
        dao = config.dao_conf
        self.name = name
        self.count, self.item_type = config.recall_count, config.item_type
        place = Place(self.key_column, dao.item_id_field or ITEM_IDS)
        self.lists = open_lists("DaoConf", dao, place, resources)
        self.remote = self.lists.remote

    @abstractmethod
    def key_of(self, uid: str) -> str: ...

    @abstractmethod
    def parse(self, text: str) -> list[Entry]:
        """The entries of a list to serve, in order, at most `count`."""

    def entries(self, uid: str) -> tuple[list[Entry], str]:
        """The entries for the user, and the reason when there are none. Raises NotFound for an unpublished
        view."""
        text, reason = self.lists.one(self.key_of(uid))
        found = self.parse(text)
        if found or reason:
            return found, reason
        return [], "RecallCount is 0" if self.count == 0 else "its list names no item"

    def recall(self, context: RequestContext) -> Recalled:
        found, reason = self.entries(context.uid)
        return Recalled(Item.listed(found, self.item_type), reason)
