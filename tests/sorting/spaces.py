"""Embeddings for the tests of the sorts that need them."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

import numpy as np

from pairec_cli.domain.errors import DataError
from pairec_cli.domain.sources import DaoConf, DataSource, ItemStateDaoConf, RowsRead
from pairec_cli.domain.stages import Resources
from tests.filters.contract import NoFeatures


class Table(DataSource):
    """Rows of a table in memory: it remembers how it was opened and asked; without rows every id has its own
    direction."""

    adapter = "memory"
    adds_properties = False
    keeps_missing = None

    def __init__(self, rows: Mapping[str, object] | None = None, *, down: bool = False) -> None:
        self.rows, self.down = rows, down
        self.opened: list[DaoConf] = []
        self.asked: list[Sequence[str]] = []

    def open(self, dao: DaoConf) -> DataSource:
        self.opened.append(dao)
        return self

    def item_rows(self, dao: ItemStateDaoConf) -> Table:
        self.dao = dao
        return self

    def read(self, ids: Sequence[str]) -> RowsRead:
        self.asked.append(ids)
        if self.down:
            raise DataError("the table is gone")
        rows = self.rows if self.rows is not None else {id: direction(id) for id in ids}
        return RowsRead({id: {"emb": rows[id]} for id in ids if id in rows})


def direction(id: str) -> str:
    numbers = np.random.default_rng(zlib.crc32(id.encode())).normal(size=4)
    return "{" + ",".join(map(str, numbers.tolist())) + "}"


def resources(table: Table) -> Resources:
    return Resources(NoFeatures(), sources=table)


VIEW = {"dao_conf": DaoConf(adapter_type="memory"), "table_name": "embeddings", "embedding_column": "emb"}
"""The fields of an EmbeddingConf that reads from a table."""
