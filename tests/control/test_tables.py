"""Registered tables: found by display name or by table name, per instance."""

from __future__ import annotations

import pytest

from pairec_cli.control.database import Control
from pairec_cli.domain.errors import AlreadyExists, InvalidInput, NotFound
from pairec_cli.domain.tables import TableName, TableRole

USERS = TableName("mc", "users")


def test_found_by_every_name(control: Control) -> None:
    report = {"columns": ["user_id"], "missing": []}
    entry = control.tables.register("main", "User Table", USERS, TableRole.USER, report)
    for name in ("User Table", "users", "mc.users"):
        assert control.tables.get("main", name) == entry
    assert entry.report == report
    with pytest.raises(NotFound, match="did you mean 'User Table'"):
        control.tables.get("main", "user Table")
    with pytest.raises(NotFound):
        control.tables.get("main", "other.users")


def test_registering_again_replaces(control: Control) -> None:
    control.tables.register("main", "User Table", USERS, TableRole.USER, {"missing": ["x"]})
    control.tables.register("main", "User Table", TableName("mc", "users2"), TableRole.ITEM)
    (entry,) = control.tables.all("main")
    assert (entry.table.table, entry.role, entry.report) == ("users2", TableRole.ITEM, {})


def test_one_table_has_one_display_name(control: Control) -> None:
    control.tables.register("main", "User Table", USERS, TableRole.USER)
    with pytest.raises(AlreadyExists, match=r"mc\.users is registered as 'User Table'"):
        control.tables.register("main", "Users", USERS, TableRole.USER)
    assert len(control.tables.all("main")) == 1


def test_a_bare_name_in_two_projects_is_ambiguous(control: Control) -> None:
    control.tables.register("main", "A", TableName("p", "users"), TableRole.USER)
    control.tables.register("main", "B", TableName("q", "users"), TableRole.USER)
    with pytest.raises(InvalidInput) as refused:
        control.tables.get("main", "users")
    assert refused.value.hint == "write one of p.users, q.users"
    assert control.tables.get("main", "q.users").display_name == "B"


def test_remove(control: Control) -> None:
    control.tables.register("main", "User Table", USERS, TableRole.USER)
    assert control.tables.remove("main", "users").display_name == "User Table"
    assert control.tables.all("main") == []
    with pytest.raises(NotFound):
        control.tables.remove("main", "users")


def test_refused_names_and_instances(control: Control) -> None:
    for name in ("", " a", "a ", "a\nb", "x" * 65):
        with pytest.raises(InvalidInput):
            control.tables.register("main", name, USERS, TableRole.USER)
    with pytest.raises(NotFound, match="instance 'other'"):
        control.tables.register("other", "User Table", USERS, TableRole.USER)
