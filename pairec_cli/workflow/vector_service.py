"""The vector recalls of a deployed solution, where their models lie, and which model serves.

What is served is `models/<solution>_<recall>/current.json`; it names another model only when that one has
been opened once. A recall whose lists are made offline has none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pairec_cli.domain.deployment import WorkflowName
from pairec_cli.domain.errors import DataError, PairecError
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node
from pairec_cli.domain.registry import Registry
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import TableName
from pairec_cli.online.in_service import InService
from pairec_cli.online.model_description import MODEL_FILE
from pairec_cli.recall.item_model import model_name
from pairec_cli.recall.vector import TRAINING, VOCABULARY, VectorRecallConfig, table
from pairec_cli.workflow import solution_document
from pairec_cli.workflow.archive import SOLUTION_FILE
from pairec_cli.workflow.deployed_scripts import DeployedScripts
from pairec_cli.workflow.workspace import Workspace

_READERS = Registry("user tower", {"onnx": "pairec_cli.online.user_towers:UserTower"})
"""Opened when a new model goes into service; nothing else offline needs the ONNX runtime."""
_TOWER = f"export/user/{MODEL_FILE}"


@dataclass(frozen=True)
class ServedVectors:
    """One vector recall of a deployed solution."""

    solution: Solution
    config: VectorRecallConfig
    folder: Path
    """Its models, one folder a day."""

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def project(self) -> str:
        return TableNames(self.solution).project

    def table(self, part: str) -> TableName:
        return TableName(self.project, table(self.config, self.solution, part))

    @property
    def vocabulary(self) -> TableName:
        return self.table(VOCABULARY)

    @property
    def item_id(self) -> str:
        return TableNames(self.solution).item_id


def vector_recalls(workspace: Workspace, target: WorkflowName) -> list[ServedVectors]:
    """Those of the workflow's solution, in its order; none when no solution is deployed there."""
    text = DeployedScripts(workspace.dataworks(target.workspace)).files(target.workflow).get(SOLUTION_FILE)
    if text is None:
        return []
    solution = solution_document.read(text, SOLUTION_FILE)
    return [
        ServedVectors(solution, recall, workspace.models / model_name(recall, solution))
        for recall in solution.enabled_recalls
        if isinstance(recall, VectorRecallConfig)
    ]


def vector_recall_of(workspace: Workspace, target: WorkflowName, node: Node) -> ServedVectors | None:
    """The recall whose model the node trains; None for any other node."""
    recalls = vector_recalls(workspace, target)
    return next((one for one in recalls if one.table(TRAINING).table == node.name), None)


def trained_towers(folder: Path) -> list[str]:
    """Days of the models in a folder that can answer requests, oldest first."""
    found = (path.parents[2].name for path in folder.glob(f"*/{_TOWER}"))
    return sorted(name for name in found if re.fullmatch(r"\d{8}", name))


def put_towers_into_service(workspace: Workspace, target: WorkflowName) -> list[str]:
    """Serve the recalls in online mode with their newest models; doing so again changes nothing. Returns the
    names of models that there are none of yet. Raises DataError when a new one cannot be served; the one
    before stays."""
    missing = []
    for recall in vector_recalls(workspace, target):
        if not recall.config.is_online_mode:
            continue
        days = trained_towers(recall.folder)
        if days:
            _put_into_service(workspace, recall, days[-1])
        else:
            missing.append(recall.name)
    return missing


def _put_into_service(workspace: Workspace, recall: ServedVectors, ds: str) -> None:
    names = TableNames(recall.solution)
    wanted = InService(ds, ds, workspace.instance.timezone, names.user_id, names.item_id)
    if _in_service(recall.folder) == wanted:
        return
    try:
        _READERS.load("onnx")(recall.folder, wanted)
    except PairecError as error:
        raise DataError(
            f"model {recall.name} of {ds} cannot serve: {error.message}", hint=error.hint
        ) from error
    wanted.write(recall.folder)


def serve_again(recall: ServedVectors, ds: str) -> None:
    """Where the model of the day is in service, engines read it anew from their next request on."""
    served = _in_service(recall.folder)
    if served is not None and served.model == ds:
        served.write(recall.folder)


def _in_service(folder: Path) -> InService | None:
    try:
        return InService.read(folder)
    except DataError:
        return None
