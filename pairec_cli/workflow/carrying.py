"""A started backfill, carried out: its tasks one after the other, each over its days."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pairec_cli.domain.package import Recurrence
from pairec_cli.domain.runs import Backfill, NodeRun, RunState
from pairec_cli.workflow.deployed_solutions import Deployed, as_it_is
from pairec_cli.workflow.node_run import NodeRunner
from pairec_cli.workflow.plan import PlannedTask
from pairec_cli.workflow.serving import put_into_service
from pairec_cli.workflow.workspace import Workspace

WELL = (RunState.OK, RunState.SKIPPED)


@dataclass
class Counter:
    """Runs done, of those that a backfill will do."""

    total: int
    done: int = 0


@dataclass(frozen=True)
class Progress:
    """What happens while a backfill runs. Of a task with `days` days: it began (running, no run), a day ended
    well (ok, with its run, no reason), it ended otherwise or cannot begin (its state, with the reason)."""

    task: str
    state: RunState
    done: int
    total: int
    days: int
    run: NodeRun | None = None
    reason: str = ""
    share: float | None = None
    """Of a day that takes long: how much of it is done; `reason` says how it goes."""


Listener = Callable[[Progress], None]


def carry(
    workspace: Workspace,
    what: Deployed,
    backfill: Backfill,
    tasks: Sequence[PlannedTask],
    listener: Listener,
    *,
    device: str = "auto",
) -> Backfill:
    """Run tasks in order, training nodes on `device`. What needs a task that did not end well is left
    pending; the rest goes on."""
    control = workspace.control.backfills
    order = as_it_is(workspace, what)
    counter = Counter(sum(len(task.days) for task in tasks))
    held: set[str] = set()
    try:
        for task in tasks:
            if waits := sorted(order.upstream(task.node) & held):
                reason = f"waits for {', '.join(waits)}"
                control.set_task(backfill.id, task.node, RunState.PENDING, reason)
                listener(_progress(task, RunState.PENDING, counter, reason=reason))
                held.add(task.node)
            elif _run_task(workspace, what, backfill, task, listener, counter, device) not in WELL:
                held.add(task.node)
    except BaseException as error:
        # A Ctrl-C or a node that another process runs must not leave the backfill marked as running.
        _interrupted(workspace, backfill, str(error) or "interrupted")
        raise
    unfinished = [task for task in control.get(backfill.id).tasks if task.state not in WELL]
    reason = "; ".join(f"{task.node} {task.state}" for task in unfinished)
    ended = control.finish(backfill.id, RunState.FAILED if unfinished else RunState.OK, reason=reason)
    put_into_service(workspace, what.target)
    return ended


def _interrupted(workspace: Workspace, backfill: Backfill, reason: str) -> None:
    control = workspace.control.backfills
    for task in control.get(backfill.id).tasks:
        if task.state is RunState.RUNNING:
            control.set_task(backfill.id, task.node, RunState.FAILED, reason)
    control.finish(backfill.id, RunState.FAILED, reason=reason)


def _run_task(
    workspace: Workspace,
    what: Deployed,
    backfill: Backfill,
    task: PlannedTask,
    listener: Listener,
    counter: Counter,
    device: str,
) -> RunState:
    """One task over its days, in order; ends at the first day that fails."""
    control = workspace.control

    def end(state: RunState, reason: str, run: NodeRun | None = None) -> RunState:
        control.backfills.set_task(backfill.id, task.node, state, reason)
        listener(_progress(task, state, counter, run, reason))
        return state

    recurrence = control.nodes.get(what.target, task.node).recurrence
    if recurrence is not Recurrence.NORMAL:
        counter.done += len(task.days)
        frozen = recurrence is Recurrence.PAUSE
        reason = "the node is frozen" if frozen else "the node is set to skip"
        return end(RunState.FROZEN if frozen else RunState.SKIPPED, reason)
    control.backfills.set_task(backfill.id, task.node, RunState.RUNNING, task.reason)
    listener(_progress(task, RunState.RUNNING, counter))
    node = next(node for node in what.nodes if node.name == task.node)

    def advance(share: float, text: str) -> None:
        listener(replace(_progress(task, RunState.RUNNING, counter, reason=text), share=share))

    runner = NodeRunner(workspace, what.target, what.project, device=device, advance=advance)
    now = as_it_is(workspace, what)
    for ds, why in task.reasons.items():
        run = runner.run(node, ds, now.expected(node.name, ds), reason=str(why), backfill=backfill.id)
        counter.done += 1
        if run.state is not RunState.OK:
            return end(RunState.FAILED, f"ds={ds}: {run.reason}", run)
        listener(_progress(task, RunState.OK, counter, run))
        if now.reads_itself(node.name):
            now.forget()
    control.backfills.set_task(backfill.id, task.node, RunState.OK, task.reason)
    return RunState.OK


def _progress(
    task: PlannedTask, state: RunState, counter: Counter, run: NodeRun | None = None, reason: str = ""
) -> Progress:
    return Progress(task.node, state, counter.done, counter.total, len(task.days), run, reason)
