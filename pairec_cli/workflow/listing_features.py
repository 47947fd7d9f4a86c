"""The features a solution makes, before or after it is deployed."""

from __future__ import annotations

from pairec_cli.domain.tables import TableRole
from pairec_cli.features.spec import FeatureKind, FeatureSpec, feature_specs
from pairec_cli.workflow import solutions
from pairec_cli.workflow.workspace import Workspace


def list_features(
    workspace: Workspace,
    solution: str | None = None,
    *,
    side: TableRole | None = None,
    kind: FeatureKind | None = None,
    search: str = "",
) -> list[FeatureSpec]:
    """Every feature of the solution, or those of one side or kind, or whose name holds a text.

    Raises NotFound, InvalidInput when there is none or several solutions.
    """
    found = feature_specs(solutions.current(workspace, solution)[1])
    return [
        spec
        for spec in found
        if side in (None, spec.side) and kind in (None, spec.kind) and search in spec.name
    ]
