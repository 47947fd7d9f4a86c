"""What every RecallConfs entry that reads a published view has in common."""

from __future__ import annotations

from typing import Any

from pairec_cli.domain.solution import Solution


def published_recall(solution: Solution, name: str, kind: str, count: int, view: str) -> dict[str, Any]:
    """A RecallConfs entry of RecallType `kind` that reads the feature view `view`."""
    return {
        "Name": name,
        "RecallType": kind,
        "RecallCount": count,
        "DaoConf": {
            "AdapterType": "featurestore",
            "FeatureStoreName": solution.environment.featurestore_project,
            "FeatureStoreViewName": view,
        },
    }
