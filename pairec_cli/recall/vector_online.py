"""Online mode of a vector recall: users' histories go online, their vectors are computed with the request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node, Publication
from pairec_cli.domain.solution import Solution
from pairec_cli.features.script import Field, Target, quoted, select_list, sql_node
from pairec_cli.recall.engine_entry import published_recall
from pairec_cli.recall.item_model import model_name
from pairec_cli.recall.vector import HISTORY, POSITIVES, SAMPLES, VectorRecallConfig, table
from pairec_cli.recall.vector_features import VectorFeatures

RECALL_TYPE, ALGORITHM_TYPE = "OnlineVectorRecall", "torchrec_vector"
SEEN = "seen_item_ids"

_ABOUT = """\
Histories of recall {name}: the latest {length} items that a user took, latest first, joined by `;`.
The engine's user tower reads them.{seen}"""

_HISTORY = """\
SELECT
    {columns}
FROM {samples} sample{seen}
WHERE sample.ds = '${{bizdate}}'
    AND sample.part = 'user'"""

_SEEN = """
LEFT JOIN (
    SELECT {uid}, WM_CONCAT(',', {iid}) AS item_ids
    FROM {positives}
    WHERE ds = '${{bizdate}}'
    GROUP BY {uid}
) taken
    ON sample.{uid} = taken.{uid}"""


def history_node(config: VectorRecallConfig, solution: Solution, features: VectorFeatures) -> Node:
    """One row per user: the fields of the history, and the items that are left out of answers."""
    names, name = TableNames(solution), table(config, solution, HISTORY)
    samples, positives = table(config, solution, SAMPLES), table(config, solution, POSITIVES)
    columns = _columns(config, solution, features)
    seen = _SEEN.format(uid=names.user_id, iid=names.item_id, positives=positives) if config.drop_seen else ""
    query = _HISTORY.format(columns=select_list(columns), samples=samples, seen=seen)
    about = _ABOUT.format(
        name=config.name,
        length=config.sequence_length,
        seen=" Items taken are left out of answers." if config.drop_seen else "",
    )
    target = Target(name, columns, about.split("\n")[0], solution.data_tables.behavior.lifecycle)
    inputs = [samples, positives] if config.drop_seen else [samples]
    return sql_node(solution, name, target.filled_by(query), about=about, inputs=inputs)


def history_publication(
    config: VectorRecallConfig, solution: Solution, features: VectorFeatures
) -> Publication:
    """The histories, as a view of users."""
    view, key, *columns = table(config, solution, HISTORY), *_columns(config, solution, features)
    names = tuple(column.name for column in columns)
    return Publication(view, view, key.name, names, solution.environment.user_entity)


def online_conf(config: VectorRecallConfig, solution: Solution) -> Mapping[str, Any]:
    """An OnlineVectorRecall entry. `SeenField` and `Temperature` are our own keys."""
    view = table(config, solution, HISTORY)
    entry = published_recall(solution, config.name, RECALL_TYPE, config.recall_count, view)
    entry |= {"RecallAlgo": model_name(config, solution), "VectorAlgoType": ALGORITHM_TYPE}
    entry["Temperature"] = config.temperature
    return entry | ({"SeenField": SEEN} if config.drop_seen else {})


def _columns(config: VectorRecallConfig, solution: Solution, features: VectorFeatures) -> list[Field]:
    user_id = TableNames(solution).user_id
    found = [Field(user_id, "STRING", f"sample.{user_id}", "User ID")]
    found += [
        Field(f.name, "STRING", f"sample.{quoted(f.name)}", "Items taken, latest first")
        for f in features.history
    ]
    if config.drop_seen:
        found.append(
            Field(SEEN, "STRING", "COALESCE(taken.item_ids, '')", "Items that the user took, joined by `,`")
        )
    return found
