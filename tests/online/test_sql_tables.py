"""Queries on tables: what is asked, and what happens to hostile values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from pairec_cli.domain.errors import DataError, InvalidConfig
from pairec_cli.domain.sources import DaoConf, ExposureLimits, ItemStateDaoConf
from pairec_cli.online.memory import MemoryDatabase, MemoryTable
from pairec_cli.online.sql_tables import HologresTables, MysqlTables

NOW = 1_700_000_000
HOSTILE = [
    "",
    "a'b",
    'a"b',
    "a\nb",
    "a,b",
    "'; drop table shown; --",
    "日本🎉",
    "x" * 10_000,
    "a\x00b",
    "%s",
    "?",
]


class Recorder:
    """A database that notes what it is asked, and answers from the list given."""

    mark = "%s"

    def __init__(self, *answers: tuple[list[str], list[tuple[object, ...]]]) -> None:
        self.asked: list[tuple[str, list[object]]] = []
        self.answers = list(answers)

    def query(self, sql: str, parameters: Sequence[object]) -> Any:
        self.asked.append((sql, list(parameters)))
        return self.answers.pop(0) if self.answers else ([], [])

    def execute(self, sql: str, parameters: Sequence[object]) -> None:
        self.asked.append((sql, list(parameters)))


def hologres(database: Any) -> HologresTables:
    return HologresTables(database, lambda: NOW + 0.9)


SHOWN = DaoConf("hologres", hologres_table_name="public.shown")


def test_the_exposure_queries() -> None:
    database = Recorder()
    log = hologres(database).exposures(SHOWN, ExposureLimits(5, 60))
    log.shown("u1", [])
    log.append("u1", ["a", "b"])
    log.append("u1", [])
    log.clear("u1")
    assert database.asked == [
        (
            "SELECT item FROM public.shown WHERE uid = %s AND create_time >= %s"
            " ORDER BY create_time DESC LIMIT 5",
            ["u1", NOW - 60],
        ),
        ("INSERT INTO public.shown (uid, item, create_time) VALUES (%s, %s, %s)", ["u1", "a,b", NOW]),
        ("DELETE FROM public.shown WHERE uid = %s", ["u1"]),
    ]


def test_without_limits_none_are_asked_for() -> None:
    database = Recorder()
    hologres(database).exposures(SHOWN, ExposureLimits()).shown("u1", [])
    assert database.asked[0][0] == "SELECT item FROM public.shown WHERE uid = %s ORDER BY create_time DESC"


def test_rows_are_asked_for_five_hundred_at_a_time_with_the_users_clause_in_brackets() -> None:
    dao = ItemStateDaoConf("hologres", hologres_table_name="t", item_field_name="id")
    dao = dao.replace(select_fields="a, b", where_clause="x = 1 or y = 2")
    database = Recorder((["id", "a", "b"], [("1", 5, None), (2, "t", 3)]))
    read = hologres(database).item_rows(dao).read([str(n) for n in range(501)])
    first, second = database.asked
    assert first[0].startswith("SELECT id, a, b FROM t WHERE (x = 1 or y = 2) AND id IN (%s, %s")
    assert (len(first[1]), second[1]) == (500, ["500"])
    assert read.found == {"1": {"a": 5}, "2": {"a": "t", "b": 3}}
    assert read.unread == frozenset()


def test_a_percent_sign_of_the_users_own_sql_is_no_place_for_a_parameter() -> None:
    dao = ItemStateDaoConf("hologres", hologres_table_name="t", item_field_name="id")
    dao = dao.replace(where_clause="name like 'a%'")
    database = Recorder()
    source = hologres(database)
    source.item_rows(dao).read(["1"])
    source.item_list(SHOWN, "id", "name like 'a%'").ids()
    assert [sql for sql, _ in database.asked] == [
        "SELECT id FROM t WHERE (name like 'a%%') AND id IN (%s)",
        "SELECT id FROM public.shown WHERE name like 'a%%'",
    ]


def test_a_row_with_json_or_bytes_counts_as_missing() -> None:
    dao = ItemStateDaoConf("hologres", hologres_table_name="t", item_field_name="id", select_fields="a")
    answer: list[tuple[object, ...]] = [("1", b"x"), ("2", {"k": 1}), ("3", None), ("4", ["x"])]
    read = hologres(Recorder((["id", "a"], answer))).item_rows(dao).read(["1", "2", "3", "4"])
    assert read.found == {"3": {}, "4": {"a": ["x"]}}
    ddl = "create table t(id text, a jsonb); create index i on t(id)"
    memory = MemoryDatabase({"t": MemoryTable(ddl, [("1", '{"k": 1}'), ("2", None)])})
    assert hologres(memory).item_rows(dao).read(["1", "2"]).found == {"2": {}}


def test_a_batch_that_fails_leaves_its_ids_unread_and_the_others_read() -> None:
    class Half(Recorder):
        def query(self, sql: str, parameters: Sequence[object]) -> Any:
            if len(parameters) == 500:
                raise DataError("timeout")
            return ["id"], [(parameters[0],)]

    dao = ItemStateDaoConf("hologres", hologres_table_name="t", item_field_name="id")
    read = hologres(Half()).item_rows(dao).read([str(n) for n in range(501)])
    assert read.found == {"500": {}}
    assert (len(read.unread), read.reason) == (500, "timeout")


def test_hostile_values_are_parameters_and_come_back_as_they_were() -> None:
    ddl = "create table shown(uid text, item text, create_time int)"
    tables = {"shown": MemoryTable(ddl), "u2i": MemoryTable("create table u2i(user_id text, item_ids text)")}
    source = hologres(MemoryDatabase(tables))
    log = source.exposures(DaoConf("hologres", hologres_table_name="shown"), ExposureLimits())
    lists = source.user_lists(DaoConf("hologres", hologres_table_name="u2i"))
    for uid in HOSTILE:
        log.append(uid, [f"item of {uid}"])
    for uid in HOSTILE:
        assert log.shown(uid, []) == set(f"item of {uid}".split(","))
        assert lists.ids(uid, []) == set()
    log.clear("'; drop table shown; --")
    assert len(log.shown("a'b", [])) == 1


@pytest.mark.parametrize("name", ["t", "a.b", '"Odd name".t', "`t`", "t$1"])
def test_names_of_tables(name: str) -> None:
    hologres(Recorder()).user_lists(DaoConf("hologres", hologres_table_name=name))


@pytest.mark.parametrize("name", ["", "a b", "t;", "t--", "a.", "(select 1)", "t\n", '"a"b"'])
def test_other_texts_are_refused(name: str) -> None:
    with pytest.raises(InvalidConfig, match="HologresTableName"):
        hologres(Recorder()).user_lists(DaoConf("hologres", hologres_table_name=name))


def test_mysql_shards_exposures_by_user() -> None:
    dao = DaoConf("mysql", config='{"table_prefix": "log_", "hash_value": 4}')
    database = Recorder()
    log = MysqlTables(database, lambda: NOW).exposures(dao, ExposureLimits(1, 1))
    log.shown("10", [])
    log.append("zoe", ["a", "b"])
    log.append("zoe", [])
    assert database.asked == [
        ("SELECT article_id FROM log_2 WHERE uid = %s", ["10"]),
        (
            "INSERT INTO log_0 (article_id, uid, add_time) VALUES (%s, %s, %s), (%s, %s, %s)",
            ["a", "zoe", NOW, "b", "zoe", NOW],
        ),
    ]


@pytest.mark.parametrize(
    "config",
    ["", "{", "[]", '{"table_prefix": "a b", "hash_value": 4}', '{"table_prefix": "l", "hash_value": 0}'],
)
def test_mysql_needs_a_table_or_shards(config: str) -> None:
    with pytest.raises(InvalidConfig, match="Config"):
        MysqlTables(Recorder()).exposures(DaoConf("mysql", config=config), ExposureLimits())


def test_lists_of_items() -> None:
    database = Recorder((["id"], [("a,b",), (7,), (None,)]))
    listed = hologres(database).item_list(SHOWN, "id", " state = 1 ")
    assert listed.ids() == {"a,b", "7"}
    assert database.asked[0][0] == "SELECT id FROM public.shown WHERE  state = 1 "
