"""ContextItemRecall."""

from __future__ import annotations

from typing import Any, ClassVar

from pairec_cli.engine.config import EngineConfig
from pairec_cli.engine.recalls.context_item import ContextItemRecall
from tests.engine.recalls.contract import context
from tests.engine.stores import resources

LIST: list[dict[str, Any]] = [
    {"item_id": 7, "score": 0.5, "cat": "x"},
    {"item_id": "k", "score": "bad"},
    {"cat": "no id"},
    {"item_id": ""},
]


class TestContextItemRecall:
    recall: ClassVar[ContextItemRecall] = ContextItemRecall(
        "ContextItemRecall", ContextItemRecall.Config(), resources()
    )

    def test_the_requests_items(self) -> None:
        items = self.recall.recall(context(item_list=LIST)).items
        assert [(item.id, item.score, item.retrieve_id) for item in items] == [
            ("7", 0.5, "ContextItemRecall"),
            ("k", 0.0, "ContextItemRecall"),
        ]
        assert items[0].properties == {"cat": "x"}

    def test_a_request_without_items(self) -> None:
        assert self.recall.recall(context()).reason == "the request has no item_list"

    def test_it_needs_no_configuration(self) -> None:
        scenes = {"home": {"default": {"RecallNames": ["ContextItemRecall"]}}}
        config = EngineConfig.read({"SceneConfs": scenes})
        assert config.warnings == ()
        assert config.category("home", "default").recall_names == ("ContextItemRecall",)
