"""Train/serve consistency: training rows replayed through the encoder that serves requests."""

from __future__ import annotations

from typing import Any

from pairec_cli.domain.errors import DataError
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.tables import TableName
from pairec_cli.online.replaying import FeatureCheck, replay
from pairec_cli.workflow.trained_models import TrainedRanking
from pairec_cli.workflow.workspace import Workspace

Key = tuple[str, str, str]


def check(
    workspace: Workspace, ranking: TrainedRanking, ds: str | None = None, *, rows: int = 1000
) -> list[FeatureCheck]:
    """How each input fares on up to `rows` rows of the model's held-out day, the worst first.

    Raises NotFound without a model, DataError without its rows.
    """
    folder = ranking.folder(ds)
    names = TableNames(ranking.what.solution)
    raw = _rows(workspace, ranking.training_set, folder.name, (names.user_id, names.item_id))
    hidden = tuple(f"__{name}__" for name in (names.user_id, names.item_id))
    encoded = _rows(workspace, ranking.table("fg_encoded_eval"), folder.name, hidden)
    keys = sorted(raw.keys() & encoded.keys())
    if not keys:
        raise DataError(f"no row of {ranking.training_set} ds={folder.name} was encoded", hint="pairec run")
    step = max(1, len(keys) // rows)
    chosen = keys[::step][:rows]
    found = replay(
        folder,
        [raw[key] for key in chosen],
        [encoded[key] for key in chosen],
        timezone=workspace.instance.timezone,
    )
    return sorted(found.values(), key=lambda one: (-one.mismatches, -one.largest, one.feature))


def _rows(workspace: Workspace, table: TableName, ds: str, ids: tuple[str, ...]) -> dict[Key, dict[str, Any]]:
    """The day's rows by request, user and item."""
    if ds not in workspace.warehouse.ledger.partitions(table):
        raise DataError(f"{table} has no partition ds={ds}", hint=f"pairec backfill run --end {ds}")
    data = workspace.warehouse.read(table, [ds])
    columns = [data.column(name).to_pylist() for name in ("request_id", *ids)]
    keys = (tuple(map(str, key)) for key in zip(*columns, strict=True))
    return {(key[0], key[1], key[2]): row for key, row in zip(keys, data.to_pylist(), strict=True)}
