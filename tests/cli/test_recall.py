"""`pairec recall`."""

from __future__ import annotations

from pathlib import Path

import pytest

from pairec_cli.project import Project
from tests.cli.conftest import Pairec
from tests.workflow.recalled import BEFORE, recalled
from tests.workflow.tiny import DAY


@pytest.fixture
def project(folder: Path) -> Project:
    """The current folder's workspace: two scenarios, four recalls, run for two days."""
    return recalled(folder)


@pytest.fixture
def user(project: Project) -> str:
    return project.featuredb.keys("tiny_etrec_u2i_v1")[0]


def test_list(pairec: Pairec, project: Project) -> None:
    done = pairec("recall", "list", "-f", "json")
    assert done.code == 0, done.err
    first = done.json[0]
    assert (first["recall"], first["state"], first["ds"]) == ("etrec_u2i", "ok", DAY)
    assert first["scenarios"] == ["HomePage", "Detail"]
    assert first["settings"] == "training_days=5, behavior_window_days=3"
    assert "project_mc.tiny_etrec_u2i_i2i_v1" in first["tables"]
    unused = [row for row in done.json if row["recall"] is None]
    assert {row["state"] for row in unused} == {"not in the solution"}
    assert f"Next: pairec solution configure --add-recall {unused[0]['type']}" in done.err
    head = pairec("recall", "list", "-f", "csv").out.splitlines()[0]
    assert head == "type,recall,state,scenarios,ds,rows,coverage,settings,title"


def test_list_without_a_solution(pairec: Pairec, workspace: Path) -> None:
    rows = pairec("recall", "list", "-f", "json").json
    assert {row["recall"] for row in rows} == {None}


def test_run(pairec: Pairec, project: Project) -> None:
    plan = pairec("recall", "run", "global_hot", "--ds", DAY, "--force", "--dry-run")
    assert "tiny_global_hot_v1" in plan.out
    assert f"up to date for {DAY}" in pairec("recall", "run", "global_hot").err
    done = pairec("recall", "run", "global_hot", "--force")
    assert done.code == 0, done.err
    assert f"tiny_global_hot_v1: 1 rows of ds={DAY} online" in done.err
    assert "Next: pairec recall show --user USER" in done.err


def test_a_failed_node_exits_1_and_publishes_nothing(pairec: Pairec, project: Project) -> None:
    script = next(project.dataworks("pairec_workspace").rglob("tiny_global_hot_v1.sql"))
    script.write_text(script.read_text().replace("SELECT", "SELEKT"))
    before = {view.name: view.published_at for view in project.featuredb.views()}
    done = pairec("recall", "run", "global_hot", "--force")
    assert done.code == 1
    assert "the recall did not end well" in done.err
    assert "hint: pairec backfill log tiny_global_hot_v1" in done.err
    assert {view.name: view.published_at for view in project.featuredb.views()} == before


def test_show(pairec: Pairec, project: Project, user: str) -> None:
    done = pairec("recall", "show", "--user", user, "--scene", "HomePage", "--size", "2", "-f", "json")
    assert done.code == 0, done.err
    recalls = [row["recall"] for row in done.json]
    assert recalls == sorted(recalls, key=["etrec_u2i", "global_hot", "global_hot_fallback"].index)
    first = done.json[0]
    assert (first["rank"], first["score"]) == (1, 1.0)
    assert first["title"] and first["category"]
    trigger = first["triggers"][0]
    assert first["why"].startswith(f"{trigger['item_id']} (")
    assert trigger["weight"] > 0 and trigger["similarity"] > 0
    table = pairec("recall", "show", "-u", user, "-s", "HomePage", "--recall", "global_hot_fallback")
    assert {line.split()[0] for line in table.out.splitlines()[2:]} == {"global_hot_fallback"}


def test_show_refuses_what_there_is_not(pairec: Pairec, project: Project, user: str) -> None:
    unknown = pairec("recall", "show", "--user", "nobody", "--scene", "HomePage")
    assert (unknown.code, unknown.out) == (1, "")
    assert "user 'nobody' does not exist" in unknown.err
    assert 'hint: pairec sql "SELECT user_id' in unknown.err
    wrong = pairec("recall", "show", "--user", user, "--scene", "HomePage", "--recall", "etrec")
    assert "did you mean 'etrec_u2i'" in wrong.err
    other = pairec("recall", "show", "--user", user, "--scene", "HomePage", "--recall", "group_hot")
    assert "recall of scene 'HomePage' 'group_hot' does not exist" in other.err
    assert "several scenes are deployed" in pairec("recall", "show", "--user", user).err


def test_similar(pairec: Pairec, project: Project) -> None:
    item = project.featuredb.keys("tiny_etrec_u2i_i2i_v1")[0]
    rows = pairec("recall", "similar", "--item", item, "-f", "json").json
    assert rows[0]["recall"] == "etrec_u2i"
    assert rows[0]["together"] >= 1
    assert rows[0]["title"]
    unknown = pairec("recall", "similar", "--item", "gone")
    assert unknown.code == 1 and "item 'gone' does not exist" in unknown.err


def test_evaluate(pairec: Pairec, project: Project) -> None:
    done = pairec("recall", "evaluate", "--k", "5,10", "--scene", "HomePage", "-f", "csv")
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0] == "recall,k,hit_rate,recall_at_k,ndcg,coverage,served,gain"
    assert [line.split(",")[:2] for line in lines[1:7]] == [
        [name, "5"]
        for name in ("etrec_u2i", "global_hot", "global_hot_fallback", "merged", "popularity", "random")
    ]
    assert f"{DAY}: " in done.err and " new items by click" in done.err
    matrix = pairec("recall", "evaluate", "--overlap", "--scene", "Detail", "-f", "json").json
    assert [row["recall"] for row in matrix] == ["etrec_u2i", "group_hot", "global_hot_fallback"]
    assert matrix[0]["etrec_u2i"] == 1.0


def test_evaluate_without_a_held_out_day(pairec: Pairec, project: Project) -> None:
    done = pairec("recall", "evaluate", "--ds", BEFORE)
    assert done.code == 1
    assert "no day is held out" in done.err
    assert "hint: pairec recall run --ds " in done.err
    assert pairec("recall", "evaluate", "--k", "ten").code == 2


def test_before_anything_is_deployed(pairec: Pairec, workspace: Path) -> None:
    for command in (["show", "--user", "1"], ["similar", "--item", "1"], ["evaluate"], ["run"]):
        done = pairec("recall", *command)
        assert done.code == 1
        assert "hint: pairec" in done.err
