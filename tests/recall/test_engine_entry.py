"""The entry that every recall which reads a view begins with."""

from __future__ import annotations

from pairec_cli.domain.solution import Environment, Solution
from pairec_cli.recall.engine_entry import published_recall


def test_the_entry_names_the_solutions_feature_store() -> None:
    solution = Solution(environment=Environment(featurestore_project="fs"))
    assert published_recall(solution, "mine", "UserCustomRecall", 7, "view") == {
        "Name": "mine",
        "RecallType": "UserCustomRecall",
        "RecallCount": 7,
        "DaoConf": {
            "AdapterType": "featurestore",
            "FeatureStoreName": "fs",
            "FeatureStoreViewName": "view",
        },
    }
