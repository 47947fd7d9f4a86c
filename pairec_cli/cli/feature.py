"""`pairec feature`: step 5.3 of the tutorial."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import Annotated, Any

import typer

from pairec_cli.cli.options import Format, Solution, open_project
from pairec_cli.cli.render import Format as FormatName
from pairec_cli.cli.render import emit, notice
from pairec_cli.domain.tables import TableRole
from pairec_cli.workflow.listing_features import FeatureKind, FeatureSpec, list_features

app = typer.Typer()


class Side(StrEnum):
    """Whom a feature describes."""

    USER = "user"
    ITEM = "item"


@app.command("list")
def list_(
    context: typer.Context,
    search: Annotated[str, typer.Argument(help="Only features whose name holds this.")] = "",
    solution: Solution = None,
    side: Annotated[Side | None, typer.Option(help="Features of users, or of items.")] = None,
    kind: Annotated[FeatureKind | None, typer.Option(help="How the feature is made.")] = None,
    format: Format = FormatName.TABLE,
) -> None:
    """List the features that a solution makes of users and items, statistics over every window included."""
    project = open_project(context)
    role = TableRole(side.value) if side else None
    found = list_features(project, solution, side=role, kind=kind, search=search)
    columns = ("name", "side", "kind", "window", "type", "comment")
    emit([_row(spec) for spec in found], columns=columns, format=format, title="Features")
    counts = Counter(spec.side for spec in found)
    notice(", ".join(f"{count} {one} features" for one, count in counts.items()))


def _row(spec: FeatureSpec) -> dict[str, Any]:
    return {
        "name": spec.name,
        "side": spec.side.value,
        "kind": spec.kind.value,
        "window": spec.window,
        "type": spec.type,
        "events": list(spec.events),
        "attribute": spec.attribute,
        "aggregate": spec.aggregate or None,
        "scene": spec.scene,
        "comment": spec.comment,
    }
