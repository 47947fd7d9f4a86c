"""The samples of a vector recall: who took what, and what was known of the user before.

    positives   a user's items in the order in which they were taken, each once, when it was first
    samples     part 'train' and 'eval': a positive with the user's history before the request that showed it;
                'user': each user with the whole history; 'item': each item
                (of the positives; of the tables of users and items where the method serves all)

Of one user in eight the last positive is held out; for cold start, of one user in sixteen all but the first,
so that the model is measured on people whom it hardly knows. A history holds nothing of the same request.
Attributes are those of bizdate: they describe, they do not count.
"""

from __future__ import annotations

from pairec_cli.domain.model_features import Form, ModelFeature
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.features.script import Field, Target, indent, last_days, quoted, select_list, sql_node
from pairec_cli.ranking.label_table import SAMPLE_WEIGHT, request_key
from pairec_cli.recall.vector import POSITIVES, SAMPLES, VectorRecallConfig, table
from pairec_cli.recall.vector_features import TAKERS, VectorFeatures

_POSITIVES_ABOUT = """\
Items that users took, for recall {name}: {days} days, {target} above 0, each item once, when it was first.
Place 1 is a user's oldest item of the latest {most}."""

_POSITIVES = """\
SELECT
    request_id,
    {uid},
    {iid},
    event_unix_time,
    request_unix_time,
    label_ds,
    ROW_NUMBER() OVER (PARTITION BY {uid} ORDER BY event_unix_time, {iid}) AS place,
    from_end
FROM (
    SELECT
        request_id,
        {uid},
        {iid},
        event_unix_time,
        request_unix_time,
        label_ds,
        ROW_NUMBER() OVER (PARTITION BY {uid} ORDER BY event_unix_time DESC, {iid} DESC) AS from_end
    FROM (
        SELECT
            request_id,
            {uid},
            {iid},
            event_unix_time,
            request_unix_time,
            label_ds,
            ROW_NUMBER() OVER (PARTITION BY {uid}, {iid} ORDER BY event_unix_time, request_id) AS turn
        FROM (
            SELECT
                ds AS label_ds,
                request_key AS request_id,
                {uid},
                {iid},
                MIN(event_unix_time) AS event_unix_time,
                MIN(first_time) AS request_unix_time,
                {target} AS label
            FROM (
                SELECT
                    *,
                    MIN(event_unix_time) OVER (PARTITION BY ds, {uid}, request_key) AS first_time
                FROM (
                    SELECT DISTINCT *, {request} AS request_key
                    FROM {behavior}
                    WHERE {window}
                        AND event_unix_time IS NOT NULL
                ) events
            ) timed
            GROUP BY ds, request_key, {uid}, {iid}
        ) labelled
        WHERE label > 0
    ) turns
    WHERE turn = 1
) counted
WHERE from_end <= {most}"""

_SAMPLES_ABOUT = """\
Samples of recall {name}: positives, users and items (column part), with attributes and history.
A history holds up to {length} items that the user took before the request, latest first, joined by `;`."""

