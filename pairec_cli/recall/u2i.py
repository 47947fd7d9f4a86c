"""From similar items to a user's list: what u2i recalls share, whichever component finds the similar items.

No public page gives PAI-Rec's formulas. Ours are

    weight(u, t)     = Σ over u's events on t of  w_event · (1 - time_attenuation)^(days ago)
    similarity(t, i) = component(t, i) / users(i)^popularity_exponent, then, per trigger t, / its sum
    score(u, i)      = Σ over u's triggers t of  weight(u, t) · similarity(t, i), then / the user's best
"""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node, Publication
from pairec_cli.domain.solution import Names, RecallConfig, Solution
from pairec_cli.domain.tables import Column, TableRole
from pairec_cli.features.script import Target, last_days, literal, literals, number, sql_node
from pairec_cli.recall.engine_entry import published_recall

TRIGGER, SIMILAR, INTERACTIONS = "trigger", "i2i", "i2i_input"
"""Parts of the tables' names: a user's triggers, an item's similar items, who met what."""

EventWeight = Annotated[float, Field(ge=0, le=1e6)]


class U2IConfig(RecallConfig):
    """The fields of the form that every u2i recall has."""

    training_days: int = Field(default=30, ge=1, le=365)
    """Days of behavior logs that the similar items are learned from."""
    recall_count: int = Field(default=200, ge=1, le=10_000)
    """Items per user that are generated offline; also the engine's recall count."""
    trigger_events: Names = Field(default=("click", "praise"), min_length=1)
    """U2ITrigger: events by which a user has met an item. Impressions do not belong here."""
    behavior_window_days: int = Field(default=15, ge=1, le=365)
    """Behavior time window: days of behavior that a user's triggers are collected from."""
    time_attenuation: float = Field(default=0.05, ge=0, le=1)
    """Behavior time attenuation coefficient: an event counts (1 - coefficient) per day that has passed."""
    trigger_count: int = Field(default=30, ge=1, le=1000)
    """Trigger selection count: items per user that are joined with similar items; 10 to 50 is typical."""
    behavior_weights: dict[str, EventWeight] = {"click": 1.0, "praise": 2.0}
    """U2i behavior weight per event. An event without a weight, or with 0, makes no trigger."""
    popularity_exponent: float = Field(default=0.0, ge=0, le=2)
    """A similarity is divided by the similar item's number of users to this power: above 0, popular items are
    found less. 0 leaves it, as similarities may hold such a penalty already."""
    normalize_trigger_lists: bool = True
    """Divide each trigger's similarities by their sum, so that every trigger has the same say."""
    drop_seen: bool = True
    """Leave out items that the user has met."""
    seen_events: Names = ()
    """Events by which an item is met, over the training days; empty means the trigger events."""

    @model_validator(mode="after")
    def _has_triggers(self) -> Self:
        if not self.weights:
            raise ValueError("no trigger event has a behavior weight above 0")
        if self.behavior_window_days > self.training_days:
            raise ValueError("behavior_window_days may not exceed training_days")
        return self

    @property
    def weights(self) -> dict[str, float]:
        """Weight of each event that makes triggers."""
        found = {event: self.behavior_weights.get(event, 0.0) for event in self.trigger_events}
        return {event: weight for event, weight in found.items() if weight > 0}


_INTERACTIONS = """\
SELECT {uid}, {iid}
FROM {behavior}
WHERE {window}
    AND event IN ({events})
GROUP BY {uid}, {iid}"""


def interactions(config: U2IConfig, solution: Solution) -> str:
    """CREATE and INSERT of the two-column table that the component reads: each user's items, once each."""
    names = TableNames(solution)
    columns = (Column(names.user_id, "STRING", "User ID"), Column(names.item_id, "STRING", "Item ID"))
    target = Target(
        names.recall(config.name, INTERACTIONS),
        columns,
        f"Recall {config.name}: items that users have met",
        solution.data_tables.behavior.lifecycle,
    )
    query = _INTERACTIONS.format(
        uid=names.user_id,
        iid=names.item_id,
        behavior=names.preprocess(TableRole.BEHAVIOR),
        window=last_days(config.training_days),
        events=literals(config.trigger_events),
    )
    return target.filled_by(query)


_TRIGGERS_ABOUT = """\
Triggers of recall {name}: each user's {count} strongest items of the last {days} days.
An event weighs ({weights}) times {kept} per day that has passed; an item's events are summed."""

