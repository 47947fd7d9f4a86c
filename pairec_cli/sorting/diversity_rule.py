"""DiversityRuleSort: neighbours that differ (the open engine's diversity_rule_sort.go)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.conditions import Conditions, FilterParam
from pairec_cli.domain.records import Record
from pairec_cli.domain.stages import RequestContext, Resources
from pairec_cli.sorting.diversity_rules import (
    DiversityRule,
    DiversityRuleConf,
    ExclusionRule,
    ExclusionRuleConf,
    MultiValueDimension,
)

NO_ITEM: Mapping[str, object] = {}


class DiversityRuleConfig(Record):
    """`diversity_size` + 1 places are arranged (by default as many as are asked for, + 1), looking no
    further than `explore_item_size` places beyond the first candidate for each (0: everywhere). Items of
    `exclude_recalls` go to the end. `conditions` on the user switch the sort on."""

    diversity_rules: tuple[DiversityRuleConf, ...] = ()
    diversity_size: int = 0
    explore_item_size: int = 0
    exclude_recalls: tuple[str, ...] = ()
    conditions: tuple[FilterParam, ...] = ()
    exclusion_rules: tuple[ExclusionRuleConf, ...] = ()
    multi_value_dimension_conf: tuple[MultiValueDimension, ...] = ()


class DiversityRuleSort:
    """Greedy: the first item stays first; each next place takes the first remaining item that fits all rules.
    When none does it takes the one whose met rules weigh most, the earliest of equals. The rest keeps its
    order."""

    Config: ClassVar[type[DiversityRuleConfig]] = DiversityRuleConfig

    def __init__(self, name: str, config: DiversityRuleConfig, resources: Resources) -> None:
        self.name = name
        self.config = config
        self.conditions = Conditions(config.conditions)
        self.excluded = frozenset(config.exclude_recalls)
        confs = reversed(config.multi_value_dimension_conf)  # the first of a name counts
        self.delimiters = {conf.dimension_name: conf.delimiter for conf in confs}

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        if not self.config.diversity_rules or not self.conditions.hold(context.user, NO_ITEM):
            return items
        ours = [item for item in items if item.retrieve_id not in self.excluded]
        if not ours:
            return items
        arranged = self._arrangement(context).arrange(ours, self._places(len(ours), context))
        return [*arranged, *(item for item in items if item.retrieve_id in self.excluded)]

    def _places(self, count: int, context: RequestContext) -> int:
        size = self.config.diversity_size
        return (min(size, count) if size > 0 else context.request.size) + 1

    def _arrangement(self, context: RequestContext) -> _Arrangement:
        config = self.config
        return _Arrangement(
            [DiversityRule(conf, self.delimiters) for conf in config.diversity_rules],
            [ExclusionRule(conf, context.user) for conf in config.exclusion_rules],
            config.explore_item_size,
        )


class _Arrangement:
    """One request's rules at work."""

    def __init__(
        self, rules: Sequence[DiversityRule], exclusions: Sequence[ExclusionRule], explore: int
    ) -> None:
        self.rules, self.exclusions, self.explore = rules, exclusions, explore
        self.weighed = any(rule.conf.weight > 0 for rule in rules)

    def arrange(self, items: list[Item], places: int) -> list[Item]:
        first = next((index for index, item in enumerate(items) if not self._forbidden(1, item)), 0)
        placed, taken = [items[first]], {first}
        while len(placed) < min(places, len(items)):
            index = self._next(items, placed, taken)
            if index is None:
                break
            placed.append(items[index])
            taken.add(index)
        return placed + [item for index, item in enumerate(items) if index not in taken]

    def _next(self, items: list[Item], placed: list[Item], taken: set[int]) -> int | None:
        """Where the item for the next place stands; None when exclusions leave none for it."""
        best: int | None = None
        best_weight = first = 0
        for index, item in enumerate(items):
            if index in taken or self._forbidden(len(placed) + 1, item):
                continue
            if best is None:
                first = index
            elif 0 < self.explore <= index - first:
                break
            weight = self._weight(item, placed)
            if weight is None:
                return index
            if best is None or weight > best_weight:
                best, best_weight = index, weight
        return best

    def _weight(self, item: Item, placed: list[Item]) -> int | None:
        """What the rules that the item meets weigh together; None when it meets them all."""
        if not self.weighed:
            return None if all(rule.fits(item, placed) for rule in self.rules) else 0
        met = [rule.conf.weight for rule in self.rules if rule.fits(item, placed)]
        return None if len(met) == len(self.rules) else sum(met)

    def _forbidden(self, place: int, item: Item) -> bool:
        return any(rule.forbids(place, item) for rule in self.exclusions)
