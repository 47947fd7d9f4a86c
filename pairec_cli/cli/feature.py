"""`pairec feature`: step 5.3 of the tutorial."""

from __future__ import annotations

from typing import Annotated

import typer

from pairec_cli.cli.options import Format, Solution, open_project
from pairec_cli.cli.render import Format as FormatName
from pairec_cli.cli.render import emit, notice
from pairec_cli.workflow.feature_list import list_features

app = typer.Typer()


@app.command("list")
def list_(
    context: typer.Context,
    solution: Solution = None,
    side: Annotated[str | None, typer.Option(metavar="user|item", help="Only this side's.")] = None,
    kind: Annotated[
        str | None,
        typer.Option(metavar="KIND", help="preprocess, count, ratio, kv, kv_ratio or numeric."),
    ] = None,
    window: Annotated[int | None, typer.Option(metavar="DAYS", help="Only this statistics period.")] = None,
    search: Annotated[str, typer.Option(help="Only features whose name or comment holds it.")] = "",
    format: Format = FormatName.TABLE,
) -> None:
    """List the features: name, side, type, kind, window, and what they say."""
    found = list_features(open_project(context), solution, side=side, kind=kind, window=window, search=search)
    rows = [
        {
            "name": spec.name,
            "side": spec.side.value,
            "type": spec.type,
            "kind": spec.kind.value,
            "window": spec.window,
            "comment": spec.comment,
            "events": list(spec.events),
            "attribute": spec.attribute,
        }
        for spec in found
    ]
    columns = ("name", "side", "type", "kind", "window", "comment")
    emit(rows, columns=columns, format=format, title="Features")
    if rows:
        notice(f"{len(rows)} features")
