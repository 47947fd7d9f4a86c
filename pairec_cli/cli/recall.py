"""`pairec recall`: which recalls there are, run one, look at what it gives, measure them all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pairec_cli.cli.backfill_progress import BackfillProgress
from pairec_cli.cli.options import DryRun, Format, Solution, UsageError, day, open_project
from pairec_cli.cli.render import Format as FormatName
from pairec_cli.cli.render import emit, next_step, notice
from pairec_cli.domain.errors import NodeFailed
from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.domain.runs import RunState
from pairec_cli.engine.recall_lists import FALLBACK, RecallList, recall_lists
from pairec_cli.workflow import recall_running, solutions
from pairec_cli.workflow.deployed_solutions import deployed, deployed_for
from pairec_cli.workflow.entities import item_labels, label_columns, require_user
from pairec_cli.workflow.recall_quality import RecallQuality, compare_recalls
from pairec_cli.workflow.similar_items import similar_items
from pairec_cli.workflow.solution_recalls import RecallState, fallback_name, recall_states, refuse_unserved

if TYPE_CHECKING:
    from pairec_cli.domain.solution import Solution as SolutionDocument

app = typer.Typer()

Recall = Annotated[str | None, typer.Option("--recall", metavar="NAME", help="This recall only.")]
Scene = Annotated[str | None, typer.Option("--scene", "-s", help="The scenario; the only one by default.")]
Size = Annotated[int, typer.Option("--size", "-n", min=1, metavar="N", help="How many items of each.")]
LIST = ("type", "recall", "state", "scenarios", "ds", "rows", "coverage", "settings", "title")
FIGURES = ("recall", "k", "hit_rate", "recall_at_k", "ndcg", "coverage", "served", "gain")


@app.command("list")
def list_(context: typer.Context, solution: Solution = None, format: Format = FormatName.TABLE) -> None:
    """List the recall methods: those of the solution in merge order, then the types that it does not use.

    coverage: share of the users who have a list on the last day. settings: fields that are not as they come.
    """
    project = open_project(context)
    known = project.control.solutions.all(project.instance.name)
    chosen = solutions.current(project, solution)[1] if known or solution else None
    rows = [_state_row(one, chosen) for one in recall_states(project, chosen)]
    brief = ("type", "recall", "state", "ds", "rows", "coverage")
    emit(rows, columns=LIST, brief=brief, format=format, title="Recalls")
    unused = [one["type"] for one in rows if one["recall"] is None]
    if unused and chosen is not None:
        next_step(f"pairec solution configure --add-recall {unused[0]}")


def _state_row(one: RecallState, solution: SolutionDocument | None) -> dict[str, Any]:
    recall = one.recall
    row: dict[str, Any] = {
        "type": one.type,
        "recall": None,
        "state": one.state,
        "ds": one.ds,
        "rows": one.rows,
        "coverage": None if one.coverage is None else round(one.coverage, 4),
        "title": one.title,
    }
    if recall is None or solution is None:
        return row
    return row | {
        "recall": recall.name,
        "enabled": recall.config.enabled,
        "scenarios": list(recall.config.scenarios or solution.scenarios),
        "settings": ", ".join(f"{name}={value}" for name, value in recall.settings.items()) or None,
        "tables": [str(table) for table in recall.tables],
    }


@app.command()
def run(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="The recall; all of them by default.")] = None,
    solution: Solution = None,
    ds: Annotated[
        str | None,
        typer.Option("--ds", metavar="YYYYMMDD", help="The day; the last with data.", callback=day),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Run what is up to date, too.")] = False,
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="Run though source tables lack days.")
    ] = False,
    device: Annotated[str, typer.Option(metavar="auto|cpu|cuda", help="What to train on.")] = "auto",
    dry_run: DryRun = False,
) -> None:
    """Run the nodes of a recall for a day, before them what they need, and put what it made online.

    A newer day that is online stays there.
    """
    project = open_project(context)
    what = deployed(project, solution)
    recalls = recall_running.chosen_recalls(what, name)
    plan = recall_running.recall_plan(project, what, recalls, ds, force=force)
    if dry_run:
        rows = [{"node": task.node, "runs": len(task.days), "reason": task.reason} for task in plan.tasks]
        emit(rows, columns=("node", "runs", "reason"), title="Plan")
        return
    with BackfillProgress() as progress:
        done, told = recall_running.run_recalls(
            project, what, recalls, plan, progress, allow_missing=allow_missing, device=device
        )
    if done is not None and done.state is not RunState.OK:
        failed = [task.node for task in done.tasks if task.state is RunState.FAILED]
        look = f"pairec backfill log {failed[0]}" if failed else "pairec backfill list"
        raise NodeFailed(f"the recall did not end well: {done.reason}", hint=look)
    for sentence in told if done is not None else [f"up to date for {plan.targets}", *told]:
        notice(sentence)
    next_step("pairec recall show --user USER")


@app.command()
def show(
    context: typer.Context,
    user: Annotated[str, typer.Option("--user", "-u", help="The user.")],
    recall: Recall = None,
    scene: Scene = None,
    size: Size = 10,
    format: Format = FormatName.TABLE,
) -> None:
    """Show what each recall gives one user, with the scores and the triggers that led to each item.

    It is what the engine reads, before lists are merged, filtered and ranked.
    """
    project = open_project(context)
    chosen = project.serving_scene(scene)
    what = deployed_for(project, chosen)
    require_user(project, what.solution, user)
    request = RecommendRequest(user, chosen, size, explain=True)
    fallback = fallback_name(what.solution, chosen) or FALLBACK
    given = recall_lists(project.engine(), request, size=size)
    found = {fallback if one.recall == FALLBACK else one.recall: one for one in given}
    if recall is not None:
        refuse_unserved(project, what.solution, chosen, recall, found)
        found = {recall: found[recall]}
    columns = label_columns(project, what.solution)
    labels = item_labels(project, what.solution, {item for one in found.values() for item, _ in one.items})
    emit(
        [row for name, one in found.items() for row in _list_rows(name, one, labels)],
        columns=("recall", "rank", "item_id", *columns, "score", "why"),
        brief=("recall", "rank", "item_id", "score", "why"),
        format=format,
        title=f"Recalls of user {user}",
    )
    for name, one in found.items():
        if one.note or not one.items:
            notice(f"recall {name}: {one.note or 'no candidates'}")


def _list_rows(
    name: str, one: RecallList, labels: Mapping[str, Mapping[str, object]]
) -> Iterator[dict[str, Any]]:
    for rank, (item, hit) in enumerate(one.items, 1):
        yield {
            "recall": name,
            "rank": rank,
            "item_id": item,
            **labels.get(item, {}),
            "score": round(hit.score, 6),
            "why": ", ".join(f"{t.item_id} ({t.weight:.3g} × {t.similarity:.3g})" for t in hit.triggers[:3]),
            "triggers": [
                {"item_id": t.item_id, "weight": t.weight, "similarity": t.similarity} for t in hit.triggers
            ],
        }


@app.command()
def similar(
    context: typer.Context,
    item: Annotated[str, typer.Option("--item", "-i", help="The item.")],
    recall: Recall = None,
    solution: Solution = None,
    size: Size = 10,
    format: Format = FormatName.TABLE,
) -> None:
    """Show an item's neighbours in every table of similar items and by every set of item vectors.

    score: the table's own, or the cosine of the vectors. together: users who met both in the recall's days.
    """
    project = open_project(context)
    what = deployed(project, solution)
    found = similar_items(project, what, item, recall=recall, size=size)
    labels = item_labels(project, what.solution, {one.item_id for one in found})
    columns = label_columns(project, what.solution)
    rows = [
        {
            "recall": one.recall,
            "rank": one.rank,
            "item_id": one.item_id,
            **labels.get(one.item_id, {}),
            "score": round(one.score, 6),
            "together": one.together,
            "table": one.table,
            "ds": one.ds,
        }
        for one in found
    ]
    emit(
        rows,
        columns=("recall", "rank", "item_id", *columns, "score", "together", "table"),
        brief=("recall", "rank", "item_id", "score", "together"),
        format=format,
        title=f"Neighbours of item {item}",
    )


@app.command()
def evaluate(
    context: typer.Context,
    solution: Solution = None,
    scene: Scene = None,
    ds: Annotated[
        str | None,
        typer.Option("--ds", metavar="YYYYMMDD", help="The held-out day; the last possible.", callback=day),
    ] = None,
    k: Annotated[str, typer.Option("--k", metavar="N,N", help="Lengths of the lists.")] = "10,20,50",
    users: Annotated[
        int, typer.Option(min=1, metavar="N", help="Users at most; more are drawn from.")
    ] = 2000,
    event: Annotated[
        str | None, typer.Option(metavar="EVENT", help="What a hit is; the event after the impression.")
    ] = None,
    overlap: Annotated[
        bool, typer.Option("--overlap", help="How much of each recall's lists the others give, instead.")
    ] = False,
    format: Format = FormatName.TABLE,
) -> None:
    """Measure each recall on a held-out day: its tables of the day before against what users met newly.

    gain: recall@k that the merged list would lose without this recall. Beside them stand the merged list,
    the most popular items, and chance.
    """
    project = open_project(context)
    found = compare_recalls(
        project,
        deployed(project, solution),
        project.recall_lists,
        ds=ds,
        ks=_numbers(k),
        users=users,
        event=event,
        scene=scene,
    )
    if overlap:
        rows = [
            {"recall": name, **dict(zip(found.recalls, map(_short, shares), strict=True))}
            for name, shares in zip(found.recalls, found.overlap, strict=True)
        ]
        emit(rows, columns=("recall", *found.recalls), format=format, title="Overlap")
    else:
        rows = [_figure_row(one) for one in found.figures]
        brief = ("recall", "k", "hit_rate", "recall_at_k", "gain")
        emit(rows, columns=FIGURES, brief=brief, format=format, title="Recalls")
    new = sum(map(len, found.held.new.values()))
    notice(f"{found.held.ds}: {len(found.held.new):,} users with {new:,} new items by {found.held.event}")
    for name, why in found.skipped.items():
        notice(f"recall {name} {why}: pairec recall run {name} --ds {found.held.day_before}")


def _numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        raise UsageError(f"{text!r} is not of the form 10,20,50") from None


def _figure_row(one: RecallQuality) -> dict[str, Any]:
    quality = one.quality
    figures = {
        "hit_rate": quality.hit_rate,
        "recall_at_k": quality.recall,
        "ndcg": quality.ndcg,
        "coverage": quality.coverage,
        "served": one.served,
        "gain": one.gain,
    }
    return {"recall": one.recall, "k": quality.k, **{name: _short(value) for name, value in figures.items()}}


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
