"""Trigger ids: groups of users by their properties, as UserGroupHotRecall's lists are keyed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, product

from pairec_cli.domain.coercion import to_int, to_text
from pairec_cli.domain.records import Record

DEFAULT = "NULL"


class TriggerConf(Record):
    """Triggers[]: a property of the user; `boundaries` cut a number into ranges."""

    trigger_key: str = ""
    default_value: str = ""
    boundaries: tuple[int, ...] = ()

    def doubts(self) -> Iterator[tuple[str, str, object]]:
        if any(low >= high for low, high in pairwise(self.boundaries)):
            yield "Boundaries", "do not rise: some ranges are never met", list(self.boundaries)

    def values(self, user: Mapping[str, object]) -> list[str]:
        """The texts that the user's property gives: one, or one per element of a list."""
        default = self.default_value or DEFAULT
        if self.trigger_key not in user:
            return [default]
        value = user[self.trigger_key]
        elements = list(value) if isinstance(value, (list, tuple)) else [value]
        return [self._text(element, default) for element in elements] or [default]

    def _text(self, value: object, default: str) -> str:
        bounds = self.boundaries
        if not bounds:
            return to_text(value, default)
        number = to_int(value, 0)
        place = next((i for i, bound in enumerate(bounds) if number <= bound), len(bounds))
        if place == 0:
            return f"<={bounds[0]}"
        return f">{bounds[-1]}" if place == len(bounds) else f"{bounds[place - 1]}-{bounds[place]}"


def trigger_ids(confs: Sequence[TriggerConf], user: Mapping[str, object]) -> list[str]:
    """The values of all triggers, joined by `_`; where properties are lists, every combination once."""
    combinations = product(*(conf.values(user) for conf in confs))
    return list(dict.fromkeys("_".join(values) for values in combinations))
