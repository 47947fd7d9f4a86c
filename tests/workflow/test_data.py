"""Step 2: generated days continue one world, survive a kill, and the public project is cloned by SQL."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from pairec_cli.datagen.world import World, WorldConfig
from pairec_cli.domain.ds import DsRange, shift, unix_start, yesterday
from pairec_cli.domain.errors import DataError, InvalidInput, NodeFailed
from pairec_cli.domain.runs import RunState
from pairec_cli.domain.tables import DEMO_COLUMNS, Column, TableName, TableRole, TableSchema
from pairec_cli.project import Project
from pairec_cli.warehouse.writer import arrow_schema
from pairec_cli.workflow import data, source_nodes

END = "20260131"
SMALL: dict[str, object] = {"users": 30, "items": 40, "events_per_day": 200, "seed": 5}
TABLES = {role: TableName("project_mc", name) for role, name in source_nodes.demo_tables().items()}


def generate(project: Project, days: int, end: str = END, **settings: object) -> list[str]:
    """Generates and returns the days that were made."""
    plan = data.plan_generation(project, days=days, end=end, settings=settings)
    return [run.ds for run in data.generate(project, plan, lambda *_: None)]


def stored(project: Project, role: TableRole, ds: str) -> pa.Table:
    return project.warehouse.read(TABLES[role], [ds]).drop_columns(["ds"])


def test_days_are_those_of_one_world_however_they_are_asked_for(project: Project) -> None:
    assert generate(project, 2, "20260129", **SMALL) == ["20260128", "20260129"]
    assert generate(project, 4) == ["20260130", "20260131"]  # what exists is left alone
    assert generate(project, 4) == []
    world = World(WorldConfig(epoch="20260128", timezone="UTC", **SMALL))  # type: ignore[arg-type]  # names fit
    for ds in DsRange("20260128", END):
        assert stored(project, TableRole.USER, ds).equals(world.users(ds))
        assert stored(project, TableRole.ITEM, ds).equals(world.items(ds))
        assert stored(project, TableRole.BEHAVIOR, ds).equals(world.behavior(ds))


def test_a_plan_changes_nothing_and_tells_what_will_be_made(project: Project) -> None:
    plan = data.plan_generation(project, days=3, end=END, settings=SMALL)
    assert plan.to_make == ("20260129", "20260130", "20260131") and not plan.continued
    assert project.warehouse.schemas() == []
    data.generate(project, plan, lambda *_: None)
    again = data.plan_generation(project, days=5, end=END)
    assert again.to_make == ("20260127", "20260128") and again.continued
    assert again.config.users == 30
    forced = data.plan_generation(project, days=2, end=END, force=True)
    assert forced.to_make == ("20260130", "20260131")


def test_progress_is_told_day_by_day(project: Project) -> None:
    told: list[tuple[str, int, int]] = []
    plan = data.plan_generation(project, days=2, end=END, settings=SMALL)
    data.generate(project, plan, lambda run, done, total: told.append((run.ds, done, total)))
    assert told == [("20260130", 1, 2), ("20260131", 2, 2)]


@pytest.mark.parametrize(("days", "end", "said"), [(0, END, "0 days"), (1, "29990101", "is not over yet")])
def test_impossible_days_are_refused(project: Project, days: int, end: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        data.plan_generation(project, days=days, end=end)


def test_a_world_keeps_its_settings(project: Project) -> None:
    generate(project, 1, **SMALL)
    assert generate(project, 1, seed=5, users=30) == []
    with pytest.raises(InvalidInput, match="has events_per_day=200, not 300") as caught:
        generate(project, 1, events_per_day=300)
    assert "--events-per-day" not in (caught.value.hint or "") and "--events" in (caught.value.hint or "")


def test_a_day_that_was_removed_or_replaced_is_made_again(project: Project) -> None:
    generate(project, 3, **SMALL)
    before = stored(project, TableRole.ITEM, END)
    project.warehouse.drop_partitions(TABLES[TableRole.USER], ["20260130"])
    project.warehouse.write(TABLES[TableRole.ITEM], END, before.slice(0, 1))
    assert generate(project, 3) == ["20260130", END]
    assert stored(project, TableRole.ITEM, END).equals(before)


def test_a_table_with_other_columns_fails_with_the_node_and_the_day(project: Project) -> None:
    project.warehouse.create_table(TableSchema(TABLES[TableRole.ITEM], (Column("item_id", "BIGINT"),)))
    with pytest.raises(NodeFailed, match=r"create_data ds=20260131: data for .* has unknown duration"):
        generate(project, 1, **SMALL)
    assert project.warehouse.partitions(TABLES[TableRole.ITEM]) == {}


KILLED = """
import os, signal, sys
from pairec_cli.datagen.world import World
from pairec_cli.cli.main import run

