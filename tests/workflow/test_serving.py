"""When a deployed engine configuration goes into service."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pairec_cli.domain.deployment import WorkflowName
from pairec_cli.domain.errors import AlreadyExists
from pairec_cli.project import Project
from pairec_cli.workflow.deployed_scripts import DeployedScripts
from pairec_cli.workflow.serving import put_into_service, refuse_clash, served

FLOW, OTHER = WorkflowName("ws", "Flow"), WorkflowName("ws", "Other")


def config(scene: str, *views: str, name: str = "hot") -> dict[str, Any]:
    """One scene whose only recall reads the first view; its users' features come from the others."""
    loads = [{"FeatureDaoConf": {"FeatureStoreViewName": view, "FeatureStore": "user"}} for view in views[1:]]
    recall = {"Name": name, "DaoConf": {"FeatureStoreViewName": views[0]}}
    return {
        "SceneConfs": {scene: {"default": {"RecallNames": [name]}}},
        "RecallConfs": [recall],
        "UserFeatureConfs": {scene: {"FeatureLoadConfs": loads}},
    }


def deploy(project: Project, text: dict[str, Any], flow: WorkflowName = FLOW) -> tuple[str, ...]:
    scripts = DeployedScripts(project.dataworks(flow.workspace))
    scripts.write(flow.workflow, {"PaiRec/engine.json": json.dumps(text)})
    return put_into_service(project, flow)


def publish(project: Project, *views: str) -> None:
    for view in views:
        project.featuredb.publish(view, "id", ["x"], [("1", 1)], ds="20260101", fingerprint="f")


def test_a_first_configuration_is_served_at_once(project: Project) -> None:
    assert served(project) == {}
    assert deploy(project, config("Home", "hot_v1")) == ()
    assert served(project) == config("Home", "hot_v1")


def test_a_scene_that_is_served_changes_when_every_new_view_is_online(project: Project) -> None:
    first, second = config("Home", "hot_v1", "users_v1"), config("Home", "hot_v2", "users_v2")
    deploy(project, first)
    assert deploy(project, second) == ("hot_v2", "users_v2")
    publish(project, "hot_v2")
    assert put_into_service(project, FLOW) == ("users_v2",)
    assert served(project) == first
    publish(project, "users_v2")
    assert put_into_service(project, FLOW) == ()
    assert served(project) == second


def test_what_explains_a_recall_is_waited_for_too(project: Project) -> None:
    deploy(project, config("Home", "u2i_v1"))
    wanted = config("Home", "u2i_v2")
    wanted["RecallConfs"][0]["Explain"] = {"TriggerView": "t_v2", "SimilarView": "s_v2"}
    publish(project, "u2i_v2", "t_v2")
    assert deploy(project, wanted) == ("s_v2",)


def test_other_settings_over_views_that_are_online_are_served_at_once(project: Project) -> None:
    deploy(project, config("Home", "hot_v1"))
    publish(project, "hot_v1")
    changed = config("Home", "hot_v1") | {"SortNames": {"default": ["ItemRankScore"]}}
    assert deploy(project, changed) == ()
    assert served(project) == changed


def test_another_scene_does_not_wait(project: Project) -> None:
    deploy(project, config("Home", "hot_v1"))
    assert deploy(project, config("Detail", "similar_v1", name="similar"), OTHER) == ()
    assert set(served(project)["SceneConfs"]) == {"Home", "Detail"}


def test_doing_so_again_writes_nothing(project: Project) -> None:
    deploy(project, config("Home", "hot_v1"))
    before = project.engine_path.stat().st_mtime_ns
    assert put_into_service(project, FLOW) == ()
    assert project.engine_path.stat().st_mtime_ns == before


def test_a_workflow_without_a_configuration_has_nothing_to_serve(project: Project) -> None:
    assert put_into_service(project, FLOW) == ()
    assert served(project) == {}


def test_a_clash_with_another_scene_is_refused(project: Project) -> None:
    deploy(project, config("Home", "hot_v1"))
    with pytest.raises(AlreadyExists, match="recall named 'hot'"):
        refuse_clash(project, json.dumps(config("Detail", "hot_v2")))
    refuse_clash(project, json.dumps(config("Home", "hot_v2")))