_SAMPLES = """\
SELECT
    {columns}
FROM (
    SELECT
        IF(place > 1 AND {held_out}, 'eval', 'train') AS part,
        request_id,
        {uid},
        {iid},
        label_ds,
        place
    FROM {positives}
    WHERE ds = '${{bizdate}}'
    UNION ALL
    {others}
) sample
LEFT JOIN (SELECT * FROM {user} WHERE ds = '${{bizdate}}') user_features
    ON sample.{uid} = user_features.{uid}
LEFT JOIN (SELECT * FROM {item} WHERE ds = '${{bizdate}}') item_features
    ON sample.{iid} = item_features.{iid}{takers}
LEFT JOIN (
    SELECT
        {texts}
    FROM (
        SELECT wanted.{uid}, wanted.place, met.{iid}, met.place AS met_place
        FROM (
            SELECT
                {uid},
                place,
                request_unix_time,
                CAST(FLOOR((place - 1) / {length}) AS BIGINT) - back AS part
            FROM (
                SELECT {uid}, place, request_unix_time FROM {positives} WHERE ds = '${{bizdate}}'
                UNION ALL
                SELECT {uid}, MAX(place) + 1, CAST(NULL AS BIGINT)
                FROM {positives}
                WHERE ds = '${{bizdate}}'
                GROUP BY {uid}
            ) places
            LATERAL VIEW EXPLODE(ARRAY(0, 1)) steps AS back
        ) wanted
        JOIN (
            SELECT {uid}, {iid}, place, event_unix_time, CAST(FLOOR((place - 1) / {length}) AS BIGINT) AS part
            FROM {positives}
            WHERE ds = '${{bizdate}}'
        ) met
            ON wanted.{uid} = met.{uid} AND wanted.part = met.part
        WHERE met.place < wanted.place
            AND met.place >= wanted.place - {length}
            AND (wanted.request_unix_time IS NULL OR met.event_unix_time < wanted.request_unix_time)
    ) before
    LEFT JOIN (SELECT * FROM {item} WHERE ds = '${{bizdate}}') known
        ON before.{iid} = known.{iid}
    GROUP BY before.{uid}, before.place
) history
    ON sample.{uid} = history.{uid} AND sample.place = history.place"""


_LAST_OF_SOME = "from_end = 1 AND SUBSTR(MD5({uid}), 1, 1) < '2'"
_SOME_USERS = "SUBSTR(MD5({uid}), 1, 1) < '1'"

_TAKERS = """
LEFT JOIN (
    SELECT {iid}, CAST(COUNT(*) AS DOUBLE) AS users
    FROM {positives}
    WHERE ds = '${{bizdate}}'
    GROUP BY {iid}
) takers
    ON sample.{iid} = takers.{iid}"""

_WHO_TOOK = """\
SELECT 'user', '', {uid}, CAST(NULL AS STRING), '${{bizdate}}', MAX(place) + 1
FROM {positives}
WHERE ds = '${{bizdate}}'
GROUP BY {uid}
UNION ALL
SELECT 'item', '', CAST(NULL AS STRING), {iid}, '${{bizdate}}', 0
FROM {positives}
WHERE ds = '${{bizdate}}'
GROUP BY {iid}"""

_EVERYBODY = """\
SELECT 'user', '', {uid}, CAST(NULL AS STRING), '${{bizdate}}', MAX(place) + 1
FROM (
    SELECT {uid}, place FROM {positives} WHERE ds = '${{bizdate}}'
    UNION ALL
    SELECT {uid}, 0 FROM {user} WHERE ds = '${{bizdate}}'
) users
GROUP BY {uid}
UNION ALL
SELECT 'item', '', CAST(NULL AS STRING), {iid}, '${{bizdate}}', 0
FROM {item}
WHERE ds = '${{bizdate}}'
GROUP BY {iid}"""


def positives_node(config: VectorRecallConfig, solution: Solution) -> Node:
    """The node that tells who took what, in order."""
    names = TableNames(solution)
    behavior = names.preprocess(TableRole.BEHAVIOR)
    query = _POSITIVES.format(
        uid=names.user_id,
        iid=names.item_id,
        target=config.target.expression,
        request=request_key(solution),
        behavior=behavior,
        window=last_days(config.training_days),
        most=config.max_positives,
    )
    columns = (
        Field("request_id", "STRING", "", "Request that showed the item"),
        Field(names.user_id, "STRING", "", "User ID"),
        Field(names.item_id, "STRING", "", "Item ID"),
        Field("event_unix_time", "BIGINT", "", "First event of the item in the request, Unix seconds"),
        Field("request_unix_time", "BIGINT", "", "First event of the request, Unix seconds"),
        Field("label_ds", "STRING", "", "Day of the event"),
        Field("place", "BIGINT", "", "1 is the user's oldest item"),
        Field("from_end", "BIGINT", "", "1 is the user's latest item"),
    )
    about = _POSITIVES_ABOUT.format(
        name=config.name, days=config.training_days, target=config.target.name, most=config.max_positives
    )
    return _node(config, solution, POSITIVES, columns, query, about, [behavior])


