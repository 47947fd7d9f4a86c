"""Encoded samples: ids by the vocabulary, items that are recalled, the sampler's texts."""

from __future__ import annotations

from typing import Any

from pairec_cli.domain.solution import Solution, parse_solution
from pairec_cli.recall.registry import RECALLS, recall_types
from tests.features.world import World
from tests.recall.conftest import MakeWorld
from tests.recall.contract import DS
from tests.recall.vector_contract import world_of_one_day


def encoded(make_world: MakeWorld, **fields: Any) -> World:
    """The world of one day after every node before the training."""
    entry = {"type": "dssm", "name": "r", "sequence_length": 2, "training_days": 2} | fields
    document = {"name": "s", "features": {"periods": [1]}, "recalls": [entry]}
    solution: Solution = parse_solution(document, recall_types())
    world = world_of_one_day(make_world, solution)
    config = solution.recalls[0]
    world.run(RECALLS.load("dssm")().nodes(config, solution)[:-2], DS)
    return world


def vocabulary(world: World) -> dict[tuple[str, str], int]:
    rows = world.rows("s_r_vocabulary_v1", DS)
    return {(row["vocabulary"], row["value"]): row["id"] for row in rows}


def test_rows_hold_the_ids_of_their_samples(make_world: MakeWorld) -> None:
    world = encoded(make_world)
    ids = vocabulary(world)
    samples = {(row["user_id"], row["item_id"]): row for row in world.rows("s_r_samples_v1", DS)}
    rows = world.rows("s_r_fg_encoded_v1", DS) + world.rows("s_r_fg_encoded_eval_v1", DS)
    assert len(rows) == 20
    for row in rows:
        raw = samples[row["__user_id__"], row["__item_id__"]]
        assert row["item_id"] == ids.get(("item_id", raw["item_id"]), 1)
        assert row["category"] == ids[("category", raw["category"])]
        assert row["gender"] == ids[("gender", raw["gender"])]
        assert (row["city"], row["tags"], row["is_click"]) == (0, "0", 1)
        texts = (raw["history_2_seq__item_id"] or "").split(";")
        expected = ";".join(str(ids.get(("item_id", text), 1)) for text in texts if text)
        assert row["history_2_seq__item_id"] == expected


def test_items_are_those_with_an_id_and_the_sampler_holds_their_features(make_world: MakeWorld) -> None:
    world = encoded(make_world, min_count=3)
    ids = {value: id for (name, value), id in vocabulary(world).items() if name == "item_id"}
    items = {row["__item_id__"]: row for row in world.rows("s_r_items_v1", DS)}
    assert items.keys() == ids.keys()
    assert 0 < len(items) < 7
    sampler = {row["id"]: row for row in world.rows("s_r_sampler_v1", DS)}
    assert sampler.keys() == set(ids.values())
    for item, row in items.items():
        expected = f"{row['item_id']}:{row['author']}:{row['category']}"
        assert sampler[ids[item]]["attrs"] == expected
        assert sampler[ids[item]]["weight"] == 1.0


def test_weights_follow_popularity_where_they_are_told_to(make_world: MakeWorld) -> None:
    world = encoded(make_world, negative_sampler={"popularity": 0.5})
    users: dict[str, int] = {}
    for row in world.rows("s_r_positives_v1", DS):
        users[row["item_id"]] = users.get(row["item_id"], 0) + 1
    ids = vocabulary(world)
    weights = {row["id"]: row["weight"] for row in world.rows("s_r_sampler_v1", DS)}
    for item, count in users.items():
        if ("item_id", item) in ids:
            assert weights[ids["item_id", item]] == count**0.5


def test_users_have_their_whole_history(make_world: MakeWorld) -> None:
    world = encoded(make_world)
    ids = vocabulary(world)
    users = {row["__user_id__"]: row for row in world.rows("s_r_users_v1", DS)}
    assert sorted(users) == ["1", "2", "3", "4", "5"]
    latest = {row["user_id"]: row for row in world.rows("s_r_positives_v1", DS) if row["from_end"] == 1}
    for user, row in users.items():
        first = int(row["history_2_seq__item_id"].split(";")[0])
        assert first == ids.get(("item_id", latest[user]["item_id"]), 1)
