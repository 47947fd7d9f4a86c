"""`pairec rank`: train the ranking model, see how good it is and what it reads, check that it serves so."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pairec_cli.cli.backfill_progress import BackfillProgress
from pairec_cli.cli.options import DryRun, Format, Solution, day, open_project
from pairec_cli.cli.render import Format as FormatName
from pairec_cli.cli.render import emit, next_step, notice, warn
from pairec_cli.domain.ds import shift
from pairec_cli.domain.errors import NodeFailed, PartialFailure
from pairec_cli.domain.runs import Backfill, RunState
from pairec_cli.workflow import ranking_quality
from pairec_cli.workflow.ranking_check import check as check_model
from pairec_cli.workflow.trained_models import TrainedRanking, trained_ranking
from pairec_cli.workflow.trained_models import train as train_model

app = typer.Typer()

Day = Annotated[
    str | None,
    typer.Option(
        "--ds", metavar="YYYYMMDD", help="The model of this day; the newest by default.", callback=day
    ),
]


@app.command()
def train(
    context: typer.Context,
    solution: Solution = None,
    ds: Annotated[
        str | None,
        typer.Option(
            "--ds", metavar="YYYYMMDD", help="The last day of labels; the last with data.", callback=day
        ),
    ] = None,
    device: Annotated[str, typer.Option(metavar="auto|cpu|cuda", help="What to train on.")] = "auto",
    dry_run: DryRun = False,
) -> None:
    """Train the ranking model of a day, and run before it what it needs. The newest model is served.

    A training that was interrupted goes on from its last checkpoint. While it fails, the model before serves.
    """
    project = open_project(context)
    ranking = trained_ranking(project, solution)
    if dry_run:
        tasks = train_model(project, ranking, ds, _ignore, dry_run=True)
        notice(
            f"would run {', '.join(map(str, tasks or ()))}" if isinstance(tasks, list) else "nothing to do"
        )
        return
    with BackfillProgress() as progress:
        done = train_model(project, ranking, ds, progress, device=device)
    if isinstance(done, Backfill) and done.state is not RunState.OK:
        failed = [task.node for task in done.tasks if task.state is RunState.FAILED]
        look = f"pairec backfill log {failed[0]}" if failed else "pairec backfill list"
        raise NodeFailed(f"training did not end well: {done.reason}", hint=look)
    next_step("pairec rank metrics")


def _ignore(_event: object) -> None:
    """A dry run has no progress."""


@app.command()
def metrics(
    context: typer.Context,
    solution: Solution = None,
    ds: Day = None,
    samples: Annotated[
        bool, typer.Option("--samples", help="Rows and positives per day of the training set instead.")
    ] = False,
    format: Format = FormatName.TABLE,
) -> None:
    """AUC, AUC by user, log loss and squared error on the held-out day, beside orders that need no model.

    recalls: the recalls' scores of the day before; popularity: positives per item in training; oracle: the
    planted truth of generated data.
    """
    project = open_project(context)
    ranking = trained_ranking(project, solution)
    if samples:
        counts = ranking_quality.sample_counts(project, ranking, ds)
        names = [target.name for target in ranking.form.targets]
        rows = [{"ds": one.ds, "use": one.use, "rows": one.rows, **one.positives} for one in counts]
        emit(rows, columns=("ds", "use", "rows", *names), format=format, title="Samples")
        return
    found = ranking_quality.qualities(project, ranking, ds)
    columns = ("ds", "target", "order", *ranking_quality.FIGURES)
    emit([_quality_row(one) for one in found], columns=columns, format=format, title="Metrics")
    for one, share in ranking_quality.toward_oracle(found):
        notice(f"{one.ds} {one.target}: {share:.1%} of the way from 0.5 to the oracle's AUC by user")
    if not any(one.order == "recalls" for one in found):
        notice(_recalls_of(ranking, max(one.ds for one in found)))


def _recalls_of(ranking: TrainedRanking, ds: str) -> str:
    """What makes the recalls' tables that a comparison lacks."""
    day, solution = shift(ds, -1), ranking.what.solution
    told = f"the order by recalls needs their tables of {day}"
    for lists in ranking_quality.recall_lists(solution):
        told += f"\n  pairec backfill run --start {day} --end {day} --task {lists.table}"
    return told


def _quality_row(one: ranking_quality.Quality) -> dict[str, Any]:
    figures = {name: getattr(one, name) for name in ranking_quality.FIGURES}
    rounded = {name: None if value is None else round(value, 6) for name, value in figures.items()}
    return {"ds": one.ds, "target": one.target, "order": one.order, **rounded}


@app.command()
def check(
    context: typer.Context,
    solution: Solution = None,
    ds: Day = None,
    rows: Annotated[int, typer.Option(min=1, metavar="N", help="Rows of the held-out day.")] = 1000,
    all_: Annotated[bool, typer.Option("--all", help="Every feature, not only those that differ.")] = False,
    format: Format = FormatName.TABLE,
) -> None:
    """Replay training rows through the serving path: the largest difference per feature; exits 1 on any."""
    project = open_project(context)
    found = check_model(project, trained_ranking(project, solution), ds, rows=rows)
    wrong = [one for one in found if one.mismatches]
    listed = found if all_ or format is not FormatName.TABLE else wrong
    columns = ("feature", "rows", "mismatches", "largest", "example")
    emit(
        [{name: getattr(one, name) for name in columns} for one in listed],
        columns=columns,
        format=format,
        title="Train/serve consistency",
    )
    checked = max((one.rows for one in found), default=0)
    if wrong:
        raise PartialFailure(
            f"{len(wrong)} of {len(found)} features differ between training and serving",
            hint="pairec rank train makes a model of the present scripts",
        )
    largest = max((one.largest for one in found), default=0.0)
    notice(f"{len(found)} features agree on {checked:,} rows; the largest difference is {largest:.3g}")


@app.command()
def importance(
    context: typer.Context,
    solution: Solution = None,
    ds: Day = None,
    rows: Annotated[int, typer.Option(min=2, metavar="N", help="Rows of the held-out day.")] = 4096,
    top: Annotated[int | None, typer.Option(min=1, metavar="N", help="Only the N that matter most.")] = None,
    format: Format = FormatName.TABLE,
) -> None:
    """How much worse the model predicts the held-out day when one input is shuffled among its rows.

    Per target: AUC lost, or squared error gained. A sequence counts as one input.
    """
    from pairec_cli.workflow.ranking_importance import importances

    project = open_project(context)
    ranking = trained_ranking(project, solution)
    table: dict[str, dict[str, Any]] = {}
    columns: dict[str, None] = {}
    for one in importances(project, ranking, ds, rows=rows):
        column = f"{one.target} {'auc lost' if one.metric == 'auc' else 'mse gained'}"
        columns[column] = None
        table.setdefault(one.feature, {"feature": one.feature})[column] = round(one.worse, 6)
    if not columns:
        warn("the held-out rows define no metric: they hold one class only")
    first = next(iter(columns), "feature")
    listed = sorted(table.values(), key=lambda row: row.get(first, 0.0), reverse=True)[:top]
    emit(listed, columns=("feature", *columns), format=format, title="Permutation importance")
