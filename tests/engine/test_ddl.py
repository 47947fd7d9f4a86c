"""Tables made by the statements that a configuration gives."""

from __future__ import annotations

from typing import Any

from pairec_cli.domain.sources import DaoConf, ExposureLimits
from pairec_cli.engine.config import EngineConfig
from pairec_cli.engine.ddl import statements
from tests.engine.backends import PATIENT, sources_of
from tests.servers.mariadb import MariadbServer
from tests.servers.postgres import PostgresServer


def conf(kind: str, name: str, **dao: str) -> dict[str, Any]:
    return {"Name": name, "FilterType": kind, "TimeInterval": 60, "DaoConf": dao}


EXPOSURE, CUSTOM = "User2ItemExposureFilter", "User2ItemCustomFilter"
HOLOGRES = {"AdapterType": "hologres", "HologresName": "x"}
MYSQL = {"AdapterType": "mysql", "MysqlName": "x"}
CONFS = [
    conf(EXPOSURE, "a", **HOLOGRES, HologresTableName="made_exposures"),
    conf(EXPOSURE, "b", **HOLOGRES, HologresTableName="made_exposures"),
    conf(CUSTOM, "c", **HOLOGRES, HologresTableName="made_lists"),
    conf(EXPOSURE, "d", **MYSQL, MysqlTable="made_exposures"),
    conf(CUSTOM, "e", **MYSQL, MysqlTable="made_lists"),
    {**conf(EXPOSURE, "f", AdapterType="redis", RedisName="r")},
    {"Name": "g", "FilterType": "AdjustCountFilter"},
]


def of(adapter: str, hologres: bool = False) -> list[str]:
    confs = [one for one in CONFS if one.get("DaoConf", {}).get("AdapterType") in (adapter, "redis", None)]
    return list(statements(EngineConfig.read({"FilterConfs": confs}), hologres=hologres))


def test_the_statements_make_tables_that_filters_use(
    postgres: PostgresServer, mariadb: MariadbServer, tmp_path: Any
) -> None:
    for statement in of("hologres"):
        postgres.run(statement)
    for statement in of("mysql"):
        mariadb.run(statement)
    assert (len(of("hologres")), len(of("mysql"))) == (2, 2), "each table once"
    config = {
        "HologresConfs": {"x": {"DSN": postgres.dsn(), "ReadTimeout": PATIENT}},
        "MysqlConfs": {"x": {"DSN": mariadb.dsn(), "ReadTimeout": PATIENT}},
    }
    sources = sources_of(config, tmp_path)
    names = {"hologres_table_name": "made_exposures", "mysql_table": "made_exposures"}
    for dao in (DaoConf("hologres", hologres_name="x", **names), DaoConf("mysql", mysql_name="x", **names)):
        log = sources.open(dao).exposures(dao, ExposureLimits())
        for batch in (["a"], ["b"]):
            log.append("u", batch)
        assert log.shown("u", []) == {"a", "b"}
        lists = dao.replace(hologres_table_name="made_lists", mysql_table="made_lists")
        assert sources.open(lists).user_lists(lists).ids("u", []) == set()
        log.clear("u")
    sources.close()


def test_hologres_has_its_own_properties() -> None:
    first, lists = of("hologres", hologres=True)
    lines = first.splitlines()
    assert (lines[0], lines[-1]) == ("BEGIN;", "COMMIT;")
    assert lines[1].endswith("PRIMARY KEY (uid, create_time));")
    assert lines[-2] == "CALL SET_TABLE_PROPERTY('made_exposures', 'time_to_live_in_seconds', '60');"
    assert "CALL" not in lists
