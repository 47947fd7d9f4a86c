"""`pairec recommend`. Serving imports the standard library and typer; the rest only to deploy first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pairec_cli.cli.options import Format, UsageError, open_project
from pairec_cli.cli.render import Format as FormatName
from pairec_cli.cli.render import emit, notice, show
from pairec_cli.domain.errors import NotDeployed, NotFound
from pairec_cli.domain.requests import NOT_ENOUGH, ItemResult, RecommendRequest, RecommendResponse

if TYPE_CHECKING:
    from pairec_cli.project import Project

app = typer.Typer()


@app.command()
def recommend(
    context: typer.Context,
    user: Annotated[str | None, typer.Option("--user", "-u", help="The user to recommend for.")] = None,
    scene: Annotated[
        str | None, typer.Option("--scene", "-s", help="The scenario; the only one by default.")
    ] = None,
    size: Annotated[int, typer.Option("--size", "-n", min=1, help="How many items.")] = 10,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show the funnel and why each item came.")
    ] = False,
    no_deploy: Annotated[
        bool, typer.Option("--no-deploy", help="Fail when nothing is deployed, instead of deploying.")
    ] = False,
    users: Annotated[
        str | None,
        typer.Option(metavar="all|FILE", help="Recommend for many users: all, or one id per line."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="File for --users: .csv, .tsv, .jsonl or .parquet.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Another file than this workspace's engine.json.")
    ] = None,
    format: Format = FormatName.TABLE,
) -> None:
    """Recommend items to a user, or to many at once.

    The first time, when no solution is deployed, the tutorial's quick deployment runs first.
    """
    if (not user) == (users is None):
        raise UsageError("Name one user with --user, or many with --users.")
    if output is not None and users is None:
        raise UsageError("--output goes with --users.")
    if config is not None and users is not None:
        raise UsageError("--config goes with --user.")
    project = open_project(context)
    if users is not None:
        _check_batch(users, output, format)
    chosen = project.scene_of(config, scene) if config else _ready(project, scene, deploy=not no_deploy)
    if users is not None:
        _batch(project, users, chosen, size, output, format)
        return
    request = RecommendRequest(str(user), chosen, size, explain=explain)
    with project.engine(config) as engine:
        _render(engine.recommend(request), format, explain=explain)


def _ready(project: Project, scene: str | None, *, deploy: bool) -> str:
    """The scene to serve, after the quick deployment where nothing is deployed or it was cut short."""
    unfinished = deploy and project.unfinished_quickstart.exists()
    try:
        chosen = project.serving_scene(scene)
    except NotDeployed as missing:
        by_hand = project.engine_path.exists() and not unfinished
        if not deploy or by_hand:
            raise
        reason = missing.message
    else:
        if not unfinished:
            return chosen
        reason = "a solution is deployed"
    notice(f"{reason}; {'going on with' if unfinished else 'running'} the quick deployment first")
    _deploy(project, scene)
    return project.serving_scene(scene)


def _deploy(project: Project, scene: str | None) -> None:
    from pairec_cli.cli.quickstart import run_quickstart
    from pairec_cli.workflow.quickstart import SCENARIO

    if scene not in (None, SCENARIO):
        raise NotFound("scene", str(scene), [SCENARIO], hint="the quick deployment makes this scene only")
    run_quickstart(project)


def _render(response: RecommendResponse, format: FormatName, *, explain: bool) -> None:
    rows = [_row(rank, item, explain=explain) for rank, item in enumerate(response.items, 1)]
    funnel = [stage.as_dict() for stage in response.trace]
    if format is FormatName.JSON:
        document: dict[str, Any] = {
            "code": response.code,
            "msg": response.msg,
            "request_id": response.request_id,
            "size": response.size,
            "items": rows,
            "notes": response.notes,
        }
        show({**document, "trace": funnel} if explain else document, format=format)
        return
    if explain and format is FormatName.TABLE:
        emit(funnel, columns=("stage", "name", "in", "out", "ms", "note"), format=format, title="Funnel")
    scores = dict.fromkeys(name for row in rows for name in row.get("scores", {}) if name not in row)
    rows = [{**row.get("scores", {}), **row} for row in rows]
    columns = ["rank", "item_id", "score", *scores, "recall", *(["why"] if explain else [])]
    emit(rows, columns=columns, format=format, title="Recommendations")
    for note in response.notes:
        notice(f"note: {note}")
    if response.code == NOT_ENOUGH and not response.notes:
        notice(f"note: {response.msg}")


def _row(rank: int, item: ItemResult, *, explain: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "rank": rank,
        "item_id": item.item_id,
        "score": item.score,
        "recall": item.retrieve_id,
    }
    if not explain or item.explanation is None:
        return row
    hits = item.explanation.recalls
    row["why"] = "; ".join(_why(hit.recall, hit.score, hit.triggers) for hit in hits)
    row["scores"] = dict(item.explanation.scores)
    row["recalls"] = [
        {
            "recall": hit.recall,
            "score": hit.score,
            "triggers": [
                {"item_id": t.item_id, "weight": t.weight, "similarity": t.similarity} for t in hit.triggers
            ],
        }
        for hit in hits
    ]
    return row


def _why(recall: str, score: float, triggers: tuple[Any, ...]) -> str:
    text = f"{recall} {score:.4g}"
    if triggers:
        named = ", ".join(f"{t.item_id} ({t.weight:.3g} × {t.similarity:.3g})" for t in triggers[:3])
        more = f" and {len(triggers) - 3} more" if len(triggers) > 3 else ""
        text += f" from {named}{more}"
    return text


def _check_batch(users: str, output: Path | None, format: FormatName) -> None:
    """Before a deployment that takes its time."""
    from pairec_cli.cli.batch import check

    check(users, output, format)


def _batch(
    project: Project, users: str, scene: str, size: int, output: Path | None, format: FormatName
) -> None:
    from pairec_cli.cli.batch import run_batch

    run_batch(project, users, scene, size, output, format)
