"""Positives, histories and what is held out, on logs that can be worked out by hand."""

from __future__ import annotations

from hashlib import md5
from typing import Any

import pytest

from pairec_cli.domain.solution import Solution, parse_solution
from pairec_cli.features.nodes import feature_nodes
from pairec_cli.recall.registry import recall_types
from pairec_cli.recall.vector_features import vector_features
from pairec_cli.recall.vector_samples import positives_node, samples_node
from tests.features.world import World, at, event
from tests.recall.conftest import MakeWorld

DS = "20260131"
YESTERDAY = "20260130"


def made(make_world: MakeWorld, log: dict[str, list[dict[str, Any]]], **fields: Any) -> World:
    """The world after the two nodes, with the log's days."""
    solution = of(**fields)
    world = make_world(solution)
    for ds, events in log.items():
        world.put_users(ds, [{"user_id": 7, "gender": "f"}])
        world.put_items(ds, [{"item_id": item, "category": f"c-{item}"} for item in range(1, 7)])
        world.put_behavior(ds, events)
        world.run(feature_nodes(solution), ds)
    config: Any = solution.recalls[0]
    world.run(positives_node(config, solution), DS)
    world.run(samples_node(config, solution, vector_features(config, solution)), DS)
    return world


def of(**fields: Any) -> Solution:
    entry = {"type": "dssm", "name": "r", "sequence_length": 2, "training_days": 2} | fields
    return parse_solution({"name": "s", "features": {"periods": [1]}, "recalls": [entry]}, recall_types())


def click(item: str, hour: int, request: str, what: str = "click", user: str = "7", ds: str = DS) -> Any:
    return event(user, item, what, event_time=at(ds, hour), request_id=request)


def samples(world: World, part: str) -> dict[Any, dict[str, Any]]:
    rows = world.rows("s_r_samples_v1", DS)
    key = "user_id" if part == "user" else "item_id"
    return {row[key]: row for row in rows if row["part"] == part}


def positives(world: World) -> list[tuple[str, str, int, int]]:
    rows = world.rows("s_r_positives_v1", DS)
    return sorted((r["user_id"], r["item_id"], r["place"], r["from_end"]) for r in rows)


def test_each_item_counts_once_when_it_was_first(make_world: MakeWorld) -> None:
    log = {
        YESTERDAY: [click("1", 1, "r1", ds=YESTERDAY), click("2", 2, "r2", ds=YESTERDAY)],
        DS: [click("1", 3, "r3"), click("3", 4, "r4"), click("4", 5, "r5", "expr"), click("3", 4, "r4")],
    }
    world = made(make_world, log)
    assert positives(world) == [("7", "1", 1, 3), ("7", "2", 2, 2), ("7", "3", 3, 1)]


def test_a_history_is_what_was_taken_before_latest_first(make_world: MakeWorld) -> None:
    world = made(make_world, {DS: [click(item, hour, f"r{hour}") for hour, item in enumerate("12345")]})
    found = samples(world, "train") | samples(world, "eval")
    histories = {item: row["history_2_seq__item_id"] for item, row in found.items()}
    assert histories == {"1": None, "2": "1", "3": "2;1", "4": "3;2", "5": "4;3"}
    assert found["3"]["history_2_seq__category"] == "c-2;c-1"
    assert (found["3"]["gender"], found["3"]["category"]) == ("f", "c-3")
    assert samples(world, "user")["7"]["history_2_seq__item_id"] == "5;4"
    assert sorted(samples(world, "item")) == ["1", "2", "3", "4", "5"]


def test_nothing_of_the_same_request_is_in_the_history(make_world: MakeWorld) -> None:
    log = [click("1", 1, "r1"), click("3", 2, "r2", "expr"), click("2", 3, "r2"), click("3", 4, "r2")]
    world = made(make_world, {DS: log})
    found = samples(world, "train") | samples(world, "eval")
    assert found["2"]["history_2_seq__item_id"] == "1"
    assert found["3"]["history_2_seq__item_id"] == "1"
    assert samples(world, "user")["7"]["history_2_seq__item_id"] == "2;3", "the event of 3 is its impression"


