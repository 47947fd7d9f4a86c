"""What the ranking model needs online: columns of users, their sequences, and columns of items."""

from __future__ import annotations

from collections.abc import Iterable

from pairec_cli.domain.model_features import ModelFeature, Side
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Publication
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.ranking.feature_list import model_features


def sequence_view(solution: Solution) -> str:
    """The view of the users' latest items."""
    return TableNames(solution).sequence("pre_t_seq")


def user_columns(solution: Solution) -> tuple[str, ...]:
    """Columns of the user features that the model reads; none when the solution does not rank."""
    features = [feature for feature in _features(solution) if not feature.sequence]
    return _columns(features, "user", TableNames(solution).user_id)


def publications(solution: Solution) -> list[Publication]:
    """The views that only the ranking reads: sequences per user, and item features."""
    names, environment = TableNames(solution), solution.environment
    features = _features(solution)
    found = []
    sequences = _columns((f for f in features if f.sequence), "user", names.user_id)
    if sequences:
        view = sequence_view(solution)
        found.append(Publication(view, view, names.user_id, sequences, environment.user_entity))
    if columns := _columns(features, "item", names.item_id):
        view = names.all_feat(TableRole.ITEM)
        found.append(Publication(view, view, names.item_id, columns, environment.item_entity))
    return found


def _features(solution: Solution) -> list[ModelFeature]:
    return [] if solution.ranks is None else model_features(solution)


def _columns(features: Iterable[ModelFeature], side: Side, key: str) -> tuple[str, ...]:
    """The different source columns of one side, in the order of the features, without the key."""
    found = (
        source
        for feature in features
        for source, of in zip(feature.sources, feature.sides, strict=True)
        if of == side and source != key
    )
    return tuple(dict.fromkeys(found))
