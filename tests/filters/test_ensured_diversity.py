"""EnsureDiversity of PriorityAdjustCountFilter."""

from __future__ import annotations

from typing import Any

import pytest

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.stages import RequestContext
from pairec_cli.filters.adjust_counts import CountConf
from pairec_cli.filters.ensured_diversity import DiversityDaoConf
from pairec_cli.filters.priority_adjust_count import PriorityAdjustCountConfig, PriorityAdjustCountFilter
from tests.filters.contract import context, item
from tests.filters.sources import Clock, Down, memory, resources, table

ACC, FIX = "accumulator", "fix"
DAO = DiversityDaoConf(
    "hologres", hologres_table_name="items", item_key_field="item_id", distinct_fields=("cat", "brand")
)


def of(cat: str, count: int, score: float, recall: str = "r1") -> list[Item]:
    return [item(f"{cat}{n}", score - n / 100, recall) for n in range(1, count + 1)]


def rows(*items: Item) -> list[tuple[str, str, int]]:
    """cat is the first letter of the id, brand the same for all."""
    return [(one.id, one.id[0], 7) for one in items]


def ensuring(items: list[Item], *confs: CountConf, least: int = 1) -> PriorityAdjustCountFilter:
    ddl = "create table items(item_id text, cat text, brand int)"
    sources = memory(items=table(ddl, *rows(*items)))
    config = PriorityAdjustCountConfig(confs, True, least, DAO)
    return PriorityAdjustCountFilter("p", config, resources(sources))


def ids(items: list[Item]) -> list[str]:
    return [one.id for one in items]


def test_a_value_takes_one_more_than_its_share() -> None:
    items = of("x", 6, 0.9) + of("y", 2, 0.5)
    chosen = ensuring(items, CountConf("r1", 6, ACC)).apply(items, context())
    # x has 6/8 of 6, which is 4: five x get in; y has 1
    assert ids(chosen) == ["x1", "x2", "x3", "x4", "x5", "y1"]
    assert chosen[0].properties == {"cat": "x", "brand": "7"}


def test_no_value_gets_less_than_the_least() -> None:
    items = of("x", 6, 0.9) + of("y", 2, 0.5)
    chosen = ensuring(items, CountConf("r1", 6, ACC), least=0).apply(items, context())
    assert ids(chosen) == ["x1", "x2", "x3", "x4", "x5", "x6"], "the default least is 10"


def test_skipped_items_fill_up_to_the_count_of_their_recall() -> None:
    items = of("x", 6, 0.9) + of("z", 6, 0.5, "unlisted")
    confs = (CountConf("r1", 6, ACC), CountConf("r2", 8, ACC))
    assert ids(ensuring(items, *confs).apply(items, context())) == ["x1", "x2", "x3", "x4", "x5", "x6"]


def test_fixed_entries_ignore_values_and_accumulators_count_all_entries() -> None:
    items = of("x", 6, 0.9) + of("y", 6, 0.5, "r2")
    confs = (CountConf("r1", 4, FIX), CountConf("r2", 6, ACC))
    assert ids(ensuring(items, *confs).apply(items, context())) == ["x1", "x2", "x3", "x4", "y1", "y2"]
    full = (CountConf("r1", 6, FIX), CountConf("r2", 6, ACC))
    assert ids(ensuring(items, *full).apply(items, context()))[6:] == ["y1"], "one is taken before the check"


def test_accumulators_may_go_down_here() -> None:
    items = of("x", 3, 0.9) + of("y", 3, 0.5, "r2")
    chosen = ensuring(items, CountConf("r1", 3, ACC), CountConf("r2", 1, ACC)).apply(items, context())
    # the quota is 1, so the one brand has a share of 1: two get in
    assert ids(chosen) == ["x1", "x2"]


def test_items_without_the_field_share_one_value() -> None:
    items = of("x", 4, 0.9)
    stage = ensuring([], CountConf("r1", 2, ACC))
    assert ids(stage.apply(items, context())) == ["x1", "x2"]
    assert items[0].properties == {}


def test_rows_are_remembered() -> None:
    items = of("x", 2, 0.9)
    stage = ensuring(items, CountConf("r1", 2, ACC))
    assert stage.fields is not None
    clock = stage.fields.cache.clock = Clock()
    stage.apply(items, context())
    stage.fields.rows.database.execute("delete from items")  # type: ignore[attr-defined]  # rows of SQL
    again = of("x", 2, 0.9)
    stage.apply(again, context())
    assert again[0].properties["cat"] == "x"
    clock.now += 70 * 60
    forgotten = of("x", 2, 0.9)
    stage.apply(forgotten, context())
    assert forgotten[0].properties == {}


def test_a_source_that_fails_leaves_the_fields_out_with_a_note() -> None:
    config = PriorityAdjustCountConfig((CountConf("r1", 2, ACC),), True, 1, DAO)
    stage = PriorityAdjustCountFilter("p", config, resources(Down()))
    asked: RequestContext = context()
    assert len(stage.apply(of("x", 3, 0.9), asked)) == 2
    assert asked.notes == ["fields are missing: no connection"]


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ({"adapter_type": ""}, "DiversityDaoConf.AdapterType: is missing"),
        ({"item_key_field": ""}, "DiversityDaoConf.ItemFieldName: is missing"),
    ],
)
def test_it_needs_a_source(keys: dict[str, Any], path: str) -> None:
    config = PriorityAdjustCountConfig((CountConf("r1", 2, ACC),), True, 1, DAO.replace(**keys))
    with pytest.raises(InvalidConfig, match=path):
        PriorityAdjustCountFilter("p", config, resources(memory()))


def test_without_distinct_fields_or_the_switch_it_is_the_plain_filter() -> None:
    items = of("x", 6, 0.9) + of("y", 2, 0.5)
    confs = (CountConf("r1", 6, ACC),)
    no_fields = PriorityAdjustCountConfig(confs, True, 1, DAO.replace(distinct_fields=()))
    switched_off = PriorityAdjustCountConfig(confs, False, 1, DAO)
    for config in (no_fields, switched_off):
        stage = PriorityAdjustCountFilter("p", config, resources(memory()))
        assert ids(stage.apply(items, context())) == ["x1", "x2", "x3", "x4", "x5", "x6"]
