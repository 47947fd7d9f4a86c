"""Collaborative metric learning i2i: the contract, its sessions, its lists, and logs that nothing is in."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from pairec_cli.domain.errors import DataError
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import Solution
from pairec_cli.features.nodes import feature_nodes
from pairec_cli.recall.co_metric_learning_i2i import CoMetricLearningI2I
from pairec_cli.recall.metric_form import CoMetricLearningConfig
from tests.features.world import World, at, event
from tests.recall.conftest import MakeWorld
from tests.recall.model_contract import SMALL, ItemModelContract
from tests.recall.model_world import DS, run_model, world_of, world_of_clicks

METHOD = CoMetricLearningI2I()


class TestContract(ItemModelContract):
    type_name: ClassVar[str] = "co_metric_learning_i2i"
    entry: ClassVar[dict[str, Any]] = SMALL | {"output_dim": 8}


class TestWithUnclicked(ItemModelContract):
    type_name: ClassVar[str] = "co_metric_learning_i2i"
    entry: ClassVar[dict[str, Any]] = SMALL | {
        "unclicked_per_session": 2,
        "positive_pairs": "same_label",
        "session": "request",
        "popularity_power": 0,
        "popularity_exponent": 0.5,
        "loss": {"type": "multi_similarity"},
    }

    def world(self, make_world: MakeWorld, solution: Solution) -> World:
        log = [
            event(str(user), str(item), what, event_time=at(DS, item), request_id=f"r{user}-{item % 2}")
            for user in range(1, 6)
            for item in range(1, 8)
            for what in ("expr", *(["click"] if (user + item) % 7 < 4 else []))
        ]
        return world_of(make_world, solution, {DS: log})


def small(**fields: Any) -> CoMetricLearningConfig:
    return CoMetricLearningConfig(**(SMALL | {"output_dim": 8, "epochs": 3} | fields))


def lists(world: World, part: str = "") -> dict[str, str]:
    name = TableNames(world.solution).recall("co_metric_learning_i2i", part)
    return {str(next(iter(row.values()))): list(row.values())[1] for row in world.rows(name, DS)}


def test_items_of_one_taste_are_each_others_neighbours(make_world: MakeWorld) -> None:
    """Forty users click items below 6, forty those from 6 on."""
    config = small(epochs=30, popularity_power=0.5)
    solution = Solution(name="s", recalls=(config,))
    clicks = {
        str(user): [str(1 + (user * 2 + step) % 5 + 5 * (user % 2)) for step in range(4)]
        for user in range(80)
    }
    world = world_of_clicks(make_world, solution, clicks)
    logged = run_model(world, METHOD, config)
    assert any("(best)" in line for line in logged)
    for item, text in lists(world, "i2i").items():
        near = [entry.split(":")[0] for entry in text.split(",")]
        assert item not in near
        assert {int(one) > 5 for one in near[:3]} == {int(item) > 5}
        assert text.split(",")[0].endswith(":1.0") or text.split(",")[0].endswith(":1")


def test_a_catalog_smaller_than_the_list_is_the_whole_list(make_world: MakeWorld) -> None:
    config = small(top_n=500)
    solution = Solution(name="s", recalls=(config,))
    world = world_of_clicks(make_world, solution, {"1": ["1", "2"], "2": ["2", "3"], "3": ["1"]})
    run_model(world, METHOD, config)
    assert {item: len(text.split(",")) for item, text in lists(world, "i2i").items()} == {
        "1": 2,
        "2": 2,
        "3": 2,
    }
    assert set(lists(world)) == {"1", "2", "3"}, "a user with one click has a list too"


def test_sessions_with_one_click_each_are_told(make_world: MakeWorld) -> None:
    config = small()
    solution = Solution(name="s", recalls=(config,))
    world = world_of_clicks(make_world, solution, {"1": ["1"], "2": ["2"]})
    with pytest.raises(DataError, match="no session has two clicked items"):
        run_model(world, METHOD, config)


def test_all_items_in_one_session_have_no_negatives_and_still_lists(make_world: MakeWorld) -> None:
    config = small(session_size=4)
    solution = Solution(name="s", recalls=(config,))
    world = world_of_clicks(make_world, solution, {"1": [str(item) for item in range(1, 9)]})
    run_model(world, METHOD, config)
    assert len(lists(world, "i2i")) == 8


@pytest.mark.parametrize("item", ["a:b", "a,b", "a;b"])
def test_separators_in_ids_never_corrupt_lists(make_world: MakeWorld, item: str) -> None:
    """The preprocess node replaces them; what comes out are whole ids."""
    config = small()
    solution = Solution(name="s", recalls=(config,))
    world = make_world(solution)
    clicks = {"1": [item, "2"], "2": [item, "2", "3"], "3": ["3", "2"]}
    world.put_users(DS, [{"user_id": 1}])
    world.put_items(DS, [{"item_id": 2}])
    world.put_behavior(
        DS,
        [
            event(user, one, "click", event_time=at(DS, hour))
            for user, items in clicks.items()
            for hour, one in enumerate(items)
        ],
    )
    try:
        world.run(feature_nodes(solution), DS)
        run_model(world, METHOD, config)
    except DataError as error:
        assert "holds one of" in str(error)
        return
    names = {entry.split("::")[0] for text in lists(world).values() for entry in text.split(",")}
    assert names <= {"2", "3", "a_b"}
