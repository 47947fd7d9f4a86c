"""Recalls run for a day, alone, and what they put online."""

from __future__ import annotations

from pathlib import Path

import pytest

from pairec_cli.domain.ds import shift
from pairec_cli.domain.errors import DataError, InvalidInput, NotFound
from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.project import Project
from pairec_cli.workflow.deployed_solutions import deployed
from pairec_cli.workflow.recall_running import chosen_recalls, recall_plan, run_recalls
from tests.workflow.recalled import BEFORE, recalled, run
from tests.workflow.tiny import DAY


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return recalled(tmp_path)


def test_what_ran_is_online_in_its_scenarios(project: Project) -> None:
    views = {view.name: view.ds for view in project.featuredb.views()}
    assert views["tiny_etrec_u2i_v1"] == views["tiny_group_hot_v1"] == DAY
    [user] = project.featuredb.keys("tiny_etrec_u2i_v1")[:1]
    with project.engine() as engine:
        home, detail = (
            {item.retrieve_id for item in engine.recommend(RecommendRequest(user, scene, 60)).items}
            for scene in ("HomePage", "Detail")
        )
    assert home == {"etrec_u2i", "global_hot"}
    assert "group_hot" in detail
    assert "global_hot" not in detail


def test_its_views_go_online_without_the_sync_node(project: Project) -> None:
    project.featuredb.drop("tiny_etrec_u2i_v1")
    told = run(project, deployed(project), DAY, "etrec_u2i")
    assert told[0].startswith("tiny_etrec_u2i_v1: ") and told[0].endswith(f"rows of ds={DAY} online")
    assert project.featuredb.keys("tiny_etrec_u2i_v1")


def test_a_day_before_what_is_online_changes_nothing_there(project: Project) -> None:
    told = run(project, deployed(project), BEFORE, "etrec_u2i")
    assert len(told) == 3
    assert all(f"ds={DAY} is online and newer" in sentence for sentence in told)


def test_only_its_own_nodes_and_what_they_need(project: Project) -> None:
    what = deployed(project)
    earlier = shift(BEFORE, -3)
    recalls = chosen_recalls(what, "global_hot")
    plan = recall_plan(project, what, recalls, earlier)
    assert {task.node for task in plan.tasks} == {
        "tiny_global_hot_v1",
        "tiny_rec_sln_demo_item_table_v1_preprocess_v1",
        "tiny_rec_sln_demo_behavior_table_v1_preprocess_v1",
    }
    assert recall_plan(project, what, recalls, DAY).tasks == ()
    forced = recall_plan(project, what, recalls, DAY, force=True)
    assert [task.node for task in forced.tasks] == ["tiny_global_hot_v1"]


def test_what_cannot_run_is_refused(project: Project) -> None:
    what = deployed(project)
    with pytest.raises(NotFound, match="recall 'etrec' does not exist; did you mean 'etrec_u2i'"):
        chosen_recalls(what, "etrec")
    with pytest.raises(NotFound) as unused:
        chosen_recalls(what, "swing_u2i")
    assert unused.value.hint == "pairec solution configure --add-recall swing_u2i"
    recalls = chosen_recalls(what, "etrec_u2i")
    with pytest.raises(InvalidInput, match="is not over"):
        recall_plan(project, what, recalls, "29990101")
    far = recall_plan(project, what, recalls, shift(DAY, -30))
    with pytest.raises(DataError, match="lacks"):
        run_recalls(project, what, recalls, far, lambda _: None)
