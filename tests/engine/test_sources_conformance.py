"""Cases that were run on PAI-Rec's own engine, run on ours with their state in real servers.

On PostgreSQL and Redis all of them; on MariaDB and the embedded store those whose state these can hold.
"""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.engine.filter_case import CaseRun, FilterCase
from pairec_cli.engine.recall_case import RecallCase
from pairec_cli.engine.sources import ConfiguredSources
from tests.engine.backends import for_featurestore, for_mysql, on_featurestore, on_mariadb, on_servers
from tests.engine.recalls.test_conformance import CASES as RECALLS
from tests.engine.recalls.test_conformance import check as check_recalled
from tests.filters.test_conformance import CASES, REFUSED, check, expectations
from tests.servers.mariadb import MariadbServer
from tests.servers.postgres import PostgresServer
from tests.servers.redis_server import RedisProcess

Case = dict[str, Any]


def text(case: Case) -> str:
    return json.dumps(
        [case.get(key) for key in ("filter_conf", "extra_filter_confs", "recall_conf", "state")]
    )


def stateful(cases: list[Case]) -> list[Case]:
    return [case for case in cases if '"AdapterType"' in text(case)]


def without(cases: list[Case], *words: str) -> list[Case]:
    """The cases in which none of these words stand."""
    return [case for case in stateful(cases) if not any(word in text(case) for word in words)]


def named(cases: list[Case]) -> dict[str, Any]:
    return {"argvalues": cases, "ids": [case["id"] for case in cases]}


def run(case: Case, sources: ConfiguredSources, execute: Any = None) -> None:
    """Every step, with its SQL run by `execute` before it."""
    steps = case.get("steps") or [case]
    plain = {**case, "state": {}, "steps": [{**step, "sql_before": []} for step in case.get("steps", [])]}
    try:
        run = CaseRun(FilterCase.read(plain), sources=sources, seed=0)
        results = run.results()
        for step, expect in zip(steps, expectations(case), strict=True):
            for sql in step.get("sql_before", ()):
                execute(sql)
            result = next(results)
            check(expect, result.items, len(case["items"]))
            assert result.failures == []
    finally:
        sources.close()


def refused(case: Case) -> bool:
    return (case.get("expect") or {}).get("mode") in REFUSED


@pytest.mark.parametrize("case", **named(stateful(CASES)))
def test_filters_on_postgresql_and_redis(
    case: Case, postgres: PostgresServer, redis_process: RedisProcess, tmp_path: Path
) -> None:
    sources = on_servers(FilterCase.read(case).state, postgres, redis_process, tmp_path)
    if refused(case):
        with pytest.raises(InvalidConfig):
            run(case, sources)
        return
    run(case, sources, postgres.run)
    for table, rows in case.get("tables_after", {}).items():
        found = postgres.run(f"SELECT * FROM {table} ORDER BY create_time")
        assert [row[:2] for row in found] == [tuple(row[:2]) for row in rows]
    with redis_process.client(1) as client:
        for key, expected in case.get("redis_after", {}).items():
            elements = client.lrange(key, 0, -1)
            assert len(elements) == expected["len"]
            if "elements" in expected:
                assert [json.loads(one)["item_ids"] for one in elements] == expected["elements"]
            if "ttl_max" in expected:
                assert 0 < client.ttl(key) <= expected["ttl_max"]


@pytest.mark.parametrize("case", **named(stateful(RECALLS)))
def test_recalls_on_postgresql_and_redis(
    case: Case, postgres: PostgresServer, redis_process: RedisProcess, tmp_path: Path
) -> None:
    found = RecallCase.read(case)
    sources = on_servers(found.state, postgres, redis_process, tmp_path)
    try:
        for seed in range(min(case.get("runs", 1), 3)):
            plain = RecallCase.read({**case, "state": {}})
            check_recalled(plain.run(sources=sources, seed=seed).items, case["expect"])
    finally:
        sources.close()


EXPOSURE_LAYOUT = (
    '"MaxItems": 1,',
    "GenerateItemDataExpr",
    "primary key",
    '"redis"',
    '"sqlite"',
    '"redis_string"',
)
"""MariaDB's exposures are a row per item: they have neither batches nor other data than ids."""
NOT_IN_MYSQL = *EXPOSURE_LAYOUT, "text[]", " bool"


@pytest.mark.parametrize("case", **named(without(CASES, *NOT_IN_MYSQL)))
def test_filters_on_mariadb(case: Case, mariadb: MariadbServer, tmp_path: Path) -> None:
    changed = for_mysql(case)
    run(changed, on_mariadb(FilterCase.read(case).state, mariadb, tmp_path), mariadb.run)


ARTICLES = {"similar_item_ids": "article_ids", "item_ids": "article_ids", "item_id": "article_id"}
"""Columns of collaborative filtering, as that recall reads them in MySQL."""


@pytest.mark.parametrize("case", **named(without(RECALLS, "Item2XTable", '"redis"')))
def test_recalls_on_mariadb(case: Case, mariadb: MariadbServer, tmp_path: Path) -> None:
    changed = for_mysql(case)
    if case["recall_conf"]["RecallType"] == "UserCollaborativeFilterRecall":
        case = {**case, "state": deepcopy(case["state"])}
        for table in case["state"]["tables"].values():
            for ours, mysqls in ARTICLES.items():
                table["ddl"] = table["ddl"].replace(ours, mysqls)
    sources = on_mariadb(RecallCase.read(case).state, mariadb, tmp_path)
    try:
        check_recalled(RecallCase.read({**changed, "state": {}}).run(sources=sources).items, case["expect"])
    finally:
        sources.close()


NOT_EMBEDDED = '"not json"', '"z0"', '"redis_string"', '"sqlite"', "text[]", " bool", "state = 1", "price >="
"""Elements that are none, Redis's own limit of 100 batches, columns and SQL that views do not have."""


@pytest.mark.parametrize(
    "case", **named([case for case in without(CASES, *NOT_EMBEDDED) if "sql_before" not in json.dumps(case)])
)
def test_filters_on_the_embedded_store(case: Case, tmp_path: Path) -> None:
    changed = for_featurestore(case)
    run(changed, on_featurestore(FilterCase.read(case).state, tmp_path))


def test_the_selections_are_most_of_the_cases() -> None:
    assert len(stateful(CASES)) == 60
    assert len(without(CASES, *NOT_IN_MYSQL)) > 30
    assert len(without(CASES, *NOT_EMBEDDED)) > 40
