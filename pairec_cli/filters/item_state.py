"""ItemStateFilter: items whose row meets conditions stay (PAI-Rec, "Configure filters"; what happens to
items without a row as in the open engine)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.conditions import Conditions, FilterParam
from pairec_cli.domain.errors import Problem
from pairec_cli.domain.feature_transforms import FeatureConf, FeatureTransform
from pairec_cli.domain.records import Record
from pairec_cli.domain.sources import ItemStateDaoConf, RowsRead, under
from pairec_cli.domain.stages import RequestContext, Resources
from pairec_cli.filters.adjust_counts import refuse
from pairec_cli.filters.expiring_cache import ExpiringCache
from pairec_cli.filters.item_data import item_keys

Row = Mapping[str, object]
NO_ROW: Row = {}
DROP = "drop"


class ItemStateConfig(Record):
    """`item_state_cache_size` rows are remembered for `item_state_cache_time` seconds (3600 by default).

    `missing_rows` is our own key. PAI-Rec's engine up to 2.6.2 drops items without a row, unless there are
    DefaultFieldValues, and that is `drop`; later ones, and we without it, let the conditions decide.
    """

    item_state_dao_conf: ItemStateDaoConf = ItemStateDaoConf()
    filter_params: tuple[FilterParam, ...] = ()
    item_state_cache_size: int = 0
    item_state_cache_time: int = 0
    generate_user_data_expr: str = ""
    features: tuple[FeatureConf, ...] = ()
    missing_rows: str = ""

    def doubts(self) -> Iterator[tuple[str, str, object]]:
        dao = self.item_state_dao_conf
        if dao.where_clause.strip() and dao.adapter_type == "tablestore":
            yield "ItemStateDaoConf.WhereClause", "has no effect on tablestore", dao.where_clause
        elif dao.where_clause.strip() and not self.filter_params and self.missing_rows != DROP:
            message = (
                f'drops nothing without FilterParams; set "MissingRows": "{DROP}" to drop what it excludes'
            )
            yield "ItemStateDaoConf.WhereClause", message, dao.where_clause


class ItemStateFilter:
    """Reads the row of every item, gives its columns to the item as properties, and keeps the items for
    which FilterParams hold. Conditions on the item see the row alone, not the item's earlier properties;
    with Features, which then transform each item, they see all its properties.

    An item without a row has DefaultFieldValues for one, or an empty row. Items whose rows could not be read
    stay. Copies of one id are decided together; the last one takes the properties.
    """

    Config: ClassVar[type[ItemStateConfig]] = ItemStateConfig
    drops: ClassVar[str] = "its row does not meet FilterParams, or is missing"

    def __init__(self, name: str, config: ItemStateConfig, resources: Resources) -> None:
        """Raises InvalidConfig for a source that is not configured or holds no rows of items."""
        self.name = name
        dao = config.item_state_dao_conf
        with under("ItemStateDaoConf"):
            self.rows = resources.sources.open(dao).item_rows(dao)
        if config.missing_rows not in ("", DROP):
            refuse([Problem("MissingRows", f"must be {DROP} or absent", config.missing_rows)])
        self.conditions = Conditions(config.filter_params)
        self.defaults = dao.default_field_values
        self.drops_missing = self.rows.drops_missing or (config.missing_rows == DROP and not self.defaults)
        self.transforms = _transforms(config.features)
        self.keys = item_keys(config.generate_user_data_expr)
        size, seconds = config.item_state_cache_size, config.item_state_cache_time
        self.cache = ExpiringCache[Row](size, seconds) if size > 0 else None

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        keys = self.keys(items, context)
        last = dict(zip(keys, items, strict=True))
        read = self._read(list(last))
        if read.reason:
            context.notes.append(f"{len(read.unread)} items were not checked: {read.reason}")
        row_of, keeps, unread = read.found.get, self._keeps, read.unread
        kept = {key for key, item in last.items() if key in unread or keeps(item, row_of(key), context)}
        return [item for item, key in zip(items, keys, strict=True) if key in kept]

    def _read(self, keys: list[str]) -> RowsRead:
        """Rows by key; NO_ROW is one that is known to be missing, or that could not be read."""
        if self.cache is None:
            return self.rows.read(keys)
        known = self.cache.get_many(keys)
        if len(known) == len(keys):
            return RowsRead(known)
        fresh = self.rows.read([key for key in keys if key not in known])
        asked = (key for key in keys if key not in known and key not in fresh.unread)
        self.cache.put_many({key: fresh.found.get(key, NO_ROW) for key in asked})
        return RowsRead({**known, **fresh.found}, fresh.unread, fresh.reason)

    def _keeps(self, item: Item, row: Row | None, context: RequestContext) -> bool:
        if row is None or row is NO_ROW:
            if self.drops_missing:
                return False
            row = self.defaults
        if self.rows.adds_properties:
            item.properties.update(row)
        for transform in self.transforms:
            transform.apply(item, context)
        return self.conditions.hold(context.user, item.properties if self.transforms else row)


def _transforms(confs: Sequence[FeatureConf]) -> list[FeatureTransform]:
    made = []
    for index, conf in enumerate(confs):
        with under(f"Features[{index}]"):
            made.append(FeatureTransform(conf))
    return made
