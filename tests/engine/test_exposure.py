"""What an answer showed is not shown again: filters with sources in the engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.domain.sources import DaoConf, DataSource
from pairec_cli.engine.config import EngineConfig
from pairec_cli.engine.engine import Engine
from pairec_cli.online.memory import MemoryDatabase, MemoryLists, MemorySources
from tests.engine.stores import config, custom, store
from tests.filters.sources import Down

SHOWN = {
    "Name": "shown",
    "FilterType": "User2ItemExposureFilter",
    "WriteLog": True,
    "DaoConf": {"AdapterType": "redis", "RedisName": "r", "RedisPrefix": "e_"},
}


def document(**keys: Any) -> dict[str, Any]:
    names = {"default": ["UniqueFilter", "shown"], "search": []}
    made = config(custom("u2i"), FilterConfs=[{**SHOWN, **keys}], FilterNames=names)
    made["SceneConfs"]["search"] = made["SceneConfs"]["home"]
    return made


def engine(tmp_path: Path, sources: Any, **keys: Any) -> Engine:
    db = store(tmp_path, u2i={"1": "a::4,b::3,c::2,d::1"})
    return Engine(EngineConfig.read(document(**keys)), db, sources)


def ids(engine: Engine, scene: str = "home", **keys: Any) -> list[str]:
    return [item.item_id for item in engine.recommend(RecommendRequest("1", scene, 2), **keys).items]


def test_answers_are_remembered_in_every_scene(tmp_path: Path) -> None:
    lists = MemoryLists({})
    served = engine(tmp_path, MemorySources(MemoryDatabase({}), lists))
    assert ids(served, "search") == ["a", "b"]
    assert ids(served) == ["c", "d"]
    assert [json.loads(one)["item_ids"] for one in lists.lists["e_1"]] == [["c", "d"], ["a", "b"]]


def test_an_answer_that_nobody_sees_is_not_remembered(tmp_path: Path) -> None:
    served = engine(tmp_path, MemorySources(MemoryDatabase({}), MemoryLists({})))
    assert [ids(served, remember=False) for _ in range(2)] == [["a", "b"], ["a", "b"]]


def test_a_source_that_is_down_costs_the_filter_and_its_log(tmp_path: Path) -> None:
    dao = {"AdapterType": "hologres", "HologresName": "h", "HologresTableName": "shown"}
    served = engine(tmp_path, Down(), DaoConf=dao)
    response = served.recommend(RecommendRequest("1", "home", 2))
    assert [item.item_id for item in response.items] == ["a", "b"]
    (row,) = [row for row in response.trace if row.name == "shown"]
    assert row.note == "skipped: no connection"
    assert "no connection" in response.notes


def test_a_configuration_that_names_a_source_is_refused_without_one(tmp_path: Path) -> None:
    path = r"FilterConfs\[0\]\.DaoConf\.AdapterType: 'redis' is not served here"
    with pytest.raises(InvalidConfig, match=path):
        engine(tmp_path, None)


def test_what_a_source_cannot_hold_is_refused_with_its_path(tmp_path: Path) -> None:
    class Empty(DataSource):
        adapter = "redis"

    class Sources:
        def open(self, dao: DaoConf) -> DataSource:
            return Empty()

    with pytest.raises(
        InvalidConfig, match=r"FilterConfs\[0\]\.DaoConf\.AdapterType: redis holds no exposures"
    ):
        engine(tmp_path, Sources())
