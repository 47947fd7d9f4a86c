"""The samples of collaborative metric learning: <session, item, clicked>, with the items' attributes.

    samples    part 'train': an item of a session; 'eval': a clicked item that is held out of its session;
               'item': each clicked item

Of one session in eight with three clicked items or more, the last is held out.
"""

from __future__ import annotations

from collections.abc import Sequence

from pairec_cli.domain.model_features import ModelFeature
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.features.script import Field, Target, last_days, literals, quoted, select_list, sql_node
from pairec_cli.ranking.label_table import SAMPLE_WEIGHT, request_key
from pairec_cli.recall.item_model import EVAL_ROWS, LABEL, SAMPLES, TRAIN_ROWS, VOCABULARY
from pairec_cli.recall.metric_form import CoMetricLearningConfig
from pairec_cli.recall.sample_encoding import Samples, raw_id, rows_node, vocabulary_node

SESSIONS, ITEMS = "sessions", "items"
SESSION_ID = "session_id"

_SESSIONS_ABOUT = """\
Sessions of recall {name}: what each {session} was shown and clicked in {days} days ({events}).
At most {most} clicked items of a session count, the latest{unclicked}."""

_SESSIONS = """\
SELECT
    session_id,
    {iid},
    clicked,
    ROW_NUMBER() OVER (PARTITION BY session_id, clicked ORDER BY last_time DESC, {iid}) AS from_end,
    SUM(clicked) OVER (PARTITION BY session_id) AS clicks
FROM (
    SELECT
        session_id,
        {iid},
        clicked,
        last_time,
        ROW_NUMBER() OVER (PARTITION BY session_id, clicked ORDER BY {kept_first}, {iid}) AS place
    FROM (
        SELECT
            {session} AS session_id,
            {iid},
            MAX(IF(event IN ({events}), 1, 0)) AS clicked,
            MAX(event_unix_time) AS last_time
        FROM (
            SELECT ds, {uid}, {iid}, {request} AS request_key, event, event_unix_time
            FROM {behavior}
            WHERE {window}{only}
        ) events
        GROUP BY {session}, {iid}
    ) met
) placed
WHERE place <= IF(clicked = 1, {most}, {unclicked})"""

_SAMPLES_ABOUT = """\
Samples of recall {name}: items of sessions with their attributes, and the clicked items (column part).
Of one session in eight with three clicked items or more, the last is held out."""

_SAMPLES = """\
SELECT
    {columns}
FROM (
    SELECT
        IF(clicked = 1 AND from_end = 1 AND clicks >= 3 AND SUBSTR(MD5(session_id), 1, 1) < '2',
            'eval', 'train') AS part,
        session_id,
        {iid},
        CAST(clicked AS DOUBLE) AS clicked
    FROM {sessions}
    WHERE ds = '${{bizdate}}'
    UNION ALL
    SELECT 'item', '', {iid}, 1.0
    FROM {sessions}
    WHERE ds = '${{bizdate}}'
        AND clicked = 1
    GROUP BY {iid}
) sample
LEFT JOIN (SELECT * FROM {item} WHERE ds = '${{bizdate}}') item_features
    ON sample.{iid} = item_features.{iid}"""


def session_nodes(
    config: CoMetricLearningConfig, solution: Solution, features: Sequence[ModelFeature]
) -> list[Node]:
    """Sessions, samples, vocabulary, rows to train on, rows held out, items."""
    names = TableNames(solution)
    samples = _samples(config, solution, features)
    item = raw_id(names.item_id, "Item ID")
    kept = [Field(SESSION_ID, "STRING", f"training.{SESSION_ID}", "Session"), item]
    day = "ds = '${bizdate}' AND part = "

    def rows(part: str, which: str, what: str, columns: Sequence[Field], with_label: bool) -> Node:
        name = names.recall(config.name, part)
        return rows_node(
            solution, samples, name, features, f"{day}'{which}'", what, columns, with_label=with_label
        )

    return [
        _sessions_node(config, solution),
        _samples_node(config, solution, samples),
        vocabulary_node(solution, samples, features, f"{day}'train'", config.min_count),
        rows(TRAIN_ROWS, "train", "items of sessions, to train on", kept, True),
        rows(EVAL_ROWS, "eval", "clicked items held out of their sessions", kept, True),
        rows(ITEMS, "item", "the items that are found", [item], False),
    ]


