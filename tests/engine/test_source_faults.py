"""Servers that stop, restart, sleep, refuse: requests go on, the funnel says why, and recovery needs no
restart of the engine."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from pairec_cli.domain.requests import RecommendRequest, RecommendResponse
from pairec_cli.engine.engine import Engine
from tests.engine.backends import LIFE, PATIENT
from tests.engine.stores import config, custom, store
from tests.servers.mariadb import MariadbServer
from tests.servers.postgres import PASSWORD, PostgresServer
from tests.servers.redis_server import PASSWORD as REDIS_PASSWORD
from tests.servers.redis_server import RedisProcess

STATE = {"ItemFieldName": "item_id", "SelectFields": "state"}
IS_ONE = [{"Name": "state", "Operator": "equal", "Type": "int", "Value": 1}]
SHOWN = {
    "Name": "shown",
    "FilterType": "User2ItemExposureFilter",
    "WriteLog": True,
    "DaoConf": {"AdapterType": "redis", "RedisName": "r", "RedisPrefix": "f_"},
}
HOLOGRES = {"AdapterType": "hologres", "HologresName": "h"}
MYSQL = {"AdapterType": "mysql", "MysqlName": "m"}


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def states(**dao: str) -> dict[str, Any]:
    return {
        "Name": "states",
        "FilterType": "ItemStateFilter",
        "ItemStateDaoConf": {**STATE, **dao},
        "FilterParams": IS_ONE,
    }


def engine(stack: ExitStack, folder: Path, filter: dict[str, Any], **sources: Any) -> Engine:
    db = store(folder, u2i={"1": "a::4,b::3,c::2,d::1"})
    names = {"FilterNames": {"default": [filter["Name"]]}}
    served = Engine.from_config(config(custom("u2i"), FilterConfs=[filter], **names, **sources), db)
    return stack.enter_context(served)


def ask(served: Engine, size: int = 4) -> tuple[list[str], str]:
    """The items, and what the funnel notes beside the filter."""
    response: RecommendResponse = served.recommend(RecommendRequest("1", "home", size))
    (note,) = [row.note for row in response.trace if row.stage == "filter"]
    return [item.item_id for item in response.items], note


ALL = ["a", "b", "c", "d"]


def hologres(dsn: str, milliseconds: int = PATIENT) -> dict[str, Any]:
    return {"HologresConfs": {"h": {"DSN": dsn, "ReadTimeout": milliseconds}}}


@pytest.fixture
def item_state(postgres: PostgresServer) -> PostgresServer:
    for kind in ("VIEW", "TABLE"):
        postgres.run(f"DROP {kind} IF EXISTS {'slow_state' if kind == 'VIEW' else 'item_state'} CASCADE")
    postgres.run("CREATE TABLE item_state (item_id text, state int4)")
    postgres.run("INSERT INTO item_state VALUES (%s, %s)", ("a", 1), ("b", 0), ("c", 1))
    return postgres


def test_postgresql_restarted_between_two_requests_is_not_noticed(
    item_state: PostgresServer, stack: ExitStack, tmp_path: Path
) -> None:
    filter = states(**HOLOGRES, HologresTableName="item_state")
    served = engine(stack, tmp_path, filter, **hologres(item_state.dsn()))
    assert ask(served) == (["a", "c"], "")
    item_state.stop()
    item_state.start()
    assert ask(served) == (["a", "c"], "")


def test_postgresql_stopped_costs_the_filter_until_it_is_back(
    item_state: PostgresServer, stack: ExitStack, tmp_path: Path
) -> None:
    filter = states(**HOLOGRES, HologresTableName="item_state")
    served = engine(stack, tmp_path, filter, **hologres(item_state.dsn()))
    assert ask(served) == (["a", "c"], "")
    item_state.stop()
    try:
        for _ in range(3):
            items, note = ask(served)
            assert items == ALL
            assert note.startswith("4 items were not checked: HologresConfs.h: ")
            assert "refused" in note
    finally:
        item_state.start()
    assert ask(served) == (["a", "c"], "")


def test_an_engine_starts_while_its_sources_are_down(
    item_state: PostgresServer, stack: ExitStack, tmp_path: Path
) -> None:
    item_state.stop()
    try:
        filter = states(**HOLOGRES, HologresTableName="item_state")
        served = engine(stack, tmp_path, filter, **hologres(item_state.dsn()))
        assert ask(served)[0] == ALL
    finally:
        item_state.start()
    assert ask(served) == (["a", "c"], "")


def test_a_query_that_sleeps_is_left_after_the_limit_and_the_next_is_answered(
    item_state: PostgresServer, stack: ExitStack, tmp_path: Path
) -> None:
    item_state.run("CREATE VIEW slow_state AS SELECT item_id, state, pg_sleep(20)::text FROM item_state")
    filter = states(**HOLOGRES, HologresTableName="slow_state")
    filter["ItemStateDaoConf"]["SelectFields"] = "state, pg_sleep"
    served = engine(stack, tmp_path, filter, **hologres(item_state.dsn(), 300))
    note = "4 items were not checked: HologresConfs.h: no answer within 300 ms"
    assert ask(served) == (ALL, note)
    item_state.run("DROP VIEW slow_state")
    item_state.run("CREATE VIEW slow_state AS SELECT item_id, state, '' AS pg_sleep FROM item_state")
    assert ask_until(served, ["a", "c"]) == ""


def ask_until(served: Engine, wanted: list[str]) -> str:
    """The note of the first answer that is as wanted; a limit of some milliseconds may be missed at first."""
    for _ in range(50):
        items, note = ask(served)
        if items == wanted:
            return note
    pytest.fail(f"{note}: {items}")


def test_the_limits_of_the_engine_are_the_default(
    item_state: PostgresServer, stack: ExitStack, tmp_path: Path
) -> None:
    item_state.run("CREATE VIEW slow_state AS SELECT item_id, state, pg_sleep(20)::text FROM item_state")
    filter = states(**HOLOGRES, HologresTableName="slow_state")
    filter["ItemStateDaoConf"]["SelectFields"] = "pg_sleep"
    served = engine(stack, tmp_path, filter, **hologres(item_state.dsn(), 0))
    assert ask(served)[1].endswith("no answer within 200 ms")


@pytest.mark.parametrize(
    ("table", "fields", "reason"),
    [
        ("gone", "state", 'relation "gone" does not exist'),
        ("item_state", "colour", 'column "colour" does not exist'),
        ("item_state", "state::date", "cannot cast type integer to date"),
    ],
)
def test_a_table_that_is_not_as_configured_costs_the_filter(
    item_state: PostgresServer, stack: ExitStack, tmp_path: Path, table: str, fields: str, reason: str
) -> None:
    filter = states(**HOLOGRES, HologresTableName=table)
    filter["ItemStateDaoConf"]["SelectFields"] = fields
    served = engine(stack, tmp_path, filter, **hologres(item_state.dsn()))
    assert ask(served) == (ALL, f"4 items were not checked: HologresConfs.h: {reason}")


def test_a_key_column_of_another_type_costs_the_filter_until_it_is_mended(
    item_state: PostgresServer, stack: ExitStack, tmp_path: Path
) -> None:
    filter = states(**HOLOGRES, HologresTableName="item_state")
    served = engine(stack, tmp_path, filter, **hologres(item_state.dsn()))
    item_state.run("TRUNCATE item_state")
    item_state.run("ALTER TABLE item_state ALTER item_id TYPE int8 USING item_id::int8")
    items, note = ask(served)
    assert (items, note) == (
        ALL,
        '4 items were not checked: HologresConfs.h: invalid input syntax for type bigint: "a"',
    )
    item_state.run("ALTER TABLE item_state ALTER item_id TYPE text")
    item_state.run("INSERT INTO item_state VALUES ('b', 1)")
    assert ask(served) == (["b"], "")


def test_a_wrong_password_is_said_but_not_shown(
    item_state: PostgresServer,
    mariadb: MariadbServer,
    redis_process: RedisProcess,
    stack: ExitStack,
    tmp_path: Path,
) -> None:
    wrong = "not-the-word"
    cases = [
        (states(**HOLOGRES, HologresTableName="item_state"), hologres(item_state.dsn(wrong)), "password"),
        (
            states(**MYSQL, MysqlTable="item_state"),
            {"MysqlConfs": {"m": {"DSN": mariadb.dsn(wrong), "ReadTimeout": PATIENT}}},
            "Access denied",
        ),
        (SHOWN, {"RedisConfs": {"r": {**redis_process.conf(**LIFE), "Password": wrong}}}, "password"),
    ]
    for number, (filter, sources, reason) in enumerate(cases):
        folder = tmp_path / str(number)
        folder.mkdir()
        served = engine(stack, folder, filter, **sources)
        items, note = ask(served)
        assert items == ALL
        assert reason in note
        assert wrong not in note
        assert not any(word in repr(served.config) for word in (wrong, PASSWORD, REDIS_PASSWORD))


def redis_conf(redis_process: RedisProcess, **keys: Any) -> dict[str, Any]:
    with redis_process.client() as client:
        client.flushdb()
    return {"RedisConfs": {"r": redis_process.conf(**{**LIFE, **keys})}}


def test_redis_stopped_mid_run_costs_the_filter_until_it_is_back(
    redis_process: RedisProcess, stack: ExitStack, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    served = engine(stack, tmp_path, SHOWN, **redis_conf(redis_process))
    assert ask(served, 1) == (["a"], "")
    assert ask(served, 1) == (["b"], "")
    redis_process.stop()
    try:
        for _ in range(3):
            items, note = ask(served)
            assert items == ALL
            assert note.startswith("skipped: RedisConfs.r: ")
            assert "refused" in note
    finally:
        redis_process.start()
    assert ask(served, 1) == (["a"], "")
    assert ask(served, 1) == (["b"], "")
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert [text.partition(":")[0] for text in said] == ["exposures are not written", "RedisConfs.r"]
    assert re.search(r"exposures are written again; \d writes were lost$", said[1])


def test_a_redis_that_pauses_delays_neither_the_answer_nor_loses_its_batch(
    redis_process: RedisProcess, stack: ExitStack, tmp_path: Path
) -> None:
    patient = engine(stack, tmp_path, SHOWN, **redis_conf(redis_process))
    assert ask(patient, 1) == (["a"], "")
    with redis_process.client() as client:
        while not client.llen("f_1"):
            time.sleep(0.01)
        client.client_pause(60_000, all=False)
        try:
            assert ask(patient, 1) == (["b"], ""), "only its write waits"
            assert client.llen("f_1") == 1
        finally:
            client.client_unpause()
    assert ask(patient, 1) == (["c"], ""), "the user's next request waits for it"


def test_a_redis_that_answers_nobody_is_left_after_the_limit(
    redis_process: RedisProcess, stack: ExitStack, tmp_path: Path
) -> None:
    hasty = engine(
        stack,
        tmp_path,
        {**SHOWN, "WriteLog": False},
        **redis_conf(redis_process, ReadTimeout=150, WriteTimeout=150),
    )
    redis_process.freeze()
    try:
        items, note = ask(hasty)
    finally:
        redis_process.thaw()
    assert (items, note) == (ALL, "skipped: RedisConfs.r: no answer within 150 ms")
    assert ask_until(hasty, ALL) == ""


def test_mariadb_frozen_stopped_and_back(mariadb: MariadbServer, stack: ExitStack, tmp_path: Path) -> None:
    mariadb.run("DROP TABLE IF EXISTS item_state")
    mariadb.run("CREATE TABLE item_state (item_id varchar(20), state int)")
    mariadb.run("INSERT INTO item_state VALUES (%s, %s)", ("a", 1), ("b", 0), ("c", 1))
    conf = {"MysqlConfs": {"m": {"DSN": mariadb.dsn(), "ReadTimeout": 1000}}}
    served = engine(stack, tmp_path, states(**MYSQL, MysqlTable="item_state"), **conf)
    assert ask_until(served, ["a", "c"]) == ""
    mariadb.freeze()
    try:
        assert ask(served) == (ALL, "4 items were not checked: MysqlConfs.m: no answer within 1000 ms")
    finally:
        mariadb.thaw()
    assert ask_until(served, ["a", "c"]) == ""
    mariadb.stop()
    try:
        items, note = ask(served)
        assert items == ALL
        assert "refused" in note
    finally:
        mariadb.start()
    assert ask_until(served, ["a", "c"]) == ""
