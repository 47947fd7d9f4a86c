"""What a configuration's data sources are opened from."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pairec_cli.domain.connections import HIDDEN
from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.domain.sources import DaoConf
from pairec_cli.engine.config import EngineConfig
from pairec_cli.engine.engine import Engine
from pairec_cli.engine.sources import ConfiguredSources
from pairec_cli.online.adapters import SOURCES
from pairec_cli.online.featurestore import EmbeddedStore
from pairec_cli.online.redis import RedisServer
from tests.engine.backends import sources_of
from tests.engine.stores import config, custom, store

REDIS = DaoConf("redis", redis_name="r")
SECRET = "s3cret-word"


@pytest.fixture
def closing() -> Iterator[list[ConfiguredSources]]:
    opened: list[ConfiguredSources] = []
    yield opened
    for sources in opened:
        sources.close()


def test_one_source_per_name_is_shared(tmp_path: Path, closing: list[ConfiguredSources]) -> None:
    sources = sources_of({"RedisConfs": {"r": {"Host": "h"}, "s": {}}}, tmp_path)
    closing.append(sources)
    first = sources.open(REDIS)
    assert isinstance(first, RedisServer)
    assert sources.open(DaoConf("redis", redis_name="r", redis_prefix="x")) is first
    assert sources.open(DaoConf("redis", redis_name="s")) is not first


def test_every_adapter_is_there_under_its_name() -> None:
    assert [SOURCES.load(name).adapter for name in SOURCES] == list(SOURCES)


def test_every_feature_store_is_the_embedded_one(tmp_path: Path, closing: list[ConfiguredSources]) -> None:
    sources = sources_of({"FeatureStoreConfs": {"a": {}, "b": {}}}, tmp_path)
    closing.append(sources)
    found = [sources.open(DaoConf("featurestore", feature_store_name=name)) for name in ("a", "b", "")]
    assert isinstance(found[0], EmbeddedStore)
    assert found[0] is found[1] is found[2]


@pytest.mark.parametrize(
    ("dao", "problem"),
    [
        (DaoConf("redis", redis_name="x"), "RedisName: RedisConfs entry 'x' does not exist; known: r"),
        (DaoConf("redis"), "RedisName: is missing"),
        (DaoConf("hologres", hologres_name="r"), "HologresName: HologresConfs entry 'r' does not exist"),
        (DaoConf("mysql", mysql_name="r"), "MysqlName: MysqlConfs entry 'r' does not exist"),
        (DaoConf("tablestore"), "TableStoreName: is missing"),
        (DaoConf("featurestore", feature_store_name="r"), "FeatureStoreName: FeatureStoreConfs entry 'r'"),
        (DaoConf("sqlite"), "AdapterType: 'sqlite' is not served here; featurestore is what comes nearest"),
        (DaoConf("lindorm"), "AdapterType: 'lindorm' is not served here"),
        (DaoConf(""), "AdapterType: is missing"),
    ],
)
def test_what_is_not_configured_is_refused_with_its_key(tmp_path: Path, dao: DaoConf, problem: str) -> None:
    sources = sources_of({"RedisConfs": {"r": {}}}, tmp_path)
    with pytest.raises(InvalidConfig) as caught:
        sources.open(dao)
    assert str(caught.value.problems[0]).startswith(problem)


def test_secrets_may_stand_in_the_environment(
    tmp_path: Path, closing: list[ConfiguredSources], monkeypatch: pytest.MonkeyPatch
) -> None:
    conf = {"RedisConfs": {"r": {"Host": "${REDIS_HOST}", "Password": "a-${REDIS_WORD}"}}}
    monkeypatch.setenv("REDIS_HOST", "h")
    with pytest.raises(InvalidConfig, match="RedisName: r: environment variable 'REDIS_WORD' does not exist"):
        sources_of(conf, tmp_path).open(REDIS)
    monkeypatch.setenv("REDIS_WORD", SECRET)
    sources = sources_of(conf, tmp_path)
    closing.append(sources)
    source = sources.open(REDIS)
    assert isinstance(source, RedisServer)
    given = source.connections.redis.connection_pool.connection_kwargs
    assert (given["host"], given["password"]) == ("h", f"a-{SECRET}")


SECTIONS: dict[str, Any] = {
    "RedisConfs": {"r": {"Password": SECRET}},
    "HologresConfs": {"h": {"DSN": f"postgres://u:{SECRET}@h/db"}},
    "MysqlConfs": {"m": {"DSN": f"u:{SECRET}@tcp(h:1)/db"}},
    "TableStoreConfs": {"t": {"AccessKeySecret": SECRET}},
    "FeatureStoreConfs": {
        "f": {"AccessKey": SECRET, "FeatureDBPassword": SECRET, "HologresPassword": SECRET}
    },
}


def test_what_is_read_shows_no_secret() -> None:
    read = EngineConfig.read(SECTIONS)
    assert SECRET not in repr(read)
    assert HIDDEN in repr(read)
    assert read.connections.redis["r"].password == SECRET


@pytest.mark.parametrize(
    "wrong",
    [
        {"RedisConfs": {"r": SECRET}},
        {"RedisConfs": SECRET},
        {"RedisConfs": {"r": {"Password": [SECRET], "Host": {"x": SECRET}}}},
        {"HologresConfs": {"h": {"DSN": {"x": SECRET}}}},
        {"TableStoreConfs": {"t": {"AccessKeySecret": [SECRET], "Passwrod": SECRET}}},
        {"LindormConfs": {"l": {"Password": SECRET}}, "ABTestConf": {"Token": SECRET}, "RunMode": 3},
        {"AlgoConfs": [{"EasConf": {"Auth": SECRET}}], "RunMode": 3},
    ],
)
def test_problems_and_warnings_show_no_secret(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidConfig) as caught:
        EngineConfig.read(wrong)
    assert SECRET not in str(caught.value)
    assert SECRET not in repr([problem for problem in caught.value.problems if "Algo" not in problem.path])
    unknown = EngineConfig.read(
        {**SECTIONS, "KafkaConfs": {"k": SECRET}, "RedisConfs": {"r": {"Pasword": SECRET}}}
    )
    assert len(unknown.warnings) == 2
    assert SECRET not in repr(unknown.warnings)


def test_a_missing_package_is_named_with_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pairec_cli.online.redis")
    monkeypatch.setitem(sys.modules, "redis", None)
    shown = {
        "Name": "e",
        "FilterType": "User2ItemExposureFilter",
        "DaoConf": {"AdapterType": "redis", "RedisName": "r"},
    }
    conf = config(custom("u2i"), FilterConfs=[shown], RedisConfs={"r": {}})
    with pytest.raises(InvalidConfig) as caught:
        Engine.from_config(conf, store(tmp_path))
    assert caught.value.hint == "pip install 'pairec[redis]'"
    (problem,) = caught.value.problems
    assert problem.path == "FilterConfs[0].DaoConf.AdapterType"
    assert problem.message.startswith("redis needs the package redis, which is not installed")


def test_the_embedded_store_remembers_answers(tmp_path: Path) -> None:
    shown = {
        "Name": "shown",
        "FilterType": "User2ItemExposureFilter",
        "WriteLog": True,
        "TimeInterval": 60,
        "DaoConf": {"AdapterType": "featurestore", "FeatureStoreName": "fs", "FeatureStoreViewName": "shown"},
    }
    conf = config(custom("u2i"), FilterConfs=[shown], FilterNames={"default": ["shown"]})
    db = store(tmp_path, u2i={"1": "a::4,b::3,c::2,d::1"})
    answers = []
    for _ in range(2):
        with Engine.from_config(json.loads(json.dumps(conf)), db) as served:
            for _ in range(2):
                response = served.recommend(RecommendRequest("1", "home", 1))
                answers += [item.item_id for item in response.items]
    assert answers == ["a", "b", "c", "d"], (
        "answers of one second are kept apart, and the next engine knows them"
    )
