"""Recalls run for a day: their nodes with everything that these need, then what they publish."""

from __future__ import annotations

from collections.abc import Sequence

from pairec_cli.domain.ds import DsRange, refuse_future
from pairec_cli.domain.errors import NotFound
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.runs import Backfill, RunState
from pairec_cli.workflow import backfilling
from pairec_cli.workflow.carrying import Listener
from pairec_cli.workflow.deployed_solutions import Deployed, planner
from pairec_cli.workflow.feature_store import FeatureStoreProject
from pairec_cli.workflow.plan import BackfillPlan
from pairec_cli.workflow.serving import put_into_service
from pairec_cli.workflow.solution_recalls import SolutionRecall, recall_of, recalls_of
from pairec_cli.workflow.workspace import Workspace


def chosen_recalls(what: Deployed, name: str | None) -> list[SolutionRecall]:
    """The deployed recall of that name, or all of them. Raises NotFound."""
    if name is not None:
        return [recall_of(what.solution, name)]
    return [one for one in recalls_of(what.solution) if one.config.enabled]


def recall_plan(
    workspace: Workspace,
    what: Deployed,
    recalls: Sequence[SolutionRecall],
    ds: str | None,
    *,
    force: bool = False,
) -> BackfillPlan:
    """What must run so that the recalls' tables are up to date for the day, by default the last with data.

    `force` runs the recalls' own nodes in any case. Raises InvalidInput for a future day, NotFound for a node
    that was taken out by hand.
    """
    day = refuse_future(ds or backfilling.default_day(workspace, what), workspace.instance.timezone)
    names = [node.name for node in what.nodes]
    goals = [node.name for recall in recalls for node in recall.nodes]
    for goal in goals:
        if goal not in names:
            raise NotFound("node", goal, names, hint="pairec deploy run")
    required = max((getattr(recall.config, "training_days", 1) for recall in recalls), default=1)
    forced = goals if force else []
    return planner(workspace, what).plan(DsRange(day, day), required, forced=forced, goals=goals)


def run_recalls(
    workspace: Workspace,
    what: Deployed,
    recalls: Sequence[SolutionRecall],
    plan: BackfillPlan,
    listener: Listener,
    *,
    allow_missing: bool = False,
    device: str = "auto",
) -> tuple[Backfill | None, list[str]]:
    """Run the plan and put the recalls' views of its day online, where no newer day is.

    The backfill is None when everything was up to date; the sentences tell what was published. After a
    failure nothing is. Raises DataError when source days are missing, Busy while another backfill runs.
    """
    done = backfilling.run_backfill(
        workspace, what, plan, listener, allow_missing=allow_missing, device=device
    )
    if done is not None and done.state is not RunState.OK:
        return done, []
    told = _publish(workspace, what, recalls, plan.targets.last)
    put_into_service(workspace, what.target)
    return done, told


def _publish(workspace: Workspace, what: Deployed, recalls: Sequence[SolutionRecall], ds: str) -> list[str]:
    store = FeatureStoreProject(
        workspace, TableNames(what.solution).project, what.solution.environment.featurestore_project, _count
    )
    return [
        store.publish(one.view, one.table, one.key, one.columns, ds)
        for recall in recalls
        for one in recall.publications
    ]


def _count(_rows: int) -> None:
    """Rows are told by the sentences."""
