"""Trained models looked up, and trained anew."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pairec_cli.domain.errors import DataError, InvalidInput, NotDeployed, NotFound
from pairec_cli.domain.runs import Backfill, RunState
from pairec_cli.project import Project
from pairec_cli.workflow.carrying import Progress
from pairec_cli.workflow.trained_models import train, trained_ranking
from tests.workflow.ranked import MODEL, ranked
from tests.workflow.tiny import DAY


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return ranked(tmp_path)


def test_the_newest_model_and_its_report(project: Project) -> None:
    found = trained_ranking(project)
    assert found.days == [DAY]
    assert found.folder(None) == found.folder(DAY) == project.models / MODEL / DAY
    assert found.report(DAY)["model"] == MODEL
    (found.folder(DAY) / "metrics.json").write_text("{")
    with pytest.raises(DataError, match="cannot be read"):
        found.report(DAY)


def test_days_without_a_model_are_told(project: Project) -> None:
    found = trained_ranking(project)
    with pytest.raises(NotFound, match="model tiny_rank of '20200101'") as caught:
        found.folder("20200101")
    assert caught.value.hint == "pairec rank train --ds 20200101"
    shutil.rmtree(project.models)
    with pytest.raises(NotFound, match="trained model") as caught:
        found.folder(None)
    assert caught.value.hint == "pairec rank train"


def test_solutions_without_a_ranking_are_told(deployed: Project) -> None:
    with pytest.raises(InvalidInput, match="has no ranking") as caught:
        trained_ranking(deployed)
    assert "--ranking-model" in (caught.value.hint or "")


def test_nothing_is_deployed(solved: Project) -> None:
    with pytest.raises(NotDeployed):
        trained_ranking(solved)


def test_training_again_tells_how_far_it_is(project: Project) -> None:
    told: list[Progress] = []
    done = train(project, trained_ranking(project), DAY, told.append)
    assert isinstance(done, Backfill) and done.state is RunState.OK
    assert [task.node for task in done.tasks] == ["tiny_rank_train_v1"]
    shares = [one.share for one in told if one.share is not None]
    assert shares == sorted(shares)
    assert 0 < shares[-1] <= 1
    assert train(project, trained_ranking(project), DAY, told.append, dry_run=True) == ["tiny_rank_train_v1"]


def test_a_device_that_is_not_there(project: Project) -> None:
    done = train(project, trained_ranking(project), DAY, lambda _: None, device="gpu")
    assert isinstance(done, Backfill) and done.state is RunState.FAILED
    assert "device 'gpu' is none of auto, cpu, cuda" in done.tasks[0].reason


def test_a_window_longer_than_the_data_names_the_days(project: Project) -> None:
    shorter = trained_ranking(project)
    solution = shorter.what.solution
    assert solution.ranking is not None
    longer = solution.model_copy(
        update={"ranking": solution.ranking.model_copy(update={"training_days": 40})}
    )
    what = replace(shorter, what=replace(shorter.what, solution=longer))
    with pytest.raises(DataError, match="lacks") as caught:
        train(project, what, DAY, lambda _: None)
    assert "pairec data generate" in (caught.value.hint or "")
