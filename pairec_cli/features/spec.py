"""The features of a solution as values, named as PAI-Rec's generator names them.

    count      user__cnt_click_7d, user__cnt_click_home_7d (per scene), item__cnt_click_user_id_7d (distinct)
    ratio      item__ratio_click_expr_15d
    kv         user__kv_category_click_3d          preferred attribute values: `c1:4,c2:1`
    kv_ratio   user__kv_ratio_category_click_expr_15d
    numeric    user__num_click_avg_event_value_7d

Users are described by the attributes of the items they met (item categories, tags and author, item columns of
the behavior log), items by those of their users. Key behaviors are a funnel whose first event is exposure:
ratios are each later event over each earlier one; preferred attributes and numeric features leave exposure
out, as it shows no preference. With a single key behavior that one is used.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from pairec_cli.domain.errors import InvalidConfig, Problem
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.features.columns import Attribute, Kind, attributes, entity_attributes

SIDES = (TableRole.USER, TableRole.ITEM)


class FeatureKind(StrEnum):
    """How a feature is made; `preprocess` is a column of the entity's own table."""

    PREPROCESS = "preprocess"
    COUNT = "count"
    RATIO = "ratio"
    KV = "kv"
    KV_RATIO = "kv_ratio"
    NUMERIC = "numeric"


@dataclass(frozen=True)
class FeatureSpec:
    """One feature. `type` is its MaxCompute type.

    `window` is in days. `events` holds one event, or a ratio's numerator and denominator. `attribute` is a
    column of the wide table: what a KV feature is keyed by, what a numeric feature aggregates, the id whose
    distinct values a count counts.
    """

    name: str
    side: TableRole
    type: str
    kind: FeatureKind
    comment: str
    window: int | None = None
    events: tuple[str, ...] = ()
    attribute: str | None = None
    aggregate: str = ""
    """`sum` or `avg`, of numeric features."""
    scene: str | None = None
    """Only behaviors of this scene are counted."""


def feature_specs(solution: Solution) -> list[FeatureSpec]:
    """Every feature of users and items: own attributes first, then statistics.

    Raises InvalidConfig when two features would have one name.
    """
    found = [
        spec for side in SIDES for spec in (*_own_attributes(solution, side), *statistics(solution, side))
    ]
    counts = Counter((spec.side, spec.name) for spec in found)
    problems = [
        Problem("features", f"{number} {side} features would be named {name!r}", name)
        for (side, name), number in counts.items()
        if number > 1
    ]
    if problems:
        raise InvalidConfig("solution", problems, hint="names differ in letters, digits and _ only")
    return found


def statistics(solution: Solution, side: TableRole) -> list[FeatureSpec]:
    """The behavior statistics of one side, in the order of the static feature table's columns."""
    return [
        *_counts(solution, side),
        *_ratios(solution, side),
        *_numerics(solution, side),
        *_preferences(solution, side),
    ]


def preferred_events(solution: Solution) -> tuple[str, ...]:
    """Key behaviors that show a preference: all but exposure, which comes first."""
    events = solution.features.key_behaviors
    return events[1:] or events


def funnel_pairs(solution: Solution) -> list[tuple[str, str]]:
    """(later, earlier) event pairs of the funnel."""
    return [(later, earlier) for earlier, later in combinations(solution.features.key_behaviors, 2)]


def keyed_attributes(solution: Solution, side: TableRole) -> list[Attribute]:
    """The other side's categories and tags, which `side`'s KV features are keyed by."""
    return [a for a in attributes(solution, _other(side)) if a.kind in (Kind.CATEGORICAL, Kind.TAG)]


def slug(text: str) -> str:
    """`text` as part of a column name."""
    return re.sub(r"\W", "_", text, flags=re.ASCII)


def _other(side: TableRole) -> TableRole:
    return TableRole.ITEM if side is TableRole.USER else TableRole.USER


