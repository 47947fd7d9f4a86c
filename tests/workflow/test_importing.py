"""Files into tables: what goes in is what is stored, on the right day, or nothing is."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pairec_cli.domain.ds import shift, unix_start, yesterday
from pairec_cli.domain.errors import DataError, InvalidInput, NotFound, PairecError
from pairec_cli.domain.tables import Column, TableName, TableRole, TableSchema
from pairec_cli.project import Project
from pairec_cli.workflow import importing
from pairec_cli.workflow.importing import likely_role, plan_import, run_import
from pairec_cli.workflow.instances import create_instance

TABLE = TableName("project_mc", "t")
DS = "20260131"


def opened(home: Path, zone: str = "UTC") -> Project:
    project = Project.create(home / ".pairec")
    create_instance(project, "demo", region="local", timezone=zone)
    return project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.delenv("PAIREC_DB_URL", raising=False)
    return opened(tmp_path)


def csv(folder: Path, text: str, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def stored(project: Project) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = project.warehouse.read(TABLE).to_pylist()
    return rows


def test_the_table_is_made_from_the_files_columns(project: Project, tmp_path: Path) -> None:
    plan = plan_import(project, csv(tmp_path, "item_id,price,name\n7,1.5,a\n8,2,b\n"), "t", ds=DS)
    assert plan.creates and plan.rows == {DS: 2}
    assert project.warehouse.ledger.schema(TABLE) is None  # a plan changes nothing
    run_import(project, plan)
    columns = (Column("item_id", "BIGINT"), Column("price", "DOUBLE"), Column("name", "STRING"))
    assert project.warehouse.schema(TABLE) == TableSchema(TABLE, columns, "ds")
    assert stored(project) == [
        {"item_id": 7, "price": 1.5, "name": "a", "ds": DS},
        {"item_id": 8, "price": 2.0, "name": "b", "ds": DS},
    ]


def test_a_column_ds_tells_each_rows_day(project: Project, tmp_path: Path) -> None:
    plan = plan_import(project, csv(tmp_path, "id,DS\n1,20260102\n2,2026-01-01\n3,20260102\n"), "t")
    assert plan.rows == {"20260101": 1, "20260102": 2}
    run_import(project, plan)
    assert [(row["id"], row["ds"]) for row in stored(project)] == [
        (2, "20260101"),
        (1, "20260102"),
        (3, "20260102"),
    ]
    assert project.warehouse.schema(TABLE).column_names == ["id"]


@pytest.mark.parametrize(("zone", "day"), [("UTC", "20260131"), ("Asia/Shanghai", "20260201")])
def test_a_time_column_tells_the_day_in_the_instances_time_zone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone: str, day: str
) -> None:
    monkeypatch.delenv("PAIREC_DB_URL", raising=False)
    late = unix_start("20260131") + 20 * 3600
    project = opened(tmp_path, zone)
    plan = plan_import(project, csv(tmp_path, f"id,event_time\n1,{late}\n"), "t", time_column="event_time")
    run_import(project, plan)
    assert stored(project) == [{"id": 1, "event_time": late, "ds": day}]


def test_parquet_days_may_be_dates_or_numbers(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    for days in (pa.array([datetime(2026, 1, 1).date()]), pa.array([20260101])):
        pq.write_table(pa.table({"id": [1], "ds": days}), path)
        assert plan_import(project, path, "t").rows == {"20260101": 1}


def test_importing_again_replaces_the_days_and_only_those(project: Project, tmp_path: Path) -> None:
    run_import(project, plan_import(project, csv(tmp_path, "id,ds\n1,20260101\n2,20260102\n"), "t"))
    run_import(project, plan_import(project, csv(tmp_path, "id,ds\n3,20260102\n"), "t"))
    assert [(row["id"], row["ds"]) for row in stored(project)] == [(1, "20260101"), (3, "20260102")]


def test_the_same_file_again_is_the_same_data_and_added_again_is_not(
    project: Project, tmp_path: Path
) -> None:
    path = csv(tmp_path, "id,ds\n1,20260101\n")

    def fingerprint(*, append: bool) -> str:
        run_import(project, plan_import(project, path, "t", append=append))
        return project.warehouse.partitions(TABLE)["20260101"].fingerprint

    first = fingerprint(append=False)
    assert fingerprint(append=False) == first
    assert len({first, fingerprint(append=True), fingerprint(append=True)}) == 3
    assert [row["id"] for row in stored(project)] == [1, 1, 1]


def test_an_existing_table_sets_the_types(project: Project, tmp_path: Path) -> None:
    project.warehouse.create_table(TableSchema(TABLE, (Column("id", "STRING"), Column("x", "DOUBLE")), "dt"))
    run_import(project, plan_import(project, csv(tmp_path, "X,dt,id\n1,20260101,007\n2,20260101,8\n"), "t"))
    assert stored(project) == [
        {"id": "007", "x": 1.0, "dt": "20260101"},
        {"id": "8", "x": 2.0, "dt": "20260101"},
    ]
    with pytest.raises(DataError, match=r"column x holds values that are not double:\n  row 1: 'a'"):
        plan_import(project, csv(tmp_path, "id,x\n1,a\n"), "t", ds=DS)


@pytest.mark.parametrize(
    ("header", "said"),
    [("id", "lacks x"), ("id,x,y", "has unknown y"), ("x,jd", "lacks id and has unknown jd")],
)
def test_other_columns_than_the_tables_are_refused(
    project: Project, tmp_path: Path, header: str, said: str
) -> None:
    project.warehouse.create_table(TableSchema(TABLE, (Column("id", "BIGINT"), Column("x", "BIGINT"))))
    row = ",".join("1" for _ in header.split(","))
    with pytest.raises(DataError, match=said) as caught:
        plan_import(project, csv(tmp_path, f"{header}\n{row}\n"), "t", ds=DS)
    assert caught.value.hint == "its columns are id, x"


def test_a_table_without_partitions_takes_rows_without_a_day(project: Project, tmp_path: Path) -> None:
    project.warehouse.create_table(TableSchema(TABLE, (Column("id", "BIGINT"),), None))
    path = csv(tmp_path, "id\n1\n")
    run_import(project, plan_import(project, path, "t"))
    assert stored(project) == [{"id": 1}]
    with pytest.raises(InvalidInput, match="no partitions"):
        plan_import(project, path, "t", ds=DS)


TOMORROW = shift(yesterday(), 2)


@pytest.mark.parametrize(
    ("text", "options", "kind", "said"),
    [
        ("id\n1\n", {}, InvalidInput, "nothing tells the day"),
        ("id\n1\n", {"ds": "2026013"}, InvalidInput, "'2026013' is not a day"),
        ("id\n1\n", {"ds": TOMORROW}, InvalidInput, "is not over yet"),
        ("id\n1\n", {"time_column": "time"}, NotFound, "'time' does not exist; known: id"),
        ("id,ds\n1,20260101\n", {"ds": DS}, InvalidInput, "tells each row's day in its column ds"),
        ("id,t\n1,1\n", {"ds": DS, "time_column": "t"}, InvalidInput, "both tell the day"),
        ("id,ds\n1,20260101\n2,20260132\n", {}, DataError, r"row 2: ds is '20260132': .* is not a day"),
        ("id,ds\n1,\n", {}, DataError, "row 1: ds is None: no day"),
        (f"id,ds\n1,{TOMORROW}\n", {}, DataError, "is not over yet"),
        ("id,t\n1,1769817600000\n", {"time_column": "t"}, DataError, "holds milliseconds, as 1769817600000"),
        ("id,t\n1,4102444800\n", {"time_column": "t"}, DataError, "row 1: t is 4102444800: 21000101 is not"),
        ("id,t\n1,\n", {"time_column": "t"}, DataError, "row 1: t is None: no day"),
        ("id\n", {"ds": DS}, DataError, "holds no rows"),
    ],
)
def test_rows_without_a_day_that_is_over_are_refused(
    project: Project,
    tmp_path: Path,
    text: str,
    options: dict[str, str],
    kind: type[PairecError],
    said: str,
) -> None:
    with pytest.raises(kind, match=said) as caught:
        plan_import(project, csv(tmp_path, text), "t", **options)
    assert caught.value.hint or kind is not InvalidInput
    assert project.warehouse.schemas() == []


def test_milliseconds_come_with_a_hint(project: Project, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        plan_import(project, csv(tmp_path, "t\n1769817600000\n"), "t", time_column="t")
    assert caught.value.hint == "Unix seconds have 10 digits: divide by 1000"


def test_a_file_that_changes_between_plan_and_run_leaves_nothing(project: Project, tmp_path: Path) -> None:
    path = csv(tmp_path, "id,ds\n1,20260101\n")
    plan = plan_import(project, path, "t")
    csv(tmp_path, "id,ds\n1,20260101\n2,20260102\n")
    with pytest.raises(DataError, match="changed while it was imported"):
        run_import(project, plan)
    assert project.warehouse.partitions(TABLE) == {}


def test_a_disk_error_at_the_last_day_leaves_no_day(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_import(project, csv(tmp_path, "id,ds\n1,20260101\n2,20260102\n"), "t")
    rename, calls = Path.rename, []

    def failing(self: Path, target: Path) -> Path:
        calls.append(self)
        if len(calls) == 2:
            raise OSError("no space left")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="no space left"):
        run_import(project, plan)
    assert len(calls) == 2 and project.warehouse.partitions(TABLE) == {}
    assert list(project.warehouse.layout.table(TABLE).rglob("*.parquet")) == []


MOMENTS = st.datetimes(datetime(2025, 12, 30), datetime(2026, 1, 2), timezones=st.just(UTC))


@given(st.lists(MOMENTS, min_size=1, max_size=60), st.integers(1, 20), st.integers(-11, 11))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_is_stored_on_its_own_day(
    tmp_path_factory: pytest.TempPathFactory, moments: list[datetime], buffer: int, hours: int
) -> None:
    """Against Python's own calendar, whatever the order of rows and the size of the buffer."""
    folder = tmp_path_factory.mktemp("import")
    project = opened(folder, f"Etc/GMT{-hours:+d}")
    seconds = [int(moment.timestamp()) for moment in moments]
    rows = "".join(f"{number},{second}\n" for number, second in enumerate(seconds))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importing, "BUFFER_ROWS", buffer)
        plan = plan_import(project, csv(folder, f"id,t\n{rows}"), "t", time_column="t")
        run_import(project, plan)
    zone = timezone(timedelta(hours=hours))
    days = [datetime.fromtimestamp(second, zone).strftime("%Y%m%d") for second in seconds]
    assert plan.rows == dict(sorted(Counter(days).items()))
    assert {row["id"]: row["ds"] for row in stored(project)} == dict(enumerate(days))
    assert [row["id"] for row in stored(project)] == sorted(range(len(days)), key=lambda n: (days[n], n))


@pytest.mark.parametrize(
    ("columns", "role"),
    [
        (("user_id", "item_id", "event", "event_time"), TableRole.BEHAVIOR),
        (("user_id", "age"), TableRole.USER),
        (("item_id", "price"), TableRole.ITEM),
        (("user_id", "item_id"), None),
        (("uid",), None),
    ],
)
def test_the_likely_role(columns: tuple[str, ...], role: TableRole | None) -> None:
    assert likely_role(TableSchema(TABLE, tuple(Column(name, "STRING") for name in columns))) is role
