"""The statistic features of one side: one scan per grouping, conditional aggregates per window and event.

Groupings are the entity itself, entity × user (distinct users), and entity × attribute value for each
attribute: all KV features of an attribute come out of one GROUP BY.

Sorting texts inside WM_CONCAT costs fifty times what sorting numbers does on the local engine, so `place`
numbers an entity's attribute values in alphabetical order once, and breaks ties from then on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import Column, TableRole
from pairec_cli.features.columns import RESERVED, Attribute
from pairec_cli.features.script import (
    INDENT,
    Target,
    days_before,
    last_days,
    literal,
    literals,
    quoted,
    select_list,
    sql_node,
)
from pairec_cli.features.spec import (
    FeatureKind,
    FeatureSpec,
    keyed_attributes,
    preferred_events,
    slug,
    statistics,
)

_ABOUT = """\
Statistic features of {side}s over the last {days} days, ending with bizdate.
KV features are value:number,value:number,... with the greatest number first, at most {top} values.
A ratio without its denominator is NULL; a KV feature without entries is NULL."""

_SKELETON = """\
SELECT
    {columns}
FROM (
    {base}
) base{joins}"""

_JOIN = """
LEFT JOIN (
    {query}
) {alias}
    ON base.{key} = {alias}.{key}"""

_BASE = """\
SELECT
    {columns}
FROM {wide}
WHERE {where}
GROUP BY {key}"""

_DISTINCT = """\
SELECT
    {columns}
FROM (
    SELECT {key}, {counted}, event, MAX(ds) AS last_day
    FROM {wide}
    WHERE {where}
    GROUP BY {key}, {counted}, event
) met
GROUP BY {key}"""

_KEYED = """\
SELECT
    {columns}
