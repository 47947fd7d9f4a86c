"""The ranking models by type name."""

from __future__ import annotations

from pairec_cli.domain.registry import Registry

RANKING_MODELS = Registry(
    "ranking model",
    {
        "multi_tower": "pairec_cli.ranking.multi_tower:MultiTower",
        "dbmtl": "pairec_cli.ranking.dbmtl:DBMTL",
        "deepfm": "pairec_cli.ranking.deepfm:DeepFM",
        "dcn_v2": "pairec_cli.ranking.dcn_v2:DeepCross",
        "mmoe": "pairec_cli.ranking.mmoe:MMoE",
        "ple": "pairec_cli.ranking.ple:PLE",
        "multi_tower_din": "pairec_cli.ranking.multi_tower_din:MultiTowerDIN",
    },
)
