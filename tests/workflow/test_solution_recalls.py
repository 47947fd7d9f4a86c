"""How far each recall of a solution has run."""

from __future__ import annotations

from pathlib import Path

import pytest

from pairec_cli.domain.errors import NotDeployed, NotFound
from pairec_cli.domain.tables import TableName
from pairec_cli.project import Project
from pairec_cli.recall.registry import RECALLS
from pairec_cli.workflow import solutions
from pairec_cli.workflow.solution_recalls import (
    RecallState,
    fallback_name,
    recall_of,
    recall_states,
    refuse_unserved,
)
from tests.workflow.recalled import recalled
from tests.workflow.tiny import DAY, WINDOWS


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return recalled(tmp_path)


def states(project: Project) -> dict[str, RecallState]:
    solution = solutions.current(project)[1]
    return {one.recall.name if one.recall else one.type: one for one in recall_states(project, solution)}


def test_every_type_is_listed_once_those_in_use_first(project: Project) -> None:
    found = states(project)
    assert list(found)[:4] == ["etrec_u2i", "global_hot", "group_hot", "global_hot_fallback"]
    assert {one.type for one in found.values()} == set(RECALLS)
    assert all(one.title for one in found.values())
    assert [one.type for one in recall_states(project, None)] == list(RECALLS)


def test_rows_and_coverage_of_the_last_day(project: Project) -> None:
    found = states(project)
    etrec, hot, grouped = (found[name] for name in ("etrec_u2i", "global_hot", "group_hot"))
    table = TableName("project_mc", "tiny_etrec_u2i_v1")
    listed = {row["user_id"] for row in project.warehouse.read(table, [DAY]).to_pylist()}
    users = project.warehouse.read(TableName("project_mc", "rec_sln_demo_user_table_v1"), [DAY])
    known = {str(user) for user in users.column("user_id").to_pylist()}
    assert (etrec.state, etrec.ds, etrec.rows) == ("ok", DAY, len(listed))
    assert etrec.coverage == pytest.approx(len(listed & known) / len(known))
    assert (hot.rows, hot.coverage) == (1, 1.0)
    assert grouped.coverage is None, "its lists are not looked up by user"
    assert etrec.recall is not None
    assert etrec.recall.settings == {"training_days": 5, "behavior_window_days": 3}
    assert WINDOWS["recalls[etrec_u2i].training_days"] == "5"


def test_what_is_off_not_deployed_or_never_run_is_told(project: Project) -> None:
    document = solutions.current_record(project).latest.document
    solutions.save(project, solutions.configure(document, {}, add=["swing_u2i"], disable=["group_hot"]))
    found = states(project)
    assert found["swing_u2i"].state == "not deployed"
    assert found["group_hot"].state == "off"
    solution = solutions.current(project)[1]
    with pytest.raises(NotFound, match="enabled recall 'group_hot'") as off:
        recall_of(solution, "group_hot")
    assert str(off.value.hint).startswith("pairec solution configure --enable-recall group_hot")
    with pytest.raises(NotDeployed, match="recall 'swing_u2i' was never run"):
        refuse_unserved(project, solution, "HomePage", "swing_u2i", ["etrec_u2i"])


def test_a_recall_of_another_scenario_is_told(project: Project) -> None:
    solution = solutions.current(project)[1]
    with pytest.raises(NotFound, match="recall of scene 'HomePage' 'group_hot' does not exist"):
        refuse_unserved(project, solution, "HomePage", "group_hot", ["etrec_u2i", "global_hot"])
    refuse_unserved(project, solution, "HomePage", "by hand", ["by hand"])
    refuse_unserved(project, solution, "HomePage", "etrec_u2i", ["etrec_u2i"])
    assert fallback_name(solution, "HomePage") == "global_hot_fallback"