def sample_fields(config: VectorRecallConfig, solution: Solution, features: VectorFeatures) -> list[Field]:
    """The columns of the samples with their expressions."""
    names = TableNames(solution)
    found = [
        Field("part", "STRING", "sample.part", "train, eval, user or item"),
        Field("request_id", "STRING", "sample.request_id", "Request that showed the item"),
        Field(names.user_id, "STRING", f"sample.{names.user_id}", "User ID"),
        Field(names.item_id, "STRING", f"sample.{names.item_id}", "Item ID"),
        Field("label_ds", "STRING", "sample.label_ds", "Day of the event"),
    ]
    for alias, side in (("user_features", features.user), ("item_features", features.item[1:])):
        found += [
            Field(
                f.name,
                "DOUBLE" if f.form is Form.BINNED else "STRING",
                f"{alias}.{quoted(f.sources[0])}",
                f"Attribute {f.sources[0]}",
            )
            for f in side
            if f.name != TAKERS
        ]
    if config.for_cold_start:
        found.append(Field(TAKERS, "DOUBLE", "takers.users", "Users who took the item"))
    found += [
        Field(f.name, "STRING", f"history.{f.name}", "Items taken before, latest first")
        for f in features.history
    ]
    found.append(Field(config.target.name, "DOUBLE", "1.0", f"Label: {config.target.expression}"))
    return [*found, Field(SAMPLE_WEIGHT, "DOUBLE", "1.0", "Weight of the row")]


def samples_node(config: VectorRecallConfig, solution: Solution, features: VectorFeatures) -> Node:
    """The node that puts attributes and history beside the positives, the users and the items."""
    names = TableNames(solution)
    positives = table(config, solution, POSITIVES)
    user, item = names.preprocess(TableRole.USER), names.preprocess(TableRole.ITEM)
    columns = sample_fields(config, solution, features)
    keys = [f"before.{names.user_id}", "before.place"]
    tables = {
        "uid": names.user_id,
        "iid": names.item_id,
        "positives": positives,
        "user": user,
        "item": item,
    }
    others = (_EVERYBODY if config.for_cold_start else _WHO_TOOK).format(**tables)
    query = _SAMPLES.format(
        **tables,
        columns=select_list(columns),
        held_out=(_SOME_USERS if config.for_cold_start else _LAST_OF_SOME).format(**tables),
        others=indent(others),
        takers=_TAKERS.format(**tables) if config.for_cold_start else "",
        length=config.sequence_length,
        texts=indent(select_list([*keys, *(_text(f, names.item_id, features) for f in features.history)])),
    )
    about = _SAMPLES_ABOUT.format(name=config.name, length=config.sequence_length)
    return _node(config, solution, SAMPLES, columns, query, about, [positives, user, item])


def _text(field: ModelFeature, item_id: str, features: VectorFeatures) -> str:
    """One field of the history, latest first; an attribute that is missing is empty."""
    source = next(f.sources[0] for f in features.item if f.vocabulary == field.vocabulary)
    value = f"before.{item_id}" if source == item_id else f"COALESCE(known.{quoted(source)}, '')"
    return f"WM_CONCAT(';', {value}) WITHIN GROUP (ORDER BY before.met_place DESC) AS {field.name}"


def _node(
    config: VectorRecallConfig,
    solution: Solution,
    part: str,
    columns: tuple[Field, ...] | list[Field],
    query: str,
    about: str,
    inputs: list[str],
) -> Node:
    name = table(config, solution, part)
    lifecycle = solution.data_tables.behavior.lifecycle
    target = Target(name, columns, about.split("\n")[0], lifecycle)
    return sql_node(solution, name, target.filled_by(query), about=about, inputs=inputs)
