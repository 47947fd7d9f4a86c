"""What recalls are worth on a generated world's held-out day, judged as `pairec recall evaluate` does.

With signal people have taste, and every personal recall must beat global hot; without signal nothing may beat
chance: a recall that did would have seen the held-out day. Held are the three recalls by similar items; those
that train a model take too long in both worlds, and benchmarks/demo_recalls.py measures them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pairec_cli.domain.ds import shift
from pairec_cli.domain.solution import parse_solution
from pairec_cli.evaluation.metrics import Quality
from pairec_cli.project import Project
from pairec_cli.recall.registry import recall_types
from pairec_cli.workflow import data, solution_document, solutions
from pairec_cli.workflow.deployed_solutions import deployed
from pairec_cli.workflow.instances import create_instance
from pairec_cli.workflow.quickstart import SCENARIO, SOLUTION, quickstart
from pairec_cli.workflow.recall_quality import compare_recalls
from pairec_cli.workflow.registration import register
from pairec_cli.workflow.scenarios import create_scenario
from pairec_cli.workflow.source_nodes import demo_tables

HELD_OUT, DAYS, TRAINING_DAYS, K = "20260430", 25, 20, 10
WORLDS: dict[float, dict[str, object]] = {
    1.0: {"users": 1_000, "events_per_day": 20_000},
    0.0: {"users": 800, "events_per_day": 10_000},
}
PERSONAL = ("etrec_u2i", "swing_u2i", "simrank_u2i")

Figures = dict[str, Quality]


def measure(folder: Path, signal: float) -> Figures:
    """Each list's figures: the recalls', `popularity` and `random`."""
    project = Project.create(folder / ".pairec")
    create_instance(project, "demo", region="local")
    before = shift(HELD_OUT, -1)
    settings = {"items": 500, "seed": 1, "signal": signal} | WORLDS[signal]
    plan = data.plan_generation(project, days=DAYS, end=before, settings=settings)
    data.generate(project, plan, lambda *_: None)
    for role, table in demo_tables().items():
        register(project, table, role=role)
    create_scenario(project, project.instance.name, SCENARIO)
    default = solutions.default_solution(project.instance, SOLUTION, SCENARIO).model_dump(mode="json")
    entries = [{"type": "global_hot"}, *({"type": one, "training_days": TRAINING_DAYS} for one in PERSONAL)]
    document = default | {"recalls": entries, "features": {"periods": [3]}, "ranking": None}
    solutions.save(project, solution_document.write(parse_solution(document, recall_types())))
    quickstart(project, lambda _: None, lambda _: None)
    data.generate(project, data.plan_generation(project, days=1, end=HELD_OUT), lambda *_: None)
    found = compare_recalls(project, deployed(project), project.recall_lists, ks=[K])
    assert not found.skipped
    return {one.recall: one.quality for one in found.figures}


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[float, Figures]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PAIREC_DB_URL", raising=False)
        return {signal: measure(tmp_path_factory.mktemp("recalls"), signal) for signal in WORLDS}


def noise(quality: Quality) -> float:
    """One standard error of the hit rate over the judged users."""
    return float(np.sqrt(quality.hit_rate * (1 - quality.hit_rate) / quality.users))


@pytest.mark.parametrize("recall", PERSONAL)
def test_with_taste_a_personal_recall_beats_global_hot(figures: dict[float, Figures], recall: str) -> None:
    found, hot = figures[1.0][recall], figures[1.0]["global_hot"]
    assert found.users > 300
    assert found.hit_rate > hot.hit_rate + noise(hot)
    assert found.recall > 1.15 * hot.recall
    assert found.ndcg > 1.15 * hot.ndcg
    assert found.coverage > 1.5 * hot.coverage


def test_with_taste_global_hot_beats_chance(figures: dict[float, Figures]) -> None:
    hot, chance = figures[1.0]["global_hot"], figures[1.0]["random"]
    assert hot.hit_rate > chance.hit_rate + 3 * noise(chance)


@pytest.mark.parametrize("recall", PERSONAL)
def test_without_taste_no_recall_beats_global_hot_or_chance(
    figures: dict[float, Figures], recall: str
) -> None:
    nothing = figures[0.0]
    assert nothing[recall].users > 300
    for other in (nothing["global_hot"], nothing["random"]):
        assert nothing[recall].hit_rate < other.hit_rate + 3 * noise(other)
