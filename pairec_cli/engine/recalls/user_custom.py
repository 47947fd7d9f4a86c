"""UserCustomRecall: the list that was published under the user's own key (u2i)."""

from __future__ import annotations

from typing import ClassVar

from pairec_cli.engine.recalls.entries import Entry, best, parse_entries
from pairec_cli.engine.recalls.published import PublishedList


class UserCustomRecall(PublishedList):
    """View: user id → list. A missing score is 0; the order is as stored."""

    title: ClassVar[str] = "the user's own list"

    def key_of(self, uid: str) -> str:
        return uid

    def parse(self, text: str) -> list[Entry]:
        return best(parse_entries(text, self.name), self.count)
