"""Each user's nearest items: the last node of a vector recall, what goes online, and the engine's entry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node, Publication
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import Column
from pairec_cli.features.script import Target, number, pai_command, sql_node
from pairec_cli.recall.engine_entry import published_recall
from pairec_cli.recall.vector import (
    ITEM_VECTORS,
    POSITIVES,
    SEARCH,
    USER_VECTORS,
    VectorRecallConfig,
    table,
)

_FOUND = "found"

_ABOUT = """\
Recall {name}: each user's {count} nearest items by the vectors of users and items.
Score = exp((similarity - the user's best) / {temperature}): how likely beside the best.
{seen}"""

_INPUT = """\
SELECT 'item' AS kind, __{iid}__ AS id, item_tower_emb AS vector, '' AS seen
FROM {items}
WHERE ds = '${{bizdate}}'
UNION ALL
SELECT 'user' AS kind, __{uid}__ AS id, user_tower_emb AS vector, {taken} AS seen
FROM {users} vectors{seen}
WHERE vectors.ds = '${{bizdate}}'"""

_SEEN = """
LEFT JOIN (
    SELECT {uid}, WM_CONCAT(',', {iid}) AS item_ids
    FROM {positives}
    WHERE ds = '${{bizdate}}'
    GROUP BY {uid}
) taken
    ON vectors.__{uid}__ = taken.{uid}"""

_LISTS = """\
SELECT user_id AS {uid}, item_ids
FROM {found}
WHERE ds = '${{bizdate}}'"""


def search_node(config: VectorRecallConfig, solution: Solution) -> Node:
    """One row per user: `item_ids` is `item::score,…`, best first, the best score 1."""
    names = TableNames(solution)
    source, found, lists = (table(config, solution, part) for part in (SEARCH, _FOUND, ""))
    inputs = [table(config, solution, part) for part in (ITEM_VECTORS, USER_VECTORS)]
    inputs += [table(config, solution, POSITIVES)] if config.drop_seen else []
    steps = [
        _target(config, solution, SEARCH, _INPUT_COLUMNS, "vectors and items taken").filled_by(
            _input(config, solution)
        ),
        _target(config, solution, _FOUND, _list_columns("user_id"), "what the search finds").create(),
        _command(config, source, found),
        _target(config, solution, "", _list_columns(names.user_id), "items per user").filled_by(
            _LISTS.format(uid=names.user_id, found=found)
        ),
    ]
    about = _ABOUT.format(
        name=config.name,
        count=config.recall_count,
        temperature=number(config.temperature),
        seen="Items that the user took are left out." if config.drop_seen else "Items taken stay in.",
    )
    return sql_node(solution, lists, "\n\n".join(steps), about=about, inputs=inputs, outputs=[source, found])


def publications(config: VectorRecallConfig, solution: Solution) -> list[Publication]:
    """The lists."""
    lists = table(config, solution)
    user_id, entity = TableNames(solution).user_id, solution.environment.user_entity
    return [Publication(lists, lists, user_id, ("item_ids",), entity)]


def engine_conf(config: VectorRecallConfig, solution: Solution) -> Mapping[str, Any]:
    """A UserCustomRecall entry."""
    view = table(config, solution)
    return published_recall(solution, config.name, "UserCustomRecall", config.recall_count, view)


_INPUT_COLUMNS = (
    Column("kind", "STRING", "item or user"),
    Column("id", "STRING", "Item or user ID"),
    Column("vector", "STRING", "Numbers joined by `,`, several vectors by `|`"),
    Column("seen", "STRING", "Items that the user took, joined by `,`"),
)


def _list_columns(key: str) -> tuple[Column, ...]:
    return (
        Column(key, "STRING", "User ID"),
        Column("item_ids", "STRING", "item::score,item::score,... best first"),
    )


def _target(
    config: VectorRecallConfig, solution: Solution, part: str, columns: tuple[Column, ...], what: str
) -> Target:
    lifecycle = solution.data_tables.behavior.lifecycle
    return Target(table(config, solution, part), columns, f"Recall {config.name}: {what}", lifecycle)


def _input(config: VectorRecallConfig, solution: Solution) -> str:
    names = TableNames(solution)
    parts = {"uid": names.user_id, "iid": names.item_id}
    seen = _SEEN.format(positives=table(config, solution, POSITIVES), **parts) if config.drop_seen else ""
    return _INPUT.format(
        items=table(config, solution, ITEM_VECTORS),
        users=table(config, solution, USER_VECTORS),
        taken="COALESCE(taken.item_ids, '')" if config.drop_seen else "''",
        seen=seen,
        **parts,
    )


def _command(config: VectorRecallConfig, source: str, found: str) -> str:
    parameters = {
        "inputTable": f"{source}/ds=${{bizdate}}",
        "outputTable": f"{found}/ds=${{bizdate}}",
        "topk": str(config.recall_count),
        "temperature": number(config.temperature),
    }
    return pai_command("vector_topk", parameters)
