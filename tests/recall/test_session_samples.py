"""Sessions of clicks, and what of them is kept."""

from __future__ import annotations

import pytest

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import Solution
from pairec_cli.recall.co_metric_learning_i2i import features
from pairec_cli.recall.session_samples import session_nodes
from tests.features.world import World, at, event
from tests.recall.conftest import MakeWorld
from tests.recall.model_world import DS, world_of
from tests.recall.test_co_metric_learning_i2i import METHOD, small


def sessions(world: World) -> dict[tuple[str, str], int]:
    name = TableNames(world.solution).recall("co_metric_learning_i2i", "sessions")
    return {(row["session_id"], row["item_id"]): row["clicked"] for row in world.rows(name, DS)}


@pytest.mark.parametrize(
    ("session", "expected"),
    [
        ("user", {"1"}),
        ("day", {"1 20260130", "1 20260131"}),
        ("request", {"1 20260130 a", "1 20260131 a", "1 20260131 b"}),
    ],
)
def test_a_session_is_a_user_a_day_or_a_request(
    make_world: MakeWorld, session: str, expected: set[str]
) -> None:
    config = small(session=session)
    solution = Solution(name="s", recalls=(config,))
    log = {
        "20260130": [event("1", item, "click", event_time=at("20260130"), request_id="a") for item in "12"],
        DS: [event("1", item, "click", event_time=at(DS), request_id="ab"[int(item) > 3]) for item in "3456"],
    }
    world = world_of(make_world, solution, log)
    world.run(METHOD.nodes(config, solution)[0], DS)
    assert {key for key, _ in sessions(world)} == expected


def test_unclicked_items_are_kept_up_to_their_number_and_clicked_ones_to_theirs(
    make_world: MakeWorld,
) -> None:
    config = small(unclicked_per_session=2, max_session_clicks=3)
    solution = Solution(name="s", recalls=(config,))
    log = [event("1", str(item), "expr", event_time=at(DS)) for item in range(1, 10)]
    log += [event("1", str(item), "click", event_time=at(DS, item)) for item in range(1, 6)]
    world = world_of(make_world, solution, {DS: log})
    world.run(METHOD.nodes(config, solution)[0], DS)
    found = sessions(world)
    assert {item for (_, item), clicked in found.items() if clicked} == {"3", "4", "5"}
    assert len([item for (_, item), clicked in found.items() if not clicked]) == 2


def test_the_last_click_of_some_long_sessions_is_held_out(make_world: MakeWorld) -> None:
    config = small()
    solution = Solution(name="s", recalls=(config,))
    log = [
        event(str(user), str(item), "click", event_time=at(DS, item))
        for user in range(60)
        for item in (3, 1, 2)
    ]
    world = world_of(make_world, solution, {DS: [*log, event("99", "1", "click", event_time=at(DS))]})
    world.run(session_nodes(config, solution, features(config, solution, {}))[:2], DS)
    rows = world.rows(TableNames(solution).recall(config.name, "samples"), DS)
    held = {row["session_id"] for row in rows if row["part"] == "eval"}
    assert 2 <= len(held) <= 20
    assert {row["item_id"] for row in rows if row["part"] == "eval"} == {"3"}
    assert sorted(row["item_id"] for row in rows if row["part"] == "item") == ["1", "2", "3"]
    assert len([row for row in rows if row["part"] == "train"]) == 181 - len(held)
    assert {row["category"] for row in rows if row["item_id"] == "2"} == {"c0"}
