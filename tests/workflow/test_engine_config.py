from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.domain.errors import AlreadyExists
from pairec_cli.domain.solution import Ranking, parse_solution
from pairec_cli.engine.config import EngineConfig
from pairec_cli.project import Project
from pairec_cli.recall.registry import recall_types
from pairec_cli.workflow import solution_document
from pairec_cli.workflow.engine_config import dump, engine_config, merge
from tests.workflow import tiny


def served(scene: str, **recalls: int) -> dict[str, Any]:
    """A configuration of one scene with recalls of these counts."""
    return {
        "RunMode": "product",
        "FeatureStoreConfs": {"fs": {"RegionId": "local"}},
        "SceneConfs": {scene: {"default": {"RecallNames": list(recalls)}}},
        "RecallConfs": [{"Name": name, "RecallCount": count} for name, count in recalls.items()],
        "UserFeatureConfs": {scene: {"FeatureLoadConfs": []}},
        "FilterNames": {"default": ["UniqueFilter"]},
        "FilterConfs": [],
    }


def names(config: dict[str, Any]) -> list[str]:
    return [conf["Name"] for conf in config["RecallConfs"]]


def test_the_first_configuration_is_taken_as_it_is() -> None:
    assert merge({}, served("Home", hot=10)) == served("Home", hot=10)


def test_a_scene_is_replaced_with_its_recalls() -> None:
    merged = merge(served("Home", hot=10, old=5), served("Home", hot=20))
    assert merged == served("Home", hot=20)


def test_another_scene_stands_beside_it() -> None:
    merged = merge(served("Home", hot=10), served("Detail", similar=5))
    assert set(merged["SceneConfs"]) == set(merged["UserFeatureConfs"]) == {"Home", "Detail"}
    assert names(merged) == ["hot", "similar"]


def test_scenes_share_a_recall_of_equal_settings_only() -> None:
    shared = merge(served("Home", hot=10), served("Detail", hot=10))
    assert names(shared) == ["hot"]
    with pytest.raises(AlreadyExists, match="another scene serves with a recall named 'hot'"):
        merge(shared, served("Detail", hot=20))


def test_a_scene_that_the_solution_has_left_goes() -> None:
    """Whose scene it is the view of the user features tells."""

    def of(solution: str, *scenes: str) -> dict[str, Any]:
        load = {"FeatureDaoConf": {"FeatureStoreViewName": f"{solution}_user_all_feat_v1"}}
        conf = served(scenes[0], hot=10)
        conf["SceneConfs"] = dict.fromkeys(scenes, conf["SceneConfs"][scenes[0]])
        conf["UserFeatureConfs"] = {scene: {"FeatureLoadConfs": [load]} for scene in scenes}
        return conf

    both = merge(of("home", "Home", "Detail"), of("other", "Cart"))
    assert set(both["SceneConfs"]) == {"Home", "Detail", "Cart"}
    rest = merge(both, of("home", "Home"))
    assert set(rest["SceneConfs"]) == set(rest["UserFeatureConfs"]) == {"Home", "Cart"}


def test_each_scenario_has_the_recalls_that_serve_it() -> None:
    recalls = [
        {"type": "etrec_u2i", "name": "etrec_u2i"},
        {"type": "global_hot", "name": "global_hot", "scenarios": ["Home"]},
        {"type": "group_hot", "name": "group_hot", "scenarios": "Detail"},
        {"type": "global_hot_fallback", "name": "last", "scenarios": ["Detail"]},
        {"type": "swing_u2i", "name": "off", "enabled": False, "scenarios": ["Home"]},
    ]
    document = {"scenario": "Home", "other_scenarios": "Detail", "recalls": recalls, "ranking": {}}
    config = engine_config(parse_solution(document, recall_types()), "cn-beijing")
    home, detail = (config["SceneConfs"][scene]["default"] for scene in ("Home", "Detail"))
    assert home == {"RecallNames": ["etrec_u2i", "global_hot"]}
    assert detail["RecallNames"] == ["etrec_u2i", "group_hot"]
    assert detail["FallbackConfig"]["FeatureStoreViewName"].endswith("_last_v1")
    assert names(config) == ["etrec_u2i", "global_hot", "group_hot"]
    assert set(config["RankConf"]) == set(config["UserFeatureConfs"]) == {"Home", "Detail"}
    assert set(EngineConfig.read(config).scenes) == {"Home", "Detail"}


