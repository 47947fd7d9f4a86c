"""UserCollaborativeFilterRecall."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.online.memory import MemoryTable
from tests.engine.recalls.contract import RecallContract, context
from tests.engine.stores import MemoryFeatures, dao, sources

VIEWS = MemoryFeatures(
    {
        "u2i": {"u1": {"item_ids": "a:2,b:1"}, "u2": {"item_ids": ""}, "u3": {"item_ids": "q"}},
        "i2i": {"a": {"similar_item_ids": "x:0.5,y:0.2"}, "b": {"similar_item_ids": "x:0.4,z:1"}},
        "i2x": {"a": {"cat": "c1|c2"}, "b": {"cat": "c1"}},
        "x2i": {"c1": {"item_id": "x:0.5,a:9,y"}, "c2": {"item_id": "x:1,w:r:7"}},
    }
)
BY_VIEW = dao("", User2ItemFeatureViewName="u2i", Item2ItemFeatureViewName="i2i")


class TestUserCollaborativeFilterRecall(RecallContract):
    kind = "UserCollaborativeFilterRecall"
    conf: ClassVar[dict[str, Any]] = {"RecallCount": 100, "UserCollaborativeDaoConf": BY_VIEW}
    features = VIEWS

    def test_scores_are_divided_by_the_largest(self) -> None:
        assert self.given() == [("x", "own", 1.0), ("z", "own", 1 / 1.4), ("y", "own", 0.4 / 1.4)]
        off = self.given(UserCollaborativeDaoConf={**BY_VIEW, "Normalization": "off"})
        assert [score for _, _, score in off] == [1.4, 1.0, 0.4]

    @pytest.mark.parametrize(
        ("uid", "reason"),
        [
            ("u2", "its list in view 'u2i' is empty"),
            ("u3", "nothing is similar to 1 triggers"),
            ("u9", "view 'u2i' has no key 'u9'"),
        ],
    )
    def test_an_empty_answer_has_its_reason(self, uid: str, reason: str) -> None:
        recalled = self.make().recall(context(uid))
        assert (list(recalled.items), recalled.reason) == ([], reason)

    def test_by_way_of_values(self) -> None:
        conf = dao(
            "",
            User2ItemFeatureViewName="u2i",
            Item2XFeatureViewName="i2x",
            X2ItemFeatureViewName="x2i",
            XKey="cat",
            XDelimiter="|",
            Normalization="off",
        )
        assert self.given(UserCollaborativeDaoConf=conf) == [
            ("x", "own", 3 * 0.5 + 2 * 1.0),
            ("y", "own", 3.0),
            ("w", "own", 2.0),
        ]

    def test_mysql_has_columns_of_its_own(self) -> None:
        tables = {
            "u": MemoryTable("create table u(user_id text, article_ids text)", [["u1", "a:2"]]),
            "i": MemoryTable("create table i(article_id text, article_ids text)", [["a", "x:1"]]),
        }
        conf = {"AdapterType": "mysql", "User2ItemTable": "u", "Item2ItemTable": "i"}
        recall = self.make(sources=sources(**tables), UserCollaborativeDaoConf=conf)
        assert [(item.id, item.score) for item in recall.recall(context()).items] == [("x", 1.0)]

    def test_tablestore_takes_similar_items_without_a_score(self) -> None:
        tables = {
            "u": MemoryTable("create table u(user_id text, item_ids text)", [["u1", "a:2"]]),
            "i": MemoryTable("create table i(item_id text, similar_item_ids text)", [["a", "y,x:1,null,"]]),
        }
        conf = {"AdapterType": "tablestore", "User2ItemTable": "u", "Item2ItemTable": "i"}
        recall = self.make(sources=sources(**tables), UserCollaborativeDaoConf=conf)
        assert [(item.id, item.score) for item in recall.recall(context()).items] == [("x", 1.0), ("y", 0.0)]

    def test_redis_is_named_by_dao_conf(self) -> None:
        conf = {"AdapterType": "redis", "RedisName": "r", "RedisPrefix": "u_"}
        strings = {"u_u1": "a:2,b", "a": "x:0.5", "b": "x:1,y:4"}
        made = self.make(sources=sources(strings), DaoConf=conf, UserCollaborativeDaoConf={})
        assert [(item.id, item.score) for item in made.recall(context()).items] == [("y", 1.0), ("x", 0.5)]

    @pytest.mark.parametrize(
        ("conf", "path"),
        [
            ({}, "UserCollaborativeDaoConf.AdapterType"),
            ({"AdapterType": "hologres"}, "UserCollaborativeDaoConf.User2ItemTable"),
            ({"AdapterType": "mysql", "User2ItemTable": "u"}, "UserCollaborativeDaoConf.Item2ItemTable"),
            (dao("", User2ItemFeatureViewName="u"), "UserCollaborativeDaoConf.Item2ItemFeatureViewName"),
        ],
    )
    def test_what_is_missing_is_refused(self, conf: dict[str, Any], path: str) -> None:
        with pytest.raises(InvalidConfig) as caught:
            self.make(sources=sources(), UserCollaborativeDaoConf=conf)
        assert [problem.path for problem in caught.value.problems] == [path]
