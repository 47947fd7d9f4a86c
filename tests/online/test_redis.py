"""Lists in a real Redis."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from pairec_cli.domain.connections import RedisConf
from pairec_cli.domain.errors import SourceFailed
from pairec_cli.domain.sources import DaoConf, ExposureLimits
from pairec_cli.online.redis import RedisServer
from tests.online.test_sql_tables import HOSTILE
from tests.servers.redis_server import PASSWORD, RedisProcess

NOW = 1_700_000_000
DAO = DaoConf("redis", redis_prefix="shown_")


@pytest.fixture
def source(redis_process: RedisProcess) -> Iterator[RedisServer]:
    with redis_process.client(2) as client:
        client.flushdb()
    conf = RedisConf("127.0.0.1", redis_process.port, PASSWORD, 2, 10_000, 10_000, 10_000)
    served = RedisServer("r", conf, lambda: NOW + 0.9)
    yield served
    served.close()


def test_batches_are_elements_newest_first_cut_and_given_an_end(
    redis_process: RedisProcess, source: RedisServer
) -> None:
    log = source.exposures(DAO, ExposureLimits(2, 60))
    for batch in (["a"], ["b", "c"], ["d"], []):
        log.append("u", batch)
    assert log.shown("u", []) == {"b", "c", "d"}
    with redis_process.client(2) as client:
        elements = [json.loads(element) for element in client.lrange("shown_u", 0, -1)]
        assert elements == [
            {"item_ids": ["d"], "timestamp": NOW},
            {"item_ids": ["b", "c"], "timestamp": NOW},
        ]
        assert 0 < client.ttl("shown_u") <= 60
    log.clear("u")
    assert log.shown("u", []) == set()


def test_without_a_time_a_list_has_no_end(redis_process: RedisProcess, source: RedisServer) -> None:
    log = source.exposures(DAO, ExposureLimits())
    log.append("u", ["a"])
    assert log.shown("u", []) == {"a"}
    with redis_process.client(2) as client:
        assert client.ttl("shown_u") == -1


def test_hostile_ids_are_only_ids(redis_process: RedisProcess, source: RedisServer) -> None:
    log = source.exposures(DAO, ExposureLimits())
    for uid in HOSTILE:
        log.append(uid, [f"item of {uid}"])
    for uid in HOSTILE:
        assert log.shown(uid, []) == {f"item of {uid}"}
    with redis_process.client(2) as client:
        assert client.dbsize() == len(HOSTILE)


def test_strings_are_lists_under_keys(redis_process: RedisProcess, source: RedisServer) -> None:
    with redis_process.client(2) as client:
        client.set("shown_u", "a:r:1,b")
    found = source.key_values(DAO, "", "").get_many(["u", "v"])
    assert found == {"u": ["a:r:1,b"]}
    assert source.key_values(DAO, "", "").get_many([]) == {}


def test_a_key_of_another_kind_fails_with_the_sources_name(
    redis_process: RedisProcess, source: RedisServer
) -> None:
    with redis_process.client(2) as client:
        client.set("shown_u", "text")
    with pytest.raises(SourceFailed, match=r"RedisConfs\.r: WRONGTYPE"):
        source.exposures(DAO, ExposureLimits()).shown("u", [])
