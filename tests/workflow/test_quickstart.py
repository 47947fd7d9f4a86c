"""The quick deployment: with enough data, with little, twice, and after it was cut short."""

from __future__ import annotations

from pathlib import Path

import pytest

from pairec_cli.domain.ds import shift
from pairec_cli.domain.errors import DataError, EditionRefused, NodeFailed
from pairec_cli.domain.instance import ServiceType
from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.domain.runs import RunState
from pairec_cli.domain.solution import Features, Solution
from pairec_cli.project import Project
from pairec_cli.recall.registry import recall_types
from pairec_cli.workflow import backfilling, data, deploying, solutions
from pairec_cli.workflow.deployed_solutions import deployed as deployed_solution
from pairec_cli.workflow.quickstart import SOLUTION, Step, fit_windows, quickstart
from tests.deployed import DAYS, END, deployed, fresh


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAIREC_DB_URL", raising=False)


def run(project: Project) -> list[Step]:
    steps: list[Step] = []
    quickstart(project, steps.append, lambda _: None)
    return steps


def served(project: Project, user: str = "1") -> list[str]:
    answer = project.engine().recommend(RecommendRequest(user, project.serving_scene(), 5))
    return [item.item_id for item in answer.items]


def _hot(project: Project) -> list[str]:
    row = project.featuredb.get(f"{SOLUTION}_global_hot_v1", "-1")
    return str(row["item_ids"]).split(",") if row else []


def tutorial(**features: object) -> Solution:
    types = recall_types()
    recalls = tuple(
        types[kind].model_validate({"type": kind, "name": kind}) for kind in solutions.QUICK_RECALLS
    )
    return Solution(recalls=recalls, features=Features.model_validate(features))


def test_every_step_is_told_and_the_result_is_served(tmp_path: Path) -> None:
    project = fresh(tmp_path)
    steps = run(project)
    assert [step.number for step in steps] == ["3", "4", "5", "5.6", "6", "6.4", "7"]
    assert steps[-1].outcome == "3 virtual nodes"
    assert len(served(project)) == 5
    assert not project.unfinished_quickstart.exists()


def test_twice_changes_nothing(tmp_path: Path) -> None:
    project = deployed(tmp_path)
    before = {view.name: view.published_at for view in project.featuredb.views()}
    steps = {step.number: step.outcome for step in run(project)}
    assert (steps["6.4"], steps["7"]) == ("nothing to do", "already frozen")
    assert steps["6"].startswith("0 files to workflow")
    assert {view.name: view.published_at for view in project.featuredb.views()} == before
    assert len(project.control.deployments.all("demo")) == 1
    assert len(solutions.history(project, "home")) == 1


def test_a_new_day_is_backfilled(tmp_path: Path) -> None:
    project = deployed(tmp_path)
    data.generate(project, data.plan_generation(project, days=1, end=shift(END, 1)), lambda *_: None)
    run(project)
    assert {view.ds for view in project.featuredb.views()} == {shift(END, 1)}


def test_hand_edits_survive(tmp_path: Path) -> None:
    project = deployed(tmp_path)
    target = deployed_solution(project).target
    script = next((project.home / "dataworks").rglob("*global_hot*.sql"))
    script.write_text(script.read_text() + "\n-- edited by hand\n")
    steps = {step.number: step.outcome for step in run(project)}
    assert script.read_text().endswith("-- edited by hand\n")
    assert "1 kept as edited by hand" in steps["6"]
    backfill = project.control.backfills.latest(target)
    assert backfill is not None and any("global_hot" in task.node for task in backfill.tasks)


@pytest.mark.parametrize("cut", ["generate", "deploy", "backfill", "freeze"])
def test_what_was_cut_short_is_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    project = fresh(tmp_path)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    targets = {
        "generate": "pairec_cli.workflow.generating.generate",
        "deploy": "pairec_cli.workflow.deploying.deploy",
        "backfill": "pairec_cli.workflow.carrying.NodeRunner.run",
        "freeze": "pairec_cli.workflow.quickstart.freeze",
    }
    with monkeypatch.context() as patch:
        patch.setattr(targets[cut], killed)
        with pytest.raises(KeyboardInterrupt):
            run(project)
    assert project.unfinished_quickstart.exists()
    run(project)
    assert not project.unfinished_quickstart.exists()
    assert served(project) == served(deployed(tmp_path / "whole"))


def test_a_failing_task_is_named_with_its_log(tmp_path: Path) -> None:
    project = deployed(tmp_path)
    script = next((project.home / "dataworks").rglob("*global_hot*.sql"))
    script.write_text(f"{script.read_text()}\nSELECT nope FROM rec_sln_demo_item_table_v1;\n")
    with pytest.raises(NodeFailed, match="global_hot") as caught:
        run(project)
    assert (caught.value.hint or "").startswith("pairec backfill log home_global_hot_v1, mend it")


def test_without_data_it_says_how_to_get_some(project: Project) -> None:
    with pytest.raises(DataError, match="hold no data yet") as caught:
        run(project)
    assert "pairec data generate --days 60" in (caught.value.hint or "")
    assert not project.unfinished_quickstart.exists()


def test_one_day_is_too_little(tmp_path: Path) -> None:
    project = fresh(tmp_path, days=1)
    with pytest.raises(DataError, match="hold one day, 20260131"):
        run(project)
    assert project.control.solutions.all("demo") == []


def test_two_days_are_enough(tmp_path: Path) -> None:
    project = fresh(tmp_path, days=2)
    run(project)
    assert len(served(project)) == 5


def test_a_standard_instance_is_refused(tmp_path: Path) -> None:
    project = fresh(tmp_path, days=2, service_type=ServiceType.STANDARD)
    with pytest.raises(EditionRefused, match="needs Premium Edition"):
        run(project)


def test_a_solution_that_is_there_is_deployed_as_it_is(tmp_path: Path) -> None:
    project = deployed(tmp_path)
    _, solution = solutions.current(project)
    document = solutions.configure(
        solutions.current_record(project).latest.document, {"size": "7", "recalls[global_hot].top_n": "33"}
    )
    solutions.save(project, document)
    run(project)
    _, now = solutions.current(project)
    assert (solution.size, now.size) == (10, 7)
    assert len(project.featuredb.get("home_global_hot_v1", "-1")["item_ids"].split(",")) == 33  # type: ignore[index,union-attr]  # the row is there


@pytest.mark.parametrize("days", [2, 3, 5, 10, 20, 44, 45, 100])
def test_windows_fit_the_days_there_are(days: int) -> None:
    whole = tutorial()
    fitted = fit_windows(whole, days)
    assert fitted.required_days <= days
    assert fitted.features.periods and fitted.training_days >= 1
    for recall in fitted.recalls:
        type(recall).model_validate(recall.model_dump())  # still what its own type allows
    if days >= whole.required_days:
        assert fitted == whole


def test_deployment_uses_the_days_it_was_fitted_to(tmp_path: Path) -> None:
    project = deployed(tmp_path)
    solution = deployed_solution(project).solution
    assert solution.required_days <= DAYS < tutorial().required_days
    plan = backfilling.make_plan(project, deployed_solution(project))
    assert plan.tasks == () and plan.missing == []
    latest = project.control.backfills.latest(deployed_solution(project).target)
    assert latest is not None and latest.state is RunState.OK
    assert deploying.preview(project, project.control.deployments.all("demo")[0]).diffs
