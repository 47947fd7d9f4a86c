"""The recall methods by type name."""

from __future__ import annotations

from pairec_cli.domain.registry import Registry
from pairec_cli.domain.solution import RecallConfig

RECALLS = Registry(
    "recall type",
    {
        "global_hot": "pairec_cli.recall.global_hot:GlobalHot",
        "global_hot_fallback": "pairec_cli.recall.global_hot_fallback:GlobalHotFallback",
        "group_hot": "pairec_cli.recall.group_hot:GroupHot",
        "etrec_u2i": "pairec_cli.recall.etrec_u2i:EtrecU2I",
        "swing_u2i": "pairec_cli.recall.swing_u2i:SwingU2I",
        "simrank_u2i": "pairec_cli.recall.simrank_u2i:SimRankU2I",
        "dssm": "pairec_cli.recall.dssm:DSSM",
        "mind": "pairec_cli.recall.mind:MIND",
        "dropoutnet": "pairec_cli.recall.dropoutnet:DropoutNet",
        "pdn": "pairec_cli.recall.pdn:PDN",
        "co_metric_learning_i2i": "pairec_cli.recall.co_metric_learning_i2i:CoMetricLearningI2I",
    },
)


def recall_types() -> dict[str, type[RecallConfig]]:
    """Type name → the class that its entry in a solution document is read as."""
    return {name: RECALLS.load(name).Config for name in RECALLS}