def test_what_was_set_by_hand_at_the_top_stays() -> None:
    current = {**served("Home", hot=10), "RunMode": "daily", "LogConf": {"LogLevel": "debug"}}
    merged = merge(current, served("Home", hot=10))
    assert (merged["RunMode"], merged["LogConf"]) == ("daily", {"LogLevel": "debug"})


def ranked(scene: str, model: str) -> dict[str, Any]:
    ranking = {
        "AlgoConfs": [{"Name": model, "Type": "EAS"}],
        "RankConf": {scene: {"RankAlgoList": [model], "RankScore": "${probs_is_click}"}},
    }
    return {**served(scene, hot=10), **ranking}


def test_a_scene_that_ranks_no_more_loses_its_model() -> None:
    both = merge(merge({}, ranked("Home", "a")), ranked("Detail", "b"))
    assert set(both["RankConf"]) == {"Home", "Detail"}
    assert merge(both, ranked("Home", "a")) == both
    rest = merge(both, served("Home", hot=10))
    assert set(rest["RankConf"]) == {"Detail"}
    assert [conf["Name"] for conf in rest["AlgoConfs"]] == ["b"]
    assert not merge(rest, served("Detail", hot=10)).keys() & {"RankConf", "AlgoConfs"}


def test_a_model_that_another_scene_ranks_with_stays() -> None:
    both = merge(ranked("Home", "a"), ranked("Detail", "a"))
    assert [conf["Name"] for conf in merge(both, served("Home", hot=10))["AlgoConfs"]] == ["a"]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Home", "Detail"]),
            st.dictionaries(st.sampled_from(["hot", "similar", "new"]), st.just(1), min_size=1),
        ),
        max_size=6,
    )
)
def test_merging_serves_the_last_configuration_of_each_scene(steps: list[tuple[str, dict[str, int]]]) -> None:
    merged: dict[str, Any] = {}
    last: dict[str, list[str]] = {}
    for scene, recalls in steps:
        before = json.dumps(merged)
        following = merge(merged, served(scene, **recalls))
        assert json.dumps(merged) == before
        assert merge(following, served(scene, **recalls)) == following
        merged, last[scene] = following, list(recalls)
    if steps:
        scenes = {name: conf["default"]["RecallNames"] for name, conf in merged["SceneConfs"].items()}
        assert scenes == last
        assert set(names(merged)) == {recall for recalls in last.values() for recall in recalls}


def test_the_engine_reads_what_a_solution_generates(project: Project) -> None:
    solution = solution_document.read(tiny.document(project))
    config = engine_config(solution, "local")
    assert config["SceneConfs"] == {"HomePage": {"default": {"RecallNames": ["etrec_u2i", "global_hot"]}}}
    assert [conf["RecallType"] for conf in config["RecallConfs"]] == [
        "UserCustomRecall",
        "UserGlobalHotRecall",
    ]
    assert json.loads(dump(config)) == config
    assert EngineConfig.read(config).warnings == ()


def test_a_ranked_scene_reads_sequences_and_asks_the_model(project: Project) -> None:
    solution = solution_document.read(tiny.document(project)).model_copy(update={"ranking": Ranking()})
    config = engine_config(solution, "local")
    views = [
        conf["FeatureDaoConf"]["FeatureStoreViewName"]
        for conf in config["UserFeatureConfs"]["HomePage"]["FeatureLoadConfs"]
    ]
    assert views == ["tiny_rec_sln_demo_user_table_v1_all_feat_v1", "tiny_user_id_pre_t_seq_v1"]
    assert [conf["Name"] for conf in config["AlgoConfs"]] == ["tiny_rank"]
    assert config["RankConf"]["HomePage"]["RankAlgoList"] == ["tiny_rank"]
    assert EngineConfig.read(config).warnings == ()
    plain = solution.model_copy(update={"ranking": Ranking(sequence_events=())})
    assert len(engine_config(plain, "local")["UserFeatureConfs"]["HomePage"]["FeatureLoadConfs"]) == 1
