"""The tutorial's quick deployment, steps 3 to 7 in one go, each step skipped where it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from pairec_cli.domain.ds import DsRange, ranges, shift
from pairec_cli.domain.errors import DataError, NodeFailed
from pairec_cli.domain.runs import Backfill, RunState
from pairec_cli.domain.solution import Ranking, Solution
from pairec_cli.domain.tables import TableName, TableRole
from pairec_cli.workflow import backfilling, deploying, generating, solution_document, solutions, source_nodes
from pairec_cli.workflow.carrying import Listener
from pairec_cli.workflow.deployed_solutions import Deployed, deployed, planner
from pairec_cli.workflow.freezing import freeze
from pairec_cli.workflow.plan import BackfillPlan
from pairec_cli.workflow.ranking_quality import recall_lists
from pairec_cli.workflow.registration import register
from pairec_cli.workflow.scenarios import create_scenario
from pairec_cli.workflow.workspace import Workspace

SCENARIO = "HomePage"
SOLUTION = "home"
LABEL_DAYS, LEAST_LABEL_DAYS = 7, 7


@dataclass(frozen=True)
class Step:
    """One finished step: its number in the tutorial, what it is, what happened."""

    number: str
    title: str
    outcome: str


def quickstart(workspace: Workspace, on_step: Callable[[Step], None], on_progress: Listener) -> Solution:
    """Register, scenario, solution, generate, deploy, backfill, freeze, with defaults that fit the data.

    Raises DataError when the demo tables hold no data, NodeFailed when a backfill task fails.
    """
    tables = source_nodes.demo_tables()
    days = _days(workspace, tables)
    workspace.unfinished_quickstart.touch()
    for role, table in tables.items():
        register(workspace, table, role=role)
    on_step(Step("3", "Register", "user, item and behavior table"))
    scenario, _ = create_scenario(workspace, workspace.instance.name, SCENARIO)
    on_step(Step("4", "Scenario", scenario.name))
    solution = _solution(workspace, days)
    recalls = ", ".join(recall.name for recall in solution.enabled_recalls)
    ranking = f", ranking {solution.ranks.model}" if solution.ranks else ""
    needs = f"{solution.required_days} days of data"
    on_step(Step("5", "Solution", f"{solution.name}: recalls {recalls}{ranking}; {needs}"))
    record = generating.generate(workspace, solution.name).record
    on_step(Step("5.6", "Generate", str(record.package)))
    _, choice = deploying.deploy(workspace, record)
    on_step(Step("6", "Deploy", _deployed(choice, solution)))
    _backfill(workspace, solution, on_step, on_progress)
    frozen = freeze(workspace, list(tables.values()))
    on_step(Step("7", "Freeze", f"{len(frozen)} virtual nodes" if frozen else "already frozen"))
    workspace.unfinished_quickstart.unlink(missing_ok=True)
    return solution


def _deployed(choice: deploying.Choice, solution: Solution) -> str:
    told = f"{len(choice.applied)} files to workflow {solution.environment.workflow}"
    return f"{told}, {len(choice.kept)} kept as edited by hand" if choice.kept else told


def _days(workspace: Workspace, tables: dict[TableRole, str]) -> list[str]:
    """Days that all demo tables hold, in one unbroken range up to the last. Raises DataError for too few."""
    project = workspace.instance.bindings.maxcompute_project
    ledger = workspace.warehouse.ledger
    held = [set(ledger.partitions(TableName(project, table))) for table in tables.values()]
    both = sorted(set.intersection(*held))
    if not both:
        raise DataError(
            f"the tables {', '.join(tables.values())} hold no data yet",
            hint="pairec data generate --days 60   (or: pairec data clone)",
        )
    days = list(ranges(both)[-1])
    if len(days) < 2:
        raise DataError(
            f"the tables hold one day, {days[0]}, and features and training need one each",
            hint="pairec data generate --days 60",
        )
    return days


def _solution(workspace: Workspace, days: list[str]) -> Solution:
    """The solution that exists, or the tutorial's with windows that fit the days there are."""
    existing = workspace.control.solutions.all(workspace.instance.name)
    if any(record.name == SOLUTION for record in existing):
        return solutions.current(workspace, SOLUTION)[1]
    fitted = fit_windows(_default(workspace), len(days))
    document = solution_document.write(fitted)
    return solutions.save(workspace, document, comment="quick deployment")[1]


