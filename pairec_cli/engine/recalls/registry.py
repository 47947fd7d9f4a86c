"""RecallType → class. A new recall is one file and one line here.

A recall class has `Config` (a Record, normally one that extends `RecallConf`), `title`, `remote`,
and the constructor `(name, config, resources)`; see `domain.stages.Recall`.
"""

from __future__ import annotations

from pairec_cli.domain.registry import Registry

RECALLS = Registry(
    "RecallType",
    {
        "UserCustomRecall": "pairec_cli.engine.recalls.user_custom:UserCustomRecall",
        "UserGlobalHotRecall": "pairec_cli.engine.recalls.user_global_hot:UserGlobalHotRecall",
    },
)
