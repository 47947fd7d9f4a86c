"""Nodes of a vector recall in a little warehouse, its training node included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

from pairec_cli.domain.ds import resolve_parameters
from pairec_cli.domain.package import Node, NodeKind
from pairec_cli.recall.item_model import model_name
from pairec_cli.workflow.archive import MODELS_FOLDER
from pairec_cli.workflow.tower_training import TowerTraining
from pairec_cli.workflow.vector_service import ServedVectors
from pairec_cli.workflow.workspace import Workspace
from tests.features.world import World


def run_recall(world: World, nodes: Iterable[Node], files: Mapping[str, str], ds: str) -> list[str]:
    """Runs the nodes in order for the day of the first recall; returns what the training logged."""
    logged: list[str] = []
    for node in nodes:
        if node.kind is NodeKind.PAI_DLC:
            logged += train(world, node, files, ds)
        else:
            world.run(node, ds)
    return logged


def train(world: World, node: Node, files: Mapping[str, str], ds: str) -> list[str]:
    """The training node; `files` are those of the package."""
    solution, logged = world.solution, list[str]()
    models = world.warehouse.layout.root.parent / "models"
    recall: Any = solution.recalls[0]
    served = ServedVectors(solution, recall, models / model_name(recall, solution))
    workspace = cast(Workspace, SimpleNamespace(warehouse=world.warehouse, models=models))
    resources = {f"{MODELS_FOLDER}/{path.removeprefix('models/')}": text for path, text in files.items()}
    TowerTraining(
        workspace,
        served,
        replace(node, resources=resources),
        ds,
        resolve_parameters(dict(node.parameters), ds),
        "f" * 32,
        logged.append,
        device="cpu",
    ).run()
    return logged
