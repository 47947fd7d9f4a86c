"""Which items are samples, over which paths, and what of the future they do not know."""

from __future__ import annotations

import math
from typing import Any

import pytest

from pairec_cli.domain.ds import shift
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import Solution
from pairec_cli.recall.path_form import PDNRecallConfig, features
from pairec_cli.recall.path_samples import path_nodes
from tests.features.world import World, at, event
from tests.recall.conftest import MakeWorld
from tests.recall.model_world import DS, world_of
from tests.recall.path_world import SMALL

BEFORE = shift(DS, -1)


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """Yesterday a, b met 1 and 2, c met 1 and 3, d met 1; today d clicks 2, c clicks 9, which nobody had."""
    config = PDNRecallConfig(**(SMALL | {"negatives": 1, "time_attenuation": 0.5}))
    solution = Solution(name="s", recalls=(config,))
    yesterday = {"1": "12", "2": "12", "3": "13", "4": "1"}
    log = {
        BEFORE: [
            event(user, item, "click", event_time=at(BEFORE))
            for user, items in yesterday.items()
            for item in items
        ],
        DS: [event("4", "2", "click", event_time=at(DS)), event("3", "9", "praise", event_time=at(DS))],
    }
    world = world_of(make_world, solution, log)
    world.run(path_nodes(config, solution, features(config, solution, {}))[:4], DS)
    return world


def rows(world: World, part: str) -> list[dict[str, Any]]:
    return world.rows(TableNames(world.solution).recall("pdn", part), DS)


def samples(world: World, *parts: str) -> list[dict[str, Any]]:
    return [row for row in rows(world, "samples") if row["part"] in parts]


def test_samples_are_items_within_reach_that_the_user_had_not_met(world: World) -> None:
    found = {(row["user_id"], row["item_id"]): row["is_click"] for row in samples(world, "train", "eval")}
    assert found == {("4", "2"): 1.0, ("4", "3"): 0.0, ("3", "2"): 0.0}


def test_a_sample_knows_nothing_of_its_own_day(world: World) -> None:
    [row] = [r for r in samples(world, "train", "eval") if (r["user_id"], r["item_id"]) == ("4", "2")]
    assert row["trigger_seq__item_id"] == "1"
    assert float(row["trigger_seq__age"]) == 0, "as of the day before the labels"
    hops = {(r["part"], r["trigger_id"], r["item_id"]): r["similarity"] for r in rows(world, "hops")}
    assert float(row["trigger_seq__similarity"]) == hops["train", "1", "2"]
    assert hops["train", "1", "2"] != hops["all", "1", "2"], "d's click of today is in the latter"


def test_users_have_all_their_triggers_heaviest_first(world: World) -> None:
    found = {row["user_id"]: row for row in samples(world, "user")}
    assert set(found) == {"1", "2", "3", "4"}
    assert found["4"]["trigger_seq__item_id"] == "2;1"
    assert found["3"]["trigger_seq__item_id"].split(";")[0] == "9", "a praise weighs two clicks"
    assert [float(age) for age in found["4"]["trigger_seq__age"].split(";")] == pytest.approx(
        [0, 1 / 3], abs=1e-6
    )


def test_pairs_are_the_paths_of_all_days(world: World) -> None:
    found = {row["pair_id"] for row in samples(world, "pair")}
    assert found == {f"{r['trigger_id']}:{r['item_id']}" for r in rows(world, "hops") if r["part"] == "all"}
    assert "1:2" in found and "2:1" in found


def test_shares_of_a_list_add_up(world: World) -> None:
    total: dict[tuple[str, str], float] = {}
    for row in rows(world, "hops"):
        key = row["part"], row["trigger_id"]
        total[key] = total.get(key, 0) + math.exp(row["share"])
    assert list(total.values()) == pytest.approx([1.0] * len(total), abs=1e-4)
