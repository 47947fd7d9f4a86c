"""One run of one node: what is recorded, what the log holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from pairec_cli.domain.deployment import WorkflowName
from pairec_cli.domain.errors import DataError
from pairec_cli.domain.package import Node, NodeKind
from pairec_cli.domain.runs import NodeRun, RunState
from pairec_cli.domain.tables import TableName
from pairec_cli.project import Project
from pairec_cli.workflow.node_run import NodeRunner, RunLog, refuse_missing
from pairec_cli.workflow.plan import Expected
from tests.workflow.nodes import sql_node

FLOW = WorkflowName("ws", "Flow")
DAY = "20260110"
EXPECTED = Expected("s", "i")
CREATE = "CREATE TABLE IF NOT EXISTS t (x BIGINT) PARTITIONED BY (ds STRING);\n"
INSERT = "INSERT OVERWRITE TABLE t PARTITION(ds='${bizdate}') SELECT 1 UNION ALL SELECT 2;\n"


def run(project: Project, node: Node, **options: object) -> NodeRun:
    return NodeRunner(project, FLOW, "project_mc").run(node, DAY, EXPECTED, reason="missing", **options)  # type: ignore[arg-type] # passed through


def log_of(run: NodeRun) -> str:
    assert run.log is not None
    return Path(run.log).read_text()


def test_a_run_is_recorded_with_its_fingerprints_rows_and_log(project: Project) -> None:
    done = run(project, sql_node("t", CREATE + INSERT))
    assert (done.state, done.rows, done.reason) == (RunState.OK, 2, "missing")
    assert (done.script_fingerprint, done.input_fingerprint) == ("s", "i")
    partition = project.warehouse.partitions(TableName("project_mc", "t"))[DAY]
    assert partition.fingerprint == EXPECTED.output
    lines = [line.split(" ", 1)[1] for line in log_of(done).splitlines()]
    assert lines[0] == "t ds=20260110: missing"
    assert lines[-1] == "ok: 2 rows"
    assert project.control.runs.get(done.id) == done


def test_scheduling_parameters_are_days_of_the_run(project: Project) -> None:
    script = CREATE.replace("BIGINT", "STRING") + INSERT.replace(
        "SELECT 1 UNION ALL SELECT 2", "SELECT '${bizdate} ${early} ${constant}'"
    )
    run(project, sql_node("t", script, parameters={"early": "$[yyyymmdd-3]", "constant": "7"}))
    rows = project.warehouse.read(TableName("project_mc", "t")).column("x").to_pylist()
    assert rows == ["20260110 20260108 7"]


def test_a_failure_is_recorded_with_its_line_and_hint(project: Project) -> None:
    failed = run(project, sql_node("t", f"{CREATE}SELECT * FROM nothing;\n"))
    assert failed.state is RunState.FAILED
    assert "nothing" in failed.reason
    assert f"error: {failed.reason}" in log_of(failed)
    broken = run(project, sql_node("t", f"{CREATE}SELEKT 1;\n"))
    assert broken.reason.startswith("line 2: ")


def test_missing_inputs_fail_the_run_before_it_begins(project: Project) -> None:
    missing = [(TableName("mc", "a"), day) for day in ("20260108", "20260109", "20260101")]
    failed = run(project, sql_node("t", CREATE + INSERT), missing=missing)
    assert failed.reason == "mc.a has no partition 20260101, 20260108..20260109"
    assert project.warehouse.ledger.schema(TableName("project_mc", "t")) is None
    with pytest.raises(DataError, match=r"mc\.a has no partition 20260101"):
        refuse_missing(missing, DAY)
    refuse_missing([], DAY)


def test_a_python_node_runs_and_counts_its_rows(project: Project) -> None:
    script = (
        "import pyarrow as pa\n"
        "o.create_table('p', ('x bigint', 'ds string'), if_not_exists=True)\n"
        "with o.get_table('p').open_writer(f\"ds={args['bizdate']}\", overwrite=True, arrow=True) as w:\n"
        "    w.write(pa.table({'x': [1, 2, 3]}))\n"
        "print('written')\n"
    )
    done = run(project, Node("p", NodeKind.PYODPS3, script))
    assert (done.state, done.rows) == (RunState.OK, 3)
    assert " written\n" in log_of(done)


def test_a_virtual_node_runs_its_content(project: Project) -> None:
    assert run(project, Node("v", NodeKind.VIRTUAL, "select 1;\n")).state is RunState.OK


def test_an_interrupt_is_recorded_and_raised(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(type(project.sql), "run_script", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(project, sql_node("t", CREATE))
    [left] = project.control.runs.all(FLOW)
    assert (left.state, left.reason) == (RunState.FAILED, "interrupted")


def test_every_run_has_a_log_of_its_own(project: Project) -> None:
    first, second = (run(project, sql_node("t", CREATE + INSERT)) for _ in range(2))
    assert first.log != second.log


def test_a_log_is_written_line_by_line(tmp_path: Path) -> None:
    with RunLog(tmp_path / "deep" / "x.log") as log:
        log("one")
        assert (tmp_path / "deep" / "x.log").read_text().endswith(" one\n")
