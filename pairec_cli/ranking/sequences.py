"""A user's latest items, as they stood when a request was made.

    pre_t_agg      latest items per user and event up to a day, one row each
    pre_t_seq      the same as texts, one row per user: what serving reads
    t_seq          per request, the items of the same day before it
    all_seq_feat   per request, those of the day and then those of the days before, as texts

An event counts for a request when its time lies strictly before that of the request, which is the earliest
event that the log holds under its id: what a request led to is never in its own sequence. Of an item's events
the latest counts. What is known of the items (category, author) is what was known on the day before, when
training as when serving. Texts are joined by `;`, latest first, an attribute that is missing is empty.
"""

from __future__ import annotations

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node
from pairec_cli.domain.solution import Ranking, Solution
from pairec_cli.domain.tables import Column, TableRole
from pairec_cli.features.script import (
    Target,
    days_before,
    indent,
    last_days,
    literal,
    literals,
    quoted,
    select_list,
    sql_node,
)
from pairec_cli.ranking.feature_list import TIME_FIELD, Sequence, sequences
from pairec_cli.ranking.label_table import impression, request_key

PRE_T, INTRADAY, WHOLE = "pre_t_seq", "t_seq", "all_seq_feat"


def nodes(solution: Solution, ranking: Ranking) -> list[Node]:
    """The four nodes, each after those it reads; none when the model has no sequences."""
    if not ranking.sequence_events:
        return []
    return [
        _latest(solution, ranking),
        _texts_per_user(solution),
        _intraday(solution, ranking),
        _texts_per_request(solution, ranking),
    ]


def columns(solution: Solution) -> list[Column]:
    """The text columns of pre_t_seq and all_seq_feat."""
    found = []
    for sequence in sequences(solution):
        found += [
            Column(sequence.column(field), "STRING", f"Latest {sequence.event} items: {field}")
            for field in (sequence.item_id, *sequence.fields)
        ]
        found.append(Column(sequence.column(TIME_FIELD), "STRING", f"Latest {sequence.event} items: time"))
    return found


_LATEST_ABOUT = """\
Each user's latest {length} items per event, of the {days} days up to bizdate.
Of several events on an item the latest counts; place 1 is the latest item."""

_LATEST = """\
SELECT
    {uid},
    event,
    {iid},
    event_unix_time,
    place
FROM (
    SELECT
        {uid},
        event,
        {iid},
        event_unix_time,
        ROW_NUMBER() OVER (PARTITION BY {uid}, event ORDER BY event_unix_time DESC, {iid}) AS place
    FROM (
        SELECT
            {uid},
            event,
            {iid},
            MAX(event_unix_time) AS event_unix_time
        FROM {behavior}
        WHERE {window}
            AND event IN ({events})
            AND event_unix_time IS NOT NULL
        GROUP BY {uid}, event, {iid}
    ) latest
) ranked
WHERE place <= {length}"""


def _latest(solution: Solution, ranking: Ranking) -> Node:
    names, days = TableNames(solution), max(solution.features.periods)
    behavior = names.preprocess(TableRole.BEHAVIOR)
    query = _LATEST.format(
        uid=names.user_id,
        iid=names.item_id,
        behavior=behavior,
        window=last_days(days),
        events=literals(ranking.sequence_events),
        length=ranking.sequence_length,
    )
    about = _LATEST_ABOUT.format(length=ranking.sequence_length, days=days)
    written = (*_event_columns(solution), Column("place", "BIGINT", "1 is the latest item"))
    return _node(solution, names.pre_t_agg(), written, query, about, [behavior])


_PER_USER_ABOUT = """\
Each user's latest items up to bizdate as texts, latest first; times are Unix seconds.
Attributes of the items are those of bizdate."""

_PER_USER = """\
SELECT
    {texts}
FROM (SELECT * FROM {latest} WHERE ds = '${{bizdate}}') met
LEFT JOIN (SELECT * FROM {item} WHERE ds = '${{bizdate}}') item
    ON met.{iid} = item.{iid}
GROUP BY met.{uid}"""


