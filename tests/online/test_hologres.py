"""Tables in a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from pairec_cli.domain.connections import DsnConf
from pairec_cli.domain.errors import InvalidConfig, SourceFailed
from pairec_cli.domain.sources import DaoConf, EventColumns, ExposureLimits, ItemStateDaoConf, Query
from pairec_cli.online.hologres import HologresServer
from tests.online.test_sql_tables import HOSTILE
from tests.servers.postgres import PostgresServer

PATIENT = 10_000
"""Milliseconds: tests of content are no tests of speed."""


@pytest.fixture
def source(postgres: PostgresServer) -> Iterator[HologresServer]:
    served = HologresServer("h", DsnConf(postgres.dsn(), PATIENT))
    yield served
    served.close()


def table(postgres: PostgresServer, name: str, columns: str, *rows: tuple[object, ...]) -> DaoConf:
    postgres.run(f"DROP TABLE IF EXISTS {name}")
    postgres.run(f"CREATE TABLE {name} ({columns})")
    if rows:
        postgres.run(f"INSERT INTO {name} VALUES ({', '.join(['%s'] * len(rows[0]))})", *rows)
    return DaoConf("hologres", hologres_table_name=name)


def rows_of(dao: DaoConf, key: str, fields: str, where: str = "") -> ItemStateDaoConf:
    shared = {name: getattr(dao, name) for name in DaoConf.field_names}
    return ItemStateDaoConf(**shared, item_field_name=key, select_fields=fields, where_clause=where)


EXPOSURES = "uid text not null, item text not null, create_time int4 not null"


def test_batches_of_one_second_are_both_kept_by_the_documented_primary_key(
    postgres: PostgresServer, source: HologresServer
) -> None:
    dao = table(postgres, "shown", f"{EXPOSURES}, primary key (uid, create_time)")
    source.clock = lambda: 1_700_000_000.5
    log = source.exposures(dao, ExposureLimits(5, 60))
    log.append("u1", ["a", "b"])
    log.append("u1", ["c"])
    log.append("u2", [])
    assert log.shown("u1", []) == {"a", "b", "c"}
    assert postgres.run("SELECT * FROM shown") == [("u1", "a,b,c", 1_700_000_000)]
    log.clear("u1")
    assert log.shown("u1", []) == set()


def test_limits_are_batches_and_seconds(postgres: PostgresServer, source: HologresServer) -> None:
    now = 1_700_000_000
    rows = [("u1", "old", now - 61), ("u1", "a", now - 60), ("u1", "b,c", now - 1), ("u2", "d", now)]
    dao = table(postgres, "shown", EXPOSURES, *rows)
    source.clock = lambda: now
    assert source.exposures(dao, ExposureLimits(0, 60)).shown("u1", []) == {"a", "b", "c"}
    assert source.exposures(dao, ExposureLimits(1, 60)).shown("u1", []) == {"b", "c"}
    assert source.exposures(dao, ExposureLimits()).shown("u1", []) == {"old", "a", "b", "c"}


def test_columns_come_as_the_engine_knows_them(postgres: PostgresServer, source: HologresServer) -> None:
    columns = (
        "id int8, n numeric(8,2), f float4, ok bool, at timestamp, tags text[], counts int[], u uuid, j jsonb"
    )
    uuid = "6b0ce3d2-7d5b-4c5e-9d4f-0d8f3c1d2e3f"
    moment = datetime(2024, 1, 2, 8)
    row = (7, 10, 0.5, True, moment, ["x", None, "y"], [1, 2], uuid, None)
    dao = table(postgres, "item_state", columns, row, (8, *([None] * 7), "[1]"))
    read = source.item_rows(rows_of(dao, "id", "n, f, ok, at, tags, counts, u")).read(["7", "8", "9"])
    assert read.found == {
        "7": {
            "n": 10.0,
            "f": 0.5,
            "ok": True,
            "at": moment,
            "tags": ["x", "y"],
            "counts": ["1", "2"],
            "u": uuid,
        },
        "8": {},
    }
    assert isinstance(read.found["7"]["n"], float)
    assert (read.unread, read.reason) == (frozenset(), "")
    json = source.item_rows(rows_of(dao, "id", "j")).read(["7", "8"])
    assert json.found == {"7": {}}, "a row with JSON counts as missing"


def test_a_key_of_the_wrong_type_leaves_its_batch_unread(
    postgres: PostgresServer, source: HologresServer
) -> None:
    dao = table(postgres, "item_state", "id int8, state int4", (7, 1))
    read = source.item_rows(rows_of(dao, "id", "state")).read(["7", "seven"])
    assert read.unread == {"7", "seven"}
    assert read.reason == 'HologresConfs.h: invalid input syntax for type bigint: "seven"'
    assert source.item_rows(rows_of(dao, "id", "state")).read(["7"]).found == {"7": {"state": 1}}


def test_the_users_own_sql_and_lists(postgres: PostgresServer, source: HologresServer) -> None:
    dao = table(postgres, "blocked", "item_id text, state int", ("a%", 1), ("b", 0), ("c,d", 1))
    assert source.item_list(dao, "item_id", "state = 1 and item_id not like '%z'").ids() == {"a%", "c,d"}
    lists = table(postgres, "u2i", "user_id text, item_ids text", ("u", "a,, b"), ("u", "c"), ("v", None))
    assert source.user_lists(lists).ids("u", []) == {"a", " b", "c"}
    assert source.key_values(lists, "user_id", "item_ids").get_many(["u", "v", "w"]) == {"u": ["a,, b", "c"]}


def test_events_and_selected_rows(postgres: PostgresServer, source: HologresServer) -> None:
    columns = "user_id text, item_id text, event text, play_time float8, timestamp int8"
    rows = [("u", "a", "click", 0.0, 1), ("u", "b", "play", 9.5, 3), ("v", "c", "click", 0.0, 2)]
    dao = table(postgres, "events", columns, *rows)
    newest = source.user_events(dao, EventColumns(limit=1)).newest("u")
    assert newest == [{"item_id": "b", "event": "play", "play_time": 9.5, "timestamp": 3}]
    query = Query(("item_id",), where="event = '${context.features.event}'", order="item_id")
    assert source.rows(dao, query).read({"context.features.event": "click"}) == [("a",), ("c",)]


def test_hostile_values_are_only_values(postgres: PostgresServer, source: HologresServer) -> None:
    dao = table(postgres, "shown", EXPOSURES)
    log = source.exposures(dao, ExposureLimits())
    for uid in HOSTILE:
        if "\x00" not in uid:
            log.append(uid, [f"item of {uid}"])
            assert log.shown(uid, []) == set(f"item of {uid}".split(","))
    assert len(postgres.run("SELECT * FROM shown")) == len(HOSTILE) - 1
    with pytest.raises(SourceFailed, match="NUL"):
        log.shown("a\x00b", [])
    known = [uid for uid in HOSTILE if "\x00" not in uid]
    found = source.key_values(dao, "uid", "item").get_many([*HOSTILE, '{"', "\\", "}", "NULL"])
    assert found == {uid: [f"item of {uid}"] for uid in known}
    log.clear("'; drop table shown; --")
    assert len(postgres.run("SELECT * FROM shown")) == len(HOSTILE) - 2


@pytest.mark.parametrize(
    ("sql", "reason"),
    [("missing", 'relation "missing" does not exist'), ("u2i", 'column "item" does not exist')],
)
def test_a_table_that_is_not_as_it_should_be_is_named(
    postgres: PostgresServer, source: HologresServer, sql: str, reason: str
) -> None:
    table(postgres, "u2i", "user_id text, item_ids text")
    dao = DaoConf("hologres", hologres_table_name=sql)
    with pytest.raises(SourceFailed, match=reason) as caught:
        source.exposures(dao, ExposureLimits()).shown("u", [])
    assert caught.value.message.startswith("HologresConfs.h: ")


@pytest.mark.parametrize(
    "dsn", ["nonsense secret", "postgres://u:secret@h/db?sslmod=off", "host=a password=secret b"]
)
def test_a_dsn_that_cannot_be_read_is_refused_without_repeating_it(dsn: str) -> None:
    with pytest.raises(InvalidConfig, match="DSN: is not a connection string of PostgreSQL") as caught:
        HologresServer("h", DsnConf(dsn))
    assert "secret" not in str(caught.value)
