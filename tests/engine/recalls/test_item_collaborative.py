"""ItemCollaborativeFilterRecall."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.online.memory import MemoryTable
from tests.engine.recalls.contract import RecallContract, context
from tests.engine.stores import MemoryFeatures, dao, sources

VIEWS = MemoryFeatures(
    {
        "i2i": {
            "": {"item_ids": "never"},
            "p": {"item_ids": "x,y:rr,z::0.7"},
            "q": {"similar_item_ids": "y::2,w"},
        }
    }
)


class TestItemCollaborativeFilterRecall(RecallContract):
    kind = "ItemCollaborativeFilterRecall"
    conf: ClassVar[dict[str, Any]] = {
        "RecallCount": 10,
        "ItemCollaborativeDaoConf": dao("", Item2ItemFeatureViewName="i2i"),
    }
    features = VIEWS

    @pytest.fixture(autouse=True)
    def _about_an_item(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The contract's requests are about item p."""
        monkeypatch.setattr("tests.engine.recalls.contract.context", lambda: context(item_id="p"))

    def asked(self, item_id: str, **keys: Any) -> tuple[list[tuple[str, str, float]], str]:
        recalled = self.make(**keys).recall(context(item_id=item_id))
        return [(item.id, item.retrieve_id, item.score) for item in recalled.items], recalled.reason

    def test_the_cut_keeps_the_best(self) -> None:
        """Here: what is stored first, whatever its score."""
        assert self.asked("p") == ([("x", "own", 0.0), ("y", "rr", 0.0), ("z", "own", 0.7)], "")
        assert self.asked("p", RecallCount=2)[0] == [("x", "own", 0.0), ("y", "rr", 0.0)]

    def test_without_an_item_there_is_nothing(self) -> None:
        assert self.asked("") == ([], "the request has no item_id")
        assert self.asked("r") == ([], "view 'i2i' has no key 'r'")

    def test_several_items_give_each_candidate_once(self) -> None:
        several = {**self.conf["ItemCollaborativeDaoConf"], "EnableMultipleItemId": True}
        found, _ = self.asked("q,,p", ItemCollaborativeDaoConf=several)
        assert found == [("y", "own", 2.0), ("w", "own", 0.0), ("x", "own", 0.0), ("z", "own", 0.7)]
        assert self.asked("q,,p")[0] == []
        assert self.asked(",", ItemCollaborativeDaoConf=several)[1] == "the request has no item_id"

    def test_a_table(self) -> None:
        table = MemoryTable("create table t(item_id text, item_ids text)", [["p", "x::1"]])
        conf = {"AdapterType": "hologres", "Item2ItemTable": "t"}
        made = self.make(sources=sources(t=table), ItemCollaborativeDaoConf=conf)
        assert [item.id for item in made.recall(context(item_id="p")).items] == ["x"]
        with pytest.raises(InvalidConfig, match="Item2ItemTable"):
            self.make(sources=sources(), ItemCollaborativeDaoConf={"AdapterType": "hologres"})
