"""What the engine serves with: a solution as PAI-Rec's engine JSON, and its merge into the workspace's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pairec_cli.domain.errors import AlreadyExists
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.ranking.engine_entry import algo_conf, rank_conf
from pairec_cli.recall.registry import RECALLS
from pairec_cli.workflow.ranking_publications import publications, sequence_view


def engine_config(solution: Solution, region: str) -> dict[str, Any]:
    """The engine configuration of one solution: its scenes, recalls, filters, sort and data source."""
    store = solution.environment.featurestore_project
    methods = [(recall, RECALLS.load(recall.type)()) for recall in solution.enabled_recalls]
    confs = [
        dict(method.engine_conf(recall, solution)) for recall, method in methods if not method.is_fallback
    ]
    return {
        "RunMode": "product",
        "Region": region,
        "ListenConf": {"HttpAddr": "127.0.0.1", "HttpPort": 8000},
        "FeatureStoreConfs": {store: {"RegionId": region, "ProjectName": store}},
        "SceneConfs": {name: {"default": _scene(solution, name)} for name in solution.scenarios},
        "RecallConfs": confs,
        "UserFeatureConfs": {
            name: {"FeatureLoadConfs": _user_views(solution)} for name in solution.scenarios
        },
        "FilterConfs": [],
        "FilterNames": {"default": ["UniqueFilter"]},
        "SortConfs": [],
        "SortNames": {"default": ["ItemRankScore"]},
        **_ranking(solution),
    }


def _scene(solution: Solution, scenario: str) -> dict[str, Any]:
    """The recalls that serve a scenario, in the order in which they are merged, and its fallback."""
    scene: dict[str, Any] = {"RecallNames": []}
    for recall in solution.enabled_recalls:
        if recall.serves(scenario):
            method = RECALLS.load(recall.type)()
            conf = dict(method.engine_conf(recall, solution))
            if method.is_fallback:
                scene["FallbackConfig"] = conf
            else:
                scene["RecallNames"].append(conf["Name"])
    return scene


def _user_views(solution: Solution) -> list[dict[str, Any]]:
    """What is known of a user before the recalls: features and, where a model reads them, sequences."""
    views = [TableNames(solution).all_feat(TableRole.USER)]
    views += [view for view in (sequence_view(solution),) if _is_published(solution, view)]
    return [
        {
            "FeatureDaoConf": {
                "AdapterType": "featurestore",
                "FeatureStoreName": solution.environment.featurestore_project,
                "FeatureStoreModelName": "",
                "FeatureStoreEntityName": solution.environment.user_entity,
                "FeatureStoreViewName": view,
                "FeatureKey": "user:uid",
                "FeatureStore": "user",
            }
        }
        for view in views
    ]


def _is_published(solution: Solution, view: str) -> bool:
    return any(one.view == view for one in publications(solution))


def _ranking(solution: Solution) -> dict[str, Any]:
    """The ranking model and the scene's use of it; nothing where there is none."""
    if solution.ranks is None:
        return {}
    ranks = {name: rank_conf(solution) for name in solution.scenarios}
    return {"AlgoConfs": [algo_conf(solution)], "RankConf": ranks}


def dump(config: Mapping[str, Any]) -> str:
    return json.dumps(config, indent=2, ensure_ascii=False) + "\n"


def merge(current: Mapping[str, Any], addition: Mapping[str, Any]) -> dict[str, Any]:
    """`addition`'s scenes placed into `current`: maps are joined, named entries replaced.

    Scenes that the same solution served before and does not any more go. Recalls and models that only the
    replaced scenes used go with them. Raises AlreadyExists when another scene uses a recall of the same name
    with other settings.
    """
    merged = json.loads(json.dumps(current)) if current else {}
    scenes = addition["SceneConfs"]
    for name in _left_scenes(merged, addition):
        for key in _BY_SCENE:
            merged.get(key, {}).pop(name, None)
    kept = {name: conf for name, conf in merged.get("SceneConfs", {}).items() if name not in scenes}
    used = {
        recall
        for categories in kept.values()
        for category in categories.values()
        for recall in category.get("RecallNames", [])
    }
    _take_out_ranking(merged, addition)
    for key, value in addition.items():
        if key == "SceneConfs":
            merged[key] = {**kept, **value}
        elif key == "RecallConfs":
            merged[key] = _join_recalls(merged.get(key, []), value, used)
        elif isinstance(value, dict):
            merged[key] = {**merged.get(key, {}), **value}
        elif isinstance(value, list):
            merged[key] = _join_named(merged.get(key, []), value)
        else:
            merged.setdefault(key, value)
    return merged


_BY_SCENE = ("SceneConfs", "UserFeatureConfs", "RankConf")


def _left_scenes(current: Mapping[str, Any], addition: Mapping[str, Any]) -> list[str]:
    """Scenes of `current` that read the user features of `addition`'s solution and are none of its scenes:
    that view carries the solution's name, so it tells whose scene it is."""
    own = {view for scene in addition["SceneConfs"] for view in _first_view(addition, scene)}
    return [
        scene
        for scene in current.get("SceneConfs", {})
        if scene not in addition["SceneConfs"] and own & set(_first_view(current, scene))
    ]


def _first_view(config: Mapping[str, Any], scene: str) -> list[str]:
    confs = config.get("UserFeatureConfs", {}).get(scene, {}).get("FeatureLoadConfs", [])
    return [conf["FeatureDaoConf"]["FeatureStoreViewName"] for conf in confs[:1]]


def _join_named(current: list[dict[str, Any]], added: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Entries of one name are replaced in their place, others come last."""
    new = {entry.get("Name"): entry for entry in added}
    kept = [new.pop(entry.get("Name"), entry) for entry in current]
    return [*kept, *new.values()]


def _take_out_ranking(config: dict[str, Any], addition: Mapping[str, Any]) -> None:
    """Without the ranking of `addition`'s scenes, and the models that nobody ranks with any more."""
    if "RankConf" not in config:
        return
    scenes = addition["SceneConfs"]
    rank = {name: conf for name, conf in config["RankConf"].items() if name not in scenes}
    used = _algorithms({**rank, **addition.get("RankConf", {})})
    dropped = _algorithms(config["RankConf"]) - used
    kept = [conf for conf in config.get("AlgoConfs", []) if conf.get("Name") not in dropped]
    for key, value in (("RankConf", rank), ("AlgoConfs", kept)):
        config[key] = value
        if not value:
            del config[key]


def _algorithms(rank: Mapping[str, Any]) -> set[str]:
    return {algorithm for conf in rank.values() for algorithm in conf.get("RankAlgoList", [])}


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
