"""From item vectors to lists of similar items: the nearest of each, by an exact search."""

from __future__ import annotations

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import Column, TableRole
from pairec_cli.features.script import Target, number, pai_command, sql_node
from pairec_cli.recall import u2i
from pairec_cli.recall.metric_form import CoMetricLearningConfig
from pairec_cli.recall.metric_training import ITEM_VECTORS, VECTOR
from pairec_cli.recall.session_samples import SESSIONS

SEARCH, FOUND = "search", "found"

_ABOUT = """\
Similar items of recall {name}: each item's {count} nearest by their vectors.
Score = exp((cosine - the best) / {temperature}){popular}, then / the item's best.
Output: item_id, similar_item_ids as item:score,item:score,... most similar first."""

_INPUT = """\
SELECT kind, __{iid}__ AS id, {vector} AS vector, IF(kind = 'user', __{iid}__, '') AS seen
FROM {vectors}
LATERAL VIEW EXPLODE(ARRAY('item', 'user')) kinds AS kind
WHERE ds = '${{bizdate}}'"""

_LISTS = """\
SELECT
    trigger_id AS item_id,
    WM_CONCAT(',', CONCAT({iid}, ':', share)) WITHIN GROUP (ORDER BY place) AS similar_item_ids
FROM (
    SELECT
        trigger_id,
        {iid},
        ROUND(score / MAX(score) OVER (PARTITION BY trigger_id), 6) AS share,
        ROW_NUMBER() OVER (PARTITION BY trigger_id ORDER BY score DESC, {iid}) AS place
    FROM (
        SELECT
            near.trigger_id,
            near.{iid},
            near.score{weight} AS score
        FROM (
            SELECT
                user_id AS trigger_id,
                SPLIT_PART(pair, '::', 1) AS {iid},
                CAST(SPLIT_PART(pair, '::', 2) AS DOUBLE) AS score
            FROM {found}
            LATERAL VIEW EXPLODE(SPLIT(item_ids, ',')) pairs AS pair
            WHERE ds = '${{bizdate}}'
        ) near{clicks}
    ) weighed
    WHERE score > 0
) ranked
WHERE share > 0
GROUP BY trigger_id"""

_CLICKS = """
        JOIN (
            SELECT {iid}, COUNT(*) AS sessions
            FROM {sessions}
            WHERE ds = '${{bizdate}}'
                AND clicked = 1
            GROUP BY {iid}
        ) met
            ON near.{iid} = met.{iid}"""

_INPUT_COLUMNS = (
    Column("kind", "STRING", "item, or user where the row asks for its similar items"),
    Column("id", "STRING", "Item ID"),
    Column("vector", "STRING", "Numbers joined by `,`"),
    Column("seen", "STRING", "The item itself, which is not found"),
)
_FOUND_COLUMNS = (
    Column("user_id", "STRING", "Item ID that asks"),
    Column("item_ids", "STRING", "item::score,item::score,... best first"),
)
_LIST_COLUMNS = (
    Column("item_id", "STRING", "Item ID"),
    Column("similar_item_ids", "STRING", "item:score,item:score,... most similar first"),
)


def similar_node(config: CoMetricLearningConfig, solution: Solution) -> Node:
    """One row per item that has similar ones, best 1, equals by id."""
    names = TableNames(solution)
    vectors, sessions, search, found, lists = (
        names.recall(config.name, part) for part in (ITEM_VECTORS, SESSIONS, SEARCH, FOUND, u2i.SIMILAR)
    )
    lifecycle, power = solution.data_tables.behavior.lifecycle, config.popularity_power
    iid = names.item_id
    query = _LISTS.format(
        iid=iid,
        found=found,
        weight=f" * POW(met.sessions, {number(power)})" if power else "",
        clicks=_CLICKS.format(iid=iid, sessions=sessions) if power else "",
    )
    about = _ABOUT.format(
        name=config.name,
        count=config.top_n,
        temperature=number(config.temperature),
        popular=f" * (sessions that clicked it)^{number(power)}" if power else "",
    )
    steps = [
        Target(search, _INPUT_COLUMNS, f"Recall {config.name}: vectors", lifecycle).filled_by(
            _INPUT.format(iid=iid, vector=VECTOR, vectors=vectors)
        ),
        Target(found, _FOUND_COLUMNS, f"Recall {config.name}: what the search finds", lifecycle).create(),
        _command(config, search, found),
        Target(lists, _LIST_COLUMNS, f"Recall {config.name}: similar items", lifecycle).filled_by(query),
    ]
    inputs = [vectors, sessions] if power else [vectors]
    outputs = [search, found]
    if config.popularity_exponent:
        steps.insert(0, u2i.interactions(config, solution))
        inputs.append(names.preprocess(TableRole.BEHAVIOR))
        outputs.insert(0, names.recall(config.name, u2i.INTERACTIONS))
    return sql_node(solution, lists, "\n\n".join(steps), about=about, inputs=inputs, outputs=outputs)


def _command(config: CoMetricLearningConfig, source: str, found: str) -> str:
    parameters = {
        "inputTable": f"{source}/ds=${{bizdate}}",
        "outputTable": f"{found}/ds=${{bizdate}}",
        "topk": str(config.top_n),
        "temperature": number(config.temperature),
    }
    return pai_command("vector_topk", parameters)