def test_of_one_user_in_eight_the_last_is_held_out(make_world: MakeWorld) -> None:
    users = [str(100 + number) for number in range(40)]
    log = [
        click(item, hour, f"{user}-{hour}", user=user) for user in users for hour, item in enumerate("123")
    ]
    world = made(make_world, {DS: log})
    held = {
        row["user_id"]: row["item_id"] for row in world.rows("s_r_samples_v1", DS) if row["part"] == "eval"
    }
    chosen = [user for user in users if md5(user.encode(), usedforsecurity=False).hexdigest()[0] in "01"]
    assert chosen
    assert held == dict.fromkeys(chosen, "3")


def test_for_cold_start_all_but_the_first_of_one_user_in_sixteen_are_held_out(make_world: MakeWorld) -> None:
    """The MD5 sums of 27 and 59 begin with 0."""
    log = [
        click(item, hour, f"{user}-{hour}", user=str(user))
        for user in range(20, 60)
        for hour, item in enumerate("123")
    ]
    world = made(make_world, {DS: log}, type="dropoutnet")
    rows = world.rows("s_r_samples_v1", DS)
    held = [(row["user_id"], row["item_id"]) for row in rows if row["part"] == "eval"]
    assert sorted(held) == [("27", "2"), ("27", "3"), ("59", "2"), ("59", "3")]
    assert len([row for row in rows if row["part"] == "train"]) == 40 * 3 - 4


def test_for_cold_start_everybody_of_the_tables_has_a_row(make_world: MakeWorld) -> None:
    world = made(make_world, {DS: [click("1", 1, "r1"), click("1", 2, "r2", user="8")]}, type="dropoutnet")
    assert sorted(samples(world, "user")) == ["7", "8"], "8 is in the log alone"
    items = samples(world, "item")
    assert sorted(items) == list("123456"), "2 to 6 are in the table alone"
    assert [items[item]["item_users"] for item in "12"] == [2.0, None]


def test_a_users_only_item_is_trained_on(make_world: MakeWorld) -> None:
    world = made(make_world, {DS: [click("1", 1, f"r{n}", user=str(n)) for n in range(20)]})
    assert {row["part"] for row in world.rows("s_r_samples_v1", DS)} == {"train", "user", "item"}


def test_only_the_latest_items_of_an_active_user_count(make_world: MakeWorld) -> None:
    log = [click(item, hour, f"r{hour}") for hour, item in enumerate("123456")]
    world = made(make_world, {DS: log}, max_positives=3)
    assert positives(world) == [("7", "4", 1, 3), ("7", "5", 2, 2), ("7", "6", 3, 1)]


def test_another_target_makes_other_positives(make_world: MakeWorld) -> None:
    log = [click("1", 1, "r1"), click("2", 2, "r2", "praise")]
    target = {"name": "is_praise", "expression": "max(if(event='praise',1,0))"}
    world = made(make_world, {DS: log}, target=target)
    assert positives(world) == [("7", "2", 1, 1)]
    assert samples(world, "train")["2"]["is_praise"] == 1.0


@pytest.mark.parametrize("length", [1, 3])
def test_long_histories_are_those_of_a_slow_twin(make_world: MakeWorld, length: int) -> None:
    order = "624135"
    world = made(
        make_world,
        {DS: [click(item, hour, f"r{hour}") for hour, item in enumerate(order)]},
        sequence_length=length,
    )
    found = samples(world, "train") | samples(world, "eval")
    for place, item in enumerate(order):
        before = order[max(0, place - length) : place][::-1]
        assert found[item][f"history_{length}_seq__item_id"] == (";".join(before) or None)
