"""ColdStartRecall: rows of a table or view by chance, so that new items are shown at all."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random, SystemRandom
from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.coercion import to_text
from pairec_cli.domain.conditions import Conditions, FilterParam
from pairec_cli.domain.errors import InvalidConfig, Problem
from pairec_cli.domain.sources import CONFIGURATION, DaoConf, Query, under
from pairec_cli.domain.stages import Recalled, RequestContext, Resources
from pairec_cli.engine.recalls.conf import FEATURESTORE, RecallConf, require_view

KEY = "ColdStartDaoConf"
RESCAN_SECONDS = 60.0
TRIES = 20
"""So many times RecallCount items are looked at in a view when conditions drop some."""


class ColdStartDaoConf(DaoConf):
    """`where_clause` and `order_by` are the configuration's own SQL. `${time}` (now less `time_interval`
    seconds, RFC 3339), `${user.x}` and `${context.features.x}` are bound as parameters, quoted or not."""

    unserved = (*DaoConf.unserved, "Limit", "SelectFields")

    primary_key: str = ""
    where_clause: str = ""
    order_by: str = ""
    time_interval: int = 0


class ColdStartConf(RecallConf):
    """`filter_params` hold for the items of a view."""

    cold_start_dao_conf: ColdStartDaoConf = ColdStartDaoConf()
    filter_params: tuple[FilterParam, ...] = ()

    def doubts(self) -> Iterator[tuple[str, str, object]]:
        yield from super().doubts()
        adapter = self.cold_start_dao_conf.adapter_type
        if self.filter_params and adapter.lower() != FEATURESTORE:
            yield "FilterParams", f"have no effect on {adapter}: use WhereClause", len(self.filter_params)


class ColdStartRecall:
    """RecallCount items with score 0: of a table by its own order, else by chance; of a view by chance."""

    Config: ClassVar[type[ColdStartConf]] = ColdStartConf
    title: ClassVar[str] = "new items"

    def __init__(self, name: str, config: ColdStartConf, resources: Resources) -> None:
        conf = config.cold_start_dao_conf
        self.name, self.count, self.item_type = name, config.recall_count, config.item_type
        self.remote = conf.adapter_type.lower() != FEATURESTORE
        self.source = _Table(conf, self.count, resources) if self.remote else _View(config, resources)

    def recall(self, context: RequestContext) -> Recalled:
        if self.count <= 0:
            return Recalled((), "RecallCount is 0")
        ids = self.source.sample(self.count, context)
        items = [Item(id, 0.0, self.name, self.item_type) for id in ids]
        return Recalled(items, "" if items else "no row fits")


class _Table:
    def __init__(self, conf: ColdStartDaoConf, count: int, resources: Resources) -> None:
        if not conf.primary_key:
            raise InvalidConfig(CONFIGURATION, [Problem(f"{KEY}.PrimaryKey", "is missing")])
        self.interval = conf.time_interval
        query = Query((conf.primary_key,), conf.where_clause, conf.order_by, shuffled=True, limit=count)
        with under(KEY):
            self.rows = resources.sources.open(conf).rows(conf, query)

    def sample(self, count: int, context: RequestContext) -> list[str]:
        at = datetime.fromtimestamp(time.time() - self.interval, UTC).isoformat(timespec="seconds")
        values: dict[str, object] = {"time": at}
        values.update((f"user.{name}", value) for name, value in context.user.items())
        values.update((f"context.features.{name}", value) for name, value in context.request.features.items())
        return [text for row in self.rows.read(values) if (text := to_text(row[0], ""))]


class _View:
    """The keys of a view, which are read anew every minute."""

    def __init__(self, config: ColdStartConf, resources: Resources) -> None:
        conf = config.cold_start_dao_conf
        store, view = conf.feature_store_name, conf.feature_store_view_name
        self.view = require_view(KEY, conf.adapter_type, store, view, resources)
        self.features = resources.features
        self.conditions = Conditions(config.filter_params) if config.filter_params else None
        self._known: tuple[float, list[str]] = (0.0, [])

    def sample(self, count: int, context: RequestContext) -> list[str]:
        chance: Random = context.random or SystemRandom()
        keys = self._keys()
        if self.conditions is None:
            return chance.sample(keys, min(count, len(keys)))
        found: list[str] = []
        tried = chance.sample(keys, min(count * TRIES, len(keys)))
        for start in range(0, len(tried), count):
            rows = self.features.get_many(self.view, tried[start : start + count])
            found += [key for key, row in rows.items() if self.conditions.hold(context.user, row)]
            if len(found) >= count:
                break
        return found[:count]

    def _keys(self) -> list[str]:
        ends, keys = self._known
        if time.monotonic() >= ends:
            keys = self.features.keys(self.view)
            self._known = (time.monotonic() + RESCAN_SECONDS, keys)
        return keys
