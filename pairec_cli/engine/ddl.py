"""The tables that a configuration's filters read and write, as SQL that makes them.

Source: "Configure filters" in PAI-Rec's help, whose table of exposures this is. Its primary key stays: a
second answer of the same second joins the row that is there.
"""

from __future__ import annotations

from collections.abc import Iterator

from pairec_cli.domain.sources import DaoConf
from pairec_cli.engine.config import EngineConfig
from pairec_cli.filters.user2item_custom import User2ItemCustomConfig
from pairec_cli.filters.user2item_exposure import ExposureConfig
from pairec_cli.online.sql_text import plain

LIFE = 172_800
"""Seconds that the help page lets exposures live."""


def statements(config: EngineConfig, *, hologres: bool) -> Iterator[str]:
    """A statement for every table of exposures and of lists of users, each once. `hologres` adds the table
    properties that a plain PostgreSQL does not know. Raises InvalidConfig for names that are none."""
    seen: set[str] = set()
    for entry in config.filters.values():
        conf = entry.config
        if isinstance(conf, ExposureConfig):
            made = _exposures(conf.dao_conf, conf.time_interval or LIFE, hologres)
        elif isinstance(conf, User2ItemCustomConfig):
            made = _lists(conf.dao_conf)
        else:
            continue
        if made and made not in seen:
            seen.add(made)
            yield made


def _exposures(dao: DaoConf, seconds: int, hologres: bool) -> str:
    if dao.adapter_type == "mysql" and dao.mysql_table:
        table = plain(dao.mysql_table, "MysqlTable")
        columns = "article_id VARCHAR(255) NOT NULL, uid VARCHAR(255) NOT NULL, add_time INT NOT NULL"
        return f"CREATE TABLE IF NOT EXISTS {table} ({columns}, KEY (uid)) CHARACTER SET utf8mb4;"
    if dao.adapter_type != "hologres":
        return ""
    table = plain(dao.hologres_table_name, "HologresTableName")
    columns = "uid text NOT NULL, item text NOT NULL, create_time int4 NOT NULL"
    made = f"CREATE TABLE IF NOT EXISTS {table} ({columns}, PRIMARY KEY (uid, create_time));"
    if not hologres:
        return made
    properties = {
        "orientation": "column",
        "clustering_key": '"uid","create_time"',
        "segment_key": '"create_time"',
        "bitmap_columns": '"uid","item"',
        "dictionary_encoding_columns": '"uid","item"',
        "time_to_live_in_seconds": str(seconds),
    }
    calls = [
        f"CALL SET_TABLE_PROPERTY('{table}', '{name}', '{value}');" for name, value in properties.items()
    ]
    return "\n".join(["BEGIN;", made, *calls, "COMMIT;"])


def _lists(dao: DaoConf) -> str:
    if dao.adapter_type == "mysql":
        table = plain(dao.mysql_table, "MysqlTable")
        return (
            f"CREATE TABLE IF NOT EXISTS {table} (user_id VARCHAR(255) NOT NULL PRIMARY KEY, item_ids TEXT)"
            " CHARACTER SET utf8mb4;"
        )
    if dao.adapter_type != "hologres":
        return ""
    table = plain(dao.hologres_table_name, "HologresTableName")
    return f"CREATE TABLE IF NOT EXISTS {table} (user_id text NOT NULL PRIMARY KEY, item_ids text);"
