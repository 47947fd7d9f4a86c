"""What the quick deployment is worth: it learns from a month, and the clicks of the next day are held out.

With signal 1 people have taste, and the personal recall must find it; with signal 0 clicks are random, and
nothing may beat chance: a recall that did would have seen the held-out day.

Clicks of a day are clicks on what was shown that day. Recalls are judged by them; the ranked list is judged
by the planted truth, as the model puts forward items that people would click and that nobody showed them.
The model itself is judged on the impressions of the last day before, which training held out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from pairec_cli.datagen.world import World
from pairec_cli.domain.ds import shift
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.domain.tables import TableRole
from pairec_cli.engine.engine import Engine
from pairec_cli.evaluation.metrics import Quality, evaluate
from pairec_cli.project import Project
from pairec_cli.workflow import data, source_nodes
from pairec_cli.workflow.instances import create_instance
from pairec_cli.workflow.quickstart import quickstart
from pairec_cli.workflow.ranking_quality import qualities, toward_oracle
from pairec_cli.workflow.trained_models import trained_ranking

HELD_OUT = "20260430"
DAYS, ITEMS, K = 30, 800, 10
SETTINGS: dict[str, object] = {"users": 1_200, "items": ITEMS, "events_per_day": 16_000, "seed": 1}
BEHAVIOR = source_nodes.demo_tables()[TableRole.BEHAVIOR]

Pairs = set[tuple[str, int]]


@dataclass(frozen=True)
class Figures:
    """The lists of every way to recommend, judged by the same held-out clicks."""

    etrec: Quality
    hot: Quality
    merged: Quality
    random: Quality
    model: dict[str, float]
    """AUC by user on the model's held-out day, of each order of the impressions; `auc` is the model's AUC."""
    way: float
    """How far the model came from 0.5 to the planted truth."""
    liked: dict[str, float]
    """The true chance of a click, mean over the lists, with the model and without."""


def clicks(project: Project, days: str) -> Pairs:
    text = (
        f"SELECT user_id, item_id FROM {BEHAVIOR} WHERE event = 'click' AND {days} GROUP BY user_id, item_id"
    )
    rows = project.sql.query(text, project="project_mc").to_pylist()
    return {(row["user_id"], int(row["item_id"])) for row in rows}


def ids(text: str) -> list[int]:
    return [int(entry.partition(":")[0]) for entry in text.split(",") if entry]


def measure(folder: Path, signal: float) -> Figures:
    project = Project.create(folder / ".pairec")
    create_instance(project, "demo", region="local")
    month = data.plan_generation(
        project, days=DAYS, end=shift(HELD_OUT, -1), settings={**SETTINGS, "signal": signal}
    )
    data.generate(project, month, lambda *_: None)
    solution = quickstart(project, lambda _: None, lambda _: None)
    data.generate(project, data.plan_generation(project, days=1, end=HELD_OUT), lambda *_: None)

    seen = clicks(project, f"ds < '{HELD_OUT}'")
    wanted: dict[str, list[int]] = {}
    for user, item in sorted(clicks(project, f"ds = '{HELD_OUT}'") - seen):
        wanted.setdefault(user, []).append(item)
    relevant = [np.array(items) for items in wanted.values()]

    def judge(lists: Iterator[list[int]]) -> Quality:
        ranked = np.array([(items + [-1] * K)[:K] for items in lists])
        return evaluate(ranked, relevant, k=K, n_items=ITEMS)

    names, online = TableNames(solution), project.featuredb
    personal = online.get_many(names.recall("etrec_u2i"), wanted)
    popular = ids(str(next(iter((online.get(names.recall("global_hot"), "-1") or {}).values()))))
    recalled = {key: part for key, part in project.engine_config().items() if key != "RankConf"}
    lists = {
        order: [
            [
                int(item.item_id)
                for item in engine.recommend(RecommendRequest(user, solution.scenario, K)).items
            ]
            for user in wanted
        ]
        for order, engine in (
            ("ranked", project.engine()),
            ("recalled", Engine.from_config(recalled, project.featuredb)),
        )
    }
    config = data.world_config(project)
    assert config is not None
    world = World(config)
    users = np.array([int(user) for user in wanted])[:, None]
    found = qualities(project, trained_ranking(project))
    clicked = {one.order: one for one in found if one.target == "is_click"}
    chance = np.random.default_rng(0)
    return Figures(
        etrec=judge(ids(str(personal.get(user, {}).get("item_ids", ""))) for user in wanted),
        hot=judge([item for item in popular if (user, item) not in seen] for user in wanted),
        merged=judge(iter(lists["recalled"])),
        random=judge(chance.permutation(np.arange(1, ITEMS // 2)).tolist() for _ in wanted),
        model={order: one.grouped_auc or 0.0 for order, one in clicked.items()}
        | {"auc": clicked["model"].auc or 0.0},
        way=next((way for _, way in toward_oracle(found)), 0.0),
        liked={
            order: float(world.affinity(users, np.array(shown), HELD_OUT).mean())
            for order, shown in lists.items()
        },
    )


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[float, Figures]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PAIREC_DB_URL", raising=False)
        return {signal: measure(tmp_path_factory.mktemp("quality"), signal) for signal in (1.0, 0.0)}


def noise(quality: Quality) -> float:
    """One standard error of the hit rate over the judged users."""
    return float(np.sqrt(quality.hit_rate * (1 - quality.hit_rate) / quality.users))


def test_taste_is_found(figures: dict[float, Figures]) -> None:
    found = figures[1.0]
    assert found.etrec.users > 300
    assert found.etrec.hit_rate > found.hot.hit_rate + 2 * noise(found.hot)
    assert found.etrec.recall > 1.3 * found.hot.recall
    assert found.etrec.ndcg > found.hot.ndcg
    assert found.hot.hit_rate > found.random.hit_rate + 3 * noise(found.random)
    assert found.etrec.coverage > 3 * found.hot.coverage


def test_the_merged_list_is_as_good_as_the_better_recall(figures: dict[float, Figures]) -> None:
    """Hot items have low scores, so they fill up what the personal list leaves and push nothing out."""
    found = figures[1.0]
    assert found.merged.hit_rate >= max(found.etrec.hit_rate, found.hot.hit_rate)
    assert found.merged.recall >= max(found.etrec.recall, found.hot.recall)


def test_where_there_is_no_taste_nothing_beats_chance(figures: dict[float, Figures]) -> None:
    nothing = figures[0.0]
    for quality in (nothing.etrec, nothing.hot, nothing.merged):
        assert quality.users > 500
        assert abs(quality.hit_rate - nothing.random.hit_rate) < 3 * noise(nothing.random)


def test_the_model_comes_most_of_the_way_to_the_truth(figures: dict[float, Figures]) -> None:
    found = figures[1.0]
    assert found.model["model"] > found.model["popularity"] + 0.05
    assert found.model["model"] > found.model["recalls"] + 0.01
    assert found.way >= 0.7
    assert found.liked["ranked"] > 1.2 * found.liked["recalled"]


def test_where_there_is_no_taste_the_model_finds_none(figures: dict[float, Figures]) -> None:
    """A model above chance would have seen its labels."""
    assert abs(figures[0.0].model["auc"] - 0.5) < 0.02
