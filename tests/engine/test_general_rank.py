"""The coarse rank: its features, algorithms and actions, with and without cold-start recalls of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import DataError
from pairec_cli.domain.requests import RecommendRequest, RecommendResponse
from pairec_cli.domain.stages import RequestContext
from pairec_cli.engine.config import EngineConfig
from pairec_cli.engine.engine import Engine
from pairec_cli.engine.general_rank import SplitRank
from tests.engine.stores import config, custom, hot, store
from tests.filters.contract import context, item

TOP2 = {"Name": "top2", "FilterType": "AdjustCountFilter", "RetainNum": 2}
TOP1 = {"Name": "top1", "FilterType": "AdjustCountFilter", "RetainNum": 1}
LISTS = {"u2i": {"1": "a::1,b::4,c::3"}, "hot": {"-1": "x::0.5,y::0.7"}}
ACTIONS = [
    {"ActionType": "sort", "ActionName": "ItemRankScore"},
    {"ActionType": "filter", "ActionName": "top2"},
]


def served(folder: Path, **keys: Any) -> RecommendResponse:
    conf = config(custom("u2i"), hot("hot"), FilterConfs=[TOP1, TOP2], **keys)
    with store(folder, **LISTS) as db, Engine.from_config(conf, db) as engine:
        return engine.recommend(RecommendRequest("1", "home", 10))


def ids(response: RecommendResponse) -> list[str]:
    return [item.item_id for item in response.items]


def test_actions_run_in_order_between_filters_and_sorts(tmp_path: Path) -> None:
    response = served(tmp_path, GeneralRankConfs={"home": {"ActionConfs": ACTIONS}})
    assert ids(response) == ["b", "c"]
    rows = [(row.stage, row.name, row.left) for row in response.trace[2:]]
    assert rows == [
        ("filter", "UniqueFilter", 5),
        ("general_rank", "ItemRankScore", 5),
        ("general_rank", "top2", 2),
        ("sort", "ItemRankScore", 2),
        ("cut", "size", 2),
    ]


def test_items_of_cold_start_recalls_go_their_own_way(tmp_path: Path) -> None:
    cold = {"RecallNames": ["hot"], "ActionConfs": [{"ActionType": "filter", "ActionName": "top1"}]}
    response = served(
        tmp_path,
        GeneralRankConfs={"home": {"ActionConfs": ACTIONS}},
        ColdStartGeneralRankConfs={"home": cold},
    )
    assert ids(response) == ["b", "c", "x"]
    assert [row.name for row in response.trace if row.stage == "general_rank"] == ["GeneralRank"]


def test_without_a_coarse_rank_the_cold_one_has_no_effect(tmp_path: Path) -> None:
    cold = {"RecallNames": ["hot"], "ActionConfs": ACTIONS}
    assert len(ids(served(tmp_path, ColdStartGeneralRankConfs={"home": cold}))) == 5


def test_algorithms_score_and_features_are_there_for_them(tmp_path: Path) -> None:
    load = {
        "FeatureType": "new_feature",
        "FeatureStore": "item",
        "FeatureName": "liked",
        "Normalizer": "expression",
        "Expression": "0.0 - recall_score",
    }
    general = {
        "FeatureLoadConfs": [{"Features": [load]}],
        "RankConf": {"RankAlgoList": ["look"], "RankScore": "${look} * 2"},
        "ActionConfs": ACTIONS,
    }
    algorithm = {"Name": "look", "Type": "LOOKUP", "LookupConf": {"FieldName": "liked"}}
    response = served(tmp_path, AlgoConfs=[algorithm], GeneralRankConfs={"home": general})
    assert [(item.item_id, item.score) for item in response.items] == [("x", -1.0), ("y", -1.4)]


def test_item_features_are_loaded_before_the_rank(tmp_path: Path) -> None:
    dao = {"AdapterType": "featurestore", "FeatureStoreName": "fs", "FeatureStoreViewName": "prices"}
    load = {"FeatureDaoConf": {**dao, "FeatureKey": "item:id", "FeatureStore": "item"}}
    conf = config(
        custom("u2i"),
        FeatureConfs={"home": {"FeatureLoadConfs": [load]}},
        RankConf={"home": {"RankScore": "${price}"}},
    )
    with store(tmp_path, u2i={"1": "a::1,b::4"}) as db:
        db.publish("prices", "id", ["price"], [("a", 9.5)], ds="20260101", fingerprint="f")
        with Engine.from_config(conf, db) as engine:
            response = engine.recommend(RecommendRequest("1", "home", 10))
    assert [(item.item_id, item.score) for item in response.items] == [("a", 9.5), ("b", 0.0)]
    assert ("features", "prices") in [(row.stage, row.name) for row in response.trace]


class Fails:
    name = "down"

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        raise DataError("no connection")


def test_what_fails_in_a_chain_is_noted() -> None:
    asked = context()
    items = [item("a", retrieve_id="cold"), item("b")]
    assert [one.id for one in SplitRank([Fails()], [Fails()], ["cold"]).apply(items, asked)] == ["b", "a"]
    assert asked.notes == ["down: skipped: no connection"] * 2


def test_types_and_names_are_checked() -> None:
    general = {
        "RankConf": {"RankScore": "${x}"},
        "ActionConfs": [
            {"ActionType": "filtr", "ActionName": "top2"},
            {"ActionType": "sort", "ActionName": "top2"},
        ],
    }
    document = config(
        custom("u2i"),
        GeneralRankConfs={"home": general, "hone": {"RankConf": {"RankAlgoList": ["m"]}}},
        ColdStartGeneralRankConfs={"away": {"RecallNames": "u2i"}},
        FeatureConfs={"home": {"AsynLoadFeature": "yes"}},
    )
    found, findings = EngineConfig.examine(document)
    assert {problem.path for problem in findings.problems} == {
        "FeatureConfs.home.AsynLoadFeature",
        "ColdStartGeneralRankConfs.away.RecallNames",
    }
    assert sorted(warning.path for warning in found.warnings) == sorted(
        [
            "GeneralRankConfs.home.ActionConfs[0].ActionType",
            "GeneralRankConfs.home.RankConf.RankScore",
            "GeneralRankConfs.hone",
            "ColdStartGeneralRankConfs.away",
            "GeneralRankConfs.hone.RankConf.RankAlgoList[0]",
            "GeneralRankConfs.home.ActionConfs[1].ActionName",
            "ColdStartGeneralRankConfs.away",
        ]
    )
