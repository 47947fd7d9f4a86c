"""Runs of nodes and backfills over days, and the processes that carry them. Times are Unix seconds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pairec_cli.domain.deployment import WorkflowName
from pairec_cli.domain.ds import DsRange


class RunState(StrEnum):
    """pending → running → ok | failed; skipped and frozen are ends without a run."""

    PENDING = "pending"
    RUNNING = "running"
    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"
    FROZEN = "frozen"

    @property
    def finished(self) -> bool:
        return self not in (RunState.PENDING, RunState.RUNNING)


FINISHED = frozenset(state for state in RunState if state.finished)


@dataclass(frozen=True)
class Process:
    """A process of this machine. `birth` tells two processes with one pid apart; "" where that is unknown."""

    pid: int
    birth: str = ""


@dataclass(frozen=True)
class NodeRun:
    """One run of a node for one day. The two fingerprints tell whether its result still holds.

    `rows` counts the rows written. A run that never started (skipped, frozen) has no process.
    """

    id: int
    workflow: WorkflowName
    node: str
    ds: str
    state: RunState
    started_at: float
    finished_at: float | None = None
    reason: str = ""
    script_fingerprint: str = ""
    input_fingerprint: str = ""
    rows: int | None = None
    log: str | None = None
    process: Process | None = None
    backfill: int | None = None


@dataclass(frozen=True)
class BackfillTask:
    """One node of a backfill and the days it is run for, in order."""

    node: str
    days: tuple[str, ...]
    state: RunState = RunState.PENDING
    reason: str = ""


@dataclass(frozen=True)
class Backfill:
    """A plan that was started: its tasks in order. `days` are the original dates; continuing keeps them.

    `process` has carried it since `carried_at`.
    """

    id: int
    workflow: WorkflowName
    solution: str
    days: DsRange
    state: RunState
    created_at: float
    carried_at: float
    tasks: tuple[BackfillTask, ...]
    finished_at: float | None = None
    reason: str = ""
    process: Process | None = None

    def task(self, node: str) -> BackfillTask | None:
        return next((task for task in self.tasks if task.node == node), None)
