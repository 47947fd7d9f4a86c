"""A deployed engine configuration goes into service when what it reads is online.

Until then the engine serves with what it has: a solution whose tables have new names does not leave its scene
without recommendations between its deployment and the end of its backfill.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pairec_cli.domain.deployment import WorkflowName
from pairec_cli.workflow import engine_config
from pairec_cli.workflow.archive import ENGINE_FILE
from pairec_cli.workflow.deployed_scripts import DeployedScripts, replace_text
from pairec_cli.workflow.ranking_service import put_model_into_service, served_ranking
from pairec_cli.workflow.vector_service import put_towers_into_service
from pairec_cli.workflow.workspace import Workspace

_VIEW_KEYS = ("FeatureStoreViewName", "TriggerView", "SimilarView")


def put_into_service(workspace: Workspace, target: WorkflowName) -> tuple[str, ...]:
    """Merge the workflow's deployed configuration into what is served; doing so again changes nothing.

    Returns what it waits for: when its scene is served already, it takes over only when the views that are
    new to it are online, and its models are trained. Raises AlreadyExists for a recall of another scene
    with its name, DataError for a new model that cannot be served.
    """
    ranking = served_ranking(workspace, target)
    model = None if ranking is None else put_model_into_service(workspace, ranking)
    untrained = put_towers_into_service(workspace, target)
    text = DeployedScripts(workspace.dataworks(target.workspace)).files(target.workflow).get(ENGINE_FILE)
    if text is None:
        return ()
    wanted: dict[str, Any] = json.loads(text)
    current = served(workspace)
    merged = engine_config.merge(current, wanted)
    if merged == current:
        return ()
    if current.get("SceneConfs", {}).keys() & wanted["SceneConfs"].keys():
        there = {view.name for view in workspace.featuredb.views()} | set(_views(current))
        waits = list(dict.fromkeys(view for view in _views(wanted) if view not in there))
        if ranking is not None and model is None:
            waits.append(f"model {ranking.name}")
        waits += [f"model {name}" for name in untrained]
        if waits:
            return tuple(waits)
    replace_text(workspace.engine_path, engine_config.dump(merged))
    return ()


def refuse_clash(workspace: Workspace, text: str) -> None:
    """Raises AlreadyExists when the configuration cannot stand beside what other scenes are served with."""
    engine_config.merge(served(workspace), json.loads(text))


def served(workspace: Workspace) -> dict[str, Any]:
    """What the engine serves with; empty before the first deployment."""
    try:
        current: dict[str, Any] = json.loads(workspace.engine_path.read_text())
    except FileNotFoundError:
        return {}
    return current


def _views(config: Any) -> Iterator[str]:
    """Every feature view that a configuration names."""
    if isinstance(config, dict):
        for key, value in config.items():
            if key in _VIEW_KEYS and value:
                yield str(value)
            else:
                yield from _views(value)
    elif isinstance(config, list):
        for entry in config:
            yield from _views(entry)
