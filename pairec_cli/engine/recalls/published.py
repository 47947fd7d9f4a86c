"""A published list of candidates, read by key: what the list recalls share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.stages import Recalled, RequestContext, Resources
from pairec_cli.engine.recalls.conf import RecallConf, require_view
from pairec_cli.engine.recalls.entries import Entry

COLUMN = "item_ids"


class PublishedList(ABC):
    """A recall whose candidates are one list of one view: `item_ids`, or the column DaoConf.ItemIdField.

    A subclass says under which key the list lies (`key_of`) and what its text means (`parse`). `for_all` is
    true when the key is the same for every user.
    """

    Config: ClassVar[type[RecallConf]] = RecallConf
    title: ClassVar[str]
    remote: ClassVar[bool] = False
    for_all: ClassVar[bool] = False

    def __init__(self, name: str, config: RecallConf, resources: Resources) -> None:
        dao = config.dao_conf
        self.name = name
        self.count, self.item_type = config.recall_count, config.item_type
        self.column = dao.item_id_field or COLUMN
        self.view = require_view(
            "DaoConf", dao.adapter_type, dao.feature_store_name, dao.feature_store_view_name, resources
        )
        self.features = resources.features

    @abstractmethod
    def key_of(self, uid: str) -> str: ...

    @abstractmethod
    def parse(self, text: str) -> list[Entry]:
        """The entries of a list to serve, in order, at most `count`."""

    def entries(self, uid: str) -> tuple[list[Entry], str]:
        """The entries for the user, and the reason when there are none. Raises NotFound for an unpublished
        view."""
        key = self.key_of(uid)
        row = self.features.get(self.view, key)
        if row is None:
            return [], f"view {self.view!r} has no key {key!r}"
        if self.column not in row:
            return [], f"view {self.view!r} has no column {self.column!r}"
        found = self.parse(str(row[self.column] or ""))
        if found:
            return found, ""
        reason = "RecallCount is 0" if self.count == 0 else f"its list in view {self.view!r} is empty"
        return [], reason

    def recall(self, context: RequestContext) -> Recalled:
        found, reason = self.entries(context.uid)
        kind = self.item_type
        return Recalled([Item(item, score, recall, kind) for item, recall, score, _ in found], reason)
