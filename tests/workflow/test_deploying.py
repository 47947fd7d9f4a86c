from __future__ import annotations

import json
from pathlib import Path

import pytest

from pairec_cli.domain.deployment import DeploymentStatus, WorkflowName
from pairec_cli.domain.errors import AlreadyExists, InvalidInput, NotFound
from pairec_cli.domain.package import Package
from pairec_cli.project import Project
from pairec_cli.workflow import archive, deploying, generating, solutions
from pairec_cli.workflow.deployed_scripts import DeployedScripts
from pairec_cli.workflow.deploying import Preview, choose, deploy, import_package, preview
from pairec_cli.workflow.file_diff import Change
from tests.workflow import tiny
from tests.workflow.nodes import sql_node

FLOW = WorkflowName("pairec_workspace", "Flow")
HOT = "tiny_global_hot_v1"
HOT_SQL = f"MaxCompute/Data Analytics/{HOT}/{HOT}.sql"
ENGINE = "PaiRec/engine.json"


def shown(project: Project) -> Preview:
    return preview(project, generating.generate(project).record)


def changes(project: Project) -> dict[str, Change]:
    return {d.path: d.change for d in shown(project).diffs if d.change is not Change.UNCHANGED}


def scripts(project: Project) -> DeployedScripts:
    return DeployedScripts(project.dataworks(FLOW.workspace))


def deployed(project: Project, **options: object) -> dict[str, str]:
    """Deploy what is generated; the files as they stand then."""
    deploy(project, generating.generate(project).record, **options)  # type: ignore[arg-type] # passed through
    return scripts(project).files(FLOW.workflow)


def generated(project: Project) -> str:
    """The script of the hot recall as it is generated now."""
    return deploying.package_files(generating.generate(project).package)[HOT_SQL]


def set_(project: Project, **values: str) -> None:
    paths = {f"recalls[global_hot].{field}": value for field, value in values.items()}
    current = solutions.current_record(project).latest.document
    solutions.save(project, solutions.configure(current, paths))


def by_hand(project: Project, text: str, path: str = HOT_SQL) -> None:
    scripts(project).write(FLOW.workflow, {path: text})


def test_the_first_preview_adds_every_file_and_deploying_puts_them_in_place(solved: Project) -> None:
    before = shown(solved)
    assert {diff.change for diff in before.diffs} == {Change.ADDED}
    record, choice = deploy(solved, before.record)
    assert record.status is DeploymentStatus.SUCCESS
    assert len(choice.applied) == len(choice.files) == len(before.diffs)
    assert choice.kept == ()
    assert changes(solved) == {}
    assert scripts(solved).files(FLOW.workflow) == deploying.package_files(before.package)
    names = {node.name for node in solved.control.nodes.all(FLOW)}
    assert names == {node.name for node in before.package.workflow.nodes}
    assert json.loads(solved.engine_path.read_text())["SceneConfs"].keys() == {"HomePage"}
    assert record.log is not None
    assert f"added {HOT_SQL}" in Path(record.log).read_text()


def test_deploying_twice_changes_nothing(solved: Project) -> None:
    deployed(solved)
    engine = solved.engine_path.stat().st_mtime_ns
    _, choice = deploy(solved, generating.generate(solved).record)
    assert choice.applied == ()
    assert solved.engine_path.stat().st_mtime_ns == engine


def test_a_changed_solution_changes_its_files(solved: Project) -> None:
    deployed(solved)
    set_(solved, top_n="50")
    assert changes(solved) == {
        HOT_SQL: Change.CHANGED,
        f"MaxCompute/Data Analytics/{HOT}/{HOT}.schedule.json": Change.CHANGED,
        ENGINE: Change.CHANGED,
        "PaiRec/solution.yaml": Change.CHANGED,
    }
    assert deployed(solved)[HOT_SQL] == generated(solved)
    assert changes(solved) == {}


