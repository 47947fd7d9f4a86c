"""The create_data node, run as DataWorks runs it: a script with the globals `o` and `args`."""

from __future__ import annotations

import ast
from types import TracebackType

import pyarrow as pa
import pytest

from pairec_cli.datagen.create_data import TEMPLATE, script
from pairec_cli.datagen.world import World, WorldConfig
from pairec_cli.domain.tables import BEHAVIOR_COLUMNS, ITEM_COLUMNS, USER_COLUMNS

CONFIG = WorldConfig(epoch="20260101", users=30, items=40, events_per_day=200, seed=5, signal=0.5)
NAMES = ("rec_sln_demo_user_table", "rec_sln_demo_item_table", "rec_sln_demo_behavior_table")


class Writer:
    """One partition's writer: what it collected appears when its block ends without an error."""

    def __init__(self, table: Table, partition: str) -> None:
        self.table, self.partition = table, partition
        self.batches: list[pa.RecordBatch] = []

    def write(self, data: pa.Table | pa.RecordBatch) -> None:
        self.batches += data.to_batches() if isinstance(data, pa.Table) else [data]

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        if kind is None:
            self.table.partitions[self.partition] = pa.Table.from_batches(self.batches)


class Table:
    def __init__(self, columns: str, partition: str) -> None:
        self.columns, self.partition = columns, partition
        self.partitions: dict[str, pa.Table] = {}

    def open_writer(self, partition: str, *, create_partition: bool, overwrite: bool, arrow: bool) -> Writer:
        assert create_partition and overwrite and arrow
        return Writer(self, partition)


class Odps:
    """MaxCompute's entry object, in memory."""

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}

    def create_table(self, name: str, schema: tuple[str, str], *, if_not_exists: bool) -> None:
        assert if_not_exists
        self.tables.setdefault(name, Table(*schema))

    def get_table(self, name: str) -> Table:
        return self.tables[name]


def run(odps: Odps, ds: str) -> None:
    exec(compile(script(*NAMES, CONFIG), "create_data.py", "exec"), {"o": odps, "args": {"bizdate": ds}})  # noqa: S102  # running it is the test


def test_a_run_writes_the_day_into_the_three_tables(capsys: pytest.CaptureFixture[str]) -> None:
    odps, world = Odps(), World(CONFIG)
    for ds in ("20260103", "20260104", "20260103"):
        run(odps, ds)
    written = {name: table.partitions for name, table in odps.tables.items()}
    assert list(written) == list(NAMES)
    for ds in ("20260103", "20260104"):
        expected = (world.users(ds), world.items(ds), world.behavior(ds))
        for name, table in zip(NAMES, expected, strict=True):
            assert list(written[name]) == ["ds=20260103", "ds=20260104"]
            assert written[name][f"ds={ds}"].equals(table)
    rows = world.behavior("20260103").num_rows
    assert f"{NAMES[2]} ds=20260103: {rows} rows" in capsys.readouterr().out


def test_tables_are_created_with_the_demo_columns() -> None:
    odps = Odps()
    run(odps, "20260103")
    for name, columns in zip(NAMES, (USER_COLUMNS, ITEM_COLUMNS, BEHAVIOR_COLUMNS), strict=True):
        table = odps.tables[name]
        assert table.partition == "ds string"
        assert table.columns == ", ".join(f"{column.name} {column.type.lower()}" for column in columns)


def test_the_template_has_the_tutorials_placeholders() -> None:
    for name in ("$user_table_name", "$item_table_name", "$behavior_table_name"):
        assert TEMPLATE.count(f'"{name}"') == 1


def test_the_script_spells_out_every_setting_and_leaves_no_placeholder() -> None:
    text = script(*NAMES, CONFIG)
    settings = next(
        ast.literal_eval(node.value)
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "config"
    )
    assert WorldConfig(**settings) == CONFIG and set(settings) == set(WorldConfig.model_fields)
    assert text.count("$") == 1 and "bizdate=$[yyyymmdd-1]" in text
