"""The data sources that AdapterType names."""

from __future__ import annotations

from pairec_cli.domain.registry import Registry

SOURCES = Registry(
    "AdapterType",
    {
        "featurestore": "pairec_cli.online.featurestore:EmbeddedStore",
        "redis": "pairec_cli.online.redis:RedisServer",
        "hologres": "pairec_cli.online.hologres:HologresServer",
        "mysql": "pairec_cli.online.mysql:MysqlServer",
        "tablestore": "pairec_cli.online.tablestore:TablestoreServer",
    },
)