_TRIGGERS = """\
SELECT
    {uid},
    WM_CONCAT(',', CONCAT({iid}, ':', weight)) WITHIN GROUP (ORDER BY place) AS item_ids
FROM (
    SELECT
        {uid},
        {iid},
        ROUND(weight, 6) AS weight,
        ROW_NUMBER() OVER (PARTITION BY {uid} ORDER BY weight DESC, {iid}) AS place
    FROM (
        SELECT
            {uid},
            {iid},
            SUM(CASE event {cases} ELSE 0 END * POW({kept}, days_ago)) AS weight
        FROM (
            SELECT
                {uid},
                {iid},
                event,
                DATEDIFF(TO_DATE('${{bizdate}}', 'yyyymmdd'), TO_DATE(ds, 'yyyymmdd'), 'dd') AS days_ago
            FROM {behavior}
            WHERE {window}
                AND event IN ({events})
        ) events
        GROUP BY {uid}, {iid}
    ) weighted
) ranked
WHERE place <= {count}
    AND weight > 0
GROUP BY {uid}"""


def trigger_node(config: U2IConfig, solution: Solution) -> Node:
    """One row per user: `item_ids` is `item:weight,…`, heaviest first, ties by item id."""
    names = TableNames(solution)
    behavior = names.preprocess(TableRole.BEHAVIOR)
    weights = {event: number(weight) for event, weight in config.weights.items()}
    kept = number(1 - config.time_attenuation)
    query = _TRIGGERS.format(
        uid=names.user_id,
        iid=names.item_id,
        behavior=behavior,
        window=last_days(config.behavior_window_days),
        events=literals(weights),
        cases=" ".join(f"WHEN {literal(event)} THEN {weight}" for event, weight in weights.items()),
        kept=kept,
        count=config.trigger_count,
    )
    columns = (
        Column(names.user_id, "STRING", "User ID"),
        Column("item_ids", "STRING", "item:weight,item:weight,... heaviest first"),
    )
    about = _TRIGGERS_ABOUT.format(
        name=config.name,
        count=config.trigger_count,
        days=config.behavior_window_days,
        weights=", ".join(f"{event} {weight}" for event, weight in weights.items()),
        kept=kept,
    )
    target = _target(config, solution, TRIGGER, columns, f"Recall {config.name}: triggers")
    return sql_node(solution, target.table, target.filled_by(query), about=about, inputs=[behavior])


_U2I_ABOUT = """\
Recall {name}: each user's {count} best items, from the items similar to the user's triggers.
Score = sum over triggers of weight * similarity, divided by the user's best score.
{similarity}
{seen}"""

_U2I = """\
SELECT
    {uid},
    WM_CONCAT(',', CONCAT({iid}, '::', score)) WITHIN GROUP (ORDER BY place) AS item_ids
FROM (
    SELECT
        {uid},
        {iid},
        ROUND(score / MAX(score) OVER (PARTITION BY {uid}), 6) AS score,
        ROW_NUMBER() OVER (PARTITION BY {uid} ORDER BY score DESC, {iid}) AS place
    FROM (
        SELECT
            scored.{uid},
            scored.{iid},
            scored.score
        FROM (
            SELECT
                triggers.{uid},
                similar.{iid},
                SUM(triggers.weight * similar.similarity) AS score
            FROM (
                SELECT
                    {uid},
                    SPLIT_PART(pair, ':', 1) AS trigger_id,
                    CAST(SPLIT_PART(pair, ':', 2) AS DOUBLE) AS weight
                FROM {trigger}
                LATERAL VIEW EXPLODE(SPLIT(item_ids, ',')) pairs AS pair
                WHERE ds = '${{bizdate}}'
            ) triggers
            JOIN (
                {similar}
            ) similar
                ON triggers.trigger_id = similar.trigger_id
            GROUP BY triggers.{uid}, similar.{iid}
        ) scored{unseen}
    ) candidates
) ranked
WHERE place <= {count}
GROUP BY {uid}"""

_LISTED = """\
SELECT
    item_id AS trigger_id,
    SPLIT_PART(pair, ':', 1) AS {iid},
    CAST(SPLIT_PART(pair, ':', 2) AS DOUBLE) AS similarity
FROM {i2i}
LATERAL VIEW EXPLODE(SPLIT(similar_item_ids, ',')) pairs AS pair
WHERE ds = '${{bizdate}}'"""

_PENALISED = """\
SELECT
    listed.trigger_id,
    listed.{iid},
    listed.similarity / POW(met.users, {exponent}) AS similarity
FROM (
{listed}
) listed
JOIN (
    SELECT {iid}, COUNT(*) AS users
    FROM {interactions}
    WHERE ds = '${{bizdate}}'
    GROUP BY {iid}
) met
    ON listed.{iid} = met.{iid}"""

