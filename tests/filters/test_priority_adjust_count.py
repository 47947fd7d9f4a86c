"""PriorityAdjustCountFilter."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.filters.adjust_counts import CountConf
from tests.filters.contract import FilterContract, candidate_lists, context, item

ACC, FIX = "accumulator", "fix"


class TestPriorityAdjustCountFilter(FilterContract):
    kind = "PriorityAdjustCountFilter"
    config = {"adjust_count_confs": (CountConf("r1", 3, ACC), CountConf("r2", 5, ACC))}

    def test_a_later_recall_makes_up_for_an_earlier_one_and_fixed_counts_stand_apart(self) -> None:
        confs = (CountConf("r1", 2, ACC), CountConf("r3", 1, FIX), CountConf("r2", 4, ACC))
        items = [item("a", 0.1), *(item(f"b{n}", n / 10, "r2") for n in range(5))]
        items += [item("c", 0.9, "r3"), item("d", 0.8, "r3"), item("e", 0.7, "unlisted")]
        chosen = self.make(adjust_count_confs=confs).apply(items, context())
        assert [one.id for one in chosen] == ["a", "c", "b4", "b3", "b2"]

    def test_a_recall_listed_twice_starts_again(self) -> None:
        confs = (CountConf("r1", 1, ACC), CountConf("r1", 3, ACC))
        chosen = self.make(adjust_count_confs=confs).apply([item("a", 0.9), item("b", 0.8)], context())
        assert [one.id for one in chosen] == ["a", "a", "b"]

    @pytest.mark.parametrize(
        ("confs", "path"),
        [
            ((), "AdjustCountConfs: is missing"),
            ((CountConf("r1", 3, ACC), CountConf("r2", 1, ACC)), r"AdjustCountConfs\[1\]\.Count: is below 3"),
            ((CountConf("r1", -1, FIX),), r"AdjustCountConfs\[0\]\.Count: must not be negative"),
        ],
    )
    def test_what_would_crash_the_other_engine_is_refused(
        self, confs: tuple[CountConf, ...], path: str
    ) -> None:
        with pytest.raises(InvalidConfig, match=path):
            self.make(adjust_count_confs=confs)

    @settings(max_examples=40, deadline=None)
    @given(
        items=candidate_lists(),
        counts=st.lists(st.integers(0, 9), min_size=3, max_size=3).map(sorted),
        types=st.lists(st.sampled_from([ACC, FIX, ""]), min_size=3, max_size=3),
    )
    def test_each_entry_brings_the_best_of_its_recall(
        self, items: list[Item], counts: list[int], types: list[str]
    ) -> None:
        confs = tuple(CountConf(f"r{n + 1}", counts[n], types[n]) for n in range(3))
        expected: list[Item] = []
        accumulated = 0
        for conf in confs:
            own = sorted((i for i in items if i.retrieve_id == conf.recall_name), key=lambda i: -i.score)
            room = {ACC: conf.count - accumulated, FIX: conf.count}.get(conf.type, 0)
            expected += own[:room]
            accumulated += min(room, len(own)) if conf.type == ACC else 0
        assert self.make(adjust_count_confs=confs).apply(items, context()) == expected
