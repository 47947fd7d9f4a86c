"""How good a trained model is on its held-out day, and beside it the orders that need no model.

For each target and day: the model's metrics, and of the rows that it was measured on the AUC by user when
they are ordered

    recalls      by the score that the candidate has in the recall tables of the day before
    popularity   by how many training rows of the item had the target's event
    random       by chance
    oracle       by the planted truth, where the data was generated here: nobody can do better but by luck
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pairec_cli.datagen.world import World
from pairec_cli.domain.ds import DsRange, shift
from pairec_cli.domain.errors import DataError, InvalidInput
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Publication
from pairec_cli.domain.solution import RankingTarget, Solution
from pairec_cli.domain.tables import TableName, TableRole
from pairec_cli.evaluation.ranking import auc, grouped_auc
from pairec_cli.recall.registry import RECALLS
from pairec_cli.workflow.data import world_config
from pairec_cli.workflow.source_nodes import demo_tables
from pairec_cli.workflow.trained_models import TrainedRanking
from pairec_cli.workflow.workspace import Workspace

MODEL, ORACLE = "model", "oracle"
EVERYBODY = "-1"
"""The trigger of a recall list that is the same for all users."""
_CLICK = "'click'"
Floats = npt.NDArray[np.float64]
FIGURES = ("auc", "grouped_auc", "log_loss", "mean_squared_error")


@dataclass(frozen=True)
class Quality:
    """The figures of one order for one target and day; None where it has no such figure."""

    ds: str
    target: str
    order: str
    auc: float | None = None
    grouped_auc: float | None = None
    log_loss: float | None = None
    mean_squared_error: float | None = None


@dataclass(frozen=True)
class Held:
    """The held-out rows of a day: users and items by id, (n,)."""

    ds: str
    users: pa.ChunkedArray
    items: pa.ChunkedArray
    labels: pa.Table


@dataclass(frozen=True)
class SampleCount:
    """Rows and positives of a day of the training set."""

    ds: str
    use: str
    """`train` or `held out`."""
    rows: int
    positives: dict[str, int]
    """Target → rows with a value above one half, or above zero for a number."""


def qualities(workspace: Workspace, ranking: TrainedRanking, ds: str | None = None) -> list[Quality]:
    """Every trained model's metrics, or those of one day, with the other orders of the newest day shown.

    Raises NotFound when nothing is trained.
    """
    days = [ds] if ds else ranking.days
    ranking.folder(ds)
    found = [one for day in days for one in _of_model(ranking, day)]
    held = _held(workspace, ranking, days[-1])
    if held is not None:
        found += _other_orders(workspace, ranking, held)
    return sorted(found, key=lambda one: (one.ds, one.target))


def toward_oracle(found: list[Quality]) -> Iterator[tuple[Quality, float]]:
    """The model's figures beside an oracle's, with how far it came from 0.5 to it: 1 is all the way."""
    oracle = {(one.ds, one.target): one.grouped_auc for one in found if one.order == ORACLE}
    for one in found:
        best = oracle.get((one.ds, one.target))
        if one.order == MODEL and one.grouped_auc is not None and best is not None and best > 0.5:
            yield one, (one.grouped_auc - 0.5) / (best - 0.5)


def _of_model(ranking: TrainedRanking, ds: str) -> Iterator[Quality]:
    report = ranking.report(ds)
    try:
        best = report["epochs"][report["best_epoch"] - 1]
        for target in ranking.form.targets:
            values = {one["metric"]: one["value"] for one in best["metrics"] if one["target"] == target.name}
            yield Quality(ds, target.name, MODEL, **{name: values.get(name) for name in FIGURES})
    except (KeyError, IndexError, TypeError) as error:
        path = ranking.folder(ds) / "metrics.json"
        raise DataError(f"{path} does not tell metrics: {error!r}", hint="pairec rank train") from error


def _held(workspace: Workspace, ranking: TrainedRanking, ds: str) -> Held | None:
    """The day's held-out rows; None when their partition is gone."""
    table = ranking.table("fg_encoded_eval")
    if ds not in workspace.warehouse.ledger.partitions(table):
        return None
    names = TableNames(ranking.what.solution)
    hidden = [f"__{names.user_id}__", f"__{names.item_id}__"]
    labels = [target.name for target in ranking.form.targets]
    rows = workspace.warehouse.read(table, [ds], [*hidden, *labels])
    return Held(ds, rows.column(hidden[0]), rows.column(hidden[1]), rows.select(labels))


