"""The loop of one request: merge, filters, sorts, cut, funnel, notes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import DataError, InvalidConfig, NotFound
from pairec_cli.domain.requests import RecommendRequest, RecommendResponse
from pairec_cli.domain.stages import NoConfig, RequestContext, Resources
from pairec_cli.engine.engine import Engine
from tests.engine.stores import config, custom, hot, publish, store, user_features

U2I = {"1": "a::0.9,b::0.4,c::0.7", "2": "a::0.5"}
HOT = {"-1": "c::0.8,d::0.6,e::0.1"}


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    db = store(tmp_path, u2i=U2I, hot=HOT, users={"1": "x", "2": "y"})
    return Engine.from_config(config(custom("u2i"), hot("hot"), UserFeatureConfs=user_features("users")), db)


def ask(engine: Engine, uid: str = "1", size: int = 3, **keys: Any) -> RecommendResponse:
    return engine.recommend(RecommendRequest(uid, "home", size, **keys))


def ids(response: RecommendResponse) -> list[str]:
    return [item.item_id for item in response.items]


def funnel(response: RecommendResponse) -> list[tuple[str, str, int, int]]:
    return [(row.stage, row.name, row.entered, row.left) for row in response.trace]


class Failing:
    """A filter or sort whose source is down."""

    Config: ClassVar[type[NoConfig]] = NoConfig

    def __init__(self, name: str, config: NoConfig, resources: Resources) -> None:
        self.name = name

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        raise DataError("the source is down")


class OnlyInRome(Failing):
    """Keeps what it gets for users in Rome, nothing for others."""

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        return items if context.user.get("item_ids") == "x" else []


def plugin(kind: type) -> str:
    return f"{kind.__module__}:{kind.__name__}"


def test_the_best_of_all_recalls_once_each(engine: Engine) -> None:
    response = ask(engine, size=4)
    assert (response.code, response.msg, response.size) == (200, "success", 4)
    assert [(item.item_id, item.score, item.retrieve_id) for item in response.items] == [
        ("a", 0.9, "u2i"),
        ("c", 0.7, "u2i"),
        ("d", 0.6, "hot"),
        ("b", 0.4, "u2i"),
    ]
    assert response.notes == []
    assert all(item.explanation is None for item in response.items)


def test_the_first_recall_of_recall_names_wins(engine: Engine, tmp_path: Path) -> None:
    turned = Engine.from_config(config(hot("hot"), custom("u2i")), engine.featuredb)
    best = ask(turned, size=2).items[1]
    assert (best.item_id, best.score, best.retrieve_id) == ("c", 0.8, "hot")


def test_the_funnel(engine: Engine) -> None:
    response = ask(engine)
    assert funnel(response) == [
        ("user", "users", 0, 1),
        ("recall", "u2i", 0, 3),
        ("recall", "hot", 0, 3),
        ("filter", "UniqueFilter", 6, 5),
        ("sort", "ItemRankScore", 5, 5),
        ("cut", "size", 5, 3),
    ]
    row = response.trace[3].as_dict()
    assert (row["in"], row["out"], row["note"]) == (6, 5, "")
    assert all(row.ms >= 0 for row in response.trace)


def test_too_few_items_are_299_and_say_where_they_went(engine: Engine) -> None:
    response = ask(engine, size=10)
    assert (response.code, response.msg, response.size) == (299, "items size not enough", 5)
    assert response.notes == ["5 of 10 items: the recalls gave 6, filter UniqueFilter dropped 1"]


def test_an_unknown_user_gets_global_hot_and_is_told(engine: Engine) -> None:
    response = ask(engine, uid="999999")
    assert ids(response) == ["c", "d", "e"]
    assert response.code == 200
    assert response.notes == [
        "user 999999 is unknown: global hot (hot) answers",
        "recall u2i gave nothing: view 'u2i' has no key '999999'",
    ]


def test_without_user_features_nobody_is_unknown(engine: Engine) -> None:
    plain = Engine.from_config(config(custom("u2i"), hot("hot")), engine.featuredb)
    assert ask(plain, uid="999999").notes == ["recall u2i gave nothing: view 'u2i' has no key '999999'"]


def test_a_user_view_that_is_not_published_makes_nobody_unknown(engine: Engine) -> None:
    engine.featuredb.drop("users")
    response = ask(engine)
    (note,) = response.notes
    assert note.startswith("user features are missing: feature view 'users' does not exist")
    assert response.trace[0].note in note


def test_an_empty_answer_has_every_reason(tmp_path: Path) -> None:
    db = store(tmp_path, users={}, u2i={})
    conf = config(custom("u2i"), hot("hot"), UserFeatureConfs=user_features("users"))
    response = ask(Engine.from_config(conf, db), uid="5")
    assert (response.code, response.items) == (299, [])
    assert response.notes == [
        "user 5 is unknown: no recall answers",
        "recall u2i gave nothing: view 'u2i' has no key '5'",
        "recall hot gave nothing: feature view 'hot' does not exist; known: u2i, users",
        "0 of 3 items: the recalls gave 0",
    ]
    assert [row.note for row in response.trace if row.stage == "recall"] == [
        "view 'u2i' has no key '5'",
        "feature view 'hot' does not exist; known: u2i, users",
    ]


def test_a_scene_without_recalls_says_so(tmp_path: Path) -> None:
    empty = Engine.from_config(config(), store(tmp_path))
    assert ask(empty).notes == ["0 of 3 items: the scene has no recall"]


def test_an_unknown_scene_names_the_nearest(engine: Engine) -> None:
    with pytest.raises(NotFound) as caught:
        engine.recommend(RecommendRequest("1", "hom"))
    assert caught.value.nearest == "home"
    with pytest.raises(NotFound, match="category of scene"):
        engine.recommend(RecommendRequest("1", "home", category="other"))


def test_user_features_and_the_requests_own_reach_the_stages(engine: Engine) -> None:
    conf = config(custom("u2i"), UserFeatureConfs=user_features("users"))
    conf["FilterConfs"] = [{"Name": "rome", "FilterType": plugin(OnlyInRome)}]
    conf["FilterNames"] = {"default": ["rome"]}
    served = Engine.from_config(conf, engine.featuredb)
    assert len(ids(ask(served, uid="1"))) == 3
    response = ask(served, uid="2")
    assert ids(response) == []
    assert response.notes == ["0 of 3 items: the recalls gave 1, filter rome dropped 1"]
    plain = Engine.from_config({**conf, "UserFeatureConfs": {}}, engine.featuredb)
    assert len(ids(ask(plain, features={"item_ids": "x"}))) == 3


def test_a_stage_whose_source_fails_leaves_the_list(engine: Engine) -> None:
    conf = config(custom("u2i"))
    conf["FilterConfs"] = [{"Name": "torn", "FilterType": plugin(Failing)}]
    conf["FilterNames"] = {"home": ["torn", "UniqueFilter"]}
    response = ask(Engine.from_config(conf, engine.featuredb))
    assert len(response.items) == 3
    assert response.trace[1].note == "skipped: the source is down"


def test_an_empty_sort_list_is_the_built_in_sort(engine: Engine) -> None:
    conf = config(custom("u2i"), SortNames={"home": []})
    assert ids(ask(Engine.from_config(conf, engine.featuredb))) == ["a", "c", "b"]


def test_new_lists_are_served_without_a_new_engine(engine: Engine) -> None:
    assert ids(ask(engine, size=1)) == ["a"]
    publish(engine.featuredb, "u2i", {"1": "z::2"})
    publish(engine.featuredb, "hot", {"-1": "y::1"})
    assert ids(ask(engine, size=2)) == ["z", "y"]


def test_stages_that_cannot_be_built_are_reported_together(tmp_path: Path) -> None:
    conf = config(custom("u2i"), hot("hot"), UserFeatureConfs=user_features("users", AdapterType="lindorm"))
    conf["RecallConfs"][0]["DaoConf"]["AdapterType"] = "lindorm"
    conf["RecallConfs"][1]["DaoConf"]["FeatureStoreName"] = "fsx"
    with pytest.raises(InvalidConfig) as caught:
        Engine.from_config(conf, store(tmp_path))
    assert [problem.path for problem in caught.value.problems] == [
        "RecallConfs[0].DaoConf.AdapterType",
        "RecallConfs[1].DaoConf.FeatureStoreName",
        "UserFeatureConfs.home.FeatureLoadConfs[0].FeatureDaoConf.AdapterType",
    ]


def test_warnings_of_the_configuration_are_kept(tmp_path: Path) -> None:
    served = Engine.from_config(config(LindormConfs={}), store(tmp_path))
    assert [str(warning) for warning in served.warnings] == [
        "LindormConfs: is a key of PAI-Rec that has no effect here"
    ]