FROM (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY {key} ORDER BY {value}) AS place
    FROM (
        SELECT
            {counts}
        FROM {wide}{exploded}
        WHERE {where}
            AND {value} <> ''
        GROUP BY {key}, {value}
        HAVING COUNT(IF(event IN ({preferred}), 1, NULL)) > 0
    ) counted
) placed
GROUP BY {key}"""


@dataclass(frozen=True)
class Part:
    """A subquery with one row per entity, and the features that it gives."""

    alias: str
    query: str
    specs: Sequence[FeatureSpec]


def node(solution: Solution, side: TableRole) -> Node:
    """The node that writes the statistics of users or items for one day."""
    names = TableNames(solution)
    key = key_column(solution, side)
    parts = [_base(solution, side), *_distinct(solution, side)]
    parts += [_keyed(solution, side, attribute) for attribute in keyed_attributes(solution, side)]
    owner = {spec.name: part.alias for part in parts for spec in part.specs}
    specs = statistics(solution, side)
    base, *joined = parts
    query = _SKELETON.format(
        columns=select_list([f"base.{key}", *(_output(spec, owner) for spec in specs)]),
        base=_shift(base.query),
        joins="".join(_JOIN.format(query=_shift(part.query), alias=part.alias, key=key) for part in joined),
    )
    columns = [
        Column(key, "STRING", "User ID" if side is TableRole.USER else "Item ID"),
        *(Column(spec.name, spec.type, spec.comment) for spec in specs),
    ]
    about = _ABOUT.format(side=side, days=max(solution.features.periods), top=solution.features.kv_top_n)
    lifecycle = solution.data_tables.behavior.lifecycle
    target = Target(names.static_feat(side), columns, about.split("\n")[0], lifecycle)
    body = target.filled_by(query)
    return sql_node(solution, target.table, body, about=about, inputs=[names.wide()])


def key_column(solution: Solution, side: TableRole) -> str:
    names = TableNames(solution)
    return names.user_id if side is TableRole.USER else names.item_id


def _output(spec: FeatureSpec, owner: dict[str, str]) -> str:
    """A ratio is made here, from the counts; everything else comes out of its part."""
    if spec.kind is not FeatureKind.RATIO:
        return f"{owner[spec.name]}.{spec.name}"
    numerator, denominator = (f"base.{spec.side}__cnt_{slug(event)}_{spec.window}d" for event in spec.events)
    return f"IF({denominator} > 0, ROUND({numerator} / {denominator}, 6), NULL) AS {spec.name}"


def _base(solution: Solution, side: TableRole) -> Part:
    key = key_column(solution, side)
    specs = [
        spec
        for spec in statistics(solution, side)
        if spec.kind is FeatureKind.NUMERIC or (spec.kind is FeatureKind.COUNT and not spec.attribute)
    ]
    query = _BASE.format(
        columns=select_list([key, *(f"{_aggregate(solution, spec)} AS {spec.name}" for spec in specs)]),
        wide=TableNames(solution).wide(),
        where=_where(solution, INDENT),
        key=key,
    )
    return Part("base", query, specs)


def _aggregate(solution: Solution, spec: FeatureSpec) -> str:
    condition = _during(solution, spec.events[0], spec.window or 0)
    if spec.kind is FeatureKind.NUMERIC:
        return f"ROUND({spec.aggregate.upper()}(IF({condition}, {quoted(spec.attribute or '')}, NULL)), 6)"
    if spec.scene is not None:
        condition += f" AND scene = {literal(_cleaned(spec.scene))}"
    return f"COUNT(IF({condition}, 1, NULL))"


def _distinct(solution: Solution, side: TableRole) -> list[Part]:
    """Distinct users: per user and event the last day is enough to tell every window."""
    key = key_column(solution, side)
    specs = [s for s in statistics(solution, side) if s.kind is FeatureKind.COUNT and s.attribute]
    if not specs:
        return []
    counts = [
        f"COUNT(IF({_during(solution, s.events[0], s.window or 0, 'last_day')}, 1, NULL)) AS {s.name}"
        for s in specs
    ]
    query = _DISTINCT.format(
        columns=select_list([key, *counts]),
        key=key,
        counted=specs[0].attribute,
        wide=TableNames(solution).wide(),
        where=_where(solution, INDENT * 2),
    )
    return [Part("visitors", query, specs)]


def _keyed(solution: Solution, side: TableRole, attribute: Attribute) -> Part:
    """The KV features of one attribute."""
    key = key_column(solution, side)
    specs = [
        spec
        for spec in statistics(solution, side)
        if spec.kind in (FeatureKind.KV, FeatureKind.KV_RATIO) and spec.attribute == attribute.wide
    ]
    column = quoted(attribute.wide)
    value = f"{attribute.wide}_value" if attribute.tag_separator else column
    features = solution.features
    counts = [
        f"COUNT(IF({_during(solution, event, days)}, 1, NULL)) AS {_counted(event, days)}"
        for days in features.periods
        for event in features.key_behaviors
    ]
    exploded = ""
    if attribute.tag_separator:
        pattern = literal(re.escape(attribute.tag_separator))
        exploded = f"\n{INDENT * 2}LATERAL VIEW EXPLODE(SPLIT({column}, {pattern})) exploded AS {value}"
    query = _KEYED.format(
        columns=select_list([key, *(_text(spec, value, features.kv_top_n) for spec in specs)]),
        key=key,
        value=value,
        counts=f",\n{INDENT * 3}".join([key, value, *counts]),
        wide=TableNames(solution).wide(),
        exploded=exploded,
        where=_where(solution, INDENT * 3),
        preferred=literals(preferred_events(solution)),
    )
    return Part(f"by_{attribute.wide}", query, specs)


def _text(spec: FeatureSpec, value: str, top_n: int) -> str:
    """`value:number,…`, greatest number first; values without the (numerator) event have no entry."""
    counts = [_counted(event, spec.window or 0) for event in spec.events]
    has = " AND ".join(f"{count} > 0" for count in counts)
    order = " / ".join(counts)
    shown = order if len(counts) == 1 else f"ROUND({order}, 4)"
    entries = (
        f"WM_CONCAT(',', IF({has}, CONCAT({value}, ':', {shown}), NULL)) "
        f"WITHIN GROUP (ORDER BY {order} DESC, place)"
    )
    return f"SPLIT_PART({entries}, ',', 1, {top_n}) AS {spec.name}"


def _counted(event: str, days: int) -> str:
    return f"cnt_{slug(event)}_{days}d"


def _during(solution: Solution, event: str, days: int, day: str = "ds") -> str:
    """The event within the last `days` days; the largest window needs no day condition of its own."""
    condition = f"event = {literal(event)}"
    if days < max(solution.features.periods):
        condition += f" AND {day} > '{days_before(days)}'"
    return condition


def _where(solution: Solution, margin: str) -> str:
    features, behavior = solution.features, solution.data_tables.behavior
    conditions = [last_days(max(features.periods)), f"event IN ({literals(features.key_behaviors)})"]
    if behavior.scene and behavior.scene_values:
        scenes = literals(_cleaned(scene) for scene in behavior.scene_values)
        conditions.append(f"scene IN ({scenes})")
    return f"\n{margin}AND ".join(conditions)


def _cleaned(scene: str) -> str:
    """A scene value as the preprocess table writes it."""
    return re.sub(f"[{RESERVED}]", "_", scene)


def _shift(query: str) -> str:
    return query.replace("\n", f"\n{INDENT}")
