"""How good each recall is on a held-out day, how much the recalls share, and what each adds to the whole.

The tables of the day before are read, so nothing that happened on the held-out day can be in them. Judged are
items that a user met on that day for the first time; items met before are taken out of every list. Beside
the recalls stand

    merged       the lists of the scene's recalls as the engine merges them without a ranking model
    popularity   the same list for all: items by the users who met them in the days before
    random       items of the catalog by chance

`gain` of a recall: recall@k of the merged list, less that of the merged list without this recall.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from pairec_cli.domain.ds import shift
from pairec_cli.domain.errors import DataError, InvalidInput, NotFound
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.evaluation.metrics import MISSING, Numbers, Quality, evaluate
from pairec_cli.evaluation.recalls import merged, overlaps
from pairec_cli.online.featuredb import FeatureDB
from pairec_cli.workflow.deployed_solutions import Deployed
from pairec_cli.workflow.held_out import HeldOut, hold_out, target_event
from pairec_cli.workflow.recall_day import Serve, day_config, day_models, online_model, publish_day
from pairec_cli.workflow.solution_recalls import SolutionRecall, recalls_of
from pairec_cli.workflow.vector_service import trained_towers
from pairec_cli.workflow.workspace import Workspace

MERGED, POPULARITY, RANDOM = "merged", "popularity", "random"
Lists = list[list[str]]


@dataclass(frozen=True)
class RecallQuality:
    """One list's figures at one k. `served`: share of the judged users who have a list at all; `gain` is
    None for lists that are no recall, and for fallbacks, which are not merged."""

    recall: str
    quality: Quality
    served: float
    gain: float | None = None


@dataclass(frozen=True)
class RecallComparison:
    """Everything of one held-out day. `overlap[i][j]`: share of what recall i gives that j gives too, at the
    largest k. `skipped`: recall → why it is not in it."""

    held: HeldOut
    figures: list[RecallQuality]
    recalls: list[str]
    overlap: list[list[float]]
    skipped: dict[str, str]


def compare_recalls(
    workspace: Workspace,
    what: Deployed,
    serve: Serve,
    *,
    ds: str | None = None,
    ks: Sequence[int] = (10, 20, 50),
    users: int = 2000,
    event: str | None = None,
    scene: str | None = None,
) -> RecallComparison:
    """Judge the enabled recalls of a scene, by default the solution's own, on day `ds`, by default the last.

    Raises DataError when no recall has a table of the day before, or nobody met anything new; InvalidInput
    for a k below 1.
    """
    solution, chosen = what.solution, _scene(what.solution, scene)
    if not ks or min(ks) < 1:
        raise InvalidInput("k is a number of items, at least 1", hint="--k 10,20,50")
    serving = [one for one in recalls_of(solution) if one.config.serves(chosen)]
    day = ds or _last_day(workspace, solution, serving)
    skipped = {one.name: why for one in serving if (why := _unready(workspace, one, shift(day, -1)))}
    there = [one for one in serving if one.name not in skipped]
    if not there:
        raise DataError(
            f"no day is held out: no recall has a table of {shift(day, -1)}, the day before {day}",
            hint=f"pairec recall run --ds {shift(day, -1)}",
        )
    held = hold_out(workspace, solution, day, target_event(solution, event), users=users)
    given = _serve(workspace, serve, solution, chosen, there, held)
    lists, merging = _lists(given, there, held, max(ks))
    index = _index(lists, held)
    figures = list(_figures(lists, merging, held, sorted(set(ks)), index))
    names = [one.name for one in there]
    shared = overlaps([_numbers(lists[name], index, max(ks)) for name in names])
    return RecallComparison(held, figures, names, shared.tolist(), skipped)


def _scene(solution: Solution, scene: str | None) -> str:
    if scene is not None and scene not in solution.scenarios:
        raise NotFound("scenario of the solution", scene, solution.scenarios, hint="pairec solution show")
    return scene or solution.scenario


def _days(workspace: Workspace, recall: SolutionRecall) -> set[str]:
    known = workspace.warehouse.ledger.schema(recall.served) is not None
    return set(workspace.warehouse.partitions(recall.served)) if known else set()


def _unready(workspace: Workspace, recall: SolutionRecall, day: str) -> str:
    """Why it cannot answer as it did on `day`; empty when it can. Later models have seen too much."""
    if day not in _days(workspace, recall):
        return f"has no table of {day}"
    model = online_model(recall)
    return f"has no model of {day}" if model and day not in trained_towers(workspace.models / model) else ""


def _last_day(workspace: Workspace, solution: Solution, recalls: Sequence[SolutionRecall]) -> str:
    """The newest day of behavior after a day of any recall's table; the newest of all when there is none.

    Raises DataError when there is no behavior."""
    table = TableNames(solution).source(TableRole.BEHAVIOR)
    days = sorted(workspace.warehouse.partitions(table))
    if not days:
        raise DataError(f"{table} holds no data yet", hint="pairec data list")
    ran = {day for recall in recalls for day in _days(workspace, recall)}
    return max((day for day in days if shift(day, -1) in ran), default=days[-1])


def _serve(
    workspace: Workspace,
    serve: Serve,
    solution: Solution,
    scene: str,
    recalls: Sequence[SolutionRecall],
    held: HeldOut,
) -> list[Mapping[str, Sequence[tuple[str, float]]]]:
    """For each judged user what each recall gave the day before, without items that the user had met."""
    users = list(held.new)
    with tempfile.TemporaryDirectory(prefix="recall-day-", dir=workspace.home) as folder:
        store = FeatureDB(Path(folder) / "featuredb.db")
        publish_day(workspace, store, solution, recalls, held.day_before, users)
        models = day_models(workspace, recalls, held.day_before, Path(folder) / "models")
        found = serve(day_config(solution, scene, recalls), store, scene, users, models)
    return [
        {
            name: [entry for entry in entries if entry[0] not in held.met[user]]
            for name, entries in given.items()
        }
        for user, given in zip(users, found, strict=True)
    ]


def _lists(
    given: Sequence[Mapping[str, Sequence[tuple[str, float]]]],
    recalls: Sequence[SolutionRecall],
    held: HeldOut,
    depth: int,
) -> tuple[dict[str, Lists], list[str]]:
    """Name → the first `depth` items for each judged user, and which recalls are merged. `merged without X`
    stands for each X of these."""
    merging = [one.name for one in recalls if not one.method.is_fallback]
    lists: dict[str, Lists] = {
        one.name: [list(dict.fromkeys(item for item, _ in user.get(one.name, ())))[:depth] for user in given]
        for one in recalls
    }
    lists[MERGED] = [merged(user, merging)[:depth] for user in given]
    for name in merging:
        rest = [other for other in merging if other != name]
        lists[_without(name)] = [merged(user, rest)[:depth] for user in given]
    lists[POPULARITY] = [_unmet(held.popular, met, depth) for met in held.met.values()]
    chance = random.Random(0)
    lists[RANDOM] = [
        _unmet(chance.sample(held.catalog, min(len(held.catalog), depth + len(met))), met, depth)
        for met in held.met.values()
    ]
    return lists, merging


def _unmet(items: Iterable[str], met: set[str], depth: int) -> list[str]:
    return list(islice((item for item in items if item not in met), depth))


def _without(name: str) -> str:
    return f"{MERGED} without {name}"


def _index(lists: Mapping[str, Lists], held: HeldOut) -> dict[str, int]:
    """A number for each item of the catalog, of the lists and of what is to be found."""
    items = set(held.catalog)
    items.update(*held.new.values(), *(one for per_user in lists.values() for one in per_user))
    return {item: number for number, item in enumerate(sorted(items))}


def _numbers(lists: Lists, index: Mapping[str, int], k: int) -> Numbers:
    found = np.full((len(lists), k), MISSING, np.int64)
    for row, items in enumerate(lists):
        places = [index[item] for item in items[:k]]
        found[row, : len(places)] = places
    return found


def _figures(
    lists: Mapping[str, Lists],
    merging: Sequence[str],
    held: HeldOut,
    ks: Sequence[int],
    index: Mapping[str, int],
) -> Iterator[RecallQuality]:
    relevant = [np.array([index[item] for item in items], np.int64) for items in held.new.values()]
    ranked = {name: _numbers(per_user, index, max(ks)) for name, per_user in lists.items()}

    def judge(name: str, k: int) -> Quality:
        return evaluate(ranked[name], relevant, k=k, n_items=len(held.catalog))

    for k in ks:
        whole = judge(MERGED, k)
        for name, per_user in lists.items():
            if name.startswith(_without("")):
                continue
            gain = whole.recall - judge(_without(name), k).recall if name in merging else None
            served = sum(map(bool, per_user)) / len(per_user)
            yield RecallQuality(name, whole if name == MERGED else judge(name, k), served, gain)
