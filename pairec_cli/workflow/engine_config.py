"""What the engine serves with: a solution as PAI-Rec's engine JSON, and its merge into the workspace's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pairec_cli.domain.errors import AlreadyExists
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.recall.registry import RECALLS


def engine_config(solution: Solution, region: str) -> dict[str, Any]:
    """The engine configuration of one solution: its scene, recalls, filters, sort and data source."""
    store = solution.environment.featurestore_project
    confs = [
        dict(RECALLS.load(recall.type)().engine_conf(recall, solution)) for recall in solution.enabled_recalls
    ]
    names = TableNames(solution)
    view = {
        "FeatureDaoConf": {
            "AdapterType": "featurestore",
            "FeatureStoreName": store,
            "FeatureStoreModelName": "",
            "FeatureStoreEntityName": solution.environment.user_entity,
            "FeatureStoreViewName": names.all_feat(TableRole.USER),
            "FeatureKey": "user:uid",
            "FeatureStore": "user",
        }
    }
    return {
        "RunMode": "product",
        "Region": region,
        "ListenConf": {"HttpAddr": "127.0.0.1", "HttpPort": 8000},
        "FeatureStoreConfs": {store: {"RegionId": region, "ProjectName": store}},
        "SceneConfs": {solution.scenario: {"default": {"RecallNames": [conf["Name"] for conf in confs]}}},
        "RecallConfs": confs,
        "UserFeatureConfs": {solution.scenario: {"FeatureLoadConfs": [view]}},
        "FilterConfs": [],
        "FilterNames": {"default": ["UniqueFilter"]},
        "SortConfs": [],
        "SortNames": {"default": ["ItemRankScore"]},
    }


def dump(config: Mapping[str, Any]) -> str:
    return json.dumps(config, indent=2, ensure_ascii=False) + "\n"


def merge(current: Mapping[str, Any], addition: Mapping[str, Any]) -> dict[str, Any]:
    """`addition`'s scenes placed into `current`: maps are joined, named entries replaced.

    Recalls that only the replaced scenes used go with them. Raises AlreadyExists when another scene uses a
    recall of the same name with other settings.
    """
    merged = json.loads(json.dumps(current)) if current else {}
    scenes = addition["SceneConfs"]
    kept = {name: conf for name, conf in merged.get("SceneConfs", {}).items() if name not in scenes}
    used = {
        recall
        for categories in kept.values()
        for category in categories.values()
        for recall in category.get("RecallNames", [])
    }
    for key, value in addition.items():
        if key == "SceneConfs":
            merged[key] = {**kept, **value}
        elif key == "RecallConfs":
            merged[key] = _join_recalls(merged.get(key, []), value, used)
        elif isinstance(value, dict):
            merged[key] = {**merged.get(key, {}), **value}
        elif isinstance(value, list):
            replaced = {entry.get("Name") for entry in value}
            merged[key] = [e for e in merged.get(key, []) if e.get("Name") not in replaced] + value
        else:
            merged.setdefault(key, value)
    return merged


def _join_recalls(
    current: list[dict[str, Any]], added: list[dict[str, Any]], used: set[str]
) -> list[dict[str, Any]]:
    kept = {conf["Name"]: conf for conf in current if conf["Name"] in used}
    for conf in added:
        if conf["Name"] in kept and kept[conf["Name"]] != conf:
            raise AlreadyExists(
                f"another scene serves with a recall named {conf['Name']!r} of other settings",
                hint="give this solution's recall another name in solution.yaml",
            )
        kept[conf["Name"]] = conf
    return list(kept.values())
