"""All feature nodes of a solution, each after those it reads."""

from __future__ import annotations

from pairec_cli.domain.package import Node
from pairec_cli.domain.solution import Solution
from pairec_cli.features import all_feat, preprocess, static_feat, wide
from pairec_cli.features.spec import SIDES, feature_specs


def feature_nodes(solution: Solution) -> list[Node]:
    """Preprocess, wide, statistics, all features. Raises InvalidConfig for features of one name."""
    feature_specs(solution)
    return [
        *preprocess.nodes(solution),
        wide.node(solution),
        *(static_feat.node(solution, side) for side in SIDES),
        *(all_feat.node(solution, side) for side in SIDES),
    ]