def test_selected_files_and_nodes_alone_are_deployed(solved: Project) -> None:
    deployed(solved)
    set_(solved, top_n="50")
    assert deployed(solved, select=[HOT])[HOT_SQL] == generated(solved)
    assert set(changes(solved)) == {ENGINE, "PaiRec/solution.yaml"}
    engine = json.loads(solved.engine_path.read_text())
    assert {conf["Name"]: conf["RecallCount"] for conf in engine["RecallConfs"]}["global_hot"] == 500
    deployed(solved, select=[ENGINE])
    engine = json.loads(solved.engine_path.read_text())
    assert {conf["Name"]: conf["RecallCount"] for conf in engine["RecallConfs"]}["global_hot"] == 50
    with pytest.raises(NotFound, match=f"did you mean '{HOT}'"):
        choose(shown(solved), ["tiny_globl_hot_v1"])


def test_an_edit_survives_unless_it_is_overwritten(solved: Project) -> None:
    original = deployed(solved)[HOT_SQL]
    by_hand(solved, "select 'mine';\n")
    assert changes(solved) == {HOT_SQL: Change.EDITED}
    choice = choose(shown(solved))
    assert ([d.path for d in choice.kept], choice.applied) == ([HOT_SQL], ())
    assert deployed(solved)[HOT_SQL] == "select 'mine';\n"
    set_(solved, top_n="50")
    assert changes(solved)[HOT_SQL] is Change.CONFLICT
    assert deployed(solved)[HOT_SQL] == "select 'mine';\n"
    assert changes(solved) == {HOT_SQL: Change.CONFLICT}
    overwritten = deployed(solved, overwrite_edits=True)[HOT_SQL]
    assert overwritten == generated(solved) != original
    assert changes(solved) == {}


def test_an_edit_that_is_taken_back_is_no_edit(solved: Project) -> None:
    original = deployed(solved)[HOT_SQL]
    by_hand(solved, "select 1;\n")
    by_hand(solved, original)
    assert changes(solved) == {}


def test_a_dropped_recall_takes_its_nodes_along(solved: Project) -> None:
    deployed(solved)
    set_(solved, enabled="false")
    assert changes(solved)[HOT_SQL] is Change.REMOVED
    assert HOT_SQL not in deployed(solved)
    assert HOT not in {node.name for node in solved.control.nodes.all(FLOW)}
    assert not (solved.dataworks(FLOW.workspace) / FLOW.workflow / HOT_SQL).parent.exists()


def test_a_dropped_recall_that_was_edited_stays_whole(solved: Project) -> None:
    deployed(solved)
    by_hand(solved, "select 'mine';\n")
    set_(solved, enabled="false")
    files = deployed(solved)
    assert files[HOT_SQL] == "select 'mine';\n"
    assert HOT in {node.name for node in scripts(solved).workflow(FLOW.workflow).nodes}
    assert HOT_SQL not in deployed(solved, overwrite_edits=True)


def test_frozen_nodes_stay_frozen(solved: Project) -> None:
    deployed(solved)
    solved.control.nodes.freeze(FLOW, [HOT])
    set_(solved, top_n="50")
    deployed(solved)
    assert solved.control.nodes.get(FLOW, HOT).frozen


