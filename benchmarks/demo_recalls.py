"""What each recall gives on a demo world: three weeks are learned from, the next day's clicks are held out.

    python benchmarks/demo_recalls.py [--signal 1.0] [--seed 1] [--events 20000] [--recalls etrec_u2i mind]

All recalls with their defaults, judged as `pairec recall evaluate` judges them: hit rate@10, recall@10 and
NDCG@10 of items that a user had not clicked before. With `--signal 0` clicks are random, and nothing may beat
chance.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from pairec_cli.domain.ds import shift
from pairec_cli.domain.solution import parse_solution
from pairec_cli.project import Project
from pairec_cli.recall.registry import recall_types
from pairec_cli.workflow import data, solution_document, solutions, source_nodes
from pairec_cli.workflow.deployed_solutions import deployed
from pairec_cli.workflow.instances import create_instance
from pairec_cli.workflow.quickstart import SCENARIO, SOLUTION, quickstart
from pairec_cli.workflow.recall_quality import compare_recalls
from pairec_cli.workflow.registration import register
from pairec_cli.workflow.scenarios import create_scenario

HELD_OUT, DAYS, TRAINING_DAYS, K = "20260430", 25, 20, 10
WORLD: dict[str, object] = {"users": 1_000, "items": 500, "events_per_day": 20_000}
DATED = {"global_hot", "group_hot"}
"""Recalls whose days are fewer than the training's anyway."""
RECALLS = (
    "etrec_u2i", "swing_u2i", "simrank_u2i", "dssm", "mind", "dropoutnet", "co_metric_learning_i2i", "pdn",
    "group_hot", "global_hot",
)  # fmt: skip


def made(folder: Path, recalls: list[str], world: dict[str, object]) -> Project:
    """A world whose solution has these recalls and no ranking, deployed and filled, and the day after."""
    project = Project.create(folder / ".pairec")
    create_instance(project, "demo", region="local")
    month = data.plan_generation(project, days=DAYS, end=shift(HELD_OUT, -1), settings=world)
    data.generate(project, month, lambda *_: None)
    for role, table in source_nodes.demo_tables().items():
        register(project, table, role=role)
    create_scenario(project, project.instance.name, SCENARIO)
    default = solutions.default_solution(project.instance, SOLUTION, SCENARIO).model_dump(mode="json")
    entries = [{"type": one} | ({} if one in DATED else {"training_days": TRAINING_DAYS}) for one in recalls]
    document = default | {"recalls": entries, "features": {"periods": [3]}, "ranking": None}
    solution = parse_solution(document, recall_types())
    solutions.save(project, solution_document.write(solution), comment="benchmark")
    quickstart(project, lambda step: print(step.title, step.outcome, flush=True), lambda _: None)
    data.generate(project, data.plan_generation(project, days=1, end=HELD_OUT), lambda *_: None)
    return project


def report(project: Project) -> None:
    found = compare_recalls(project, deployed(project), project.recall_lists, ks=[K])
    print(f"{len(found.held.new)} users\n{'recall':24} hit rate@{K}  recall@{K}  NDCG@{K}  coverage  served")
    for one in found.figures:
        quality = one.quality
        error = (quality.hit_rate * (1 - quality.hit_rate) / quality.users) ** 0.5
        figures = f"{quality.hit_rate:.3f} ± {error:.3f}  {quality.recall:.3f}  {quality.ndcg:.3f}"
        print(f"{one.recall:24} {figures}  {quality.coverage:.0%}  {one.served:.0%}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--signal", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--users", type=int, default=WORLD["users"])
    parser.add_argument("--events", type=int, default=WORLD["events_per_day"], help="of a day")
    parser.add_argument("--recalls", nargs="+", default=list(RECALLS))
    arguments = parser.parse_args()
    asked = {"users": arguments.users, "events_per_day": arguments.events}
    world = WORLD | asked | {"seed": arguments.seed, "signal": arguments.signal}
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        project = made(Path(folder), arguments.recalls, world)
        report(project)
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
