"""Global hot: the formula on rows one can count by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest

from pairec_cli.domain.ds import shift
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import DataTables, ItemTable, Solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.features import preprocess
from pairec_cli.recall.global_hot import GlobalHot, GlobalHotConfig
from tests.features.world import World, at, event
from tests.recall.conftest import MakeWorld
from tests.recall.contract import RecallContract

DS = "20260131"


class TestContract(RecallContract):
    type_name = "global_hot"
    entry = {"days": 7, "top_n": 20}


def solution_with(config: GlobalHotConfig, **tables: Any) -> Solution:
    return Solution(recalls=(config,), data_tables=DataTables(**tables))


def hot(world: World, config: GlobalHotConfig) -> list[tuple[str, float]]:
    """The list after the nodes ran: (item, score) in order."""
    world.run([*preprocess.nodes(world.solution), *GlobalHot().nodes(config, world.solution)], DS)
    rows = world.rows(TableNames(world.solution).recall(config.name), DS)
    if not rows:
        return []
    [row] = rows
    assert row["trigger_id"] == "-1"
    entries = [entry.split("::") for entry in row["item_ids"].split(",")]
    return [(item, float(score)) for item, score in entries]


def fill(world: World, log: list[dict[str, Any]], ages: dict[str, int | None]) -> None:
    world.put_users(DS, [{"user_id": 1}])
    items = [
        {"item_id": int(item), "pub_time": None if age is None else at(shift(DS, -age))}
        for item, age in ages.items()
    ]
    world.put_items(DS, items)
    world.put_behavior(DS, [row | {"event_time": at(DS)} for row in log])


def seen(item: str, exposures: int, clickers: str) -> list[dict[str, Any]]:
    shown = [event("x", item, "expr")] * exposures
    return shown + [event(user, item, "click") for user in clickers]


def test_scores_follow_the_formula(make_world: MakeWorld) -> None:
    config = GlobalHotConfig(adj_factor=2, fresh_decay_denom=10, max_score=1)
    world = make_world(solution_with(config))
    fill(world, seen("1", 8, "aabc") + seen("2", 2, "ab") + seen("3", 5, ""), {"1": 0, "2": 5, "3": 0})
    first, second = 3 * 3 / (8 + 2), 2 * 2 / (2 + 2) * math.exp(-5 / 10)
    assert hot(world, config) == [("1", 1.0), ("2", round(second / first, 6))]


def test_the_best_item_has_max_score(make_world: MakeWorld) -> None:
    config = GlobalHotConfig(max_score=0.1)
    world = make_world(solution_with(config))
    fill(world, seen("1", 1, "ab") + seen("2", 1, "ab"), {"1": 3, "2": 3})
    assert hot(world, config) == [("1", 0.1), ("2", 0.1)], "equals stand in the order of their ids"


def test_the_list_is_cut(make_world: MakeWorld) -> None:
    config = GlobalHotConfig(top_n=2)
    world = make_world(solution_with(config))
    fill(world, seen("1", 1, "a") + seen("2", 1, "ab") + seen("3", 1, "abc"), {"1": 0, "2": 0, "3": 0})
    assert [item for item, _ in hot(world, config)] == ["3", "2"]


def test_an_unknown_publication_time_costs_nothing(make_world: MakeWorld) -> None:
    config = GlobalHotConfig(max_score=1)
    world = make_world(solution_with(config))
    fill(world, seen("1", 1, "a") + seen("2", 1, "a"), {"1": None, "2": 0})
    assert hot(world, config) == [("1", 1.0), ("2", 1.0)]


def test_items_without_a_publication_column_do_not_age(make_world: MakeWorld) -> None:
    config = GlobalHotConfig(max_score=1)
    world = make_world(solution_with(config, item=ItemTable(pub_time=None)))
    fill(world, seen("1", 1, "a") + seen("2", 1, "a"), {"1": 300, "2": 0})
    assert hot(world, config) == [("1", 1.0), ("2", 1.0)]


def test_items_that_left_the_item_table_are_not_listed(make_world: MakeWorld) -> None:
    config = GlobalHotConfig()
    world = make_world(solution_with(config))
    fill(world, seen("1", 1, "ab") + seen("2", 1, "a"), {"2": 0})
    assert [item for item, _ in hot(world, config)] == ["2"]


def test_only_the_statistic_days_count(make_world: MakeWorld) -> None:
    config = GlobalHotConfig(days=2, max_score=1, adj_factor=0)
    world = make_world(solution_with(config))
    fill(world, seen("1", 4, "a") + seen("2", 4, "ab"), {"1": 0, "2": 0})
    behavior = preprocess.node(world.solution, TableRole.BEHAVIOR)
    for days_ago, clickers in ((1, "bc"), (2, "defghijklm")):
        ds = shift(DS, -days_ago)
        rows = [event(user, "1", "click", event_time=at(ds)) for user in clickers]
        world.put_behavior(ds, rows)
        world.run(behavior, ds)
    assert hot(world, config) == [("1", 1.0), ("2", round(4 / 9, 6))]


def test_without_clicks_there_is_no_list(make_world: MakeWorld) -> None:
    config = GlobalHotConfig()
    world = make_world(solution_with(config))
    fill(world, seen("1", 3, ""), {"1": 0})
    assert hot(world, config) == []


def test_another_event_may_be_the_target(make_world: MakeWorld) -> None:
    config = GlobalHotConfig(target_event="praise", exposure_event="click")
    world = make_world(solution_with(config))
    fill(world, [*seen("1", 1, "abc"), event("a", "2", "praise")], {"1": 0, "2": 0})
    assert [item for item, _ in hot(world, config)] == ["2"]


def test_the_formula_stands_on_one_line() -> None:
    [node] = GlobalHot().nodes(GlobalHotConfig(adj_factor=5, fresh_decay_denom=7.5), Solution())
    formula = "click_uv * click_uv / (expr + 5) * EXP(-item_publish_days / 7.5) AS hot"
    assert [line.strip() for line in node.script.splitlines()].count(formula) == 1


@pytest.mark.parametrize("change", [{"top_n": 0}, {"days": 0}, {"fresh_decay_denom": 0}, {"adj_factor": -1}])
def test_values_out_of_range_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(change))):
        GlobalHotConfig(**change)
