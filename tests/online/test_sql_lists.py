"""Lists, events and rows in tables: what is asked, and what happens to hostile values."""

from __future__ import annotations

import pytest

from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.sources import DaoConf, EventColumns, Query
from pairec_cli.online.memory import MemoryDatabase, MemoryTable
from pairec_cli.online.sql_tables import HologresTables, MysqlTables
from pairec_cli.online.sql_text import KEYS_PER_QUERY, with_places
from tests.online.test_sql_tables import HOSTILE, Recorder

T = DaoConf("hologres", hologres_table_name="t")


def test_lists_are_asked_for_in_batches_and_never_spliced() -> None:
    database = Recorder((["k", "v"], [("a", "x"), ("a", None), ("b", 5)]))
    keys = [*HOSTILE, *(str(n) for n in range(KEYS_PER_QUERY))]
    found = HologresTables(database).key_values(T, "k", "v").get_many(keys)
    assert found == {"a": ["x"], "b": ["5"]}
    (first, values), (second, rest) = database.asked
    assert first == f"SELECT k, v FROM t WHERE k IN ({', '.join(['%s'] * KEYS_PER_QUERY)})"
    assert values + rest == keys
    assert second.count("%s") == len(HOSTILE)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_keys_are_found_as_they_are(text: str) -> None:
    table = MemoryTable("create table t(k text, v text)", [[text, "x"], ["other", "y"]])
    found = HologresTables(MemoryDatabase({"t": table})).key_values(T, "k", "v").get_many([text])
    assert found == {text: ["x"]}


def test_no_keys_ask_for_nothing() -> None:
    database = Recorder()
    assert HologresTables(database).key_values(T, "k", "v").get_many([]) == {}
    assert database.asked == []


def test_events_newest_first() -> None:
    columns = EventColumns(play_time="", properties=("cat",), where="event <> '100%'", limit=7)
    database = Recorder((["item_id", "event", "timestamp", "cat"], [("a", "click", 9, None)]))
    assert HologresTables(database).user_events(T, columns).newest("u'1") == [
        {"item_id": "a", "event": "click", "timestamp": 9, "cat": None}
    ]
    assert database.asked == [
        (
            "SELECT item_id, event, timestamp, cat FROM t WHERE user_id = %s AND (event <> '100%%')"
            " ORDER BY timestamp DESC LIMIT 7",
            ["u'1"],
        )
    ]


def test_rows_with_values_of_the_request() -> None:
    query = Query(("id", "a||'%'"), "x = ${user.x} and y > '${time}' and z like 'b%'", shuffled=True, limit=3)
    for kind, dao, random in (
        (HologresTables, T, "random()"),
        (MysqlTables, DaoConf("mysql", mysql_table="t"), "rand()"),
    ):
        database = Recorder((["id"], [(1, 2)]))
        assert kind(database).rows(dao, query).read({"time": "now", "other": 1}) == [(1, 2)]
        assert database.asked == [
            (
                "SELECT id, a||'%%' FROM t WHERE x = %s and y > %s and z like 'b%%'"
                f" ORDER BY {random} LIMIT 3",
                [None, "now"],
            )
        ]


def test_all_rows_in_their_own_order() -> None:
    database = Recorder()
    HologresTables(database).rows(T, Query(("id",), order="ts desc", shuffled=True)).read({})
    assert database.asked == [("SELECT id FROM t ORDER BY ts desc", [])]


@pytest.mark.parametrize("name", ["", "k; drop table t", "k v", "k'"])
def test_names_are_names(name: str) -> None:
    tables = HologresTables(Recorder())
    with pytest.raises(InvalidConfig):
        tables.key_values(T, name, "v")
    with pytest.raises(InvalidConfig):
        tables.key_values(T, "k", name)
    with pytest.raises(InvalidConfig):
        tables.user_events(T, EventColumns(item=name))
    with pytest.raises(InvalidConfig):
        tables.key_values(DaoConf("hologres", hologres_table_name=name), "k", "v")


def test_places_in_sql() -> None:
    assert with_places("a = '${x}' or b = ${y} or c = '$ {z}'", Recorder()) == (
        "a = %s or b = %s or c = '$ {z}'",
        ["x", "y"],
    )
