"""Training nodes run on our trainer: whole or not at all, and never at the cost of the model in service."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from pairec_cli.domain.runs import NodeRun, RunState
from pairec_cli.domain.tables import TableName
from pairec_cli.online.in_service import InService
from pairec_cli.project import Project
from pairec_cli.workflow import deployed_nodes
from pairec_cli.workflow.deployed_solutions import deployed
from tests.workflow.ranked import MODEL, ranked
from tests.workflow.tiny import DAY

NODE = "tiny_rank_train_v1"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return ranked(tmp_path)


def deployed_file(project: Project, name: str) -> Path:
    target = deployed(project).target
    return project.dataworks(target.workspace) / target.workflow / "PaiRec" / "models" / MODEL / name


def script(project: Project) -> str:
    return deployed_nodes.view(project, NODE).node.script


def log_of(run: NodeRun) -> str:
    assert run.log is not None
    return Path(run.log).read_text()


def test_a_model_its_metrics_and_its_log(project: Project) -> None:
    folder = project.models / MODEL / DAY
    assert {"model.onnx", "model.json", "metrics.json", "pipeline.config", "features.json"} <= {
        path.name for path in folder.iterdir()
    }
    assert [path.name for path in folder.parent.iterdir() if path.name.startswith(".")] == []
    rows = project.warehouse.read(TableName("project_mc", NODE), [DAY]).to_pylist()
    report = json.loads((folder / "metrics.json").read_text())
    assert {(row["target"], row["metric"]) for row in rows} >= {
        ("is_click", "auc"),
        ("ln_playtime", "mean_squared_error"),
    }
    assert {row["epoch"] for row in rows} == {epoch["number"] for epoch in report["epochs"]}
    log = log_of(deployed_nodes.node_runs(project, NODE)[0])
    assert "exported: ONNX and PyTorch agree" in log
    assert f"epoch {report['best_epoch']} (best)" in log


def reason(project: Project) -> str | None:
    """Why the node would run."""
    return deployed_nodes.workflow_planner(project, deployed(project).target, actual=True).reason(NODE, DAY)


def test_a_config_edited_by_hand_trains(project: Project) -> None:
    config = deployed_file(project, "pipeline.config")
    assert reason(project) is None
    config.write_text(config.read_text().replace("num_epochs: 4", "num_epochs: 1"))
    assert reason(project) == "script changed"
    before = project.models / MODEL / DAY
    served = (before.parent / "current.json").stat().st_ino
    run = deployed_nodes.run_node(project, NODE, DAY)
    assert run.state is RunState.OK
    assert len(json.loads((before / "metrics.json").read_text())["epochs"]) == 1
    assert (before.parent / "current.json").stat().st_ino != served, "engines are told"


Change = Callable[[Project], None]


def _edit(old: str, new: str) -> Change:
    def change(project: Project) -> None:
        deployed_nodes.edit(project, NODE, script(project).replace(old, new), force=True)

    return change


def _config(old: str, new: str) -> Change:
    def change(project: Project) -> None:
        path = deployed_file(project, "pipeline.config")
        path.write_text(path.read_text().replace(old, new))

    return change


def _one_class(project: Project) -> None:
    table = TableName("project_mc", "tiny_rank_fg_encoded_v1")
    rows = project.warehouse.read(table, [DAY]).drop_columns(["ds"])
    place = rows.column_names.index("is_click")
    zeros = rows.column("is_click").combine_chunks().to_numpy(zero_copy_only=False) * 0.0
    project.warehouse.write(table, DAY, rows.set_column(place, "is_click", pa.array(zeros)))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_edit("-m tzrec.train_eval", "-m tzrec.train"), "did you mean 'tzrec.train_eval'"),
        (_edit("fg_encoded_v1/ds=${bizdate}", "fg_encoded_v1/ds=20200101"), "no partition ds=20200101"),
        (_edit(f"models/{MODEL}/${{bizdate}}\n\n", "models/other/${bizdate}\n\n"), "not the place of model"),
        (_edit("Flow/models/tiny_rank/pipeline.config", "Flow/models/tiny/pipeline.config"), "deployed file"),
        (_config("num_epochs", "num_epoks"), "num_epochs"),
        (_config("train_config {", "train_config"), "line"),
        (_one_class, "is_click"),
    ],
)
def test_a_training_that_fails_leaves_the_model_before(project: Project, change: Change, told: str) -> None:
    folder = project.models / MODEL
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    change(project)
    run = deployed_nodes.run_node(project, NODE, DAY)
    assert run.state is RunState.FAILED
    assert told in run.reason
    after = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if f".{DAY}-" not in str(path)}
    assert {path: when for path, when in after.items() if path != folder} == {
        path: when for path, when in before.items() if path != folder
    }
    assert InService.read(folder).model == DAY