@pytest.mark.parametrize("stage", ["write", "remove", "record", "engine"])
def test_a_deployment_that_dies_half_way_is_no_edit_and_is_completed(
    solved: Project, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    """It dies after half of the files, after all of them, before its record, or before the engine's file."""
    deployed(solved)
    set_(solved, top_n="50", adj_factor="3")
    record = generating.generate(solved).record
    original = DeployedScripts.write

    def half(self: DeployedScripts, workflow: str, files: dict[str, str]) -> None:
        original(self, workflow, dict(list(files.items())[:2]))
        raise KeyboardInterrupt

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    if stage == "write":
        monkeypatch.setattr(DeployedScripts, "write", half)
    elif stage == "remove":
        monkeypatch.setattr(DeployedScripts, "remove", die)
    elif stage == "record":
        monkeypatch.setattr(solved.control.nodes, "deploy", die)
    else:
        monkeypatch.setattr(deploying, "put_into_service", die)
    with pytest.raises(KeyboardInterrupt):
        deploy(solved, record)
    monkeypatch.undo()
    assert solved.control.deployments.get(record.id).status is DeploymentStatus.FAILED
    set_(solved, top_n="60")
    assert not any(change.by_hand for change in changes(solved).values())
    assert deployed(solved)[HOT_SQL] == generated(solved)
    engine = json.loads(solved.engine_path.read_text())
    assert {conf["Name"]: conf["RecallCount"] for conf in engine["RecallConfs"]}["global_hot"] == 60


def test_a_new_feature_version_leaves_no_node_of_the_old_one(solved: Project) -> None:
    deployed(solved)
    current = solutions.current_record(solved).latest.document
    solutions.save(solved, solutions.configure(current, {"features.version": "v2"}))
    deployed(solved)
    assert {node.name.rpartition("_")[2] for node in solved.control.nodes.all(FLOW)} == {"v2"}
    assert not [path for path in scripts(solved).files(FLOW.workflow) if "_v1/" in path]


def test_another_scenes_recall_of_the_same_name_is_refused_before_a_file_is_written(solved: Project) -> None:
    deployed(solved)
    solved.control.scenarios.create("demo", "Detail")
    other = tiny.document(solved).replace("name: tiny", "name: other").replace("HomePage", "Detail")
    solutions.save(solved, other.replace("workflow: Flow", "workflow: Second"))
    made = generating.generate(solved, "other")
    with pytest.raises(AlreadyExists, match="recall named 'etrec_u2i'"):
        deploy(solved, made.record)
    assert scripts(solved).files("Second") == {}
    failed = solved.control.deployments.get(made.record.id)
    assert failed.status is DeploymentStatus.FAILED
    assert failed.log is not None
    assert "another scene" in Path(failed.log).read_text()


def test_an_imported_package_deploys_as_a_generated_one(solved: Project, tmp_path: Path) -> None:
    made = generating.generate(solved)
    assert made.record.package is not None
    record = import_package(solved, made.record.package, "first import")
    assert (record.solution, record.package) == (None, made.record.package)
    assert record.log is not None
    assert Path(record.log).read_text().startswith("import first import\npackage oss://")
    done, _ = deploy(solved, record)
    assert done.status is DeploymentStatus.SUCCESS
    assert changes(solved) == {}


def test_what_is_no_package_of_ours_is_not_imported(project: Project, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        import_package(project, "oss://pairec-bucket/no.zip", "x")
    bare = Package("bare", archive.read_nodes("Flow", {}), {})
    files = {"DataStudio/Business Flow/Flow/readme": ""}
    path = tmp_path / "bare.zip"
    path.write_bytes(archive.pack(Package("bare", bare.workflow, files)))
    with pytest.raises(InvalidInput, match=r"carries no PaiRec/solution\.yaml"):
        import_package(project, str(path), "x")
    assert project.control.deployments.all("demo") == []


def test_a_record_without_a_package_cannot_be_previewed(solved: Project) -> None:
    record = solved.control.deployments.start("demo", tiny.NAME, 1)
    with pytest.raises(InvalidInput, match="has no package"):
        preview(solved, record)


def test_single_nodes_are_put_in_place_when_they_changed(project: Project) -> None:
    node = sql_node("a", "select 1;\n")
    target = WorkflowName("pairec_workspace", "Workflow")
    assert deploying.deploy_nodes(project, target, [node]) == ["a"]
    assert deploying.deploy_nodes(project, target, [node]) == []
    assert deploying.deploy_nodes(project, target, [sql_node("a", "select 2;\n")]) == ["a"]
