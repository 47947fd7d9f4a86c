"""An item's neighbours, in every table of similar items and every table of item vectors of a solution.

A table of similar items has the columns `item_id` and `similar_item_ids` (`id:score,…`, most similar first).
A table of item vectors has a column with the item's id and one with its vector, numbers joined by `,`; the
score is then the cosine.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pairec_cli.domain.ds import DsRange
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.tables import TableName, TableRole
from pairec_cli.features.script import literal, literals
from pairec_cli.workflow.deployed_solutions import Deployed
from pairec_cli.workflow.entities import require_item
from pairec_cli.workflow.solution_recalls import SolutionRecall, recall_of, recalls_of, refuse_never_run
from pairec_cli.workflow.workspace import Workspace

LISTED = ("item_id", "similar_item_ids")
_VECTOR_ENDINGS = ("emb", "embedding", "vector")


@dataclass(frozen=True)
class Neighbour:
    """One neighbour in one table. `together`: users who met both items in the recall's training days."""

    recall: str
    table: str
    ds: str
    rank: int
    item_id: str
    score: float
    together: int


def similar_items(
    workspace: Workspace, what: Deployed, item: str, *, recall: str | None = None, size: int = 10
) -> list[Neighbour]:
    """The first `size` of each such table of the recall, or of all enabled ones, on the table's newest day.

    Raises NotFound for an unknown item or recall, NotDeployed for recalls that never ran, InvalidInput for a
    recall without such a table.
    """
    require_item(workspace, what.solution, item)
    named = None if recall is None else recall_of(what.solution, recall)
    chosen = [one for one in recalls_of(what.solution) if one.config.enabled] if named is None else [named]
    for one in chosen if named is not None else ():
        refuse_never_run(workspace, one)
    tables = [(one, table) for one in chosen for table in _tables(workspace, one)]
    if not tables:
        which = "the solution's recalls" if named is None else f"recall {named.name!r}"
        raise InvalidInput(f"{which} made neither similar items nor item vectors", hint="pairec recall list")
    return [found for one, table in tables for found in _neighbours(workspace, one, table, item, size)]


Columns = tuple[str, str]
Table = tuple[TableName, str, Columns]
"""A table, its newest day, and its columns of ids and of lists or vectors."""


def _tables(workspace: Workspace, recall: SolutionRecall) -> Iterator[Table]:
    """The recall's tables that tell neighbours and have a day."""
    for table in recall.tables:
        schema = workspace.warehouse.ledger.schema(table)
        days = workspace.warehouse.partitions(table) if schema else {}
        if schema is None or not days:
            continue
        if set(LISTED) <= set(schema.column_names):
            yield table, max(days), LISTED
        elif (columns := _vector_columns(recall, schema.column_names)) is not None:
            yield table, max(days), columns


def _neighbours(
    workspace: Workspace, recall: SolutionRecall, table: Table, item: str, size: int
) -> Iterator[Neighbour]:
    name, ds, columns = table
    if columns == LISTED:
        found = _listed(workspace, name, ds, item)[:size]
    else:
        found = _nearest(workspace, name, ds, columns, item, size)
    counts = _together(workspace, recall, ds, item, [other for other, _ in found])
    for rank, (other, score) in enumerate(found, 1):
        yield Neighbour(recall.name, name.table, ds, rank, other, score, counts.get(other, 0))


def _listed(workspace: Workspace, table: TableName, ds: str, item: str) -> list[tuple[str, float]]:
    text = f"SELECT similar_item_ids FROM {table} WHERE ds = '{ds}' AND item_id = {literal(item)}"
    rows = workspace.sql.query(text, project=table.project).to_pylist()
    entries = [entry for row in rows for entry in (row["similar_item_ids"] or "").split(",") if entry]
    return [(entry.partition(":")[0], float(entry.rpartition(":")[2])) for entry in entries]


def _vector_columns(recall: SolutionRecall, columns: Sequence[str]) -> Columns | None:
    """(id column, vector column) of a table of item vectors; None for any other table."""
    names = TableNames(recall.solution)
    if any(column in columns for column in (names.user_id, f"__{names.user_id}__")):
        return None
    key = next((column for column in (names.item_id, f"__{names.item_id}__") if column in columns), None)
    vector = [column for column in columns if column.endswith(_VECTOR_ENDINGS)]
    return (key, vector[0]) if key is not None and len(vector) == 1 else None


def _nearest(
    workspace: Workspace, table: TableName, ds: str, columns: Columns, item: str, size: int
) -> list[tuple[str, float]]:
    rows = workspace.warehouse.read(table, [ds], list(columns))
    ids: list[str] = [str(one) for one in rows.column(columns[0]).to_pylist()]
    if item not in ids:
        return []
    vectors = _unit([text or "" for text in rows.column(columns[1]).to_pylist()])
    own = ids.index(item)
    cosine = vectors @ vectors[own]
    order = np.lexsort((np.array(ids), -cosine))
    return [(ids[at], float(cosine[at])) for at in order if at != own][:size]


def _unit(texts: Sequence[str]) -> npt.NDArray[np.float64]:
    """(items, width): vectors of length one; a vector of zeros stays."""
    vectors = np.array([[float(part) for part in text.split(",")] for text in texts])
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: npt.NDArray[np.float64] = vectors / np.where(length > 0, length, 1)
    return unit


_TOGETHER = """\
SELECT other.{iid} AS item_id, COUNT(DISTINCT other.{uid}) AS users
FROM (
    SELECT {uid}, {iid} FROM {behavior} WHERE {window} AND event IN ({events}) AND {iid} IN ({others})
) other
JOIN (
    SELECT DISTINCT {uid} FROM {behavior} WHERE {window} AND event IN ({events}) AND {iid} = {item}
) met
    ON other.{uid} = met.{uid}
GROUP BY other.{iid}"""


def _together(
    workspace: Workspace, recall: SolutionRecall, ds: str, item: str, others: Collection[str]
) -> dict[str, int]:
    """Other item → users who met it and the item, by the recall's events in its days up to `ds`."""
    if not others:
        return {}
    names, solution = TableNames(recall.solution), recall.solution
    behaviors = solution.features.key_behaviors
    days = DsRange.ending(ds, getattr(recall.config, "training_days", 1))
    text = _TOGETHER.format(
        uid=names.user_id,
        iid=names.item_id,
        behavior=names.preprocess(TableRole.BEHAVIOR),
        window=f"ds >= '{days.first}' AND ds <= '{ds}'",
        events=literals(getattr(recall.config, "trigger_events", behaviors[1:] or behaviors)),
        item=literal(item),
        others=literals(others),
    )
    rows = workspace.sql.query(text, project=names.project).to_pylist()
    return {row["item_id"]: row["users"] for row in rows}
