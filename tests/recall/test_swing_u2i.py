"""Swing u2i: the PAI command, the component's input and output, and the three nodes end to end."""

from __future__ import annotations

import pytest

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.pai_command import PaiCommand
from pairec_cli.domain.solution import Solution
from pairec_cli.features import preprocess
from pairec_cli.recall.swing_u2i import SwingModel, SwingU2I, SwingU2IConfig
from pairec_cli.warehouse.script import StatementKind, split
from tests.features.world import World, at, event
from tests.recall.conftest import MakeWorld
from tests.recall.contract import RecallContract

DS = "20260131"


class TestContract(RecallContract):
    type_name = "swing_u2i"
    entry = {"training_days": 20, "i2i": {"top_k": 7}}


class TestWithoutPenalty(RecallContract):
    type_name = "swing_u2i"
    entry = {"popularity_exponent": 0}


def test_the_command_carries_pais_parameters() -> None:
    model = SwingModel(max_click_per_user=7, max_user_per_item=8, top_k=9, alpha1=2, alpha2=0.5, beta=-0.35)
    node = SwingU2I().nodes(SwingU2IConfig(i2i=model), Solution(name="s"))[0]
    [pai] = [statement for statement in split(node.script) if statement.kind is StatementKind.PAI]
    found = PaiCommand.parse(pai.text)
    assert (found.name, found.project) == ("swing_rec_ext", "algo_public")
    assert found.parameters == {
        "inputTable": "s_swing_u2i_swing_input_v1/ds=${bizdate}",
        "outputTable": "s_swing_u2i_swing_v1/ds=${bizdate}",
        "maxClickPerUser": "7",
        "maxUserPerItem": "8",
        "topk": "9",
        "alpha1": "2",
        "alpha2": "0.5",
        "beta": "-0.35",
    }


def test_our_own_parameter_is_said_to_be_ours() -> None:
    node = SwingU2I().nodes(SwingU2IConfig(i2i=SwingModel(self_pairs=0.5)), Solution(name="s"))[0]
    [pai] = [statement for statement in split(node.script) if statement.kind is StatementKind.PAI]
    assert PaiCommand.parse(pai.text).parameters["selfPairs"] == "0.5"
    assert "-- selfPairs is a parameter of pairec only" in node.script


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """a and b met 1 and 2; c and d met 2 and 3; e met 1 alone. Hours tell the order."""
    config = SwingU2IConfig(popularity_exponent=0, i2i=SwingModel(beta=0))
    world = make_world(Solution(recalls=(config,)))
    met = {"a": "12", "b": "21", "c": "23", "d": "23", "e": "1"}
    log = [
        event(user, item, "click", event_time=at(DS) + hour * 3600)
        for user, items in met.items()
        for hour, item in enumerate(items)
    ]
    world.put_users(DS, [{"user_id": 1}])
    world.put_items(DS, [{"item_id": 1}])
    world.put_behavior(DS, [*log, event("a", "1", "expr", event_time=at(DS))])
    world.run([*preprocess.nodes(world.solution), *SwingU2I().nodes(config, world.solution)], DS)
    return world


def test_the_component_reads_items_in_the_order_they_were_met(world: World) -> None:
    rows = world.rows(TableNames(world.solution).recall("swing_u2i", "swing_input"), DS)
    lists = {row["user_id"]: [e.split(",") for e in row["item_list"].split(";")] for row in rows}
    assert [entry[0] for entry in lists["a"]] == ["1", "2"]
    assert [entry[0] for entry in lists["b"]] == ["2", "1"]
    assert {entry[1] for entry in lists["a"]} == {"1"}
    assert all(len(entry[2]) == 14 and entry[2].startswith(DS) for entry in lists["a"])


def test_users_get_what_pairs_of_people_met(world: World) -> None:
    rows = world.rows(TableNames(world.solution).recall("swing_u2i"), DS)
    # One pair of users met 1 and 2, one met 2 and 3; each shares two items: 1 / (1 + 2).
    # 2's list holds 1 and 3 alike, each a half of its sum.
    assert {row["user_id"]: row["item_ids"] for row in rows} == {
        "a": "3::1.0",
        "b": "3::1.0",
        "c": "1::1.0",
        "d": "1::1.0",
        "e": "2::1.0",
    }


def test_similar_items_have_the_grammar_that_every_u2i_reads(world: World) -> None:
    rows = world.rows(TableNames(world.solution).recall("swing_u2i", "i2i"), DS)
    assert {row["item_id"]: row["similar_item_ids"] for row in rows} == {
        "1": "2:1",
        "2": "1:1,3:1",
        "3": "2:1",
    }
