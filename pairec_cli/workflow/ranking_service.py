"""Trained models go into service: the newest one, over the newest item features.

What is served is `models/<model>/current.json`; it changes only when everything that it names is whole and
has been opened once, so that a model which cannot be served leaves the one before in service.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pairec_cli.domain.deployment import WorkflowName
from pairec_cli.domain.errors import DataError, PairecError
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.registry import Registry
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import TableName, TableRole
from pairec_cli.online.in_service import InService
from pairec_cli.online.model_description import MODEL_FILE, ModelDescription
from pairec_cli.online.snapshot_writing import write_snapshot
from pairec_cli.ranking.pipeline import model_name
from pairec_cli.workflow import solution_document
from pairec_cli.workflow.archive import SOLUTION_FILE
from pairec_cli.workflow.deployed_scripts import DeployedScripts, replace_folder, replace_text
from pairec_cli.workflow.workspace import Workspace

_READERS = Registry("model reader", {"onnx": "pairec_cli.online.ranking_models:RankingModel"})
"""Opened when a new model goes into service; nothing else offline needs the ONNX runtime."""


@dataclass(frozen=True)
class ServedRanking:
    """The ranking of a deployed solution, and where its models lie."""

    solution: Solution
    folder: Path
    items: TableName
    """The item features."""
    vocabulary: TableName
    user_id: str
    item_id: str

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def project(self) -> str:
        return self.items.project


def served_ranking(workspace: Workspace, target: WorkflowName) -> ServedRanking | None:
    """The workflow's ranking; None when no solution is deployed there, or one that does not rank."""
    text = DeployedScripts(workspace.dataworks(target.workspace)).files(target.workflow).get(SOLUTION_FILE)
    if text is None:
        return None
    solution = solution_document.read(text, SOLUTION_FILE)
    if solution.ranks is None:
        return None
    names = TableNames(solution)
    items = TableName(names.project, names.all_feat(TableRole.ITEM))
    folder = workspace.models / model_name(solution)
    vocabulary = TableName(names.project, names.ranking(solution.ranks.name, "vocabulary"))
    return ServedRanking(solution, folder, items, vocabulary, names.user_id, names.item_id)


def trained_days(folder: Path) -> list[str]:
    """Days of the models in a folder, oldest first."""
    found = (path.parent.name for path in folder.glob(f"*/{MODEL_FILE}"))
    return sorted(name for name in found if re.fullmatch(r"\d{8}", name))


def put_model_into_service(workspace: Workspace, ranking: ServedRanking) -> InService | None:
    """Serve with the newest model and the newest item features; doing so again changes nothing.

    Returns what is in service, None while there is no model or no item features. Raises PairecError when the
    newest model cannot be served; the one before stays.
    """
    days = trained_days(ranking.folder)
    partitions = workspace.warehouse.ledger.partitions(ranking.items)
    if not days or not partitions:
        return None
    wanted = InService(
        days[-1], max(partitions), workspace.instance.timezone, ranking.user_id, ranking.item_id
    )
    fingerprint = partitions[wanted.items].fingerprint
    snapshot = wanted.snapshot(ranking.folder)
    if _in_service(ranking.folder) == wanted and _made_from(snapshot) == fingerprint:
        return wanted
    try:
        description = ModelDescription.read(ranking.folder / wanted.model)
        if _made_from(snapshot) != fingerprint:
            _source(snapshot).unlink(missing_ok=True)
            write_items(workspace, ranking, description, wanted.items, snapshot)
            replace_text(_source(snapshot), fingerprint)
        _open(ranking.folder, wanted)
    except PairecError as error:
        raise DataError(
            f"model {ranking.name} of {wanted.model} cannot serve: {error.message}",
            hint=error.hint,
        ) from error
    before = _in_service(ranking.folder)
    wanted.write(ranking.folder)
    _sweep(ranking.folder, [one.snapshot(ranking.folder) for one in (wanted, before) if one])
    return wanted


def put_in_place(workspace: Workspace, ranking: ServedRanking, ds: str, made: Path) -> None:
    """The finished folder `made` becomes the model of the day, in place of one that is there.

    Where that one is in service, engines read the new one from their next request on.
    """
    final, served = ranking.folder / ds, _in_service(ranking.folder)
    replaced = served is not None and served.model == ds
    if served is not None and replaced:
        snapshot = made / served.snapshot(ranking.folder).name
        partition = workspace.warehouse.ledger.partitions(ranking.items).get(served.items)
        if partition is not None:
            write_items(workspace, ranking, ModelDescription.read(made), served.items, snapshot)
            replace_text(_source(snapshot), partition.fingerprint)
    replace_folder(final, made)
    if served is not None and replaced:
        served.write(ranking.folder)


def write_items(
    workspace: Workspace, ranking: ServedRanking, description: ModelDescription, ds: str, folder: Path
) -> None:
    """The items of one day as the model reads them. Raises DataError for a column that is not there."""
    known = workspace.warehouse.schema(ranking.items).column_names
    wanted = {
        source
        for feature in description.features.values()
        for source, side in zip(feature.sources, feature.sides, strict=True)
        if side == "item"
    }
    if missing := sorted(wanted - set(known)):
        raise DataError(f"{ranking.items} has no column {missing[0]!r}, which the model reads")

    def column(name: str) -> Sequence[object]:
        values: list[object] = workspace.warehouse.read(ranking.items, [ds], [name]).column(name).to_pylist()
        return values

    ids = [str(value) for value in column(ranking.item_id)]
    write_snapshot(description, ids, column, folder)


def _open(folder: Path, wanted: InService) -> None:
    """Raises DataError when the model cannot be opened."""
    _READERS.load("onnx")(folder, wanted)


def _in_service(folder: Path) -> InService | None:
    try:
        return InService.read(folder)
    except DataError:
        return None


def _source(snapshot: Path) -> Path:
    """Where a snapshot's origin is noted: the fingerprint of the partition that it was made from."""
    return snapshot.with_name(f"{snapshot.name}.source")


def _made_from(snapshot: Path) -> str | None:
    try:
        return _source(snapshot).read_text("utf-8") if snapshot.is_dir() else None
    except OSError:
        return None


def _sweep(folder: Path, keep: Sequence[Path]) -> None:
    """Take away snapshots that no engine reads any more."""
    for path in folder.glob("*/items-*"):
        if path.is_dir() and path not in keep:
            _source(path).unlink(missing_ok=True)
            shutil.rmtree(path, ignore_errors=True)
