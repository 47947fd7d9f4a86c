"""What recalls with two towers have in common: nodes in order, sizes that nodes and files share."""

from __future__ import annotations

import json

from pairec_cli.domain.recall import TrainedRecall
from pairec_cli.domain.solution import Solution
from pairec_cli.recall.global_hot import GlobalHot
from pairec_cli.recall.mind import MIND, MINDRecallConfig


def test_nodes_and_files_have_one_size() -> None:
    method, config, solution = MIND(), MINDRecallConfig(), Solution(name="s")
    nodes = method.sized_nodes(config, solution, {"item_id": 100})
    vocabulary = next(node for node in nodes if node.name == "s_mind_vocabulary_v1")
    features = json.loads(
        method.package_files(config, solution, {"item_id": 100})["models/s_mind/features.json"]
    )
    assert next(f["num_buckets"] for f in features if f["name"] == "item_id") == 256
    assert "254 AS most" in vocabulary.script


def test_a_trained_recall_is_known_by_its_files() -> None:
    assert isinstance(MIND(), TrainedRecall)
    assert not isinstance(GlobalHot(), TrainedRecall)
