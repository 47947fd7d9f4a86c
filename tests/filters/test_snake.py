"""SnakeFilter."""

from __future__ import annotations

from pairec_cli.filters.adjust_counts import AdjustCountConf
from tests.filters.contract import FilterContract, context, item
from tests.filters.test_pooled_priority_adjust_count import shared


def weights(**of: int) -> tuple[AdjustCountConf, ...]:
    return tuple(AdjustCountConf(recall, weight=weight) for recall, weight in of.items())


class TestSnakeFilter(FilterContract):
    kind = "SnakeFilter"
    config = {"adjust_count_confs": weights(r1=2, r2=1), "retain_num": 6}

    def test_turns_by_weight_each_recall_best_first(self) -> None:
        items = [item(id, score) for id, score in (("a", 0.7), ("b", 0.9), ("c", 0.8), ("d", 0.6))]
        items += [item("x", 0.4, "r2"), item("y", 0.5, "r2"), item("z", 0.9, "unlisted")]
        assert [one.id for one in self.make().apply(items, context())] == ["b", "c", "y", "a", "d", "x"]

    def test_a_duplicate_is_skipped_or_uses_up_a_place(self) -> None:
        def items() -> list[object]:
            return [shared("a", r1=0.9, r2=0.8), item("b", 0.5), item("c", 0.4), item("d", 0.3, "r2")]

        refill = self.make().apply(items(), context())
        skip = self.make(snake_type="SKIP_ON_DUPLICATE").apply(items(), context())
        assert [one.id for one in refill] == ["a", "b", "d", "c"]
        assert [one.id for one in skip] == ["a", "b", "c", "d"]

    def test_the_recall_that_gives_an_item_names_it_and_the_property_tells_where_it_was_met(self) -> None:
        (found,) = self.make(adjust_count_confs=weights(r2=1)).apply([shared("a", r1=0.9, r2=0.8)], context())
        assert (found.retrieve_id, found.score) == ("r2", 0.8)
        assert found.properties["snake_filter"] == "r2:0:0.800000"
        both = self.make().apply([shared("a", r1=0.9, r2=0.8)], context())
        assert both[0].properties["snake_filter"] == "r1:0:0.900000,r2:0:0.800000"

    def test_it_ends_when_a_turn_gives_nothing(self) -> None:
        assert [one.id for one in self.make(retain_num=9).apply([item("a")], context())] == ["a"]
        assert self.make(adjust_count_confs=weights(r1=0)).apply([item("a")], context()) == []
        assert self.make(adjust_count_confs=()).apply([item("a")], context()) == []
        assert self.make(retain_num=0).apply([item("a")], context()) == []

    def test_of_two_entries_for_a_recall_the_later_gives(self) -> None:
        twice = (AdjustCountConf("r1", weight=5), AdjustCountConf("r2", weight=1), *weights(r1=1))
        items = [item("a", 0.9), item("b", 0.8), item("x", 0.1, "r2")]
        chosen = self.make(adjust_count_confs=twice).apply(items, context())
        assert [one.id for one in chosen] == ["x", "a", "b"]
