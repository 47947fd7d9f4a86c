"""PriorityAdjustCountFilterV2."""

from __future__ import annotations

from pairec_cli.domain.candidates import Item
from pairec_cli.filters.adjust_counts import CountConf
from tests.filters.contract import FilterContract, context, item

ACC, FIX = "accumulator", "fix"


def shared(id: str, **scores: float) -> Item:
    """An item that several recalls gave; the first named is its own."""
    own = next(iter(scores))
    found = item(id, scores[own], own)
    found.recall_scores = dict(scores)
    return found


class TestPooledPriorityAdjustCountFilter(FilterContract):
    kind = "PriorityAdjustCountFilterV2"
    config = {"adjust_count_confs": (CountConf("r1", 3, ACC), CountConf("r2", 5, ACC))}

    def test_a_shared_item_counts_once_for_whoever_asks_first(self) -> None:
        confs = (CountConf("r2", 1, FIX), CountConf("r1", 2, ACC))
        both, own = shared("s", r1=0.3, r2=0.9), item("a", 0.5)
        chosen = self.make(adjust_count_confs=confs).apply([own, both, item("b", 0.4, "r2")], context())
        assert [(one.id, one.retrieve_id, one.score) for one in chosen] == [
            ("s", "r2", 0.9),
            ("a", "r1", 0.5),
        ]

    def test_one_that_is_not_taken_is_there_for_the_next(self) -> None:
        confs = (CountConf("r1", 1, FIX), CountConf("r2", 1, FIX))
        chosen = self.make(adjust_count_confs=confs).apply(
            [item("a", 0.9), shared("s", r1=0.3, r2=0.2)], context()
        )
        assert [(one.id, one.retrieve_id, one.score) for one in chosen] == [
            ("a", "r1", 0.9),
            ("s", "r2", 0.2),
        ]

    def test_one_that_nobody_takes_is_dropped(self) -> None:
        chosen = self.make(adjust_count_confs=(CountConf("r3", 5, FIX),)).apply(
            [shared("s", r1=0.3, r2=0.2)], context()
        )
        assert chosen == []

    def test_counts_that_go_down_take_nothing_and_no_entries_keep_nothing(self) -> None:
        confs = (CountConf("r1", 2, ACC), CountConf("r2", 1, ACC))
        items = [item("a"), item("b"), item("c", retrieve_id="r2")]
        assert [one.id for one in self.make(adjust_count_confs=confs).apply(items, context())] == ["a", "b"]
        assert self.make(adjust_count_confs=()).apply(items, context()) == []
