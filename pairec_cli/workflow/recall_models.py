"""The recalls of a deployed solution that train a model over triggers and items, and where the models lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pairec_cli.domain.deployment import WorkflowName
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import TableName
from pairec_cli.recall.item_model import TRAINING, ItemModelConfig, model_name
from pairec_cli.recall.registry import RECALLS
from pairec_cli.workflow import solution_document
from pairec_cli.workflow.archive import SOLUTION_FILE
from pairec_cli.workflow.deployed_scripts import DeployedScripts
from pairec_cli.workflow.workspace import Workspace


@dataclass(frozen=True)
class RecallModel:
    """One such recall."""

    solution: Solution
    config: ItemModelConfig
    folder: Path
    """Its models, one folder a day."""

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def project(self) -> str:
        return TableNames(self.solution).project

    @property
    def trainer(self) -> str:
        """What trains it."""
        found: str = RECALLS.load(self.config.type).trainer
        return found

    def table(self, part: str) -> TableName:
        return TableName(self.project, TableNames(self.solution).recall(self.config.name, part))


def recall_model_of(workspace: Workspace, target: WorkflowName, node: Node) -> RecallModel | None:
    """The recall whose model the node trains; None for any other node."""
    text = DeployedScripts(workspace.dataworks(target.workspace)).files(target.workflow).get(SOLUTION_FILE)
    if text is None:
        return None
    solution = solution_document.read(text, SOLUTION_FILE)
    models = (
        RecallModel(solution, recall, workspace.models / model_name(recall, solution))
        for recall in solution.enabled_recalls
        if isinstance(recall, ItemModelConfig)
    )
    return next((one for one in models if one.table(TRAINING).table == node.name), None)
