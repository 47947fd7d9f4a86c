"""From the two nets of PDN to lists: T of each user's triggers, S of each trigger's similar items."""

from __future__ import annotations

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import Column
from pairec_cli.features.script import Target, sql_node
from pairec_cli.recall import u2i
from pairec_cli.recall.path_form import PDNRecallConfig
from pairec_cli.recall.path_samples import MET

TRIGGER_OUT, SIM_OUT = "trigger_out", "sim_out"
"""The tables of the nets' outputs, and the outputs' columns."""

_SIMILAR_ABOUT = """\
Similar items of recall {name}: each trigger's {count} best by PDN's similarity net, over the largest of all.
Output: item_id, similar_item_ids as item:score,item:score,... most similar first."""

_SIMILAR = """\
SELECT
    trigger_id AS item_id,
    WM_CONCAT(',', CONCAT({iid}, ':', similarity)) WITHIN GROUP (ORDER BY place) AS similar_item_ids
FROM (
    SELECT
        trigger_id,
        {iid},
        ROUND(similarity / MAX(similarity) OVER (), 9) AS similarity,
        ROW_NUMBER() OVER (PARTITION BY trigger_id ORDER BY similarity DESC, {iid}) AS place
    FROM (
        SELECT
            SPLIT_PART(__pair_id__, ':', 1) AS trigger_id,
            SPLIT_PART(__pair_id__, ':', 2) AS {iid},
            CAST({sim_out} AS DOUBLE) AS similarity
        FROM {source}
        WHERE ds = '${{bizdate}}'
    ) pairs
) ranked
WHERE place <= {count}
    AND similarity > 0
GROUP BY trigger_id"""

_TRIGGERS_ABOUT = """\
Triggers of recall {name}: PDN's trigger net over each user's items met, over the user's best.
Output: item_ids as item:score,item:score,... best first."""

_TRIGGERS = """\
SELECT
    {uid},
    WM_CONCAT(',', CONCAT(trigger_id, ':', weight)) WITHIN GROUP (ORDER BY turn) AS item_ids
FROM (
    SELECT
        {uid},
        trigger_id,
        ROUND(weight / MAX(weight) OVER (PARTITION BY {uid}), 6) AS weight,
        ROW_NUMBER() OVER (PARTITION BY {uid} ORDER BY weight DESC, trigger_id) AS turn
    FROM (
        SELECT met.{uid}, met.trigger_id, CAST(told.weight AS DOUBLE) AS weight
        FROM (SELECT * FROM {met} WHERE ds = '${{bizdate}}' AND part = 'user') met
        JOIN (
            SELECT __{uid}__ AS {uid}, place + 1 AS place, weight
            FROM {source}
            LATERAL VIEW POSEXPLODE(SPLIT({trigger_out}, ';')) entries AS place, weight
            WHERE ds = '${{bizdate}}'
        ) told
            ON met.{uid} = told.{uid} AND met.place = told.place
    ) weighed
) ranked
WHERE weight > 0
GROUP BY {uid}"""


def similar_node(config: PDNRecallConfig, solution: Solution) -> Node:
    """One row per trigger: `similar_item_ids` is `item:S,…`, best first, equals by id."""
    names = TableNames(solution)
    source = names.recall(config.name, SIM_OUT)
    query = _SIMILAR.format(iid=names.item_id, sim_out=SIM_OUT, source=source, count=config.top_n)
    columns = (
        Column("item_id", "STRING", "Item ID"),
        Column("similar_item_ids", "STRING", "item:score,item:score,... most similar first"),
    )
    about = _SIMILAR_ABOUT.format(name=config.name, count=config.top_n)
    return _node(config, solution, u2i.SIMILAR, columns, query, about, [source])


def trigger_node(config: PDNRecallConfig, solution: Solution) -> Node:
    """One row per user: `item_ids` is `item:T,…`, best first, equals by id."""
    names = TableNames(solution)
    source, met = names.recall(config.name, TRIGGER_OUT), names.recall(config.name, MET)
    query = _TRIGGERS.format(uid=names.user_id, met=met, source=source, trigger_out=TRIGGER_OUT)
    columns = (
        Column(names.user_id, "STRING", "User ID"),
        Column("item_ids", "STRING", "item:score,item:score,... best first"),
    )
    about = _TRIGGERS_ABOUT.format(name=config.name)
    return _node(config, solution, u2i.TRIGGER, columns, query, about, [met, source])


def _node(
    config: PDNRecallConfig,
    solution: Solution,
    part: str,
    columns: tuple[Column, ...],
    query: str,
    about: str,
    inputs: list[str],
) -> Node:
    name = TableNames(solution).recall(config.name, part)
    target = Target(name, columns, about.split("\n")[0], solution.data_tables.behavior.lifecycle)
    return sql_node(solution, name, target.filled_by(query), about=about, inputs=inputs)
