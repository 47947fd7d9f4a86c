"""ColdStartRecall."""

from __future__ import annotations

import time
from random import Random
from typing import Any, ClassVar

import pytest

from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.domain.stages import RequestContext
from pairec_cli.online.memory import MemoryTable
from tests.engine.recalls.contract import RecallContract
from tests.engine.stores import MemoryFeatures, dao, sources

ROWS = [["a", "hz", 1], ["b", "hz", 2], ["c", "sh", 3], ["d", "o'x", 4], [None, "hz", 5]]
TABLE = MemoryTable("create table items(item_id text, city text, ts int)", ROWS)


def asked(user: dict[str, object] | None = None, seed: int | None = 1, **features: object) -> RequestContext:
    request = RecommendRequest("u1", "home", features=features)
    return RequestContext(request, {"uid": "u1", **(user or {})}, None if seed is None else Random(seed))


class TestColdStartRecall(RecallContract):
    kind = "ColdStartRecall"
    conf: ClassVar[dict[str, Any]] = {"RecallCount": 3, "ColdStartDaoConf": dao("items")}
    features = MemoryFeatures({"items": {id: {"city": city, "ts": ts} for id, city, ts in ROWS[:4]}})

    def given(self, features: MemoryFeatures | None = None, **keys: Any) -> list[tuple[str, str, float]]:
        """With RecallCount at least as large as the view, chance has only the order."""
        items = self.make(features, **{"RecallCount": 4, **keys}).recall(asked()).items
        return [(item.id, item.retrieve_id, item.score) for item in items]

    def test_a_view_by_chance(self) -> None:
        recall = self.make(RecallCount=2)
        samples = {tuple(item.id for item in recall.recall(asked(seed=n)).items) for n in range(40)}
        assert {id for sample in samples for id in sample} == {"a", "b", "c", "d"}
        assert len(recall.recall(asked(seed=None)).items) == 2

    def test_conditions_on_the_items_of_a_view(self) -> None:
        params = [{"Name": "city", "Operator": "equal", "Type": "string", "Value": "user.city"}]
        recall = self.make(RecallCount=2, FilterParams=params)
        assert {item.id for item in recall.recall(asked({"city": "hz"})).items} == {"a", "b"}
        assert recall.recall(asked({"city": "rome"})).reason == "no row fits"

    def table(self, count: int = 10, **keys: Any) -> Any:
        conf = {
            "AdapterType": "hologres",
            "HologresTableName": "items",
            "PrimaryKey": "item_id",
            **keys,
        }
        return self.make(RecallCount=count, sources=sources(items=TABLE), ColdStartDaoConf=conf)

    def ids(self, context: RequestContext, **keys: Any) -> list[str]:
        return [item.id for item in self.table(**keys).recall(context).items]

    def test_a_table_by_its_own_order(self) -> None:
        assert self.ids(asked(), OrderBy="ts desc", WhereClause="ts < 4") == ["c", "b", "a"]
        assert len(self.ids(asked(), count=2, WhereClause="ts < 5")) == 2

    def test_values_of_the_request_are_bound(self) -> None:
        by_user = {"WhereClause": "city = ${user.city}", "OrderBy": "ts"}
        assert self.ids(asked({"city": "hz"}), **by_user) == ["a", "b"]
        assert self.ids(asked({"city": "o'x"}), **by_user) == ["d"]
        assert self.ids(asked({"city": "x' or '1'='1"}), **by_user) == []
        assert self.ids(asked(), **by_user) == []
        quoted = {"WhereClause": "city = '${context.features.city}' and ts > 1", "OrderBy": "ts"}
        assert self.ids(asked(city="hz"), **quoted) == ["b"]

    def test_the_moment_before_now(self) -> None:
        long_ago = {
            "WhereClause": "${time} < '2001-09-09T01:46:41'",
            "TimeInterval": int(time.time()) - 10**9,
        }
        assert self.ids(asked(), OrderBy="ts", **long_ago) == ["a", "b", "c", "d"]
        assert self.ids(asked(), **{**long_ago, "TimeInterval": 60}) == []

    def test_what_is_missing_is_refused(self) -> None:
        with pytest.raises(InvalidConfig, match="PrimaryKey"):
            self.table(PrimaryKey="")
