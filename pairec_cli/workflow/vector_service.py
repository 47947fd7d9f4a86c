"""The vector recalls of a deployed solution, and where their models lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pairec_cli.domain.deployment import WorkflowName
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import TableName
from pairec_cli.recall.vector import TRAINING, VOCABULARY, VectorRecallConfig, model_name, table
from pairec_cli.workflow import solution_document
from pairec_cli.workflow.archive import SOLUTION_FILE
from pairec_cli.workflow.deployed_scripts import DeployedScripts
from pairec_cli.workflow.workspace import Workspace


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