def _texts_per_user(solution: Solution) -> Node:
    names = TableNames(solution)
    latest, item = names.pre_t_agg(), names.preprocess(TableRole.ITEM)
    texts = [f"met.{names.user_id}", *_texts(solution, "met.event_unix_time")]
    query = _PER_USER.format(
        uid=names.user_id, iid=names.item_id, latest=latest, item=item, texts=select_list(texts)
    )
    written = (Column(names.user_id, "STRING", "User ID"), *columns(solution))
    return _node(solution, names.sequence(PRE_T), written, query, _PER_USER_ABOUT, [latest, item])


_INTRADAY_ABOUT = """\
Per request of the day, the items of the same day whose event lies before it: of the latest {length} events
per event, each item once. Behavior of the same request is never among them."""

_INTRADAY = """\
SELECT
    request.{uid},
    request.request_id,
    request.request_unix_time,
    met.event,
    met.{iid},
    met.event_unix_time
FROM (
    {requests}
) request
JOIN (
    SELECT
        {uid},
        event,
        {iid},
        event_unix_time,
        LEAD(event_unix_time, 1) OVER (PARTITION BY {uid}, event, {iid} ORDER BY event_unix_time) AS again_at,
        LEAD(event_unix_time, {length})
            OVER (PARTITION BY {uid}, event ORDER BY event_unix_time, {iid}) AS outdated_at
    FROM (
        SELECT DISTINCT {uid}, event, {iid}, event_unix_time
        FROM {behavior}
        WHERE ds = '${{bizdate}}'
            AND event IN ({events})
    ) events
) met
    ON request.{uid} = met.{uid}
WHERE met.event_unix_time < request.request_unix_time
    AND (met.again_at IS NULL OR met.again_at >= request.request_unix_time)
    AND (met.outdated_at IS NULL OR met.outdated_at >= request.request_unix_time)"""

_REQUESTS = """\
SELECT
    {uid},
    {request} AS request_id,
    COALESCE(MIN(event_unix_time), UNIX_TIMESTAMP(TO_DATE('${{bizdate}}', 'yyyymmdd'))) AS request_unix_time
FROM {behavior}
WHERE ds = '${{bizdate}}'
GROUP BY {uid}, {request}
HAVING COUNT(IF({shown}, 1, NULL)) > 0"""


def _intraday(solution: Solution, ranking: Ranking) -> Node:
    names = TableNames(solution)
    behavior = names.preprocess(TableRole.BEHAVIOR)
    query = _INTRADAY.format(
        uid=names.user_id,
        iid=names.item_id,
        requests=indent(_requests(solution)),
        behavior=behavior,
        events=literals(ranking.sequence_events),
        length=ranking.sequence_length,
    )
    about = _INTRADAY_ABOUT.format(length=ranking.sequence_length)
    user, *rest = _event_columns(solution)
    written = (user, *_REQUEST_COLUMNS, *rest)
    return _node(solution, names.sequence(INTRADAY), written, query, about, [behavior])


_REQUEST_COLUMNS = (
    Column("request_id", "STRING", "Request that showed the item"),
    Column("request_unix_time", "BIGINT", "Request time, Unix seconds"),
)

_PER_REQUEST_ABOUT = """\
Per request of the day, the user's latest {length} items before it as texts, latest first.
Items of the same day come from {intraday}, earlier ones from {latest} of the day before.
Times are seconds before the request; attributes of the items are those of the day before."""