def _own_attributes(solution: Solution, side: TableRole) -> list[FeatureSpec]:
    return [
        FeatureSpec(
            attribute.field.name,
            side,
            attribute.field.type,
            FeatureKind.PREPROCESS,
            attribute.field.comment,
            attribute=attribute.wide,
        )
        for attribute in entity_attributes(solution, side)
    ]


def _counts(solution: Solution, side: TableRole) -> Iterator[FeatureSpec]:
    features, behavior = solution.features, solution.data_tables.behavior
    distinct = TableNames(solution).user_id
    scenes = behavior.scene_values if features.scene_counts and behavior.scene else ()
    for days in features.periods:
        for event in features.key_behaviors:
            yield _count(side, event, days, f"{event} events in {days} days")
        if side is TableRole.ITEM:
            for event in features.key_behaviors:
                comment = f"Users with {event} in {days} days"
                yield _count(side, event, days, comment, attribute=distinct)
        for event in features.key_behaviors:
            for scene in scenes:
                comment = f"{event} events in scene {scene} in {days} days"
                yield _count(side, event, days, comment, scene=scene)


def _count(
    side: TableRole,
    event: str,
    days: int,
    comment: str,
    *,
    attribute: str | None = None,
    scene: str | None = None,
) -> FeatureSpec:
    parts = ["cnt", event, *(part for part in (attribute, scene) if part), f"{days}d"]
    return FeatureSpec(
        _name(side, parts),
        side,
        "BIGINT",
        FeatureKind.COUNT,
        comment,
        days,
        (event,),
        attribute,
        scene=scene,
    )


def _ratios(solution: Solution, side: TableRole) -> Iterator[FeatureSpec]:
    for days in solution.features.periods:
        for numerator, denominator in funnel_pairs(solution):
            name = _name(side, ["ratio", numerator, denominator, f"{days}d"])
            comment = f"{numerator} events per {denominator} event in {days} days; NULL without {denominator}"
            events = (numerator, denominator)
            yield FeatureSpec(name, side, "DOUBLE", FeatureKind.RATIO, comment, days, events)


def _numerics(solution: Solution, side: TableRole) -> Iterator[FeatureSpec]:
    """Sum and mean of the behavior value, and the mean of the other side's numbers over the first
    preferred event."""
    preferred = preferred_events(solution)
    wanted: list[tuple[str, str, str]] = []
    if solution.data_tables.behavior.event_value:
        wanted += [(event, how, "event_value") for event in preferred for how in ("sum", "avg")]
    numbers = [a.wide for a in attributes(solution, _other(side)) if a.kind is Kind.NUMERIC]
    wanted += [(preferred[0], "avg", column) for column in numbers]
    for days in solution.features.periods:
        for event, how, column in wanted:
            yield FeatureSpec(
                _name(side, ["num", event, how, column, f"{days}d"]),
                side,
                "DOUBLE",
                FeatureKind.NUMERIC,
                f"{how} of {column} over {event} events in {days} days",
                days,
                (event,),
                column,
                how,
            )


def _preferences(solution: Solution, side: TableRole) -> Iterator[FeatureSpec]:
    for attribute in keyed_attributes(solution, side):
        key = attribute.wide
        for days in solution.features.periods:
            for event in preferred_events(solution):
                name = _name(side, ["kv", key, event, f"{days}d"])
                comment = f"{key}:{event} events in {days} days, most first"
                yield FeatureSpec(name, side, "STRING", FeatureKind.KV, comment, days, (event,), key)
            for pair in funnel_pairs(solution):
                name = _name(side, ["kv_ratio", key, *pair, f"{days}d"])
                comment = f"{key}:{pair[0]} per {pair[1]} in {days} days, highest first"
                yield FeatureSpec(name, side, "STRING", FeatureKind.KV_RATIO, comment, days, pair, key)


def _name(side: TableRole, parts: list[str]) -> str:
    return f"{side}__" + "_".join(slug(part) for part in parts)
