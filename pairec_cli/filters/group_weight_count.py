"""GroupWeightCountFilter: groups of items get shares of RetainNum by their scores (PAI-Rec, "Configure
filters"; the formulas as in the open engine's group_weight_count_filter.go)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.coercion import label
from pairec_cli.domain.records import Record
from pairec_cli.domain.stages import RequestContext, Resources

AVG = "avg"
NO_VALUE = "DEFAULT"

Shares = Callable[[Mapping[str, float]], dict[str, float]]
Groups = dict[str, list[Item]]


class GroupWeightConfig(Record):
    """`group_weight_strategy` is `avg`, else softmax. `group_max_num` 0 is no cap.
    `group_weight_dimension_limit`: property → how many items of one value."""

    retain_num: int = 0
    dimension: str = ""
    score_weight: float = 0.0
    group_min_num: int = 0
    group_max_num: int = 0
    group_weight_strategy: str = ""
    group_weight_dimension_limit: Mapping[str, int] = {}


class GroupWeightCountFilter:
    """Lists longer than RetainNum are grouped by the property `Dimension`, and a group whose scores sum to s
    gets round(RetainNum · share), at least GroupMinNum, at most GroupMaxNum. With W = ScoreWeight a share is
    e^(W·s) over its sum (softmax), or W·s over its sum (avg).

    Groups that reach GroupMaxNum take that many first, and the others share what those leave. Then items go
    one at a time from groups above GroupMinNum, or come from what is left over, until RetainNum is met or
    nothing can move. In a group the order of arrival counts, not the score; groups come out in order of
    first appearance. Trimming starts at the last group, filling at the first.
    """

    Config: ClassVar[type[GroupWeightConfig]] = GroupWeightConfig
    drops: ClassVar[str] = "its group's share of RetainNum is full"

    def __init__(self, name: str, config: GroupWeightConfig, resources: Resources) -> None:
        self.name = name
        self.config = config
        self.shares: Shares = _avg if config.group_weight_strategy == AVG else _softmax

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        config = self.config
        if len(items) <= config.retain_num:
            return items
        for dimension, limit in config.group_weight_dimension_limit.items():
            items = _limited(items, dimension, limit)
        groups = _grouped(items, config.dimension)
        counts = self._counts(groups)
        _trim(counts, config.retain_num, config.group_min_num)
        _fill(counts, groups, config.retain_num)
        chosen: list[Item] = []
        for name, members in groups.items():
            chosen += members[: counts[name]]
        return chosen

    def _counts(self, groups: Groups) -> dict[str, int]:
        """How many items each group takes before trimming and filling."""
        config = self.config
        sums = {name: sum([item.score for item in members]) for name, members in groups.items()}
        wanted = self._wanted(sums, config.retain_num)
        counts = dict.fromkeys(groups, 0)
        full = [name for name, count in wanted.items() if 0 < config.group_max_num <= count]
        for name in full:
            counts[name] = min(config.group_max_num, len(groups[name]))
        if full and sum(counts.values()) < config.retain_num:
            left = config.retain_num - len(full) * config.group_max_num
            wanted = self._wanted({name: sums[name] for name in sums if name not in full}, left)
        elif full:
            return counts
        for name, count in wanted.items():
            counts[name] = min(count, len(groups[name]))
        return counts

    def _wanted(self, sums: Mapping[str, float], total: int) -> dict[str, int]:
        """Each group's share of `total` within its bounds, whether or not it has so many items."""
        config = self.config
        weighted = {name: config.score_weight * score for name, score in sums.items()}
        found = {}
        for name, share in self.shares(weighted).items():
            count = max(_rounded(total * share), config.group_min_num, 0)
            found[name] = min(count, config.group_max_num) if config.group_max_num > 0 else count
        return found


def _softmax(weighted: Mapping[str, float]) -> dict[str, float]:
    """Shifted by the largest where the plain form leaves the range of floats."""
    try:
        powers = {name: math.exp(value) for name, value in weighted.items()}
    except OverflowError:
        powers = {}
    total = sum(powers.values())
    if not 0 < total < math.inf:
        largest = max(weighted.values(), default=0.0)
        powers = {name: math.exp(value - largest) for name, value in weighted.items()}
        total = sum(powers.values())
    return {name: power / total for name, power in powers.items()}


def _avg(weighted: Mapping[str, float]) -> dict[str, float]:
    total = sum(weighted.values()) or 1.0
    return {name: value / total for name, value in weighted.items()}


def _rounded(value: float) -> int:
    """Halves away from zero; what is no number is 0."""
    if not math.isfinite(value):
        return 0
    whole = math.trunc(value)
    return whole + int(math.copysign(1, value)) if abs(value - whole) >= 0.5 else whole


def _limited(items: Iterable[Item], dimension: str, limit: int) -> list[Item]:
    """At most `limit` items per value of the property, the first ones."""
    seen: dict[str, int] = {}
    kept = []
    for item in items:
        value = item.properties.get(dimension)
        name = value if type(value) is str else label(value)
        count = seen[name] = seen.get(name, 0) + 1
        if count <= limit:
            kept.append(item)
    return kept


def _grouped(items: Iterable[Item], dimension: str) -> Groups:
    groups: defaultdict[str, list[Item]] = defaultdict(list)
    for item in items:
        value = item.properties.get(dimension)
        groups[(value if type(value) is str else label(value)) or NO_VALUE].append(item)
    return groups


def _trim(counts: dict[str, int], retain: int, least: int) -> None:
    """Rounds through the groups, one item of each that has more than `least`, until `retain` are left."""
    surplus = sum(counts.values()) - retain
    while surplus > 0:
        moved = [name for name in reversed(counts) if counts[name] > max(least, 0)][:surplus]
        if not moved:
            return
        for name in moved:
            counts[name] -= 1
        surplus -= len(moved)


def _fill(counts: dict[str, int], groups: Groups, retain: int) -> None:
    """Rounds through the groups, one item of each that has some left over, until there are `retain`."""
    missing = retain - sum(counts.values())
    while missing > 0:
        moved = [name for name in counts if counts[name] < len(groups[name])][:missing]
        if not moved:
            return
        for name in moved:
            counts[name] += 1
        missing -= len(moved)