_PER_REQUEST = """\
SELECT
    {texts}
FROM (
    SELECT
        *,
        ROW_NUMBER() OVER (
            PARTITION BY {uid}, request_id, event ORDER BY event_unix_time DESC, {iid}
        ) AS place
    FROM (
        SELECT
            {uid},
            request_id,
            request_unix_time,
            event,
            {iid},
            MAX(event_unix_time) AS event_unix_time
        FROM (
            SELECT {uid}, request_id, request_unix_time, event, {iid}, event_unix_time
            FROM {intraday}
            WHERE ds = '${{bizdate}}'
            UNION ALL
            SELECT
                request.{uid},
                request.request_id,
                request.request_unix_time,
                earlier.event,
                earlier.{iid},
                earlier.event_unix_time
            FROM (
                {requests}
            ) request
            JOIN (SELECT * FROM {latest} WHERE ds = '{yesterday}') earlier
                ON request.{uid} = earlier.{uid}
            WHERE earlier.event_unix_time < request.request_unix_time
        ) events
        GROUP BY {uid}, request_id, request_unix_time, event, {iid}
    ) once
) met
LEFT JOIN (SELECT * FROM {item} WHERE ds = '{yesterday}') item
    ON met.{iid} = item.{iid}
WHERE met.place <= {length}
GROUP BY met.{uid}, met.request_id"""


def _texts_per_request(solution: Solution, ranking: Ranking) -> Node:
    names = TableNames(solution)
    intraday, latest = names.sequence(INTRADAY), names.pre_t_agg()
    behavior, item = names.preprocess(TableRole.BEHAVIOR), names.preprocess(TableRole.ITEM)
    texts = [f"met.{names.user_id}", "met.request_id"]
    texts += _texts(solution, "met.request_unix_time - met.event_unix_time")
    query = _PER_REQUEST.format(
        uid=names.user_id,
        iid=names.item_id,
        texts=select_list(texts),
        requests=indent(_requests(solution), 4),
        intraday=intraday,
        latest=latest,
        item=item,
        yesterday=days_before(1),
        length=ranking.sequence_length,
    )
    about = _PER_REQUEST_ABOUT.format(length=ranking.sequence_length, intraday=intraday, latest=latest)
    written = (Column(names.user_id, "STRING", "User ID"), _REQUEST_COLUMNS[0], *columns(solution))
    inputs = [intraday, behavior, latest, item]
    return _node(solution, names.sequence(WHOLE), written, query, about, inputs)


def _requests(solution: Solution) -> str:
    """Rows user, request_id, request_unix_time of the requests that showed something on bizdate."""
    names = TableNames(solution)
    return _REQUESTS.format(
        uid=names.user_id,
        request=request_key(solution),
        behavior=names.preprocess(TableRole.BEHAVIOR),
        shown=impression(solution),
    )


def _texts(solution: Solution, time: str) -> list[str]:
    """The texts of every sequence, over met (events with their place) and item."""
    found = []
    for sequence in sequences(solution):
        found.append(_text(sequence, sequence.item_id, f"met.{sequence.item_id}"))
        for field, attribute in sequence.fields.items():
            value = f"item.{quoted(attribute.field.name)}"
            text = value if attribute.field.type == "STRING" else f"CAST({value} AS STRING)"
            found.append(_text(sequence, field, f"COALESCE({text}, '')"))
        found.append(_text(sequence, TIME_FIELD, f"CAST({time} AS STRING)"))
    return found


def _text(sequence: Sequence, field: str, value: str) -> str:
    entry = f"IF(met.event = {literal(sequence.event)}, {value}, NULL)"
    return f"WM_CONCAT(';', {entry}) WITHIN GROUP (ORDER BY met.place) AS {sequence.column(field)}"


def _event_columns(solution: Solution) -> tuple[Column, ...]:
    names = TableNames(solution)
    return (
        Column(names.user_id, "STRING", "User ID"),
        Column("event", "STRING", "Behavior event"),
        Column(names.item_id, "STRING", "Item ID"),
        Column("event_unix_time", "BIGINT", "Behavior time, Unix seconds"),
    )


def _node(
    solution: Solution, table: str, written: tuple[Column, ...], query: str, about: str, inputs: list[str]
) -> Node:
    lifecycle = solution.data_tables.behavior.lifecycle
    target = Target(table, written, about.split("\n")[0], lifecycle)
    return sql_node(solution, table, target.filled_by(query), about=about, inputs=inputs)
