"""From vectors to similar items, by hand."""

from __future__ import annotations

import math

import pytest

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import Column
from pairec_cli.recall.similar_vectors import similar_node
from tests.recall.conftest import MakeWorld
from tests.recall.test_co_metric_learning_i2i import small

DS = "20260131"
VECTORS = {"a": "1,0", "b": "0.8,0.6", "c": "0,1", "d": "0,1"}
SESSIONS = {"a": 1, "b": 1, "c": 4, "d": 4}


def similar(make_world: MakeWorld, power: float, top_n: int = 100) -> dict[str, list[tuple[str, float]]]:
    config = small(popularity_power=power, top_n=top_n, temperature=0.5)
    solution = Solution(name="s", recalls=(config,))
    names, world = TableNames(solution), make_world(solution)
    world.put(
        names.recall(config.name, "item_vectors"),
        DS,
        [{"__item_id__": item, "item_tower_emb": vector} for item, vector in VECTORS.items()],
        [Column("__item_id__", "STRING"), Column("item_tower_emb", "STRING")],
    )
    world.put(
        names.recall(config.name, "sessions"),
        DS,
        [
            {"session_id": f"s{number}", "item_id": item, "clicked": 1}
            for item, count in SESSIONS.items()
            for number in range(count)
        ],
        [Column("session_id", "STRING"), Column("item_id", "STRING"), Column("clicked", "BIGINT")],
    )
    world.run(similar_node(config, solution), DS)
    return {
        row["item_id"]: [
            (item, float(score)) for item, score in (e.split(":") for e in row["similar_item_ids"].split(","))
        ]
        for row in world.rows(names.recall(config.name, "i2i"), DS)
    }


def test_the_nearest_have_1_and_the_others_their_share(make_world: MakeWorld) -> None:
    found = similar(make_world, 0)
    assert [item for item, _ in found["a"]] == ["b", "c", "d"], "equals stand by their ids"
    far = math.exp((0 - 0.8) / 0.5)
    assert dict(found["a"]) == pytest.approx({"b": 1, "c": far, "d": far}, abs=1e-6)
    assert found["c"][0] == ("d", 1.0)


def test_popular_items_are_lifted(make_world: MakeWorld) -> None:
    found = similar(make_world, 2)
    far = math.exp((0 - 0.8) / 0.5) * 16
    assert dict(found["a"]) == pytest.approx({"b": 1 / far, "c": 1, "d": 1}, abs=1e-5)


def test_a_list_is_cut(make_world: MakeWorld) -> None:
    assert [item for item, _ in similar(make_world, 0, top_n=1)["a"]] == ["b"]
