"""All feature nodes of a solution, each after those it reads."""

from __future__ import annotations

from pairec_cli.domain.package import Node
from pairec_cli.domain.solution import Solution
from pairec_cli.features import preprocess, wide


def feature_nodes(solution: Solution) -> list[Node]:
    return [*preprocess.nodes(solution), wide.node(solution)]
