"""Type of an AlgoConfs entry → class. A class is made from `(conf, resources)` when a request first needs it,
so that scenes without a model load none; see `engine.model_rank.Algorithm`."""

from __future__ import annotations

from pairec_cli.domain.registry import Registry

ALGORITHMS = Registry(
    "algorithm type",
    {
        "EAS": "pairec_cli.engine.algorithms.eas:EasModel",
        "LOOKUP": "pairec_cli.engine.algorithms.lookup:Lookup",
    },
)
