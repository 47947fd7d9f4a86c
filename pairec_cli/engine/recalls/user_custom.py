"""UserCustomRecall: the list that was published under the user's own key (u2i)."""

from __future__ import annotations

from typing import ClassVar

from pairec_cli.engine.recalls.entries import Entry, parse_entries
from pairec_cli.engine.recalls.lists import USER
from pairec_cli.engine.recalls.published import PublishedList


class UserCustomRecall(PublishedList):
    """View or table: user id → list; in Redis under RedisPrefix and the user id. A missing score is 0; the
    order is as stored, and so is the cut: PAI-Rec shuffles the first half of a list that is too long before,
    here the same list always gives the same answer."""

    title: ClassVar[str] = "the user's own list"
    key_column: ClassVar[str] = USER

    def key_of(self, uid: str) -> str:
        return uid

    def parse(self, text: str) -> list[Entry]:
        return parse_entries(text, self.name)[: self.count]
