"""A look at the warehouse."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pairec_cli.domain.errors import NotFound
from pairec_cli.domain.tables import Column, TableName, TableSchema
from pairec_cli.project import Project
from pairec_cli.workflow import browsing, data

TABLE = TableName("project_mc", "t")


@pytest.fixture
def filled(project: Project) -> Project:
    project.warehouse.create_table(TableSchema(TABLE, (Column("id", "BIGINT"), Column("order", "STRING"))))
    for day, rows in (("20260101", 2), ("20260102", 1), ("20260105", 3)):
        ids = list(range(rows))
        project.warehouse.write(TABLE, day, pa.table({"id": ids, "order": [day] * rows}))
    project.warehouse.create_table(TableSchema(TableName("other", "flat"), (Column("x", "DOUBLE"),), None))
    return project


def test_tables_with_their_days_and_rows(filled: Project) -> None:
    found = {row["table"]: row for row in browsing.tables(filled)}
    assert list(found) == ["other.flat", "project_mc.t"]
    assert found["project_mc.t"]["days"] == "20260101..20260102, 20260105"
    assert (found["project_mc.t"]["partitions"], found["project_mc.t"]["rows"]) == (3, 6)
    assert (found["other.flat"]["days"], found["other.flat"]["rows"]) == ("", 0)


def test_a_preview_shows_the_newest_day_or_the_named_one(filled: Project) -> None:
    rows, columns, day = browsing.preview(filled, "t", ds=None, limit=2)
    assert (rows, columns, day) == (
        [{"id": 0, "order": "20260105"}, {"id": 1, "order": "20260105"}],
        ["id", "order"],
        "20260105",
    )
    assert len(browsing.preview(filled, "project_mc.t", ds="20260101", limit=10)[0]) == 2


def test_a_table_without_partitions(filled: Project) -> None:
    filled.warehouse.write(TableName("other", "flat"), "", pa.table({"x": [1.5]}))
    assert browsing.preview(filled, "other.flat", ds=None, limit=5) == ([{"x": 1.5}], ["x"], "")


@pytest.mark.parametrize(
    ("table", "ds", "said"),
    [
        ("tt", None, "table 'project_mc.tt' does not exist"),
        ("t", "20260103", "partition of project_mc.t '20260103' does not exist; did you mean '2026010"),
        ("other.flat", None, "partition of other.flat '(any)' does not exist"),
    ],
)
def test_what_is_not_there_is_named(filled: Project, table: str, ds: str | None, said: str) -> None:
    with pytest.raises(NotFound) as caught:
        browsing.preview(filled, table, ds=ds, limit=1)
    assert caught.value.message.startswith(said)


def test_the_public_project_is_mounted_for_a_look(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr(data, "mount_public_project", lambda _workspace, day: calls.append(day))
    with pytest.raises(NotFound):
        browsing.preview(project, "pai_online_project.rec_sln_demo_user_table", ds=None, limit=1)
    assert len(calls) == 1
