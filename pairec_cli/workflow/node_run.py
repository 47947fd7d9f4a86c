"""One run of one node for one day: lock, log, execute, record."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from pairec_cli.domain.deployment import WorkflowName
from pairec_cli.domain.ds import ranges, resolve_parameters
from pairec_cli.domain.errors import DataError, NotDeployed, PairecError
from pairec_cli.domain.package import Node, NodeKind
from pairec_cli.domain.registry import Registry
from pairec_cli.domain.runs import NodeRun, RunState
from pairec_cli.domain.tables import TableName
from pairec_cli.workflow.pai import run_component
from pairec_cli.workflow.plan import Expected
from pairec_cli.workflow.pyodps import run_pyodps
from pairec_cli.workflow.ranking_service import served_ranking
from pairec_cli.workflow.recall_models import recall_model_of
from pairec_cli.workflow.vector_service import vector_recall_of
from pairec_cli.workflow.workspace import Workspace

_TRAINERS = Registry(
    "trainer",
    {
        "ranking": "pairec_cli.workflow.dlc:Training",
        "vectors": "pairec_cli.workflow.tower_training:TowerTraining",
        "metric": "pairec_cli.workflow.metric_training:MetricTraining",
        "paths": "pairec_cli.workflow.path_training:PathTraining",
    },
)
"""Imported when a training node runs: PyTorch takes longer to import than most nodes to run."""


class RunLog:
    """A run's log file: each line with the time of day, written through at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8")

    def __call__(self, line: str) -> None:
        self._file.write(f"{time.strftime('%H:%M:%S')} {line}\n")
        self._file.flush()

    def __enter__(self) -> RunLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


@dataclass(frozen=True)
class NodeRunner:
    """Runs nodes of one workflow in its MaxCompute project."""

    workspace: Workspace
    workflow: WorkflowName
    project: str
    device: str = "auto"
    """What training nodes train on."""
    advance: Callable[[float, str], None] | None = None
    """Told how far a training has come, and how it goes."""

    def run(
        self,
        node: Node,
        ds: str,
        expected: Expected,
        *,
        reason: str,
        missing: list[tuple[TableName, str]] | None = None,
        backfill: int | None = None,
    ) -> NodeRun:
        """Run the node for the day and record how it went; a failure is recorded, not raised.

        `missing` are input partitions that do not exist: the run fails with their names. Raises Busy when
        another process runs the same node and day.
        """
        log_path = self._log_path(node, ds)
        runs = self.workspace.control.runs
        run = runs.start(
            self.workflow,
            node.name,
            ds,
            script_fingerprint=expected.script,
            input_fingerprint=expected.inputs,
            log=str(log_path),
            backfill=backfill,
        )
        with RunLog(log_path) as log:
            log(f"{node.name} ds={ds}: {reason}")
            try:
                rows = self._execute(node, ds, expected, missing or [], log)
            except PairecError as error:
                log(f"error: {error.message}")
                if error.hint:
                    log(f"hint: {error.hint}")
                return runs.finish(run.id, RunState.FAILED, reason=error.message)
            except BaseException as error:
                interrupted = isinstance(error, KeyboardInterrupt)
                reason = "interrupted" if interrupted else f"{type(error).__name__}: {error}"
                log(f"error: {reason}")
                runs.finish(run.id, RunState.FAILED, reason=reason)
                raise
            log(f"ok: {rows} rows")
        return runs.finish(run.id, RunState.OK, reason=reason, rows=rows)

    def _log_path(self, node: Node, ds: str) -> Path:
        return self.workspace.logs / str(self.workflow) / ds / f"{node.name}-{time.time_ns()}.log"

    def _execute(
        self,
        node: Node,
        ds: str,
        expected: Expected,
        missing: list[tuple[TableName, str]],
        log: Callable[[str], None],
    ) -> int:
        refuse_missing(missing, ds)
        parameters = resolve_parameters(dict(node.parameters), ds)
        if node.kind is NodeKind.PYODPS3:
            return run_pyodps(
                node.script,
                node.name,
                workspace=self.workspace,
                project=self.project,
                parameters=parameters,
                log=log,
            )
        if node.kind is NodeKind.PAI_DLC:
            return self._train(node, ds, parameters, expected, log)
        results = self.workspace.sql.run_script(
            node.script,
            parameters=parameters,
            project=self.project,
            fingerprint=expected.output,
            command=run_component,
            log=log,
        )
        return sum(result.rows or 0 for result in results)

    def _train(
        self,
        node: Node,
        ds: str,
        parameters: dict[str, str],
        expected: Expected,
        log: Callable[[str], None],
    ) -> int:
        where = self.workspace, self.workflow
        vectors, model = vector_recall_of(*where, node), recall_model_of(*where, node)
        ranking = served_ranking(*where)
        trained = vectors or model or ranking
        if trained is None:
            raise NotDeployed(
                f"workflow {self.workflow} has no solution that trains a model", hint="pairec deploy run"
            )
        rows: int = _TRAINERS.load("vectors" if vectors else model.trainer if model else "ranking")(
            self.workspace,
            trained,
            node,
            ds,
            parameters,
            expected.output,
            log,
            device=self.device,
            advance=self.advance,
        ).run()
        return rows


def refuse_missing(missing: list[tuple[TableName, str]], ds: str) -> None:
    """Raises DataError naming the partitions that a run for `ds` would read and that do not exist."""
    by_table: dict[TableName, list[str]] = {}
    for table, day in missing:
        by_table.setdefault(table, []).append(day)
    if by_table:
        parts = [f"{t} has no partition {', '.join(map(str, ranges(days)))}" for t, days in by_table.items()]
        raise DataError("; ".join(parts), hint=f"pairec backfill plan --end {ds} tells what makes them")
