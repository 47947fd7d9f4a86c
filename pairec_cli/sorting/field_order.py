"""Items in the order of a named value."""

from __future__ import annotations

from collections.abc import Iterable

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.rank_score import named_value

CURRENT_SCORE = "current_score"


def by_field(items: Iterable[Item], field: str, *, descending: bool = True) -> list[Item]:
    """Items by what RankScore means by the name; an item without it goes by its score, one whose value is
    no number by 0. Equal values keep their order."""

    def value(item: Item) -> float:
        found = named_value(item, field)
        number = item.score if found is None else found
        return number if number == number else 0.0

    return sorted(items, key=value, reverse=descending)
