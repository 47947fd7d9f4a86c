"""RecallType → class. A new recall is one file and one line here.

A recall class has `Config` (a Record, normally one that extends `RecallConf`), `title`, `remote`,
and the constructor `(name, config, resources)`; see `domain.stages.Recall`.
"""

from __future__ import annotations

from pairec_cli.domain.registry import Registry

RECALLS = Registry(
    "RecallType",
    {
        "ColdStartRecall": "pairec_cli.engine.recalls.cold_start:ColdStartRecall",
        "ContextItemRecall": "pairec_cli.engine.recalls.context_item:ContextItemRecall",
        "ItemCollaborativeFilterRecall": (
            "pairec_cli.engine.recalls.item_collaborative:ItemCollaborativeFilterRecall"
        ),
        "MockRecall": "pairec_cli.engine.recalls.mock:MockRecall",
        "OnlineVectorRecall": "pairec_cli.engine.recalls.online_vector:OnlineVectorRecall",
        "RealTimeU2IRecall": "pairec_cli.engine.recalls.realtime_u2i:RealTimeU2IRecall",
        "UserCollaborativeFilterRecall": (
            "pairec_cli.engine.recalls.user_collaborative:UserCollaborativeFilterRecall"
        ),
        "UserCustomRecall": "pairec_cli.engine.recalls.user_custom:UserCustomRecall",
        "UserGlobalHotRecall": "pairec_cli.engine.recalls.user_global_hot:UserGlobalHotRecall",
        "UserGroupHotRecall": "pairec_cli.engine.recalls.user_group_hot:UserGroupHotRecall",
        "VectorRecall": "pairec_cli.engine.recalls.vector:VectorRecall",
    },
)

BUILT_IN_RECALLS = ("ContextItemRecall",)
"""There without being configured."""
