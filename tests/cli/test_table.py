"""`pairec table`."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from pairec_cli.domain.ds import unix_start
from pairec_cli.domain.tables import Column, TableName, TableSchema
from pairec_cli.project import Project
from tests.cli.conftest import Pairec

DS = "20260131"


@pytest.fixture
def users(workspace: Path) -> Project:
    """A workspace whose table `users` is sound, and whose table `twins` holds an id twice."""
    project = Project.find(workspace)
    for name, ids in (("users", [1, 2]), ("twins", [1, 1])):
        table = TableName("project_mc", name)
        columns = (Column("user_id", "BIGINT", "the user"), Column("register_time", "BIGINT"))
        project.warehouse.create_table(TableSchema(table, columns))
        times = [unix_start(DS)] * 2
        project.warehouse.write(table, DS, pa.table({"user_id": ids, "register_time": times}))
    return project


def test_register_list_show_remove(pairec: Pairec, users: Project) -> None:
    registered = pairec("table", "register", "users", "--role", "user")
    assert registered.code == 0
    assert registered.err.splitlines() == [
        "project_mc.users is registered as 'User Table', 1 days",
        "Next: pairec table register TABLE --role item",
    ]
    assert pairec("table", "register", "users", "--role", "user").code == 0
    row = pairec("table", "list", "-f", "json").json[0]
    assert (row["name"], row["table"], row["days"], row["rows"]) == ("User Table", "project_mc.users", 1, 2)
    shown = pairec("table", "show", "User Table", "-f", "json").json
    assert shown["findings"] == []
    assert shown["schema"][0] == {"column": "user_id", "type": "BIGINT", "comment": "the user"}
    assert "would remove" in pairec("table", "remove", "users", "--dry-run").err
    assert pairec("table", "remove", "users").code == 0
    empty = pairec("table", "list")
    assert (empty.out, empty.code) == ("", 0)
    assert empty.err.endswith("Next: pairec table register TABLE --role user\n")


def test_errors_refuse_the_table_unless_forced(pairec: Pairec, users: Project) -> None:
    refused = pairec("table", "register", "twins", "--role", "user")
    assert refused.code == 1
    assert "1 user_id(s) stand in 20260131 more than once, as 1 (2 times)" in refused.err
    assert pairec("table", "list", "-f", "json").json == []
    forced = pairec("table", "register", "twins", "--role", "user", "--force")
    assert forced.code == 0
    assert forced.err.startswith("error: 1 user_id(s)")
    assert "error: 1 user_id(s)" in pairec("table", "show", "twins").err


def test_dry_run_only_looks(pairec: Pairec, users: Project) -> None:
    assert pairec("table", "register", "users", "--role", "user", "--dry-run").code == 0
    dry = pairec("table", "register", "twins", "--role", "user", "--dry-run")
    assert dry.code == 1
    assert "would not be registered" in dry.err
    assert pairec("table", "list", "-f", "json").json == []


def test_columns_of_another_name(pairec: Pairec, users: Project) -> None:
    wrong = pairec("table", "register", "users", "--role", "item")
    assert "column 'item_id' is missing" in wrong.err
    assert pairec("table", "register", "users", "--role", "item", "--item-id", "user_id").code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("register", "user", "--role", "user"), 1, "did you mean 'project_mc.users'?"),
        (("register", "users"), 2, "Missing option '--role'"),
        (("register", "users", "--role", "buyer"), 2, "'buyer' is not one of user, item, behavior"),
        (("register", "a.b.c", "--role", "user"), 1, "'a.b.c' is not a table name"),
        (("show", "users"), 1, "registered table 'users' does not exist"),
        (("remove", "users"), 0, "nothing to remove: registered table 'users' does not exist"),
    ],
)
def test_bad_input(pairec: Pairec, users: Project, arguments: tuple[str, ...], code: int, told: str) -> None:
    result = pairec("table", *arguments)
    assert (result.code, told in result.err) == (code, True), result.err


def test_standard_edition_is_refused(pairec: Pairec, users: Project) -> None:
    pairec("instance", "create", "small", "--service-type", "standard")
    refused = pairec("table", "register", "project_mc.users", "--role", "user", "--instance", "small")
    assert refused.code == 1
    assert "needs Premium Edition" in refused.err
