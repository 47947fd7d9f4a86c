"""The engine's stores set back to a day: a FeatureDB of that day's recall tables, the models of that day, and
what to serve with.

Every recall then answers as it did that day, by the engine's own code; nothing later can be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import TableName, TableRole
from pairec_cli.evaluation.recalls import Scored
from pairec_cli.online.featuredb import FeatureDB
from pairec_cli.online.in_service import InService
from pairec_cli.recall.engine_entry import published_recall
from pairec_cli.workflow import engine_config
from pairec_cli.workflow.solution_recalls import LIST, SolutionRecall
from pairec_cli.workflow.workspace import Workspace

Serve = Callable[[Mapping[str, Any], FeatureDB, str, Sequence[str], Path], list[Mapping[str, Scored]]]
"""(engine configuration, FeatureDB, scene, users, folder of models) → for each user, what each of the scene's
recalls gives."""

_MOST = 10_000


def day_config(solution: Solution, scene: str, recalls: Sequence[SolutionRecall]) -> dict[str, Any]:
    """The engine's configuration of one scene with these recalls, fallbacks among them; without a model.

    A list per user is read from its table, also by recalls that ask an index when they serve; where there
    are no lists, but histories of users, the recall's own entry makes them with the day's model.
    """
    config = engine_config.engine_config(solution, "")
    entries = [_entry(one, solution) for one in recalls]
    return {
        "FeatureStoreConfs": config["FeatureStoreConfs"],
        "SceneConfs": {scene: {"default": {"RecallNames": [entry["Name"] for entry in entries]}}},
        "RecallConfs": entries,
        "UserFeatureConfs": {
            scene: {"FeatureLoadConfs": config["UserFeatureConfs"][scene]["FeatureLoadConfs"][:1]}
        },
    }


def _entry(recall: SolutionRecall, solution: Solution) -> dict[str, Any]:
    view = recall.served.table
    if recall.served_key == TableNames(solution).user_id and recall.has_lists:
        return published_recall(solution, recall.name, "UserCustomRecall", _MOST, view)
    if recall.method.is_fallback:
        return published_recall(solution, recall.name, "UserGlobalHotRecall", _MOST, view)
    return dict(recall.method.engine_conf(recall.config, solution))


def publish_day(
    workspace: Workspace,
    store: FeatureDB,
    solution: Solution,
    recalls: Sequence[SolutionRecall],
    ds: str,
    users: Collection[str],
) -> None:
    """Put the day's tables of the recalls, and the users' attributes of that day, into `store`; of tables
    that are looked up by user the rows of `users` alone."""
    names = TableNames(solution)
    for recall in recalls:
        for one in recall.publications:
            columns = [column for column in one.columns if column == LIST] or list(one.columns)
            table = TableName(names.project, one.table)
            if ds in workspace.warehouse.partitions(table):
                _copy(workspace, store, table, one.view, one.key, columns, ds, _keys(one.key, names, users))
    features = TableName(names.project, names.all_feat(TableRole.USER))
    attributes = TableName(names.project, names.preprocess(TableRole.USER))
    known = (
        [features]
        if _has(workspace, features, ds)
        else [attributes]
        if _has(workspace, attributes, ds)
        else []
    )
    for table in known:
        key = names.user_id
        columns = [name for name in workspace.warehouse.schema(table).column_names if name != key]
        _copy(workspace, store, table, features.table, key, columns, ds, users)


def online_model(recall: SolutionRecall) -> str:
    """Name of the model that the recall asks with each request; empty where it has lists, or no model."""
    if recall.has_lists:
        return ""
    return str(recall.method.engine_conf(recall.config, recall.solution).get("RecallAlgo", ""))


def day_models(workspace: Workspace, recalls: Sequence[SolutionRecall], ds: str, folder: Path) -> Path:
    """Puts the day's models into service in `folder`, which may be thrown away; what serves outside of it
    stays."""
    for recall in recalls:
        if model := online_model(recall):
            names, own = TableNames(recall.solution), folder / model
            own.mkdir(parents=True)
            (own / ds).symlink_to((workspace.models / model / ds).resolve(), target_is_directory=True)
            InService(ds, ds, workspace.instance.timezone, names.user_id, names.item_id).write(own)
    return folder


def _has(workspace: Workspace, table: TableName, ds: str) -> bool:
    return workspace.warehouse.ledger.schema(table) is not None and ds in workspace.warehouse.partitions(
        table
    )


def _keys(key: str, names: TableNames, users: Collection[str]) -> Collection[str] | None:
    return users if key == names.user_id else None


def _copy(
    workspace: Workspace,
    store: FeatureDB,
    table: TableName,
    view: str,
    key: str,
    columns: Sequence[str],
    ds: str,
    keys: Collection[str] | None,
) -> None:
    rows = workspace.warehouse.read(table, [ds], [key, *columns])
    if keys is not None:
        ids = pc.cast(rows.column(key), pa.string())
        rows = rows.filter(pc.is_in(ids, value_set=pa.array(sorted(keys), pa.string())))
    arrays = [rows.column(column).to_pylist() for column in (key, *columns)]
    store.publish(view, key, columns, zip(*arrays, strict=True), ds=ds, fingerprint=ds)
