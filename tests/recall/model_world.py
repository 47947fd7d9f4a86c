"""Nodes of a recall with a model over triggers and items in a little warehouse, training included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from types import SimpleNamespace
from typing import Any, cast

from pairec_cli.domain.ds import resolve_parameters
from pairec_cli.domain.package import Node, NodeKind
from pairec_cli.domain.solution import Solution
from pairec_cli.features.nodes import feature_nodes
from pairec_cli.recall.item_model import model_name
from pairec_cli.recall.registry import RECALLS
from pairec_cli.workflow.archive import MODELS_FOLDER
from pairec_cli.workflow.recall_models import RecallModel
from pairec_cli.workflow.workspace import Workspace
from tests.features.world import World, at, event
from tests.recall.conftest import MakeWorld

DS = "20260131"
TRAINERS = {
    "metric": "pairec_cli.workflow.metric_training:MetricTraining",
    "paths": "pairec_cli.workflow.path_training:PathTraining",
}


def run_model(world: World, method: Any, config: Any, ds: str = DS) -> list[str]:
    """Runs the recall's nodes in order; returns what the training logged."""
    logged: list[str] = []
    files = method.package_files(config, world.solution, {})
    for node in method.nodes(config, world.solution):
        if node.kind is NodeKind.PAI_DLC:
            logged += train(world, config, node, files, ds)
        else:
            world.run(node, ds)
    return logged


def train(world: World, config: Any, node: Node, files: Mapping[str, str], ds: str) -> list[str]:
    """The training node; `files` are those of the package."""
    logged: list[str] = []
    models = world.warehouse.layout.root.parent / "models"
    served = RecallModel(world.solution, config, models / model_name(config, world.solution))
    workspace = cast(Workspace, SimpleNamespace(warehouse=world.warehouse, models=models))
    resources = {f"{MODELS_FOLDER}/{path.removeprefix('models/')}": text for path, text in files.items()}
    module, _, name = TRAINERS[RECALLS.load(config.type).trainer].partition(":")
    getattr(import_module(module), name)(
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


def taken(user: int) -> set[str]:
    return {str(1 + (user + step) % 7) for step in range(4)}


def world_of_clicks(make_world: MakeWorld, solution: Solution, clicks: Mapping[str, Sequence[str]]) -> World:
    """Users who clicked items on one day, an hour and a request each, after the feature nodes."""
    log = [
        event(user, item, what, event_time=at(DS, hour), request_id=f"r{user}-{hour}")
        for user, items in clicks.items()
        for hour, item in enumerate(items)
        for what in ("expr", "click")
    ]
    return world_of(make_world, solution, {DS: log})


def world_of(
    make_world: MakeWorld, solution: Solution, log: Mapping[str, Iterable[Mapping[str, Any]]]
) -> World:
    """Days of behavior, with the users and items of all of them, after the feature nodes of the last day."""
    world = make_world(solution)
    rows = {ds: list(day) for ds, day in log.items()}
    users, items = ({row[key] for day in rows.values() for row in day} for key in ("user_id", "item_id"))
    for ds, day in rows.items():
        world.put_behavior(ds, day)
        world.put_users(
            ds,
            [{"user_id": int(one), "gender": "mf"[len(one) % 2]} for one in sorted(users) if one.isdigit()],
        )
        world.put_items(
            ds,
            [{"item_id": int(one), "category": f"c{int(one) % 2}"} for one in sorted(items) if one.isdigit()],
        )
        world.run(feature_nodes(solution), ds)
    return world
