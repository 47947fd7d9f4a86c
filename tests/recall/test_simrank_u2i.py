"""SimRank++ u2i: the command, the weights of the edges, and the three nodes end to end."""

from __future__ import annotations

from typing import Any

import pytest

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.pai_command import PaiCommand
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import Column
from pairec_cli.features import preprocess
from pairec_cli.recall import u2i
from pairec_cli.recall.simrank_u2i import SimRankModel, SimRankU2I, SimRankU2IConfig
from pairec_cli.warehouse.script import StatementKind, split
from tests.features.world import at, event
from tests.recall.conftest import MakeWorld
from tests.recall.contract import RecallContract

DS = "20260131"


class TestContract(RecallContract):
    type_name = "simrank_u2i"
    entry = {"training_days": 20, "i2i": {"top_n": 7}}


def test_the_command_carries_the_models_settings() -> None:
    config = SimRankU2IConfig(i2i=SimRankModel(top_n=9, decay=0.6, iterations=4, neighbours=8))
    node = SimRankU2I().nodes(config, Solution(name="s"))[0]
    [pai] = [statement for statement in split(node.script) if statement.kind is StatementKind.PAI]
    found = PaiCommand.parse(pai.text)
    assert found.name == "simrank_plus_plus"
    assert found.parameters["inputTableName"] == "s_simrank_u2i_i2i_input_v1"
    assert found.parameters["outputTableName"] == "s_simrank_u2i_i2i_v1"
    told = {name: found.parameters[name] for name in ("topN", "decay", "iterations", "neighbours")}
    assert told == {"topN": "9", "decay": "0.6", "iterations": "4", "neighbours": "8"}


def test_the_strongest_event_weighs_and_users_get_what_similar_people_met(make_world: MakeWorld) -> None:
    """a and b met 1 and 2, b praised 2; c met 2 alone."""
    config = SimRankU2IConfig(i2i=SimRankModel(iterations=1))
    world = make_world(Solution(recalls=(config,)))
    met = [("a", "1"), ("a", "2"), ("b", "1"), ("b", "2"), ("c", "2")]
    log = [event(user, item, "click", event_time=at(DS)) for user, item in met]
    log += [event("b", "2", "praise", event_time=at(DS)), event("a", "1", "expr", event_time=at(DS))]
    world.put_users(DS, [{"user_id": 1}])
    world.put_items(DS, [{"item_id": 1}])
    world.put_behavior(DS, log)
    world.run([*preprocess.nodes(world.solution), *SimRankU2I().nodes(config, world.solution)], DS)
    names = TableNames(world.solution)
    edges = world.rows(names.recall("simrank_u2i", "i2i_input"), DS)
    weights = {(row["user_id"], row["item_id"]): row["weight"] for row in edges}
    assert weights == {pair: 1.0 if pair == ("b", "2") else 0.5 for pair in met}
    similar = {
        r["item_id"]: r["similar_item_ids"] for r in world.rows(names.recall("simrank_u2i", "i2i"), DS)
    }
    assert {item: text.split(":")[0] for item, text in similar.items()} == {"1": "2", "2": "1"}
    # b's weights vary by 1/16: W(1,·) is 1/2 and spread/2, W(2,·) 1/4 and spread/2; two users in common.
    spread = 0.9394130628134758
    expected = 0.75 * 0.8 * (1 / 2 * 1 / 4 + spread / 2 * spread / 2)
    assert float(similar["1"].split(":")[1]) == pytest.approx(expected, rel=1e-6)
    lists = world.rows(names.recall("simrank_u2i"), DS)
    assert {row["user_id"]: row["item_ids"] for row in lists} == {"c": "1::1.0"}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {"7": 1.0, "8": 0.75, "9": 0.5}),
        ({"popularity_exponent": -2}, {"7": 1.0, "8": 0.375, "9": 0.125}),
        ({"popularity_exponent": 0}, {"9": 1.0, "8": 0.75, "7": 0.5}),
        ({"popularity_exponent": 1}, {"9": 1.0, "8": 0.375, "7": 0.125}),
    ],
)
def test_an_exponent_below_0_gives_popular_items_back_what_they_lost(
    make_world: MakeWorld, fields: dict[str, Any], expected: dict[str, float]
) -> None:
    """Four users met 7, two 8, one 9, by two events each: similarities of .2, .3 and .4 become .8, .6 and .4
    by the default exponent of -1."""
    config = SimRankU2IConfig(**fields)
    world = make_world(Solution(recalls=(config,)))
    met = [*(("abcd"[n], "7") for n in range(4)), ("a", "8"), ("b", "8"), ("c", "9"), ("u", "1")]
    log = [event(user, item, what, event_time=at(DS)) for user, item in met for what in ("click", "praise")]
    world.put_users(DS, [{"user_id": 1}])
    world.put_items(DS, [{"item_id": 1}])
    world.put_behavior(DS, log)
    i2i, *others = SimRankU2I().nodes(config, world.solution)
    world.run([*preprocess.nodes(world.solution), i2i], DS)
    names = TableNames(world.solution)
    columns = (Column("item_id", "STRING"), Column("similar_item_ids", "STRING"))
    similar = [{"item_id": "1", "similar_item_ids": "9:0.4,8:0.3,7:0.2"}]
    world.put(names.recall("simrank_u2i", u2i.SIMILAR), DS, similar, columns)
    world.run(others, DS)
    [text] = [r["item_ids"] for r in world.rows(names.recall("simrank_u2i"), DS) if r["user_id"] == "u"]
    found = {item: float(score) for item, score in (entry.split("::") for entry in text.split(","))}
    assert list(found) == list(expected)
    assert found == pytest.approx(expected, rel=1e-6)
