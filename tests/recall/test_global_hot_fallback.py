"""Global hot fallback: the node of global hot, and the scene's FallbackConfig."""

from __future__ import annotations

from typing import Any

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import Solution
from pairec_cli.recall.global_hot_fallback import GlobalHotFallback, GlobalHotFallbackConfig
from pairec_cli.workflow.engine_config import engine_config
from tests.recall.contract import RecallContract


class TestContract(RecallContract):
    type_name = "global_hot_fallback"
    entry = {"days": 7, "top_n": 20}

    def test_the_engine_entry_reads_a_published_view(
        self, method: Any, solution: Solution, config: Any
    ) -> None:
        [view] = [publication.view for publication in method.publications(config, solution)]
        conf = method.engine_conf(config, solution)
        assert conf == {
            "Timeout": 500,
            "FeatureStoreName": solution.environment.featurestore_project,
            "FeatureStoreViewName": view,
            "CompleteItemsIfNeed": True,
        }
        assert method.nodes(config, solution)[-1].name == view == TableNames(solution).recall("mine")


def test_it_is_no_recall_of_the_scene() -> None:
    solution = Solution(recalls=(GlobalHotFallbackConfig(timeout_ms=80, complete_items=False),))
    config = engine_config(solution, "cn-beijing")
    scene = config["SceneConfs"][solution.scenario]["default"]
    assert scene["RecallNames"] == []
    assert scene["FallbackConfig"]["Timeout"] == 80
    assert config["RecallConfs"] == []
    assert GlobalHotFallback.is_fallback
