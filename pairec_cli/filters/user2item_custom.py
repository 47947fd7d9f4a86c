"""User2ItemCustomFilter: items listed for the user are not shown (PAI-Rec, "Configure filters")."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.records import Record
from pairec_cli.domain.sources import DaoConf, under
from pairec_cli.domain.stages import RequestContext, Resources
from pairec_cli.filters.expiring_cache import ExpiringCache


class User2ItemCustomConfig(Record):
    """`item_state_cache_size` users are remembered for `item_state_cache_time` seconds after they last came
    (3600 by default); 0 remembers none."""

    dao_conf: DaoConf = DaoConf()
    item_state_cache_size: int = 0
    item_state_cache_time: int = 0


class User2ItemCustomFilter:
    """Drops the ids that the table's rows hold for the user. Empty lists are not remembered."""

    Config: ClassVar[type[User2ItemCustomConfig]] = User2ItemCustomConfig
    drops: ClassVar[str] = "it is listed for the user"

    def __init__(self, name: str, config: User2ItemCustomConfig, resources: Resources) -> None:
        """Raises InvalidConfig for a source that is not configured or holds no lists of users."""
        self.name = name
        with under("DaoConf"):
            self.lists = resources.sources.open(config.dao_conf).user_lists(config.dao_conf)
        self.cache = (
            ExpiringCache[Collection[str]](
                config.item_state_cache_size, config.item_state_cache_time, sliding=True
            )
            if config.item_state_cache_size > 0
            else None
        )

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        if not items:
            return items
        listed = self._listed(context.uid, [item.id for item in items])
        return [item for item in items if item.id not in listed]

    def _listed(self, uid: str, candidates: Sequence[str]) -> Collection[str]:
        if self.cache is None:
            return self.lists.ids(uid, candidates)
        known = self.cache.get(uid)
        if known is None:
            known = self.lists.ids(uid, candidates)
            if known:
                self.cache.put(uid, known)
        return known