def _other_orders(workspace: Workspace, ranking: TrainedRanking, held: Held) -> Iterator[Quality]:
    groups = _numbers(held.users)
    shared = {"recalls": _by_recalls(workspace, ranking, held), "oracle": _by_truth(workspace, ranking, held)}
    shared["random"] = np.random.default_rng(0).random(len(groups))
    for target in ranking.form.targets:
        if target.type != "classification":
            continue
        labels = held.labels.column(target.name).to_numpy().astype(np.float64)
        orders = {**shared, "popularity": _by_popularity(workspace, ranking, held, target)}
        if _CLICK not in target.expression:
            orders["oracle"] = None  # the planted truth is that of clicks
        for name, scores in orders.items():
            if scores is not None:
                by_user = grouped_auc(labels, scores, groups)
                yield Quality(held.ds, target.name, name, auc=auc(labels, scores), grouped_auc=by_user)


def _by_popularity(
    workspace: Workspace, ranking: TrainedRanking, held: Held, target: RankingTarget
) -> Floats | None:
    table = ranking.table("fg_encoded")
    if held.ds not in workspace.warehouse.ledger.partitions(table):
        return None
    key = f"__{TableNames(ranking.what.solution).item_id}__"
    rows = workspace.warehouse.read(table, [held.ds], [key, target.name])
    sums = rows.group_by(key).aggregate([(target.name, "sum")])
    known = dict(
        zip(sums.column(key).to_pylist(), sums.column(f"{target.name}_sum").to_pylist(), strict=True)
    )
    return np.array([known.get(item, 0.0) for item in held.items.to_pylist()], np.float64)


def _by_recalls(workspace: Workspace, ranking: TrainedRanking, held: Held) -> Floats | None:
    """The best score of each candidate; None when no recall table holds the day before."""
    day, solution = shift(held.ds, -1), ranking.what.solution
    scores = np.zeros(len(held.items))
    found = False
    users, items = held.users.to_pylist(), held.items.to_pylist()
    for publication in recall_lists(solution):
        table = TableName(ranking.what.project, publication.table)
        if day not in workspace.warehouse.ledger.partitions(table):
            continue
        found = True
        rows = workspace.warehouse.read(table, [day], [publication.key, "item_ids"])
        lists = {str(row[publication.key]): _scores(row["item_ids"]) for row in rows.to_pylist()}
        for place, (user, item) in enumerate(zip(users, items, strict=True)):
            known = lists.get(user) or lists.get(EVERYBODY) or {}
            scores[place] = max(scores[place], known.get(item, 0.0))
    return scores if found else None


def recall_lists(solution: Solution) -> list[Publication]:
    """The recalls' tables of lists with scores, by which candidates can be ordered."""
    return [
        publication
        for recall in solution.enabled_recalls
        for publication in RECALLS.load(recall.type)().publications(recall, solution)
        if "item_ids" in publication.columns
    ]


def _scores(text: str | None) -> dict[str, float]:
    """`id:score`, `id:recall:score` or `id::score` lists as id → score."""
    parts = (entry.split(":") for entry in (text or "").split(",") if entry.count(":"))
    return {part[0]: float(part[-1]) for part in parts}


def _by_truth(workspace: Workspace, ranking: TrainedRanking, held: Held) -> Floats | None:
    """The true probability of a click; None for data that was not generated here."""
    config, table = world_config(workspace), ranking.what.solution.data_tables.behavior.table
    if config is None or TableName.parse(table, "").table != demo_tables()[TableRole.BEHAVIOR]:
        return None
    try:
        users, items = (np.array(ids.to_pylist(), np.int64) for ids in (held.users, held.items))
        return World(config).affinity(users, items, held.ds)
    except (ValueError, InvalidInput):
        return None


def _numbers(texts: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """A number per different text."""
    found: npt.NDArray[np.int64] = pc.rank(texts, tiebreaker="dense").to_numpy().astype(np.int64)
    return found


def sample_counts(workspace: Workspace, ranking: TrainedRanking, ds: str | None = None) -> list[SampleCount]:
    """Rows and positives per day of the training set of the newest model, or of one day's."""
    last = ranking.folder(ds).name if ranking.days else ds
    table = ranking.training_set
    if last is None:
        last = max(workspace.warehouse.ledger.partitions(table), default=None)
    if last is None:
        raise DataError(f"{table} has no partition", hint="pairec backfill run")
    sums = ", ".join(
        f"SUM(IF({one.name} > {0.5 if one.type == 'classification' else 0.0}, 1, 0)) AS {one.name}"
        for one in ranking.form.targets
    )
    days = DsRange.ending(last, ranking.form.training_days)
    rows = workspace.sql.query(
        f"SELECT ds, COUNT(*) AS n, {sums} FROM {table} "
        f"WHERE ds >= '{days.first}' AND ds <= '{days.last}' GROUP BY ds ORDER BY ds",
        project=ranking.what.project,
    )
    return [
        SampleCount(
            row["ds"],
            "held out" if row["ds"] == last else "train",
            row["n"],
            {one.name: row[one.name] for one in ranking.form.targets},
        )
        for row in rows.to_pylist()
    ]
