"""The features of a solution, listed and searched."""

from __future__ import annotations

from pairec_cli.domain.errors import NotFound
from pairec_cli.features.spec import SIDES, FeatureKind, FeatureSpec, feature_specs
from pairec_cli.workflow import solutions
from pairec_cli.workflow.workspace import Workspace


def list_features(
    workspace: Workspace,
    solution: str | None = None,
    *,
    side: str | None = None,
    kind: str | None = None,
    window: int | None = None,
    search: str = "",
) -> list[FeatureSpec]:
    """Features in the order of their tables' columns. Raises NotFound for an unknown side, kind or window."""
    _, parsed = solutions.current(workspace, solution)
    found = feature_specs(solutions.resolved(workspace, parsed))
    _require("side", side, [str(role) for role in SIDES])
    _require("feature kind", kind, [str(one) for one in FeatureKind])
    _require("window", window, [str(days) for days in parsed.features.periods])
    return [
        spec
        for spec in found
        if side in (None, spec.side)
        and kind in (None, spec.kind)
        and window in (None, spec.window)
        and search.lower() in f"{spec.name} {spec.comment}".lower()
    ]


def _require(what: str, value: str | int | None, known: list[str]) -> None:
    if value is not None and str(value) not in known:
        raise NotFound(what, str(value), known)
