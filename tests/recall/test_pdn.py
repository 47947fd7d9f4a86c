"""PDN recall: the contract, what paths it follows, and logs that hold none."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from pairec_cli.domain.errors import DataError
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import Solution
from pairec_cli.recall.path_form import PDNRecallConfig
from pairec_cli.recall.pdn import PDN
from tests.features.world import World
from tests.recall.conftest import MakeWorld
from tests.recall.model_contract import ItemModelContract
from tests.recall.model_world import DS, run_model, world_of_clicks
from tests.recall.path_world import SMALL, world_of_days

METHOD = PDN()


class TestContract(ItemModelContract):
    type_name: ClassVar[str] = "pdn"
    entry: ClassVar[dict[str, Any]] = SMALL
    days: ClassVar[int] = 3

    def world(self, make_world: MakeWorld, solution: Solution) -> World:
        return world_of_days(make_world, solution)


def numbers(text: str, separator: str = ":") -> dict[str, float]:
    return {key: float(value) for key, value in (entry.split(separator) for entry in text.split(","))}


def test_a_list_is_the_sum_of_trigger_times_similarity(make_world: MakeWorld) -> None:
    config = PDNRecallConfig(**SMALL)
    solution = Solution(name="s", recalls=(config,))
    names, world = TableNames(solution), world_of_days(make_world, solution)
    run_model(world, METHOD, config)
    similar = {
        row["item_id"]: numbers(row["similar_item_ids"]) for row in world.rows(names.recall("pdn", "i2i"), DS)
    }
    triggers = {
        row["user_id"]: numbers(row["item_ids"]) for row in world.rows(names.recall("pdn", "trigger"), DS)
    }
    lists = {row["user_id"]: numbers(row["item_ids"], "::") for row in world.rows(names.recall("pdn"), DS)}
    assert lists
    for user, found in lists.items():
        scores: dict[str, float] = {}
        for trigger, t in triggers[user].items():
            for item, s in similar.get(trigger, {}).items():
                scores[item] = scores.get(item, 0) + t * s
        best = max(scores[item] for item in found)
        for item, score in found.items():
            assert score == pytest.approx(scores[item] / best, abs=2e-5)
    assert max(value for row in similar.values() for value in row.values()) == 1.0
    assert all(max(row.values()) == 1.0 for row in triggers.values())


def test_a_log_of_one_day_has_nothing_to_learn_from(make_world: MakeWorld) -> None:
    config = PDNRecallConfig(**SMALL)
    solution = Solution(name="s", recalls=(config,))
    world = world_of_clicks(make_world, solution, {"1": ["1", "2"], "2": ["2", "3"], "3": ["1"]})
    with pytest.raises(DataError, match="there are no training rows"):
        run_model(world, METHOD, config)
