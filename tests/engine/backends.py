"""The state of a case, put where its configuration says it is: PostgreSQL and Redis, MariaDB, or the embedded
store."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pairec_cli.engine.cases import CaseState, CaseTable
from pairec_cli.engine.config import EngineConfig
from pairec_cli.engine.sources import ConfiguredSources
from pairec_cli.online.exposures import ExposureLog
from pairec_cli.online.featuredb import FeatureDB
from pairec_cli.online.featurestore import FILE
from tests.servers.mariadb import MariadbServer
from tests.servers.postgres import PostgresServer
from tests.servers.redis_server import RedisProcess

Document = dict[str, Any]
PATIENT = 20_000
"""Milliseconds: these tests are about content."""
MYSQL_TYPES = {"int4": "int", "int8": "bigint", "float8": "double", "text": "varchar(200)"}
LIFE = {"ConnectTimeout": PATIENT, "ReadTimeout": PATIENT, "WriteTimeout": PATIENT}


def sources_of(config: Document, folder: Path) -> ConfiguredSources:
    return ConfiguredSources(EngineConfig.read(config).connections, FeatureDB(folder / "featuredb.db"))


def on_servers(
    state: CaseState, postgres: PostgresServer, redis_process: RedisProcess, folder: Path
) -> ConfiguredSources:
    """Tables in PostgreSQL, keys in Redis."""
    for name, table in state.tables.items():
        postgres.run(f'DROP TABLE IF EXISTS "{name}"')
        postgres.run(table.ddl)
        _insert(postgres, name, table)
    known = postgres.run("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
    for (name,) in known:
        if name not in state.tables:
            postgres.run(f'DROP TABLE "{name}"')
    with redis_process.client(1) as client:
        client.flushdb()
        for key, elements in state.redis.items():
            for element in elements:
                client.rpush(key, element if isinstance(element, str) else json.dumps(element))
        for key, text in state.redis_string.items():
            client.set(key, text)
    config = {
        "HologresConfs": {"holo_info": {"DSN": postgres.dsn(), "ReadTimeout": PATIENT}},
        "RedisConfs": {"redis_info": redis_process.conf(DbNum=1, **LIFE)},
    }
    return sources_of(config, folder)


def on_mariadb(state: CaseState, mariadb: MariadbServer, folder: Path) -> ConfiguredSources:
    """Tables in MariaDB, their columns in its types; exposures as a row per item."""
    for (name,) in mariadb.run("SHOW TABLES"):
        mariadb.run(f"DROP TABLE `{name}`")
    for name, table in state.tables.items():
        if "create_time" in table.ddl:
            mariadb.run(f"CREATE TABLE {name} (article_id varchar(200), uid varchar(200), add_time int)")
            rows = [(item, uid, at) for uid, items, at in table.rows for item in items.split(",")]
            _insert(mariadb, name, CaseTable("", tuple(rows)))
            continue
        ddl = re.sub(r"\b(int4|int8|float8|text)\b", lambda found: MYSQL_TYPES[found[1]], table.ddl)
        mariadb.run(ddl.replace(" timestamp ", " `timestamp` "))
        _insert(mariadb, name, table)
    return sources_of({"MysqlConfs": {"holo_info": {"DSN": mariadb.dsn(), "ReadTimeout": PATIENT}}}, folder)


def on_featurestore(state: CaseState, folder: Path) -> ConfiguredSources:
    """Tables as views, where rows of one key are joined; exposures in the store's own log."""
    featuredb = FeatureDB(folder / "featuredb.db")
    log = ExposureLog(folder / FILE)
    for key, elements in state.redis.items():
        view, _, uid = key.rpartition("_")
        for element in reversed(elements):
            log.append(f"{view}_", uid, element["item_ids"], now=element["timestamp"], ends=None)
    for name, table in state.tables.items():
        if "create_time" in table.ddl:
            for uid, items, at in table.rows:
                log.append(name, uid, items.split(","), now=at, ends=None)
            continue
        key, *columns = re.findall(r"[(,]\s*(\w+) ", table.ddl)
        rows: dict[str, list[Any]] = {}
        for first, *values in table.rows:
            known = rows.get(str(first))
            rows[str(first)] = [",".join([*known, *values])] if known else values
        featuredb.publish(
            name, key, columns, ((k, *v) for k, v in rows.items()), ds="20260101", fingerprint="f"
        )
    log.close()
    return ConfiguredSources(
        EngineConfig.read({"FeatureStoreConfs": {"holo_info": {}}}).connections, featuredb
    )


def renamed(document: Document, words: Mapping[str, str]) -> Document:
    """The case with other words in its configuration."""
    confs = ("filter_conf", "extra_filter_confs", "recall_conf", "extra_recall_confs")
    changed = {}
    for key in confs:
        if key in document:
            text = json.dumps(document[key])
            for old, new in words.items():
                text = text.replace(f'"{old}"', f'"{new}"')
            changed[key] = json.loads(text)
    return {**document, **changed}


def for_mysql(document: Document) -> Document:
    words = {"hologres": "mysql", "HologresName": "MysqlName", "HologresTableName": "MysqlTable"}
    return renamed(document, words)


def for_featurestore(document: Document) -> Document:
    kinds = {"hologres": "featurestore", "redis": "featurestore", "redis_info": "holo_info"}
    names = {"HologresName": "FeatureStoreName", "RedisName": "FeatureStoreName"}
    views = {"HologresTableName": "FeatureStoreViewName", "RedisPrefix": "FeatureStoreViewName"}
    return renamed(document, {**kinds, **names, **views})


def _insert(server: PostgresServer | MariadbServer, name: str, table: CaseTable) -> None:
    if table.rows:
        places = ", ".join(["%s"] * len(table.rows[0]))
        server.run(f"INSERT INTO {name} VALUES ({places})", *map(tuple, table.rows))