def _default(workspace: Workspace) -> Solution:
    """The tutorial's solution, whose ranking learns from fewer days: the third command is awaited."""
    solution = solutions.default_solution(workspace.instance, SOLUTION, SCENARIO)
    ranking = solution.ranking or Ranking()
    days = min(ranking.training_days, LABEL_DAYS)
    return solution.model_copy(update={"ranking": ranking.model_copy(update={"training_days": days})})


def fit_windows(solution: Solution, days: int) -> Solution:
    """The solution with windows that need no more than `days` of history; unchanged when there are enough.

    Feature periods longer than a third of the history go, then training takes what is left. A history that
    leaves the ranking less than a week of labels leaves it out: it would mistake a day for all of its kind.
    """
    if solution.required_days <= days:
        return solution
    kept = tuple(period for period in solution.features.periods if period <= max(1, days // 3))
    periods = kept or (max(1, min(days // 3, solution.features.periods[0])),)
    training = max(1, days - max(periods))
    recalls = []
    for recall in solution.recalls:
        fields = ("training_days", "days", "behavior_window_days")
        known = type(recall).model_fields
        changes = {f: min(getattr(recall, f), training) for f in fields if f in known}
        recalls.append(recall.model_copy(update=changes))
    features = solution.features.model_copy(update={"periods": periods})
    changes = {"features": features, "recalls": tuple(recalls), "ranking": _fit(solution.ranking, training)}
    return solution.model_copy(update=changes)


def _fit(ranking: Ranking | None, days: int) -> Ranking | None:
    """The ranking on `days` days of labels at most."""
    if ranking is None or days < LEAST_LABEL_DAYS:
        return None
    return ranking.model_copy(update={"training_days": min(ranking.training_days, days)})


def _backfill(
    workspace: Workspace,
    solution: Solution,
    on_step: Callable[[Step], None],
    on_progress: Listener,
) -> None:
    what = deployed(workspace, solution.name)
    plan = backfilling.make_plan(workspace, what)
    earlier = _recalls_before(workspace, what, plan.targets.last)
    _run(workspace, what, earlier, on_progress)
    done = _run(workspace, what, plan, on_progress)
    runs = plan.runs + earlier.runs
    on_step(Step("6.4", "Backfill", f"{runs} runs for {plan.targets}" if done else "nothing to do"))


def _recalls_before(workspace: Workspace, what: Deployed, day: str) -> BackfillPlan:
    """The recalls of the day before the one that the ranking holds out: the order that it is compared with.

    Later each day's own run leaves them behind. A history too short for them goes without.
    """
    before = shift(day, -1)
    named = {node.name for node in what.nodes}
    goals = named & {lists.table for lists in recall_lists(what.solution)} if what.solution.ranks else ()
    plan = planner(workspace, what).plan(DsRange(before, before), 1, goals=goals)
    return replace(plan, tasks=()) if plan.missing else plan


def _run(workspace: Workspace, what: Deployed, plan: BackfillPlan, on_progress: Listener) -> Backfill | None:
    done = backfilling.run_backfill(workspace, what, plan, on_progress)
    if done is not None and done.state is not RunState.OK:
        failed = [task.node for task in done.tasks if task.state is RunState.FAILED]
        look = f"pairec backfill log {failed[0]}" if failed else "pairec backfill list"
        raise NodeFailed(
            f"the backfill did not end well: {done.reason}",
            hint=f"{look}, mend it, then run the same command again",
        )
    return done