_NORMALISED = """\
SELECT
    trigger_id,
    {iid},
    similarity / SUM(similarity) OVER (PARTITION BY trigger_id) AS similarity
FROM (
{similar}
) weighed"""

_UNSEEN = """
        LEFT JOIN (
            SELECT {uid}, {iid}
            FROM {behavior}
            WHERE {window}
                AND event IN ({events})
            GROUP BY {uid}, {iid}
        ) seen
            ON scored.{uid} = seen.{uid} AND scored.{iid} = seen.{iid}
        WHERE seen.{iid} IS NULL"""


def u2i_node(config: U2IConfig, solution: Solution) -> Node:
    """One row per user: `item_ids` is `item::score,…`, best first, the best score 1."""
    names = TableNames(solution)
    trigger, i2i = names.recall(config.name, TRIGGER), names.recall(config.name, SIMILAR)
    query = _U2I.format(
        uid=names.user_id,
        iid=names.item_id,
        trigger=trigger,
        similar=_similar(config, solution).replace("\n", "\n" + " " * 16),
        unseen=_unseen(config, solution),
        count=config.recall_count,
    )
    inputs = [trigger, i2i]
    inputs += [names.recall(config.name, INTERACTIONS)] if config.popularity_exponent else []
    inputs += [names.preprocess(TableRole.BEHAVIOR)] if config.drop_seen else []
    columns = (
        Column(names.user_id, "STRING", "User ID"),
        Column("item_ids", "STRING", "item::score,item::score,... best first"),
    )
    target = _target(config, solution, "", columns, f"Recall {config.name}: items per user")
    return sql_node(solution, target.table, target.filled_by(query), about=_about(config), inputs=inputs)


def _about(config: U2IConfig) -> str:
    steps = []
    if config.popularity_exponent:
        steps.append(f"divided by (users of the item)^{number(config.popularity_exponent)}")
    if config.normalize_trigger_lists:
        steps.append("divided by the sum of its trigger's list")
    return _U2I_ABOUT.format(
        name=config.name,
        count=config.recall_count,
        similarity=f"Similarity = that of the i2i table{', '.join(['', *steps])}.",
        seen=f"Items met by {', '.join(config.seen_events or config.trigger_events)} are left out."
        if config.drop_seen
        else "Items that the user has met stay in.",
    )


def _similar(config: U2IConfig, solution: Solution) -> str:
    """The similar items as rows trigger_id, <iid>, similarity."""
    names = TableNames(solution)
    query = _LISTED.format(iid=names.item_id, i2i=names.recall(config.name, SIMILAR))
    if config.popularity_exponent:
        query = _PENALISED.format(
            iid=names.item_id,
            exponent=number(config.popularity_exponent),
            listed=_shift(query),
            interactions=names.recall(config.name, INTERACTIONS),
        )
    if config.normalize_trigger_lists:
        query = _NORMALISED.format(iid=names.item_id, similar=_shift(query))
    return query


def _shift(query: str) -> str:
    return "    " + query.replace("\n", "\n    ")


def _unseen(config: U2IConfig, solution: Solution) -> str:
    if not config.drop_seen:
        return ""
    names = TableNames(solution)
    return _UNSEEN.format(
        uid=names.user_id,
        iid=names.item_id,
        behavior=names.preprocess(TableRole.BEHAVIOR),
        window=last_days(config.training_days),
        events=literals(config.seen_events or config.trigger_events),
    )


def publications(config: U2IConfig, solution: Solution) -> list[Publication]:
    """The lists, and the triggers and similar items that explain them."""
    names, entities = TableNames(solution), solution.environment
    lists = names.recall(config.name)
    triggers, similar = names.recall(config.name, TRIGGER), names.recall(config.name, SIMILAR)
    return [
        Publication(lists, lists, names.user_id, ("item_ids",), entities.user_entity),
        Publication(triggers, triggers, names.user_id, ("item_ids",), entities.user_entity),
        Publication(similar, similar, "item_id", ("similar_item_ids",), entities.item_entity),
    ]


def engine_conf(config: U2IConfig, solution: Solution) -> dict[str, Any]:
    """A UserCustomRecall entry, with the views that explain it."""
    names = TableNames(solution)
    view = names.recall(config.name)
    conf = published_recall(solution, config.name, "UserCustomRecall", config.recall_count, view)
    conf["Explain"] = {
        "TriggerView": names.recall(config.name, TRIGGER),
        "SimilarView": names.recall(config.name, SIMILAR),
    }
    return conf


def _target(
    config: U2IConfig, solution: Solution, part: str, columns: tuple[Column, ...], comment: str
) -> Target:
    table = TableNames(solution).recall(config.name, part)
    return Target(table, columns, comment, solution.data_tables.behavior.lifecycle)
