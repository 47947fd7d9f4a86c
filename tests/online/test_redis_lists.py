"""Exposures as Redis holds them."""

from __future__ import annotations

import json

import pytest

from pairec_cli.domain.sources import DaoConf, ExposureLimits, Exposures
from pairec_cli.online.memory import MemoryLists
from pairec_cli.online.redis_lists import RedisLists

NOW = 1_700_000_000


def exposures(client: MemoryLists, items: int = 0, seconds: int = 0) -> Exposures:
    source = RedisLists(client, lambda: NOW + 0.9)
    return source.exposures(DaoConf("redis", "r", "p_"), ExposureLimits(items, seconds))


def test_a_batch_is_a_json_element_before_the_older_ones() -> None:
    client = MemoryLists({"p_u1": ['{"item_ids": ["z"], "timestamp": 5}']})
    exposures(client, seconds=600).append("u1", ["a", "b"])
    newest, oldest = client.lists["p_u1"]
    assert json.loads(newest) == {"item_ids": ["a", "b"], "timestamp": NOW}
    assert json.loads(oldest)["item_ids"] == ["z"]
    assert client.seconds == {"p_u1": 600}


def test_the_list_is_trimmed_to_the_batches_that_count_100_by_default() -> None:
    client = MemoryLists({})
    for count, expected in ((2, 2), (0, 100)):
        log = exposures(client, count)
        for number in range(120):
            log.append("u1", [str(number)])
        assert len(client.lists["p_u1"]) == expected
    assert client.seconds == {}, "without an interval the key does not expire"


def test_an_empty_batch_is_not_written() -> None:
    client = MemoryLists({})
    exposures(client).append("u1", [])
    assert client.lists == {}


@pytest.mark.parametrize(
    "element",
    [
        "not json",
        "3",
        "[]",
        '{"item_ids": "a"}',
        '{"item_ids": [1]}',
        '{"item_ids": ["a"], "timestamp": "x"}',
    ],
)
def test_elements_of_another_form_are_skipped(element: str) -> None:
    client = MemoryLists({"p_u1": [element, '{"item_ids": ["b"]}']})
    assert exposures(client).shown("u1", []) == {"b"}


def test_the_oldest_second_of_the_interval_counts() -> None:
    elements = [json.dumps({"item_ids": [str(ago)], "timestamp": NOW - ago}) for ago in (99, 100, 101)]
    assert exposures(MemoryLists({"p_u1": elements}), seconds=100).shown("u1", []) == {"99", "100"}


def test_bytes_are_read_too_and_clearing_forgets() -> None:
    client = MemoryLists({"p_u1": [b'{"item_ids": ["b"]}']})  # type: ignore[list-item]  # as a client without decoding answers
    log = exposures(client)
    assert log.shown("u1", []) == {"b"}
    log.clear("u1")
    assert log.shown("u1", []) == set()
