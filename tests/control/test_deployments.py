"""Deployment records: their way from status to status, and who deploys."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from pairec_cli.control.database import Control
from pairec_cli.domain.deployment import Deployment, DeploymentStatus
from pairec_cli.domain.errors import Busy, InvalidInput, NotFound

if TYPE_CHECKING:
    from tests.control.conftest import Other

PACKAGE = "oss://bucket/algoconfig/plan/1/package.zip"


@pytest.fixture
def solved(control: Control) -> Control:
    control.scenarios.create("main", "HomePage")
    control.solutions.save("main", "s", "HomePage", "a: 1")
    return control


def generated(control: Control) -> Deployment:
    record = control.deployments.start("main", "s", 1)
    return control.deployments.generated(record.id, PACKAGE, "f1")


def test_the_whole_way(solved: Control) -> None:
    record = solved.deployments.start("main", "s", 1, log="generate.log")
    assert (record.status, record.log, record.package) == ("generating", "generate.log", None)
    record = solved.deployments.generated(record.id, PACKAGE, "f1")
    assert (record.status, record.package, record.package_fingerprint) == ("generated", PACKAGE, "f1")
    record = solved.deployments.deploying(record.id, ["a.sql", "b.sql"], log="deploy.log")
    assert (record.status, record.selected_files) == ("deploying", ("a.sql", "b.sql"))
    assert (record.log, record.finished_at) == ("deploy.log", None)
    record = solved.deployments.succeeded(record.id)
    assert record.status is DeploymentStatus.SUCCESS
    assert record.finished_at is not None and record.finished_at >= record.created_at
    assert solved.deployments.get(record.id) == record


def test_a_failed_generate_has_its_log_and_no_package(solved: Control) -> None:
    record = solved.deployments.start("main", "s", 1)
    record = solved.deployments.failed(record.id, "table users is missing", log="x.log")
    assert (record.status, record.message, record.log) == ("failed", "table users is missing", "x.log")
    with pytest.raises(InvalidInput, match="has no package"):
        solved.deployments.deploying(record.id, [])


def test_a_package_may_be_deployed_again(solved: Control) -> None:
    record = generated(solved)
    solved.deployments.deploying(record.id, ["a"])
    solved.deployments.failed(record.id, "disk full")
    record = solved.deployments.deploying(record.id, ["b"])
    assert (record.message, record.finished_at, record.selected_files) == ("", None, ("b",))
    solved.deployments.succeeded(record.id)
    assert solved.deployments.deploying(record.id, []).status is DeploymentStatus.DEPLOYING


def test_steps_that_do_not_follow(solved: Control) -> None:
    record = generated(solved)
    for step in (
        lambda: solved.deployments.succeeded(record.id),
        lambda: solved.deployments.failed(record.id, "x"),
        lambda: solved.deployments.generated(record.id, PACKAGE, "f2"),
    ):
        with pytest.raises(InvalidInput, match="is generated; it cannot become"):
            step()
    assert solved.deployments.get(record.id) == record


def test_imported_packages_have_no_solution(solved: Control) -> None:
    record = solved.deployments.start("main")
    assert (record.solution, record.version) == (None, None)
    assert solved.deployments.generated(record.id, PACKAGE, "f").package == PACKAGE


def test_lists_are_newest_first(solved: Control) -> None:
    solved.solutions.save("main", "t", "HomePage", "a: 1")
    first, imported = solved.deployments.start("main", "s", 1), solved.deployments.start("main")
    second, other = generated(solved), solved.deployments.start("main", "t", 1)
    ids = [record.id for record in solved.deployments.all("main")]
    assert ids == [other.id, second.id, imported.id, first.id]
    assert [record.id for record in solved.deployments.all("main", "s")] == [second.id, first.id]
    assert solved.deployments.latest("main", "s") == second
    assert solved.deployments.latest("main", "s", DeploymentStatus.GENERATING) == first
    assert solved.deployments.latest("main", "s", DeploymentStatus.SUCCESS) is None


def test_unknown_names(solved: Control) -> None:
    with pytest.raises(NotFound, match="version of solution 's' '2'"):
        solved.deployments.start("main", "s", 2)
    with pytest.raises(NotFound, match="instance"):
        solved.deployments.start("nowhere")
    with pytest.raises(NotFound, match="deployment '9'"):
        solved.deployments.get(9)
    with pytest.raises(NotFound, match="deployment '9'"):
        solved.deployments.succeeded(9)


def test_one_process_deploys_at_a_time(solved: Control, begin: Callable[[str], Other]) -> None:
    mine, theirs = generated(solved), generated(solved)
    other = begin(f"control.deployments.deploying({theirs.id}, [])")
    other.wait_for_work()
    for record in (mine, theirs):
        with pytest.raises(Busy, match=f"deployment {theirs.id} is being deployed by process {other.pid}"):
            solved.deployments.deploying(record.id, [])
    other.kill()
    assert solved.deployments.deploying(mine.id, []).status is DeploymentStatus.DEPLOYING
    dead = solved.deployments.get(theirs.id)
    assert (dead.status, dead.message) == (DeploymentStatus.FAILED, "process ended")


def test_what_a_dead_process_left_is_marked(solved: Control, begin: Callable[[str], Other]) -> None:
    other = begin('control.deployments.start("main", "s", 1)')
    other.wait_for_work()
    mine = solved.deployments.start("main", "s", 1)
    assert solved.deployments.reap() == []
    other.kill()
    (dead,) = solved.deployments.reap()
    assert (dead.status, dead.message) == (DeploymentStatus.FAILED, "process ended")
    assert dead.finished_at is not None
    assert solved.deployments.get(mine.id).status is DeploymentStatus.GENERATING