def _samples(config: CoMetricLearningConfig, solution: Solution, features: Sequence[ModelFeature]) -> Samples:
    names = TableNames(solution)
    fields = [
        Field("part", "STRING", "sample.part", "train, eval or item"),
        Field(SESSION_ID, "STRING", f"sample.{SESSION_ID}", "Session"),
        Field(names.item_id, "STRING", f"sample.{names.item_id}", "Item ID"),
        *(
            Field(f.name, "STRING", f"item_features.{quoted(f.sources[0])}", f"Attribute {f.sources[0]}")
            for f in features
            if f.name != names.item_id
        ),
        Field(LABEL, "DOUBLE", "sample.clicked", "1 where the session clicked the item"),
        Field(SAMPLE_WEIGHT, "DOUBLE", "1.0", "Weight of the row"),
    ]
    table, vocabularies = (names.recall(config.name, part) for part in (SAMPLES, VOCABULARY))
    return Samples(config.name, table, vocabularies, tuple(fields), (SESSION_ID, names.item_id), LABEL)


def _sessions_node(config: CoMetricLearningConfig, solution: Solution) -> Node:
    names, name = TableNames(solution), TableNames(solution).recall(config.name, SESSIONS)
    behavior, events = names.preprocess(TableRole.BEHAVIOR), literals(config.trigger_events)
    session = {
        "user": names.user_id,
        "day": f"CONCAT({names.user_id}, ' ', ds)",
        "request": f"CONCAT({names.user_id}, ' ', ds, ' ', request_key)",
    }[config.session]
    unclicked = config.unclicked_per_session
    query = _SESSIONS.format(
        uid=names.user_id,
        iid=names.item_id,
        session=session,
        request=request_key(solution),
        behavior=behavior,
        window=last_days(config.training_days),
        events=events,
        only="" if unclicked else f"\n                AND event IN ({events})",
        kept_first=f"IF(clicked = 1, last_time, 0) DESC, MD5(CONCAT(session_id, {names.item_id}))",
        most=config.max_session_clicks,
        unclicked=unclicked,
    )
    columns = (
        Field(SESSION_ID, "STRING", "", "Session"),
        Field(names.item_id, "STRING", "", "Item ID"),
        Field("clicked", "BIGINT", "", "1 where the session clicked the item"),
        Field("from_end", "BIGINT", "", "1 is the session's latest item, of clicked ones and of others"),
        Field("clicks", "BIGINT", "", "Clicked items of the session"),
    )
    about = _SESSIONS_ABOUT.format(
        name=config.name,
        session={"user": "user", "day": "user and day", "request": "request"}[config.session],
        days=config.training_days,
        events=", ".join(config.trigger_events),
        most=config.max_session_clicks,
        unclicked=f", and {unclicked} of those that it did not click" if unclicked else "",
    )
    return _node(solution, name, columns, query, about, [behavior])


def _samples_node(config: CoMetricLearningConfig, solution: Solution, samples: Samples) -> Node:
    names = TableNames(solution)
    sessions, item = names.recall(config.name, SESSIONS), names.preprocess(TableRole.ITEM)
    query = _SAMPLES.format(
        columns=select_list(samples.fields), iid=names.item_id, sessions=sessions, item=item
    )
    about = _SAMPLES_ABOUT.format(name=config.name)
    return _node(solution, samples.table, samples.fields, query, about, [sessions, item])


def _node(
    solution: Solution, name: str, columns: Sequence[Field], query: str, about: str, inputs: Sequence[str]
) -> Node:
    target = Target(name, columns, about.split("\n")[0], solution.data_tables.behavior.lifecycle)
    return sql_node(solution, name, target.filled_by(query), about=about, inputs=inputs)
