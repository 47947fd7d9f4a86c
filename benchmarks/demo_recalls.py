"""What each recall gives on the demo world: a month is learned from, the next day's clicks are held out.

    python benchmarks/demo_recalls.py [--signal 1.0] [--seed 1] [--recalls etrec_u2i co_metric_learning_i2i]

Each recall's published lists are judged by hit rate@10, recall@10 and NDCG@10 on clicks that the user had not
made before, beside global hot without what the user had clicked. With `--signal 0` clicks are random, and
nothing may beat chance.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pairec_cli.domain.ds import shift
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import parse_solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.evaluation.metrics import Quality, evaluate
from pairec_cli.project import Project
from pairec_cli.recall.registry import recall_types
from pairec_cli.workflow import data, solution_document, solutions, source_nodes
from pairec_cli.workflow.instances import create_instance
from pairec_cli.workflow.quickstart import SCENARIO, SOLUTION, quickstart
from pairec_cli.workflow.registration import register
from pairec_cli.workflow.scenarios import create_scenario

HELD_OUT, DAYS, ITEMS, K = "20260430", 30, 800, 10
BEHAVIOR = source_nodes.demo_tables()[TableRole.BEHAVIOR]


def clicks(project: Project, days: str) -> set[tuple[str, int]]:
    text = (
        f"SELECT user_id, item_id FROM {BEHAVIOR} WHERE event = 'click' AND {days} GROUP BY user_id, item_id"
    )
    rows = project.sql.query(text, project="project_mc").to_pylist()
    return {(row["user_id"], int(row["item_id"])) for row in rows}


def ids(text: str) -> list[int]:
    return [int(entry.partition(":")[0]) for entry in text.split(",") if entry]


def made(folder: Path, recalls: list[str], signal: float, seed: int) -> Project:
    """A world whose solution has these recalls and global hot, deployed and filled."""
    project = Project.create(folder / ".pairec")
    create_instance(project, "demo", region="local")
    settings = {"users": 1_200, "items": ITEMS, "events_per_day": 16_000, "seed": seed, "signal": signal}
    month = data.plan_generation(project, days=DAYS, end=shift(HELD_OUT, -1), settings=settings)
    data.generate(project, month, lambda *_: None)
    for role, table in source_nodes.demo_tables().items():
        register(project, table, role=role)
    create_scenario(project, project.instance.name, SCENARIO)
    default = solutions.default_solution(project.instance, SOLUTION, SCENARIO).model_dump(mode="json")
    entries = [{"type": "global_hot"}, *({"type": one, "training_days": 25} for one in recalls)]
    document = default | {"recalls": entries, "features": {"periods": [3]}, "ranking": None}
    solution = parse_solution(document, recall_types())
    solutions.save(project, solution_document.write(solution), comment="benchmark")
    quickstart(project, lambda step: print(step.title, step.outcome, flush=True), lambda _: None)
    data.generate(project, data.plan_generation(project, days=1, end=HELD_OUT), lambda *_: None)
    return project


def report(project: Project, recalls: list[str]) -> None:
    seen, wanted = clicks(project, f"ds < '{HELD_OUT}'"), dict[str, list[int]]()
    for user, item in sorted(clicks(project, f"ds = '{HELD_OUT}'") - seen):
        wanted.setdefault(user, []).append(item)
    relevant = [np.array(items) for items in wanted.values()]

    def judge(name: str, lists: Iterator[list[int]]) -> Quality:
        ranked = np.array([(items + [-1] * K)[:K] for items in lists])
        found = evaluate(ranked, relevant, k=K, n_items=ITEMS)
        error = float(np.sqrt(found.hit_rate * (1 - found.hit_rate) / found.users))
        figures = (
            f"{found.hit_rate:.3f} ± {error:.3f}  {found.recall:.3f}  {found.ndcg:.3f}  {found.coverage:.0%}"
        )
        print(f"{name:24} {figures}", flush=True)
        return found

    solution = solutions.current(project, SOLUTION)[1]
    names, online = TableNames(solution), project.featuredb
    print(f"{len(wanted)} users\n{'recall':24} hit rate@{K}    recall@{K}  NDCG@{K}  coverage")
    for recall in recalls:
        lists = online.get_many(names.recall(recall), wanted)
        judge(recall, (ids(str(lists.get(user, {}).get("item_ids", ""))) for user in wanted))
    popular = ids(str(next(iter((online.get(names.recall("global_hot"), "-1") or {}).values()))))
    judge("global_hot", ([item for item in popular if (user, item) not in seen] for user in wanted))
    chance = np.random.default_rng(0)
    judge("random", (chance.permutation(np.arange(1, ITEMS // 2)).tolist() for _ in wanted))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--signal", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--recalls", nargs="+", default=["etrec_u2i", "co_metric_learning_i2i", "pdn"])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = made(Path(folder), arguments.recalls, arguments.signal, arguments.seed)
        report(project, arguments.recalls)


if __name__ == "__main__":
    main()
