"""The rules of DiversityRuleSort: how alike neighbours may be (the open engine's diversity_rule.go)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.coercion import label
from pairec_cli.domain.conditions import Conditions, FilterParam
from pairec_cli.domain.item_features import item_features
from pairec_cli.domain.records import Record

Value = str | frozenset[str]
"""An item's value in one dimension, or its values in a dimension that has several."""


class DiversityRuleConf(Record):
    """`interval_size`: no more equal values in a row. `window_size` and a smaller `frequency_size`: no more
    than so many equal values in any window. `weight` counts when no item fits all rules."""

    dimensions: tuple[str, ...] = ()
    interval_size: int = 0
    window_size: int = 0
    frequency_size: int = 0
    weight: int = 0


class MultiValueDimension(Record):
    """A dimension whose text holds several values."""

    dimension_name: str = ""
    delimiter: str = ""


class ExclusionRuleConf(Record):
    """Places, from 1, that items which meet the conditions may not take. Without conditions it excludes
    nothing."""

    positions: tuple[int, ...] = ()
    conditions: tuple[FilterParam, ...] = ()


class DiversityRule:
    """One rule for one request: it remembers the values of the items it has seen."""

    def __init__(self, conf: DiversityRuleConf, delimiters: Mapping[str, str]) -> None:
        self.conf, self.delimiters = conf, delimiters
        windowed = conf.window_size > conf.frequency_size > 0
        self.window = conf.window_size - 1 if windowed else 0
        self._values: dict[Item, tuple[Value, ...]] = {}

    def fits(self, item: Item, placed: Sequence[Item]) -> bool:
        """Whether the item may follow the items placed."""
        own, interval = self._of(item), self.conf.interval_size
        if 0 < interval <= len(placed) and all(self._alike(own, one) for one in placed[-interval:]):
            return False
        if not self.window:
            return True
        return sum(self._alike(own, one) for one in placed[-self.window :]) < self.conf.frequency_size

    def _alike(self, own: tuple[Value, ...], other: Item) -> bool:
        return all(
            left == right if isinstance(left, str) else not left.isdisjoint(right)
            for left, right in zip(own, self._of(other), strict=True)
        )

    def _of(self, item: Item) -> tuple[Value, ...]:
        """The item's value in each dimension; where it has none that is the empty text, alike in all."""
        found = self._values.get(item)
        if found is None:
            texts = {name: label(item.properties.get(name)) for name in self.conf.dimensions}
            if self.delimiters:
                found = tuple(self._split(name, text) for name, text in texts.items())
            else:
                found = ("_".join(texts[name] for name in self.conf.dimensions),)
            self._values[item] = found
        return found

    def _split(self, name: str, text: str) -> Value:
        delimiter = self.delimiters.get(name)
        if delimiter is None:
            return text
        return frozenset(text.split(delimiter) if delimiter else text)


class ExclusionRule:
    """One exclusion for one request."""

    def __init__(self, conf: ExclusionRuleConf, user: Mapping[str, object]) -> None:
        self.places = frozenset(conf.positions) if conf.conditions else frozenset[int]()
        self.conditions, self.user = Conditions(conf.conditions), user
        self._known: dict[Item, bool] = {}

    def forbids(self, place: int, item: Item) -> bool:
        if place not in self.places:
            return False
        if item not in self._known:
            self._known[item] = self.conditions.hold(self.user, item_features(item))
        return self._known[item]
