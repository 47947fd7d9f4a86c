"""`pairec engine … --live`: cases on real sources."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.cli.conftest import Pairec
from tests.cli.test_engine import ITEMS, saved
from tests.engine.backends import LIFE
from tests.servers.redis_server import RedisProcess

SHOWN = {
    "Name": "shown",
    "FilterType": "User2ItemExposureFilter",
    "WriteLog": True,
    "DaoConf": {"AdapterType": "redis", "RedisName": "r", "RedisPrefix": "live_"},
}
CASE: dict[str, Any] = {
    "filter_names": {"default": ["shown"]},
    "user": {"id": "u"},
    "items": ITEMS,
    "size": 1,
}


def config(folder: Path, redis_process: RedisProcess, **keys: Any) -> str:
    with redis_process.client(3) as client:
        client.flushdb()
    conf = redis_process.conf(DbNum=3, **{**LIFE, **keys})
    return saved(folder, {"FilterConfs": [SHOWN], "RedisConfs": {"r": conf}}, "config.json")


def ids(out: str) -> list[str]:
    return [item["id"] for item in json.loads(out)["items"]]


def test_a_case_reads_and_writes_the_sources_of_the_configuration(
    pairec: Pairec, folder: Path, redis_process: RedisProcess
) -> None:
    options = ("--live", "--config", config(folder, redis_process), "--format", "json")
    case = saved(folder, CASE)
    assert [ids(pairec("engine", "filter", "--input", case, *options).out) for _ in range(3)] == [
        ["a", "b"],
        ["b"],
        [],
    ]
    with redis_process.client(3) as client:
        elements = [json.loads(element)["item_ids"] for element in client.lrange("live_u", 0, -1)]
    assert elements == [["b"], ["a"]]


def test_a_source_that_fails_is_told_and_its_filter_passed_over(
    pairec: Pairec, folder: Path, redis_process: RedisProcess
) -> None:
    options = ("--live", "--config", config(folder, redis_process, Password="wrong-word"), "--format", "json")
    result = pairec("engine", "filter", "--input", saved(folder, CASE), *options)
    assert (result.code, ids(result.out)) == (0, ["a", "b"])
    assert "shown: skipped: RedisConfs.r: " in result.err
    assert "wrong-word" not in result.err


def test_a_state_of_the_cases_own_is_left_out_with_a_warning(
    pairec: Pairec, folder: Path, redis_process: RedisProcess
) -> None:
    state = {"redis": {"live_u": [{"item_ids": ["a"], "timestamp": 1}]}}
    case = saved(folder, {**CASE, "state": state, "steps": [{"sql_before": ["delete from t"]}]})
    options = ("--live", "--config", config(folder, redis_process), "--format", "json")
    result = pairec("engine", "filter", "--input", case, *options)
    assert result.code == 0
    assert [item["id"] for item in result.json["steps"][0]["items"]] == ["a", "b"]
    assert "real sources are not filled from a case" in result.err


def test_sorts_read_real_sources_too(pairec: Pairec, folder: Path, redis_process: RedisProcess) -> None:
    case = {"sort_names": {"default": ["ItemRankScore"]}, "items": ITEMS}
    options = ("--live", "--config", config(folder, redis_process), "--format", "json")
    assert ids(pairec("engine", "sort", "--input", saved(folder, case), *options).out) == ["b", "a"]


def test_without_a_configuration_a_workspace_is_needed(pairec: Pairec, folder: Path) -> None:
    result = pairec("engine", "recall", "--input", saved(folder, {}), "--live")
    assert result.code == 1
    assert "no workspace" in result.err


def test_the_embedded_store_of_the_workspace_is_the_default(
    pairec: Pairec, folder: Path, deployed: Path
) -> None:
    dao = {"AdapterType": "featurestore", "FeatureStoreViewName": "shown"}
    case = saved(folder, {**CASE, "filter_conf": {**SHOWN, "DaoConf": dao}})
    options = ("--live", "--format", "json")
    assert [ids(pairec("engine", "filter", "--input", case, *options).out) for _ in range(2)] == [
        ["a", "b"],
        ["b"],
    ]
    assert (deployed / "exposures.db").exists()


def test_the_tables_of_a_configuration_as_sql(pairec: Pairec, folder: Path) -> None:
    dao = {"AdapterType": "hologres", "HologresName": "h", "HologresTableName": "shown"}
    path = saved(folder, {"FilterConfs": [{**SHOWN, "DaoConf": dao}]})
    plain = pairec("engine", "ddl", "--config", path)
    assert plain.code == 0
    assert plain.out.startswith("CREATE TABLE IF NOT EXISTS shown (uid text NOT NULL")
    assert "time_to_live_in_seconds" in pairec("engine", "ddl", "--config", path, "--hologres").out
    none = pairec("engine", "ddl", "--config", saved(folder, {}))
    assert (none.code, none.out) == (0, "")
    assert "no filter" in none.err
