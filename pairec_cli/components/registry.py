"""The components that PAI commands may name."""

from __future__ import annotations

from pairec_cli.domain.registry import Registry

COMPONENTS = Registry(
    "PAI component",
    {
        "pai_etrec": "pairec_cli.components.etrec:Etrec",
        "swing_rec_ext": "pairec_cli.components.swing:Swing",
        "simrank_plus_plus": "pairec_cli.components.simrank:SimRankPlusPlus",
        "vector_topk": "pairec_cli.components.vector_search:VectorTopk",
    },
)
