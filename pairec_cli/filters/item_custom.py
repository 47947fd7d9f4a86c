"""ItemCustomFilter: items listed for everybody are not shown (PAI-Rec, "Configure filters")."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import PairecError
from pairec_cli.domain.records import Record
from pairec_cli.domain.sources import DaoConf, under
from pairec_cli.domain.stages import RequestContext, Resources

DEFAULT_SECONDS = 60


class FilterVal(Record):
    """`select_col` is the column of the ids; `where_clause` the user's own SQL."""

    select_col: str = ""
    where_clause: str = ""


class ItemCustomConfig(Record):
    """The list is read again after `time_interval` seconds, 60 when it is 0."""

    dao_conf: DaoConf = DaoConf()
    filter_val: FilterVal = FilterVal()
    time_interval: int = 0


class ItemCustomFilter:
    """Drops the ids that the table lists. A list that comes back empty, or cannot be read, leaves the one
    before; while there is none, every request asks."""

    Config: ClassVar[type[ItemCustomConfig]] = ItemCustomConfig
    drops: ClassVar[str] = "it is listed for everybody"

    def __init__(self, name: str, config: ItemCustomConfig, resources: Resources) -> None:
        """Raises InvalidConfig for a source that is not configured or holds no list of items."""
        self.name = name
        value = config.filter_val
        with under("DaoConf"):
            source = resources.sources.open(config.dao_conf)
            self.list = source.item_list(config.dao_conf, value.select_col, value.where_clause)
        self.seconds = config.time_interval if config.time_interval > 0 else DEFAULT_SECONDS
        self.clock: Callable[[], float] = time.monotonic
        self._listed: Collection[str] = ()
        self._due = 0.0

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        """Raises PairecError while no list has been read yet."""
        listed = self._current(context)
        return [item for item in items if item.id not in listed]

    def _current(self, context: RequestContext) -> Collection[str]:
        now = self.clock()
        if not self._listed or now >= self._due:
            try:
                self._listed = self.list.ids() or self._listed
            except PairecError as error:
                if not self._listed:
                    raise
                context.notes.append(f"an older list was used: {error.message}")
            self._due = now + self.seconds
        return self._listed
