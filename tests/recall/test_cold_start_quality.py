"""What the cold-start recall is worth for users and items that training never met, by their clicks.

Of a generated world every fifth user and every fifth item is left out of the log, though the day's tables
hold them: new users and new items. With signal the recall finds what they will click better than global hot
and chance do; without signal nobody likes anything, and it finds no more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pairec_cli.datagen.world import World, WorldConfig
from pairec_cli.domain.solution import parse_solution
from pairec_cli.evaluation.metrics import evaluate
from pairec_cli.features.nodes import feature_nodes
from pairec_cli.recall.registry import RECALLS, recall_types
from pairec_cli.workflow.pai import run_component
from tests.features.world import World as Tables
from tests.recall.vector_world import run_recall

DS, K = "20260131", 20
USERS, ITEMS = 500, 300
ENTRY: dict[str, Any] = {
    "type": "dropoutnet",
    "is_online_mode": False,
    "training_days": 1,
    "recall_count": ITEMS,
    "drop_seen": False,
    "batch_size": 128,
}
NEW_USERS = {str(number) for number in range(5, USERS + 1, 5)}
NEW_ITEMS = {str(number) for number in range(5, ITEMS + 1, 5)}


@dataclass(frozen=True)
class Made:
    """Each user's list, all clicks of the log before anybody was left out, users per item of the training."""

    lists: dict[str, list[str]]
    clicks: set[tuple[str, str]]
    hot: list[str]

    def ndcg(
        self, order: Callable[[str], list[str]], users: Collection[str], items: Collection[str]
    ) -> float:
        """Of `order`'s first K of `items` for each user, by the clicks."""
        place = {item: number for number, item in enumerate(sorted(items))}
        chosen = sorted(users)
        ranked = np.full((len(chosen), K), -1)
        for row, user in enumerate(chosen):
            best = [place[item] for item in order(user) if item in place][:K]
            ranked[row, : len(best)] = best
        taken = [[place[i] for u, i in self.clicks if u == user and i in place] for user in chosen]
        relevant = [np.array(one, np.int64) for one in taken]
        return evaluate(ranked, relevant, k=K, n_items=len(place)).ndcg

    def by_chance(self, user: str) -> list[str]:
        random = np.random.default_rng(int(user))
        return [str(number) for number in random.permutation(np.arange(1, ITEMS + 1))]

    @property
    def users(self) -> set[str]:
        return set(self.lists)


Judged = tuple[float, Made]
"""The signal, and what came of it."""


@pytest.fixture(scope="module", params=[1.0, 0.0], ids=["signal", "no signal"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Judged:
    signal = float(request.param)
    return signal, build(signal, tmp_path_factory.mktemp("cold"))


def build(signal: float, folder: Path) -> Made:
    """Eight days' events as those of one day, without the new users and items; then the recall's nodes."""
    config = WorldConfig(
        epoch="20260124", users=USERS, items=ITEMS, events_per_day=9_000, signal=signal,
        user_growth=0.0, item_growth=0.0, seed=3,
    )  # fmt: skip
    world = World(config)
    log = [row for day in range(24, 32) for row in world.behavior(f"202601{day}").to_pylist()]
    clicks = {(row["user_id"], row["item_id"]) for row in log if row["event"] == "click"}
    known = [row for row in log if row["user_id"] not in NEW_USERS and row["item_id"] not in NEW_ITEMS]
    solution = parse_solution({"name": "s", "features": {"periods": [1]}, "recalls": [ENTRY]}, recall_types())
    tables = Tables(folder, solution, run_component)
    tables.put_users(DS, world.users(DS).to_pylist())
    tables.put_items(DS, world.items(DS).to_pylist())
    tables.put_behavior(DS, known)
    tables.run([node for node in feature_nodes(solution) if "preprocess" in node.name], DS)
    method, recall = RECALLS.load("dropoutnet")(), solution.recalls[0]
    nodes = method.nodes(recall, solution)
    run_recall(tables, nodes, method.package_files(recall, solution, {}), DS)
    rows = tables.rows(nodes[-1].name, DS)
    tables.close()
    lists = {row["user_id"]: [one.partition("::")[0] for one in row["item_ids"].split(",")] for row in rows}
    takers = [item for user, item in clicks if user not in NEW_USERS and item not in NEW_ITEMS]
    hot = sorted(set(takers), key=lambda item: (-takers.count(item), item))
    return Made(lists, clicks, hot)


def test_new_users_are_served_better_than_by_global_hot(made: Judged) -> None:
    signal, found = made
    assert found.users >= NEW_USERS
    model = found.ndcg(lambda user: found.lists[user], NEW_USERS, found.hot)
    hot = found.ndcg(lambda _: found.hot, NEW_USERS, found.hot)
    chance = found.ndcg(found.by_chance, NEW_USERS, found.hot)
    if signal:
        assert model > 1.1 * hot
        assert model > 1.5 * chance
    else:
        assert abs(model - chance) < 0.03


def test_new_items_find_their_users(made: Judged) -> None:
    signal, found = made
    known = found.users - NEW_USERS
    model = found.ndcg(lambda user: found.lists[user], known, NEW_ITEMS)
    chance = found.ndcg(found.by_chance, known, NEW_ITEMS)
    both = found.ndcg(lambda user: found.lists[user], NEW_USERS, NEW_ITEMS)
    if signal:
        assert model > 1.3 * chance
        assert both > 1.1 * chance
    else:
        assert abs(model - chance) < 0.03
