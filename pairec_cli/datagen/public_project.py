"""The public project `pai_online_project`: its three tables, shipped as Parquet files.

    <folder>/<table>/ds=YYYYMMDD/part-0.parquet        DAYS days, the days of a small world

The real project is kept fresh, so that its last hundred days are always there. The shipped copy cannot be; it
is mounted instead: all its days and times move by the same number of days, so that it ends on any given day.

`python -m pairec_cli.datagen.public_project OUT` writes the folder anew.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pairec_cli.datagen.schema import arrow_schema
from pairec_cli.datagen.world import World, WorldConfig
from pairec_cli.domain.ds import DsRange, parse_ds, shift, to_date, unix_start
from pairec_cli.domain.errors import DataError, NotFound
from pairec_cli.domain.tables import (
    DEMO_COLUMNS,
    DEMO_TABLES,
    PUBLIC_PROJECT,
    TableName,
    TableRole,
    TableSchema,
)

CONFIG = WorldConfig(epoch="20260101", users=500, items=600, events_per_day=1_000, seed=20260101)
DAYS = 101
"""The tutorial copies `ds >= bizdate - 100 and ds <= bizdate`."""
STORED = DsRange(CONFIG.epoch, shift(CONFIG.epoch, DAYS - 1))

_TIME = {TableRole.USER: "register_time", TableRole.ITEM: "pub_time", TableRole.BEHAVIOR: "event_time"}


def folder() -> Path:
    """Where the shipped files lie: inside the installed package, or beside it in a source checkout.

    Raises DataError when they are in neither place.
    """
    package = Path(__file__).resolve().parents[1]
    for parent in (package, package.parent):
        if (found := parent / "demo_data" / PUBLIC_PROJECT).is_dir():
            return found
    raise DataError(f"the shipped data of {PUBLIC_PROJECT} are missing", hint="install pairec again")


@dataclass(frozen=True)
class Mounted:
    """The public project as it looks when its last day is `last_ds` and a day is one of `timezone`."""

    root: Path
    last_ds: str
    timezone: str = "UTC"

    @property
    def days(self) -> DsRange:
        """The days that every table has."""
        return DsRange.ending(self.last_ds, DAYS)

    @property
    def schemas(self) -> dict[TableRole, TableSchema]:
        """The three tables: qualified names, columns with comments, partition column ds."""
        return {
            role: TableSchema(TableName(PUBLIC_PROJECT, DEMO_TABLES[role]), columns)
            for role, columns in DEMO_COLUMNS.items()
        }

    def read(self, role: TableRole, ds: str) -> pa.Table:
        """One partition, plain Arrow columns as declared. Raises NotFound for a day outside `days`."""
        if ds not in self.days:
            raise NotFound(
                f"partition of {PUBLIC_PROJECT}.{DEMO_TABLES[role]}", ds, hint=f"it has {self.days}"
            )
        stored = shift(ds, -self._moved)
        data = pq.read_table(_file(self.root, role, stored), partitioning=None)
        data = data.cast(arrow_schema(DEMO_COLUMNS[role]))
        at = data.schema.get_field_index(_TIME[role])
        times = data.column(at).to_numpy() + self._seconds(role, stored, ds)
        times = np.minimum(times, unix_start(shift(ds, 1), self.timezone) - 1)  # a day of 23 hours
        return data.set_column(at, data.schema.field(at), pa.array(times))

    def partitions(self) -> Iterator[tuple[TableName, str, pa.Table]]:
        """Every partition of every table, by table and day: what a warehouse writes."""
        for role, schema in self.schemas.items():
            for ds in self.days:
                yield schema.name, ds, self.read(role, ds)

    @property
    def _moved(self) -> int:
        return (to_date(self.last_ds) - to_date(STORED.last)).days

    def _seconds(self, role: TableRole, stored: str, ds: str) -> int:
        """How far times move: events with their day, registrations and publications alike in every day."""
        if role is not TableRole.BEHAVIOR:
            stored, ds = STORED.first, self.days.first
        return unix_start(ds, self.timezone) - unix_start(stored, CONFIG.timezone)


def mount(last_ds: str, timezone: str = "UTC", root: Path | None = None) -> Mounted:
    """The shipped tables, or those under `root`, moved to end on `last_ds`. Raises DataError without them."""
    return Mounted(root or folder(), parse_ds(last_ds), timezone)


def write(root: Path, days: DsRange = STORED) -> int:
    """Write the folder's files; returns their number of bytes."""
    world = World(CONFIG)
    size = 0
    for ds in days:
        tables = {
            TableRole.USER: world.users(ds),
            TableRole.ITEM: world.items(ds),
            TableRole.BEHAVIOR: world.behavior(ds),
        }
        for role, table in tables.items():
            path = _file(root, role, ds)
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(
                table,
                path,
                compression="zstd",
                compression_level=19,
                write_statistics=False,
                store_schema=False,
            )
            size += path.stat().st_size
    return size


def _file(root: Path, role: TableRole, ds: str) -> Path:
    return root / DEMO_TABLES[role] / f"ds={ds}" / "part-0.parquet"


def main() -> None:
    """The command line of this module."""
    parser = argparse.ArgumentParser(
        prog="python -m pairec_cli.datagen.public_project", description=write.__doc__
    )
    parser.add_argument("out", type=Path, help=f"the folder that stands for {PUBLIC_PROJECT}")
    write(parser.parse_args().out)


if __name__ == "__main__":
    main()
