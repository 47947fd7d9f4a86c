"""The label table: what was shown to whom, and what came of it.

A row is an impression: the first key behavior of an item to a user in one request. Its labels are the
targets' own aggregates over every behavior of that request, user and item on that day. So an impression
without the event is the negative sample; a behavior whose request did not show the item makes no row; several
impressions of one item in a request are one row, and a behavior that the log holds twice counts once.
Behaviors without a request id are grouped per user, item and day.
"""

from __future__ import annotations

import re

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node
from pairec_cli.domain.solution import Ranking, Solution
from pairec_cli.domain.tables import Column, TableRole
from pairec_cli.features import preprocess
from pairec_cli.features.columns import RESERVED, Attribute, context_attributes
from pairec_cli.features.script import (
    Field,
    Target,
    indent,
    literal,
    literals,
    quoted,
    select_list,
    sql_node,
)
from pairec_cli.features.spec import SIDES

SAMPLE_WEIGHT = "sample_weight"

_ABOUT = """\
Labels of ranking model {name}: one row per request, user and item that was shown on the day.
A label is its target's aggregate over the behaviors of that request, user and item; without a value it is 0.
Impressions without the event are the negatives; behaviors without an impression are left out."""

_QUERY = """\
SELECT
    {columns}
FROM (
    SELECT
        {aggregates}
    FROM (
        SELECT DISTINCT
            {events}
        FROM {behavior}
        WHERE ds = '${{bizdate}}'
    ) events
    GROUP BY request_id, {uid}, {iid}
    HAVING COUNT(IF({shown}, 1, NULL)) > 0
) labelled"""


def fields(solution: Solution, ranking: Ranking) -> list[Field]:
    """Columns with their expressions over the aggregates of a row, keys first, labels last."""
    names = TableNames(solution)
    time = "FROM_UNIXTIME(event_unix_time)"
    return [
        Field("request_id", "STRING", "request_id", "Request that showed the item"),
        Field(names.user_id, "STRING", names.user_id, "User ID"),
        Field(names.item_id, "STRING", names.item_id, "Item ID"),
        Field("event_unix_time", "BIGINT", "event_unix_time", "First impression, Unix seconds"),
        Field("scene", "STRING", "scene", "Behavior scenario"),
        Field("day_h", "BIGINT", f"HOUR({time})", "Hour of the day, 0-23"),
        Field("week_day", "BIGINT", f"WEEKDAY({time})", "Day of the week, Monday is 0"),
        *(Field(a.wide, a.field.type, quoted(a.wide), a.field.comment) for a in request_attributes(solution)),
        *(
            Field(target.name, "DOUBLE", quoted(target.name), f"Label: {target.expression}")
            for target in ranking.targets
        ),
        Field(SAMPLE_WEIGHT, "DOUBLE", SAMPLE_WEIGHT, f"Weight: {ranking.sample_weight or '1'}"),
    ]


def request_attributes(solution: Solution) -> list[Attribute]:
    """What the behavior log tells beyond the event."""
    return [attribute for side in SIDES for attribute in context_attributes(solution, side)]


def node(solution: Solution, ranking: Ranking) -> Node:
    """The node that writes the labels of one day."""
    names = TableNames(solution)
    behavior = names.preprocess(TableRole.BEHAVIOR)
    columns = fields(solution, ranking)
    query = _QUERY.format(
        columns=select_list(columns),
        aggregates=indent(select_list(_aggregates(solution, ranking))),
        events=indent(select_list(_events(solution)), 2),
        behavior=behavior,
        uid=names.user_id,
        iid=names.item_id,
        shown=impression(solution, ranking),
    )
    about = _ABOUT.format(name=ranking.name)
    table = names.ranking(ranking.name, "label_table")
    target = Target(table, columns, about.split("\n")[0], solution.data_tables.behavior.lifecycle)
    return sql_node(solution, table, target.filled_by(query), about=about, inputs=[behavior])


def event_columns(solution: Solution) -> list[Column]:
    """What a target's expression may name."""
    return [Column(f.name, f.type, f.comment) for f in preprocess.fields(solution, TableRole.BEHAVIOR)]


def request_key(solution: Solution) -> str:
    """The request of a behavior. Without an id, each item that a user meets on a day is its own request."""
    item = TableNames(solution).item_id
    return f"IF(request_id IS NULL OR request_id = '', CONCAT('no_request_', {item}), request_id)"


def impression(solution: Solution, ranking: Ranking | None = None) -> str:
    """The condition for an impression, within the ranking's scenes if it names any."""
    condition = f"event = {literal(solution.features.key_behaviors[0])}"
    if ranking is not None and ranking.scenes:
        scenes = (re.sub(f"[{RESERVED}]", "_", scene) for scene in ranking.scenes)
        condition += f" AND scene IN ({literals(scenes)})"
    return condition


def _events(solution: Solution) -> list[str]:
    return [
        f"{request_key(solution)} AS request_id" if column.name == "request_id" else quoted(column.name)
        for column in event_columns(solution)
    ]


def _aggregates(solution: Solution, ranking: Ranking) -> list[str]:
    """Of several impressions the earliest time and, column by column, the greatest value."""
    names, shown = TableNames(solution), impression(solution, ranking)
    weight = f"GREATEST(0.0, COALESCE(CAST({ranking.sample_weight} AS DOUBLE), 1.0))"
    return [
        "request_id",
        names.user_id,
        names.item_id,
        f"MIN(IF({shown}, event_unix_time, NULL)) AS event_unix_time",
        f"MAX(IF({shown}, scene, NULL)) AS scene",
        *(
            f"MAX(IF({shown}, {quoted(a.wide)}, NULL)) AS {quoted(a.wide)}"
            for a in request_attributes(solution)
        ),
        *(
            f"COALESCE(CAST({target.expression} AS DOUBLE), 0.0) AS {quoted(target.name)}"
            for target in ranking.targets
        ),
        f"{weight if ranking.sample_weight else '1.0'} AS {SAMPLE_WEIGHT}",
    ]
