"""Tables are looked at before they are registered: every fault that is planted is found and told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.domain.ds import unix_start
from pairec_cli.domain.errors import AlreadyExists, DataError, EditionRefused, NotFound
from pairec_cli.domain.instance import ServiceType
from pairec_cli.domain.tables import Column, TableName, TableRole, TableSchema
from pairec_cli.project import Project
from pairec_cli.workflow.instances import create_instance
from pairec_cli.workflow.registration import (
    Finding,
    Level,
    Report,
    _check_time,
    _check_unique,
    inspect,
    register,
)

DS = "20260131"
NOON = unix_start(DS) + 43_200
TYPES = {"BIGINT": pa.int64(), "STRING": pa.string()}
BEHAVIOR = {
    "request_id": ("STRING", ["r1", "r2", "r3"]),
    "exp_id": ("STRING", ["e", "e", "e"]),
    "user_id": ("STRING", ["1", "1", "2"]),
    "item_id": ("STRING", ["7", "8", "7"]),
    "event": ("STRING", ["expr", "click", "praise"]),
    "event_time": ("BIGINT", [NOON, NOON, NOON]),
}
USER = {"user_id": ("BIGINT", [1, 2]), "register_time": ("BIGINT", [NOON, NOON])}
ITEM = {"item_id": ("BIGINT", [7, 8]), "pub_time": ("BIGINT", [NOON, NOON])}
Columns = dict[str, tuple[str, list[Any]]]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.delenv("PAIREC_DB_URL", raising=False)
    made = Project.create(tmp_path / ".pairec")
    create_instance(made, "demo", region="local")
    return made


@pytest.fixture
def write(project: Project) -> Callable[..., str]:
    """Creates a table of `columns` (name → type, values) with one partition per day; returns its name."""

    def made(
        columns: Columns, *, days: tuple[str, ...] = (DS,), name: str = "t", partition: str | None = "ds"
    ) -> str:
        table = TableName("project_mc", name)
        schema = TableSchema(table, tuple(Column(n, kind) for n, (kind, _) in columns.items()), partition)
        project.warehouse.create_table(schema)
        rows = pa.table({n: pa.array(values, TYPES[kind]) for n, (kind, values) in columns.items()})
        for ds in days:
            project.warehouse.write(table, ds, rows)
        return name

    return made


def look(project: Project, name: str, role: TableRole, **options: Any) -> Report:
    return inspect(project, TableName("project_mc", name), role, project.instance, **options)


@pytest.mark.parametrize(
    ("role", "columns"), [(TableRole.BEHAVIOR, BEHAVIOR), (TableRole.USER, USER), (TableRole.ITEM, ITEM)]
)
def test_sound_tables_have_no_findings(
    project: Project, write: Callable[..., str], role: TableRole, columns: Columns
) -> None:
    report = look(project, write(columns), role)
    assert report.findings == ()
    assert (report.days, report.first, report.last) == (1, DS, DS)
    assert report.rows == len(next(iter(columns.values()))[1])


def without(columns: Columns, name: str) -> Columns:
    return {n: column for n, column in columns.items() if n != name}


@pytest.mark.parametrize(
    ("role", "columns", "message", "hint"),
    [
        (
            TableRole.USER,
            USER | {"user_id": ("BIGINT", [1, None])},
            "1 of 2 rows of 20260131 have no user_id",
            "",
        ),
        (
            TableRole.BEHAVIOR,
            BEHAVIOR | {"item_id": ("STRING", ["7", "", None])},
            "2 of 3 rows of 20260131 have no item_id",
            "",
        ),
        (
            TableRole.ITEM,
            ITEM | {"item_id": ("BIGINT", [7, 7])},
            "1 item_id(s) stand in 20260131 more than once, as 7 (2 times)",
            "keep one row per id and day",
        ),
        (
            TableRole.BEHAVIOR,
            BEHAVIOR | {"event_time": ("BIGINT", [NOON * 1000] * 3)},
            f"event_time is in milliseconds, as {NOON * 1000}",
            "write seconds: event_time DIV 1000",
        ),
        (
            TableRole.BEHAVIOR,
            BEHAVIOR | {"event_time": ("STRING", ["2026-01-31"] * 3)},
            "event_time is STRING, not BIGINT",
            "write Unix seconds, 10 digits",
        ),
        (
            TableRole.BEHAVIOR,
            BEHAVIOR | {"event": ("STRING", ["view", "buy", "view"])},
            "none of the events expr, click, praise occurs; found buy, view",
            "--events buy,view names them, exposure first",
        ),
        (
            TableRole.BEHAVIOR,
            BEHAVIOR | {"item_id": ("STRING", ["7", "a:b", "8"])},
            "item_id holds a reserved character (: ; , #), as in 'a:b'",
            "replace it, for example by _",
        ),
        (
            TableRole.USER,
            {"userid": USER["user_id"], "register_time": USER["register_time"]},
            "column 'user_id' is missing",
            "--user-id userid names the column that holds it",
        ),
    ],
)
def test_faults_are_errors_and_refuse_the_table(
    project: Project, write: Callable[..., str], role: TableRole, columns: Columns, message: str, hint: str
) -> None:
    name = write(columns)
    assert look(project, name, role).errors[0] in [
        Finding(Level.ERROR, check, message, hint) for check in ("keys", "time", "events", "columns")
    ]
    with pytest.raises(DataError) as caught:
        register(project, name, role=role)
    assert message in caught.value.message
    assert project.control.tables.all("demo") == []
    entry = register(project, name, role=role, force=True)
    assert entry.report["errors"] == 1


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            BEHAVIOR | {"event": ("STRING", ["expr", "clik", "click"])},
            "unknown events: 'clik' (did you mean 'click'?)",
        ),
        (
            BEHAVIOR | {"event_time": ("BIGINT", [NOON, NOON, NOON - 86_400])},
            "33% of the rows of 20260131 have an event_time on another day in UTC",
        ),
        (without(BEHAVIOR, "request_id"), "no column 'request_id': without it no exact training samples"),
    ],
)
def test_what_only_costs_something_is_a_warning(
    project: Project, write: Callable[..., str], columns: Columns, message: str
) -> None:
    report = look(project, write(columns), TableRole.BEHAVIOR)
    assert [(finding.level, finding.message) for finding in report.findings] == [(Level.WARNING, message)]
    assert register(project, "t", role=TableRole.BEHAVIOR).report["warnings"] == 1


def test_partitions(project: Project, write: Callable[..., str]) -> None:
    report = look(project, write(USER, days=("20260101", "20260104", "20260105")), TableRole.USER)
    assert [f.message for f in report.findings] == ["days without a partition: 20260102..20260103"]
    empty = look(project, write(USER, days=(), name="empty"), TableRole.USER)
    assert [f.message for f in empty.errors] == ["the table has no partition"]
    flat = look(project, write(USER, days=(), name="flat", partition=None), TableRole.USER)
    assert [f.message for f in flat.errors] == ["the table has no time partition"]


def test_only_the_newest_days_are_read(project: Project, write: Callable[..., str]) -> None:
    days = tuple(f"202601{day:02}" for day in range(20, 32))
    report = look(project, write(BEHAVIOR, days=days), TableRole.BEHAVIOR)
    assert report.checked == days[-7:]
    users = look(project, write(USER, days=days, name="users"), TableRole.USER)
    assert users.checked == days[-1:]


def test_a_table_may_have_column_names_of_its_own(project: Project, write: Callable[..., str]) -> None:
    columns = {("uid" if name == "user_id" else name): column for name, column in BEHAVIOR.items()}
    entry = register(project, write(columns), role=TableRole.BEHAVIOR, fields={"user_id": "uid"})
    assert entry.report["fields"]["user_id"] == "uid"
    assert entry.report["errors"] == 0
    with pytest.raises(NotFound, match="field of a behavior table"):
        look(project, "t", TableRole.BEHAVIOR, fields={"uid": "uid"})


def test_registering_again_looks_again(project: Project, write: Callable[..., str]) -> None:
    first = register(project, write(USER), role=TableRole.USER)
    project.warehouse.write(
        TableName("project_mc", "t"),
        "20260201",
        pa.table({"user_id": pa.array([5], pa.int64()), "register_time": pa.array([NOON], pa.int64())}),
    )
    second = register(project, "project_mc.t", role=TableRole.USER)
    assert (first.display_name, second.display_name) == ("User Table", "User Table")
    assert (first.report["days"], second.report["days"]) == (1, 2)
    assert len(project.control.tables.all("demo")) == 1


def test_display_names(project: Project, write: Callable[..., str]) -> None:
    register(project, write(USER), role=TableRole.USER)
    other = register(project, write(USER, name="more_users"), role=TableRole.USER)
    assert other.display_name == "more_users"
    with pytest.raises(AlreadyExists):
        register(project, "t", role=TableRole.USER, display_name="Another")


def test_unknown_table_and_instance(project: Project, write: Callable[..., str]) -> None:
    write(USER, name="users")
    with pytest.raises(NotFound, match=r"did you mean 'project_mc\.users'") as caught:
        register(project, "user", role=TableRole.USER)
    assert "pairec data" in (caught.value.hint or "")
    with pytest.raises(NotFound):
        register(project, "users", role=TableRole.USER, instance="other")


def test_standard_edition_registers_nothing(project: Project, write: Callable[..., str]) -> None:
    create_instance(project, "small", region="local", service_type=ServiceType.STANDARD)
    with pytest.raises(EditionRefused):
        register(project, f"project_mc.{write(USER)}", role=TableRole.USER, instance="small")


@settings(max_examples=30)
@given(st.lists(st.integers(0, 5) | st.none(), max_size=12))
def test_repeated_ids_are_counted_as_a_dictionary_counts_them(ids: list[int | None]) -> None:
    counts = {i: ids.count(i) for i in ids if i is not None}
    repeated = [i for i, n in counts.items() if n > 1]
    found = list(_check_unique(pa.chunked_array([pa.array(ids, pa.int64())]), "item_id", DS))
    assert bool(found) == bool(repeated)
    if found:
        assert found[0].message.startswith(f"{len(repeated)} item_id(s) stand in")


@settings(max_examples=30)
@given(st.sampled_from(["UTC", "Asia/Shanghai", "America/New_York"]), st.integers(0, 86_399))
def test_every_second_of_the_day_is_on_its_day(timezone: str, second: int) -> None:
    times = pa.chunked_array([pa.array([unix_start(DS, timezone) + second], pa.int64())])
    assert list(_check_time(times, DS, timezone)) == []
