"""The shipped public project: real rows, small, and movable to any last day."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pairec_cli.datagen import public_project
from pairec_cli.datagen.public_project import CONFIG, DAYS, STORED, folder, mount, write
from pairec_cli.datagen.world import World
from pairec_cli.domain.ds import DsRange, shift, unix_start
from pairec_cli.domain.errors import DataError, InvalidInput, NotFound
from pairec_cli.domain.tables import DEMO_COLUMNS, DEMO_TABLES, TableRole

LAST = "20270320"  # five days after a day of 23 hours in New York
ARROW = {"BIGINT": pa.int64(), "DOUBLE": pa.float64(), "STRING": pa.string()}
TIMES = {TableRole.USER: "register_time", TableRole.ITEM: "pub_time", TableRole.BEHAVIOR: "event_time"}


def files(root: Path) -> list[Path]:
    return sorted(root.rglob("*.parquet"))


def test_the_shipped_files_are_every_day_of_three_tables_in_at_most_5_mb() -> None:
    named = {str(path.relative_to(folder())) for path in files(folder())}
    assert named == {f"{table}/ds={ds}/part-0.parquet" for table in DEMO_TABLES.values() for ds in STORED}
    assert sum(path.stat().st_size for path in files(folder())) <= 5_000_000
    assert len(STORED) == DAYS == 101


def test_the_shipped_rows_are_the_worlds() -> None:
    """Names come from faker's word lists, which may change with its versions; everything else must not."""
    world, shipped = World(CONFIG), mount(STORED.last)
    for ds in (STORED.first, STORED.last):
        made = {
            TableRole.USER: world.users(ds),
            TableRole.ITEM: world.items(ds),
            TableRole.BEHAVIOR: world.behavior(ds),
        }
        for role, table in made.items():
            columns = [name for name in table.column_names if name not in ("city", "title")]
            assert shipped.read(role, ds).select(columns).equals(table.select(columns))


def test_writing_again_gives_the_same_bytes(tmp_path: Path) -> None:
    days = DsRange(shift(STORED.first, 50), shift(STORED.first, 51))
    sizes = [write(tmp_path / name, days) for name in ("one", "two")]
    one, two = files(tmp_path / "one"), files(tmp_path / "two")
    assert len(one) == 6 and [a.read_bytes() for a in one] == [b.read_bytes() for b in two]
    assert sizes == [sum(path.stat().st_size for path in one)] * 2


def test_files_read_as_declared_by_any_reader() -> None:
    for role, table in DEMO_TABLES.items():
        schema = pq.read_schema(folder() / table / f"ds={STORED.first}" / "part-0.parquet")
        assert [(field.name, field.type) for field in schema] == [
            (column.name, ARROW[column.type]) for column in DEMO_COLUMNS[role]
        ]


@pytest.mark.parametrize("timezone", ["UTC", "Asia/Shanghai", "America/New_York"])
def test_mounted_days_end_on_the_last_day_and_events_lie_in_theirs(timezone: str) -> None:
    mounted = mount(LAST, timezone)
    assert mounted.days == DsRange(shift(LAST, -100), LAST)
    for ds in (mounted.days.first, "20270313", "20270314", "20270315", LAST):
        times = mounted.read(TableRole.BEHAVIOR, ds)["event_time"].to_numpy()
        assert unix_start(ds, timezone) <= times.min() and times.max() < unix_start(shift(ds, 1), timezone)
        for role in (TableRole.USER, TableRole.ITEM):
            assert max(mounted.read(role, ds)[TIMES[role]].to_pylist()) < unix_start(shift(ds, 1), timezone)


def test_mounting_changes_times_alone_and_by_whole_days() -> None:
    mounted, stored = mount(LAST), mount(STORED.last)
    moved = unix_start(LAST) - unix_start(STORED.last)
    assert moved % 86_400 == 0
    for role, time in TIMES.items():
        now, then = mounted.read(role, shift(LAST, -30)), stored.read(role, shift(STORED.last, -30))
        assert now.drop_columns(time).equals(then.drop_columns(time))
        assert np.unique(now[time].to_numpy() - then[time].to_numpy()).tolist() == [moved]


def test_registration_and_publication_are_the_same_every_day() -> None:
    mounted = mount(LAST, "America/New_York")
    for role in (TableRole.USER, TableRole.ITEM):
        first, last = (mounted.read(role, ds)[TIMES[role]].to_pylist() for ds in (mounted.days.first, LAST))
        assert last[: len(first)] == first


def test_local_hours_stay_local() -> None:
    """Few are awake at night, in whichever zone the project is mounted."""
    table = mount(LAST, "Asia/Shanghai").read(TableRole.BEHAVIOR, LAST)
    hours = [
        datetime.fromtimestamp(at, ZoneInfo("Asia/Shanghai")).hour for at in table["event_time"].to_pylist()
    ]
    assert np.mean([1 <= hour <= 5 for hour in hours]) < 0.1 < np.mean([19 <= hour <= 22 for hour in hours])


def test_partitions_are_all_of_them_with_their_schemas() -> None:
    mounted = mount(LAST)
    found = [(name, ds, table.num_rows) for name, ds, table in mounted.partitions()]
    names = [schema.name for schema in mounted.schemas.values()]
    assert [(name, ds) for name, ds, _ in found] == [(name, ds) for name in names for ds in mounted.days]
    assert [str(name) for name in names] == [f"pai_online_project.{table}" for table in DEMO_TABLES.values()]
    assert min(rows for _, _, rows in found) >= 300


def test_what_is_not_there_is_an_error() -> None:
    with pytest.raises(NotFound, match=shift(LAST, 1)):
        mount(LAST).read(TableRole.USER, shift(LAST, 1))
    with pytest.raises(InvalidInput):
        mount("yesterday")


@pytest.mark.parametrize("place", ["wheel", "checkout"])
def test_the_folder_is_found_in_a_wheel_and_in_a_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    package = tmp_path / "pairec_cli"
    monkeypatch.setattr(public_project, "__file__", str(package / "datagen" / "public_project.py"))
    with pytest.raises(DataError, match="missing"):
        folder()
    there = (package if place == "wheel" else tmp_path) / "demo_data" / "pai_online_project"
    there.mkdir(parents=True)
    assert folder() == there
