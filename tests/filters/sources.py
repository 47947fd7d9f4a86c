"""Data sources for the filters' tests: in memory, with a clock to turn, and ones that fail."""

from __future__ import annotations

import json
from typing import Any

from pairec_cli.domain.errors import DataError
from pairec_cli.domain.sources import DaoConf, DataSource, Sources
from pairec_cli.domain.stages import Resources
from pairec_cli.online.memory import MemoryDatabase, MemoryLists, MemorySources, MemoryTable
from pairec_cli.online.sql_tables import HologresTables
from tests.filters.contract import NoFeatures

NOW = 1_700_000_000
HISTORY = "create table shown(uid text not null, item text not null, create_time int4 not null)"


class Clock:
    """Seconds that pass when told to."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def table(ddl: str, *rows: tuple[Any, ...]) -> MemoryTable:
    return MemoryTable(ddl, rows)


def memory(clock: Clock | None = None, **tables: MemoryTable) -> MemorySources:
    return MemorySources(MemoryDatabase(tables), MemoryLists({}), clock or Clock())


def batches(*shown: tuple[int, list[str]]) -> list[str]:
    """Redis elements, newest first: (seconds ago, items)."""
    return [json.dumps({"item_ids": items, "timestamp": NOW - ago}) for ago, items in shown]


def resources(sources: Sources) -> Resources:
    return Resources(NoFeatures(), sources=sources)


class Down:
    """Sources whose database does not answer."""

    def open(self, dao: DaoConf) -> DataSource:
        return HologresTables(Unreachable())


class Unreachable:
    """A database that is down."""

    mark = "?"

    def query(self, sql: str, parameters: object) -> Any:
        raise DataError("no connection")

    def execute(self, sql: str, parameters: object) -> None:
        raise DataError("no connection")
