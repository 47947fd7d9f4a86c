"""Days of clicks over which paths can be followed."""

from __future__ import annotations

from typing import Any

from pairec_cli.domain.ds import shift
from pairec_cli.domain.solution import Solution
from tests.features.world import World, at, event
from tests.recall.conftest import MakeWorld
from tests.recall.model_world import DS, world_of

SMALL: dict[str, Any] = {
    "epochs": 2,
    "id_embed_dim": 4,
    "hidden_units": [8],
    "batch_size": 32,
    "training_days": 4,
    "behavior_window_days": 3,
    "label_days": 1,
    "negatives": 2,
}


def world_of_days(make_world: MakeWorld, solution: Solution, users: int = 24, items: int = 10) -> World:
    """Users of two tastes, by parity, over four days: two items of theirs each day but one on the last."""
    log: dict[str, list[dict[str, Any]]] = {}
    for back in range(3, -1, -1):
        ds = shift(DS, -back)
        steps = (0,) if back == 0 else (0, 1)
        log[ds] = [
            event(
                str(user),
                str(1 + user % 2 + 2 * ((user // 2 + 2 * (3 - back) + step) % items)),
                what,
                event_time=at(ds, step),
                request_id=f"{ds}-{user}-{step}",
            )
            for user in range(users)
            for step in steps
            for what in ("expr", "click")
        ]
    return world_of(make_world, solution, log)