make = World.behavior_batches

def killed(world, ds):
    for number, batch in enumerate(make(world, ds)):
        if ds == "20260130" and number == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        yield batch

World.behavior_batches = killed
run(sys.argv[1:])
"""


def test_a_killed_generate_leaves_no_half_day_and_the_next_call_goes_on(
    tmp_path: Path, project: Project
) -> None:
    many: dict[str, object] = {**SMALL, "events_per_day": 200_000}  # more than one batch a day
    arguments = f"--home {project.home} data generate --days 3 --end {END} --users 30 --items 40 --seed 5"
    command = [sys.executable, "-c", KILLED, *arguments.split(), "--events", "200000"]
    dead = subprocess.run(command, capture_output=True, cwd=tmp_path, check=False)
    assert dead.returncode == -9
    staging = project.warehouse.layout.staging
    assert any(staging.iterdir())  # what the dead process was at
    behavior = TABLES[TableRole.BEHAVIOR]
    assert list(project.warehouse.partitions(behavior)) == ["20260129"]
    assert not (project.warehouse.layout.partition(behavior, "20260130")).exists()
    whole = project.warehouse.partitions(behavior)["20260129"].rows
    assert project.warehouse.read(behavior, ["20260129"], ["item_id"]).num_rows == whole

    assert generate(project, 3) == ["20260130", END]
    assert list(staging.iterdir()) == []
    world = World(WorldConfig(epoch="20260129", timezone="UTC", **many))  # type: ignore[arg-type]  # names fit
    assert stored(project, TableRole.BEHAVIOR, "20260130").equals(world.behavior("20260130"))
    runs = project.control.runs.all(source_nodes.workflow(project.instance), node="create_data")
    assert [run.state for run in runs if run.ds == "20260130"] == [RunState.OK, RunState.FAILED]


def test_virtual_nodes_stand_before_the_tables(project: Project) -> None:
    generate(project, 1, **SMALL)
    nodes = project.control.nodes.all(source_nodes.workflow(project.instance))
    assert sorted(node.name for node in nodes) == sorted(
        ["create_data", *source_nodes.demo_tables().values()]
    )


def test_clone_runs_the_tutorials_sql_over_its_window(project: Project) -> None:
    run = data.clone(project, bizdate="20260130", listener=lambda *_: None)
    assert run.state is RunState.OK and run.node == "Data"
    window = DsRange(shift("20260130", -100), "20260130")
    rows = 0
    for role, table in TABLES.items():
        partitions = project.warehouse.partitions(table)
        assert list(partitions) == list(window)
        assert project.warehouse.schema(table).columns == DEMO_COLUMNS[role]
        rows += sum(partition.rows for partition in partitions.values())
    assert run.rows == rows
    times = stored(project, TableRole.BEHAVIOR, "20260130")["event_time"].to_pylist()
    assert unix_start("20260130") <= min(times) <= max(times) < unix_start("20260131")

    data.clone(project, bizdate=END, listener=lambda *_: None)  # a day later the public project has moved
    public = [schema.name for schema in project.warehouse.schemas("pai_online_project")]
    assert [str(name) for name in public] == sorted(data.public_tables())
    for name in public:
        assert list(project.warehouse.partitions(name)) == list(DsRange(shift(END, -100), END))
    assert list(project.warehouse.partitions(TABLES[TableRole.USER])) == list(DsRange(window.first, END))


def test_the_public_project_is_mounted_when_it_is_asked_for(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted: list[str] = []
    monkeypatch.setattr(data, "mount_public_project", lambda _workspace, day: mounted.append(day))
    data.show_public_project(project)
    assert mounted == [yesterday()]
    project.control.settings.set("public_project:pai_online_project", "20260131 UTC")
    data.show_public_project(project)  # one that is mounted stays as it is
    assert len(mounted) == 1


def test_clone_refuses_the_future(project: Project) -> None:
    with pytest.raises(InvalidInput, match="is not over yet"):
        data.clone(project, bizdate="29990101", listener=lambda *_: None)


def test_imported_days_of_wrong_shape_cannot_stand_in_a_demo_table(project: Project) -> None:
    generate(project, 1, **SMALL)
    schema = project.warehouse.schema(TABLES[TableRole.USER])
    wrong = arrow_schema(schema).remove(0).empty_table()
    with pytest.raises(DataError, match="lacks user_id"):
        project.warehouse.write(schema.name, END, wrong)
