"""All nodes that make the samples of the ranking model, each after those it reads."""

from __future__ import annotations

from collections.abc import Mapping

from pairec_cli.domain.package import Node
from pairec_cli.domain.solution import Solution
from pairec_cli.ranking import fg_encoded, label_table, sequences, training_set, vocabulary
from pairec_cli.ranking.feature_list import model_features


def sample_nodes(solution: Solution, sizes: Mapping[str, int] | None = None) -> list[Node]:
    """Labels, sequences, training set, vocabulary, encoded rows; none when the solution does not rank.

    `sizes` as in `model_features`, which also says what is raised.
    """
    ranking = solution.ranks
    if ranking is None:
        return []
    features = model_features(solution, sizes)
    read = any(feature.sequence for feature in features)
    return [
        label_table.node(solution, ranking),
        *(sequences.nodes(solution, ranking) if read else []),
        training_set.node(solution, ranking, features),
        vocabulary.node(solution, ranking, features),
        *fg_encoded.nodes(solution, ranking, features),
    ]
