"""What every recall keeps. A recall's test inherits `RecallContract` and says what is published."""

from __future__ import annotations

from typing import Any, ClassVar

from pairec_cli.domain.records import Record
from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.domain.sources import Sources
from pairec_cli.domain.stages import RequestContext
from pairec_cli.engine.decode import Findings, decode
from pairec_cli.engine.recalls.registry import RECALLS
from tests.engine.stores import MemoryFeatures, resources


def context(uid: str = "u1", **keys: Any) -> RequestContext:
    return RequestContext(RecommendRequest(uid, "home", **keys), {"uid": uid})


class RecallContract:
    """Inherit, set `kind` (the RecallType), `conf` (an entry for a recall named `own` with a RecallCount of
    at least 3) and `features` (views that hold at least 3 candidates for user u1)."""

    kind: ClassVar[str]
    conf: ClassVar[dict[str, Any]]
    features: ClassVar[MemoryFeatures]

    def make(
        self, features: MemoryFeatures | None = None, *, sources: Sources | None = None, **keys: Any
    ) -> Any:
        recall = RECALLS.load(self.kind)
        findings = Findings()
        entry = decode(recall.Config, {**self.conf, **keys}, "", findings)
        assert not findings.problems
        made = resources(self.features if features is None else features)
        return recall("own", entry, made.replace(sources=sources or made.sources))

    def given(self, features: MemoryFeatures | None = None, **keys: Any) -> list[tuple[str, str, float]]:
        items = self.make(features, **keys).recall(context()).items
        return [(item.id, item.retrieve_id, item.score) for item in items]

    def test_it_says_who_it_is(self) -> None:
        recall = self.make()
        assert recall.name == "own"
        assert recall.title
        assert isinstance(recall.remote, bool)

    def test_its_config_is_a_record_whose_fields_have_defaults(self) -> None:
        config: Any = RECALLS.load(self.kind).Config
        assert issubclass(config, Record)
        config()

    def test_candidates_bear_a_recall_and_no_reason_is_given(self) -> None:
        recalled = self.make(ItemType="video").recall(context())
        assert len(recalled.items) >= 3
        assert recalled.reason == ""
        for item in recalled.items:
            assert item.id
            assert item.retrieve_id
            assert item.score == item.score
            assert item.item_type == "video"
            assert item.recall_scores is None

    def test_recall_count_is_a_bound(self) -> None:
        whole = self.given()
        for count in (1, 2, len(whole), len(whole) + 5):
            assert len(self.given(RecallCount=count)) == min(count, len(whole))

    def test_the_cut_keeps_the_best(self) -> None:
        whole = sorted(score for _, _, score in self.given())
        assert sorted(score for _, _, score in self.given(RecallCount=2)) == whole[-2:]

    def test_a_recall_count_of_zero_gives_nothing_and_says_so(self) -> None:
        recalled = self.make(RecallCount=0).recall(context())
        assert list(recalled.items) == []
        assert "RecallCount" in recalled.reason

    def test_the_same_request_gives_the_same_candidates(self) -> None:
        assert self.given() == self.given()

    def test_each_request_has_candidates_of_its_own(self) -> None:
        recall = self.make()
        first = recall.recall(context()).items
        scores = [item.score for item in first]
        for item in first:
            item.score, item.retrieve_id = -1.0, "changed"
            item.properties["seen"] = True
            item.algo_scores["seen"] = 1.0
        second = recall.recall(context()).items
        assert [item.score for item in second] == scores
        assert all("seen" not in item.properties and "seen" not in item.algo_scores for item in second)
