"""Tables in a real MariaDB, and the forms of a DSN."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from pairec_cli.domain.connections import DsnConf
from pairec_cli.domain.errors import InvalidConfig, SourceFailed
from pairec_cli.domain.sources import DaoConf, EventColumns, ExposureLimits, ItemStateDaoConf, Query
from pairec_cli.online.mysql import MysqlServer, dsn_settings
from tests.online.test_hologres import PATIENT
from tests.online.test_sql_tables import HOSTILE
from tests.servers.mariadb import MariadbServer

NOW = 1_700_000_000


@pytest.fixture
def source(mariadb: MariadbServer) -> Iterator[MysqlServer]:
    served = MysqlServer("m", DsnConf(mariadb.dsn(), PATIENT), lambda: NOW + 0.9)
    yield served
    served.close()


def table(mariadb: MariadbServer, name: str, columns: str, *rows: tuple[object, ...]) -> DaoConf:
    mariadb.run(f"DROP TABLE IF EXISTS {name}")
    mariadb.run(f"CREATE TABLE {name} ({columns}) CHARACTER SET utf8mb4")
    if rows:
        mariadb.run(f"INSERT INTO {name} VALUES ({', '.join(['%s'] * len(rows[0]))})", *rows)
    return DaoConf("mysql", mysql_table=name)


def test_exposures_are_a_row_per_item_and_have_no_limits(mariadb: MariadbServer, source: MysqlServer) -> None:
    dao = table(mariadb, "shown", "article_id varchar(50), uid varchar(50), add_time int")
    log = source.exposures(dao, ExposureLimits(1, 1))
    log.append("u", ["a", "b"])
    log.append("u", ["c"])
    log.append("v", ["d"])
    assert log.shown("u", []) == {"a", "b", "c"}
    rows = mariadb.run("SELECT article_id, uid, add_time FROM shown WHERE uid = 'u' ORDER BY article_id")
    assert rows == [("a", "u", NOW), ("b", "u", NOW), ("c", "u", NOW)]
    log.clear("u")
    assert log.shown("u", []) == set()
    assert log.shown("v", []) == {"d"}


def test_users_are_spread_over_tables(mariadb: MariadbServer, source: MysqlServer) -> None:
    for number in (0, 1):
        table(mariadb, f"log_{number}", "article_id varchar(50), uid varchar(50), add_time int")
    dao = DaoConf("mysql", config='{"table_prefix": "log_", "hash_value": 2}')
    log = source.exposures(dao, ExposureLimits())
    log.append("7", ["a"])
    assert log.shown("7", []) == {"a"}
    assert mariadb.run("SELECT uid FROM log_1") == [("7",)]


def test_columns_come_as_the_engine_knows_them(mariadb: MariadbServer, source: MysqlServer) -> None:
    columns = "id bigint, n decimal(8,2), f float, ok tinyint(1), at datetime, t varchar(20), b blob"
    moment = datetime(2024, 1, 2, 8)
    dao = table(
        mariadb, "item_state", columns, (7, 10, 0.5, 1, moment, "tea", None), (8, *([None] * 5), b"x")
    )
    conf = ItemStateDaoConf("mysql", mysql_table=dao.mysql_table, item_field_name="id")
    read = source.item_rows(conf.replace(select_fields="n, f, ok, at, t")).read(["7", "8", "9"])
    assert read.found == {"7": {"n": 10.0, "f": 0.5, "ok": 1, "at": moment, "t": "tea"}, "8": {}}
    assert isinstance(read.found["7"]["n"], float)
    blobs = source.item_rows(conf.replace(select_fields="b")).read(["7", "8"])
    assert blobs.found == {"7": {}}, "a row with bytes counts as missing"
    some = source.item_rows(conf.replace(select_fields="t", where_clause="t like 'te%'")).read(["7", "8"])
    assert some.found == {"7": {"t": "tea"}}


def test_lists_events_and_selected_rows(mariadb: MariadbServer, source: MysqlServer) -> None:
    blocked = table(mariadb, "blocked", "item_id varchar(9), state int", ("a", 1), ("b", 0))
    assert source.item_list(blocked, "item_id", "state = 1").ids() == {"a"}
    lists = table(mariadb, "u2i", "user_id varchar(9), item_ids text", ("u", "a,b"), ("u", "c"))
    assert source.user_lists(lists).ids("u", []) == {"a", "b", "c"}
    columns = "user_id varchar(9), item_id varchar(9), event varchar(9), play_time double, `timestamp` bigint"
    events = table(mariadb, "events", columns, ("u", "a", "click", 0.0, 1), ("u", "b", "play", 9.5, 3))
    newest = source.user_events(events, EventColumns(limit=1)).newest("u")
    assert [row["item_id"] for row in newest] == ["b"]
    query = Query(("item_id",), where="event = ${event}", shuffled=True, limit=5)
    assert source.rows(events, query).read({"event": "click' or 1=1 or '"}) == []


def test_hostile_values_are_only_values(mariadb: MariadbServer, source: MysqlServer) -> None:
    dao = table(mariadb, "shown", "article_id text, uid text, add_time int")
    log = source.exposures(dao, ExposureLimits())
    for uid in HOSTILE:
        log.append(uid, [f"item of {uid}"])
    for uid in HOSTILE:
        assert f"item of {uid}" in log.shown(uid, [])
    assert len(mariadb.run("SELECT uid FROM shown")) == len(HOSTILE)


def test_a_table_that_is_not_there_is_named(source: MysqlServer) -> None:
    lists = source.user_lists(DaoConf("mysql", mysql_table="gone"))
    with pytest.raises(SourceFailed, match=r"MysqlConfs\.m: Table 'shop\.gone' doesn't exist"):
        lists.ids("u", [])


GO = {"charset": "utf8mb4", "connect_timeout": 10.0}


@pytest.mark.parametrize(
    ("dsn", "settings"),
    [
        (
            "u:p@tcp(h:3307)/db",
            {"user": "u", "password": "p", "host": "h", "port": 3307, "database": "db", **GO},
        ),
        (
            "u:p@ss/w:rd@tcp(h)/db?parseTime=true&loc=Local",
            {"password": "p@ss/w:rd", "host": "h", "port": 3306},
        ),
        ("u@unix(/tmp/s.sock)/db", {"unix_socket": "/tmp/s.sock", "password": ""}),
        ("u:p@tcp([::1]:3306)/db?timeout=500ms", {"host": "::1", "connect_timeout": 0.5}),
        ("u:p@/db", {"host": "127.0.0.1", "port": 3306}),
        ("u:p@tcp(h:1)/db?tls=skip-verify", {"ssl_verify_cert": False, "ssl": {"check_hostname": False}}),
        ("u:p@tcp(h:1)/db?tls=true", {"ssl_verify_cert": True, "ssl_verify_identity": True}),
        ("mysql://u:p%40@h:3307/db?charset=latin1", {"password": "p@", "port": 3307, "charset": "latin1"}),
        ("mysql://h/db", {"user": "", "port": 3306, "database": "db"}),
    ],
)
def test_forms_of_a_dsn(dsn: str, settings: dict[str, Any]) -> None:
    assert dsn_settings(dsn).items() >= settings.items()


@pytest.mark.parametrize("dsn", ["", "secret", "u:secret@tcp(h:1)", "mysql://u:secret@h:port/db"])
def test_other_texts_are_refused_without_being_repeated(dsn: str) -> None:
    with pytest.raises(InvalidConfig, match="DSN: is not a connection string of MySQL") as caught:
        dsn_settings(dsn)
    assert "secret" not in str(caught.value)
