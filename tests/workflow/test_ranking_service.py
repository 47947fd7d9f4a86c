"""What is in service: the newest model over the newest items, and the one before when that fails."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pairec_cli.domain.deployment import WorkflowName
from pairec_cli.domain.ds import shift
from pairec_cli.domain.errors import DataError
from pairec_cli.online.in_service import InService
from pairec_cli.project import Project
from pairec_cli.workflow.deployed_solutions import deployed
from pairec_cli.workflow.ranking_service import (
    ServedRanking,
    put_model_into_service,
    served_ranking,
    trained_days,
)
from tests.workflow.ranked import MODEL, ranked
from tests.workflow.tiny import DAY


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return ranked(tmp_path)


@pytest.fixture
def ranking(project: Project) -> ServedRanking:
    found = served_ranking(project, deployed(project).target)
    assert found is not None
    return found


def test_the_newest_model_serves_the_newest_items(project: Project, ranking: ServedRanking) -> None:
    assert ranking.name == MODEL
    service = InService.read(ranking.folder)
    assert (service.model, service.items, service.user_id, service.item_id) == (
        DAY,
        DAY,
        "user_id",
        "item_id",
    )
    written = (ranking.folder / "current.json").stat().st_mtime_ns
    assert put_model_into_service(project, ranking) == service
    assert (ranking.folder / "current.json").stat().st_mtime_ns == written


def test_newer_items_take_the_place_of_older_ones(project: Project, ranking: ServedRanking) -> None:
    later = shift(DAY, 1)
    rows = project.warehouse.read(ranking.items, [DAY]).drop_columns(["ds"])
    project.warehouse.write(ranking.items, later, rows.slice(0, 10))
    service = put_model_into_service(project, ranking)
    assert service is not None and service.items == later
    third = shift(DAY, 2)
    project.warehouse.write(ranking.items, third, rows)
    put_model_into_service(project, ranking)
    kept = sorted(path.name for path in (ranking.folder / DAY).glob("items-????????"))
    assert kept == [f"items-{later}", f"items-{third}"], "the one before stays for engines that read it"


def test_items_that_were_made_again_are_read_again(project: Project, ranking: ServedRanking) -> None:
    before = (ranking.folder / "current.json").stat().st_ino
    rows = project.warehouse.read(ranking.items, [DAY]).drop_columns(["ds"])
    project.warehouse.write(ranking.items, DAY, rows.slice(0, 10))
    put_model_into_service(project, ranking)
    assert (ranking.folder / "current.json").stat().st_ino != before


@pytest.mark.parametrize("damage", ["model.onnx", "model.json"])
def test_a_damaged_model_leaves_the_one_before(project: Project, ranking: ServedRanking, damage: str) -> None:
    newer = ranking.folder / shift(DAY, 1)
    shutil.copytree(ranking.folder / DAY, newer)
    (newer / damage).write_bytes(b"{}")
    with pytest.raises(DataError, match=f"model {MODEL} of {newer.name} cannot serve"):
        put_model_into_service(project, ranking)
    assert InService.read(ranking.folder).model == DAY


def test_a_column_that_the_model_reads_and_the_items_lack(project: Project, ranking: ServedRanking) -> None:
    items = ranking.items.table
    project.sql.run_script(
        f"drop table {items}; create table {items} (item_id string) partitioned by (ds string); "
        f"insert overwrite table {items} partition(ds='{DAY}') select '1'",
        parameters={},
        project="project_mc",
        fingerprint=None,
        command=None,
        log=lambda _: None,
    )
    with pytest.raises(DataError, match="has no column"):
        put_model_into_service(project, ranking)
    assert InService.read(ranking.folder).model == DAY


def test_without_a_model_or_items_nothing_is_served(project: Project, ranking: ServedRanking) -> None:
    shutil.rmtree(ranking.folder)
    assert trained_days(ranking.folder) == []
    assert put_model_into_service(project, ranking) is None


def test_a_workflow_without_a_solution(project: Project) -> None:
    assert served_ranking(project, WorkflowName("pairec_workspace", "Workflow")) is None
