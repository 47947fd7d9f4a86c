"""EnsureDiversity of PriorityAdjustCountFilter: no value of a field takes more than its share (the open
engine's priority_adjust_count_filter.go)."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.coercion import to_text
from pairec_cli.domain.errors import PairecError
from pairec_cli.domain.sources import DaoConf, ItemStateDaoConf, under
from pairec_cli.domain.stages import RequestContext, Resources
from pairec_cli.filters.adjust_counts import ACCUMULATOR, FIX, CountConf, by_recall, by_score
from pairec_cli.filters.expiring_cache import ExpiringCache

DEFAULT_LEAST = 10
DEFAULT_MINUTES = 70
REMEMBERED = 1_000_000
NO_VALUE = "null"


class DiversityDaoConf(DaoConf):
    """The table that holds the fields of each item. Rows are remembered for `cache_time_in_minutes`, 70 by
    default."""

    item_key_field: str = ""
    distinct_fields: tuple[str, ...] = ()
    cache_time_in_minutes: int = 0


class DistinctFields:
    """Gives items their distinct fields as properties, as texts; other kinds of values are left out."""

    def __init__(self, conf: DiversityDaoConf, resources: Resources) -> None:
        """Raises InvalidConfig for a source that is not configured or holds no rows of items."""
        self.names = conf.distinct_fields
        shared = {name: getattr(conf, name) for name in DaoConf.field_names}
        columns = ", ".join(self.names)
        dao = ItemStateDaoConf(**shared, item_field_name=conf.item_key_field, select_fields=columns)
        with under("DiversityDaoConf"):
            self.rows = resources.sources.open(conf).item_rows(dao)
        seconds = 60 * (conf.cache_time_in_minutes or DEFAULT_MINUTES)
        self.cache = ExpiringCache[dict[str, str]](REMEMBERED, seconds)

    def load(self, items: Sequence[Item], context: RequestContext) -> None:
        """A source that fails leaves the items as they are, with a note."""
        known = self.cache.get_many(item.id for item in items)
        unknown = list({item.id: None for item in items if item.id not in known})
        try:
            read = self.rows.read(unknown) if unknown else None
        except PairecError as error:
            context.notes.append(f"fields are missing: {error.message}")
            read = None
        if read is not None:
            if read.reason:
                context.notes.append(f"fields are missing: {read.reason}")
            found = {id: _texts(row) for id, row in read.found.items()}
            self.cache.put_many(found)
            known.update(found)
        for item in items:
            item.properties.update(known.get(item.id, {}))


def _texts(row: Mapping[str, object]) -> dict[str, str]:
    """The row's texts and integers, as texts."""
    texts = ((name, "" if isinstance(value, float) else to_text(value, "")) for name, value in row.items())
    return {name: text for name, text in texts if text}


class Diversity:
    """One request's walk over the entries. Items are best first."""

    def __init__(self, items: Sequence[Item], names: Sequence[str], quota: int, least: int) -> None:
        self.names, self.quota = names, quota
        self.recalls = by_recall(by_score(items))
        self.open: dict[str, list[Item | None]] = {name: list(own) for name, own in self.recalls.items()}
        self.taken: dict[tuple[str, str], int] = {}
        self.share = {
            value: max(_share(count, len(items), quota), least) for value, count in self._counted(items)
        }
        self.by_recall: dict[str, int] = {}
        self.chosen: list[Item] = []

    def walk(self, confs: Sequence[CountConf]) -> list[Item]:
        """The entries in order, then those again that the shares left short."""
        for conf in confs:
            if conf.type == FIX:
                self.chosen += self.recalls.get(conf.recall_name, [])[: conf.count]
            elif conf.type == ACCUMULATOR:
                self._accumulate(conf)
        if len(self.chosen) < self.quota:
            for conf in confs:
                self._refill(conf)
        return self.chosen

    def _accumulate(self, conf: CountConf) -> None:
        """Until the list, of all entries, has Count items. The check comes after an item is taken, so at
        least one is."""
        before = len(self.chosen)
        waiting = self.open.get(conf.recall_name, [])
        for index, item in enumerate(waiting):
            if item is None or any(self.taken.get(v, 0) > self.share[v] for v in self._values(item)):
                continue
            waiting[index] = None
            self._take(item)
            if len(self.chosen) >= conf.count:
                break
        taken = len(self.chosen) - before
        self.by_recall[conf.recall_name] = self.by_recall.get(conf.recall_name, 0) + taken

    def _refill(self, conf: CountConf) -> None:
        """Skipped items, whatever their values, up to Count of the recall and the quota of all."""
        room = conf.count - self.by_recall.get(conf.recall_name, 0)
        waiting = self.open.get(conf.recall_name, [])
        for index, item in enumerate(waiting):
            if room <= 0:
                return
            if item is None:
                continue
            self._take(item)
            room -= 1
            if len(self.chosen) >= self.quota:
                return
            waiting[index] = None

    def _take(self, item: Item) -> None:
        self.chosen.append(item)
        for value in self._values(item):
            self.taken[value] = self.taken.get(value, 0) + 1

    def _values(self, item: Item) -> Iterator[tuple[str, str]]:
        for name in self.names:
            value = item.properties.get(name)
            yield name, NO_VALUE if value is None else to_text(value, repr(value))

    def _counted(self, items: Sequence[Item]) -> list[tuple[tuple[str, str], int]]:
        counts: dict[tuple[str, str], int] = {}
        for item in items:
            for value in self._values(item):
                counts[value] = counts.get(value, 0) + 1
        return list(counts.items())


def _share(count: int, total: int, quota: int) -> int:
    """count/total of the quota, in the single precision of the engine."""
    return int(_single(_single(count / total) * quota))


def _single(value: float) -> float:
    return float(struct.unpack("f", struct.pack("f", value))[0])
