"""Stores and configurations that the engine's tests serve from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pairec_cli.domain.errors import NotFound
from pairec_cli.domain.stages import Resources, Value
from pairec_cli.online.featuredb import FeatureDB
from pairec_cli.online.memory import MemoryDatabase, MemoryLists, MemorySources, MemoryTable

Lists = Mapping[str, str | None]


class MemoryFeatures:
    """Views in a dict: view → key → row. Counts its reads."""

    def __init__(self, views: Mapping[str, Mapping[str, dict[str, Value]]] | None = None) -> None:
        self.views = dict(views or {})
        self.reads = 0

    def get(self, view: str, key: str) -> dict[str, Value] | None:
        self.reads += 1
        if view not in self.views:
            raise NotFound("feature view", view, self.views)
        return self.views[view].get(key)

    def get_many(self, view: str, keys: Iterable[str]) -> dict[str, dict[str, Value]]:
        return {key: row for key in keys if (row := self.get(view, key)) is not None}

    def keys(self, view: str) -> list[str]:
        return list(self.views[view])

    def edition(self, view: str) -> None:
        return None


def lists(**views: Lists) -> MemoryFeatures:
    """Views of candidate lists: `lists(u2i={"1": "a,b"})`."""
    return MemoryFeatures(
        {view: {k: {"item_ids": v} for k, v in rows.items()} for view, rows in views.items()}
    )


def resources(features: MemoryFeatures | None = None) -> Resources:
    return Resources(features or MemoryFeatures(), frozenset({"fs"}))


def sources(strings: Mapping[str, str] | None = None, **tables: MemoryTable) -> MemorySources:
    """Data sources in memory: plain Redis keys, and tables for SQL."""
    return MemorySources(MemoryDatabase(tables), MemoryLists({}, strings))


def dao(view: str, **keys: Any) -> dict[str, Any]:
    return {"AdapterType": "featurestore", "FeatureStoreName": "fs", "FeatureStoreViewName": view, **keys}


def custom(name: str, count: int = 100, view: str = "", **keys: Any) -> dict[str, Any]:
    conf = {"Name": name, "RecallType": "UserCustomRecall", "RecallCount": count}
    return {**conf, "DaoConf": dao(view or name), **keys}


def hot(name: str, count: int = 100, view: str = "", **keys: Any) -> dict[str, Any]:
    return {**custom(name, count, view), "RecallType": "UserGlobalHotRecall", **keys}


def config(*recalls: dict[str, Any], **keys: Any) -> dict[str, Any]:
    """An engine configuration whose scene `home` uses these recalls in this order."""
    return {
        "FeatureStoreConfs": {"fs": {}},
        "SceneConfs": {"home": {"default": {"RecallNames": [conf["Name"] for conf in recalls]}}},
        "RecallConfs": list(recalls),
        "FilterNames": {"default": ["UniqueFilter"]},
        **keys,
    }


def user_features(view: str, **keys: Any) -> dict[str, Any]:
    load = {"FeatureDaoConf": {**dao(view), "FeatureKey": "user:uid", "FeatureStore": "user", **keys}}
    return {"home": {"FeatureLoadConfs": [load]}}


def publish(db: FeatureDB, view: str, rows: Lists) -> None:
    db.publish(view, "k", ["item_ids"], rows.items(), ds="20260101", fingerprint="f")


def store(folder: Path, **views: Lists) -> FeatureDB:
    db = FeatureDB(folder / "featuredb.db")
    for view, rows in views.items():
        publish(db, view, rows)
    return db
