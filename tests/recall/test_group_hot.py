"""Grouped hot: groups by attributes, small ones joined, keys as the engine builds them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import Solution
from pairec_cli.engine.recalls.triggers import TriggerConf, trigger_ids
from pairec_cli.features import preprocess
from pairec_cli.recall.group_hot import GroupField, GroupHot, GroupHotConfig
from tests.features.world import World, at, event
from tests.recall.conftest import MakeWorld
from tests.recall.contract import RecallContract

DS = "20260131"
GENDER, AGE = GroupField(column="gender"), GroupField(column="age", boundaries=(20, 30))

USERS = [
    {"user_id": 1, "gender": "f", "age": 20},
    {"user_id": 2, "gender": "f", "age": 25},
    {"user_id": 3, "gender": "f", "age": 26},
    {"user_id": 4, "gender": "m", "age": 40},
    {"user_id": 5, "gender": None, "age": None},
]
CLICKS = {"1": "a", "2": "bc", "3": "b", "4": "ad", "5": "d"}


class TestContract(RecallContract):
    type_name = "group_hot"
    entry = {"days": 7, "top_n": 20, "min_users": 1}


def run(make_world: MakeWorld, config: GroupHotConfig) -> dict[str, list[str]]:
    """trigger id → its items, hottest first."""
    world: World = make_world(Solution(recalls=(config,)))
    world.put_users(DS, USERS)
    items = {name: number for number, name in enumerate("abcd", start=1)}
    world.put_items(DS, [{"item_id": number} for number in items.values()])
    log = [
        event(user, str(items[item]), what, event_time=at(DS))
        for user, met in CLICKS.items()
        for item in met
        for what in ("expr", "click")
    ]
    world.put_behavior(DS, log)
    world.run([*preprocess.nodes(world.solution), *GroupHot().nodes(config, world.solution)], DS)
    names = {str(number): name for name, number in items.items()}
    rows = world.rows(TableNames(world.solution).recall(config.name), DS)
    return {
        row["trigger_id"]: [names[entry.split("::")[0]] for entry in row["item_ids"].split(",")]
        for row in rows
    }


def test_each_group_has_its_own_list(make_world: MakeWorld) -> None:
    found = run(make_world, GroupHotConfig(groups=(GENDER, AGE), min_users=1))
    assert found == {
        "f_<=20": ["a"],
        "f_20-30": ["b", "c"],
        "m_>30": ["a", "d"],
        "NULL_NULL": ["d"],
    }


def test_small_groups_take_the_list_of_a_wider_one(make_world: MakeWorld) -> None:
    """Two users click in f_20-30; f has three users, m and NULL one each, so they take everybody's list."""
    found = run(make_world, GroupHotConfig(groups=(GENDER, AGE), min_users=2))
    everybody = ["a", "b", "d", "c"]
    assert found == {
        "f_<=20": ["b", "a", "c"],
        "f_20-30": ["b", "c"],
        "m_>30": everybody,
        "NULL_NULL": everybody,
    }


def test_scores_are_the_formula_in_proportion_to_the_best(make_world: MakeWorld) -> None:
    config = GroupHotConfig(groups=(GENDER,), min_users=1, adj_factor=2, max_score=1)
    world: World = make_world(Solution(recalls=(config,)))
    world.put_users(DS, USERS)
    world.put_items(DS, [{"item_id": 1, "pub_time": at(DS)}, {"item_id": 2, "pub_time": at(DS)}])
    log = [event(user, "1", "click") for user in "12"] + [event("1", "2", "click")]
    log += [event("1", "1", "expr")] * 2 + [event("2", "2", "expr")] * 4
    world.put_behavior(DS, [row | {"event_time": at(DS)} for row in log])
    world.run([*preprocess.nodes(world.solution), *GroupHot().nodes(config, world.solution)], DS)
    rows = {r["trigger_id"]: r for r in world.rows(TableNames(world.solution).recall("group_hot"), DS)}
    first, second = 2 * 2 / (2 + 2), 1 * 1 / (4 + 2)
    assert rows["f"]["item_ids"] == f"1::1.0,2::{round(second / first, 6)}"


@given(
    st.one_of(st.none(), st.sampled_from(["f", "m", "ä b"])),
    st.one_of(st.none(), st.integers(-5, 60), st.floats(0, 60)),
)
def test_the_engine_builds_the_keys_that_the_script_writes(gender: str | None, age: float | None) -> None:
    conf = GroupHot().engine_conf(GroupHotConfig(groups=(GENDER, AGE)), Solution())
    confs = [
        TriggerConf(t["TriggerKey"], t["DefaultValue"], tuple(t.get("Boundaries", ())))
        for t in conf["Triggers"]
    ]
    user = {name: value for name, value in (("gender", gender), ("age", age)) if value is not None}
    whole = None if age is None else int(age)
    bin_ = "NULL" if whole is None else "<=20" if whole <= 20 else "20-30" if whole <= 30 else ">30"
    assert trigger_ids(confs, user) == [f"{gender or 'NULL'}_{bin_}"]


@pytest.mark.parametrize(
    ("group", "message"),
    [
        ({"column": "shoe"}, "shoe"),
        ({"column": "age"}, "give boundaries"),
        ({"column": "tags"}, "categorical"),
    ],
)
def test_columns_that_cannot_make_groups_are_refused(group: dict[str, Any], message: str) -> None:
    config = GroupHotConfig(groups=(GroupField(**group),))
    with pytest.raises(InvalidConfig, match=message):
        GroupHot().nodes(config, Solution())


def test_boundaries_rise() -> None:
    with pytest.raises(ValueError, match="boundaries must rise"):
        GroupField(column="age", boundaries=(30, 20))
