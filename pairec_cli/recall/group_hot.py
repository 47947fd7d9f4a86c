"""Grouped hot recall: a hot list for every group of users, such as gender by age (tutorial step 5.4).

    hot(group, item) = click_uv² / (expr + adj_factor) · exp(-item_publish_days / fresh_decay_denom)

counted among the group's users. The groups' keys are the texts that the engine builds from a user's
properties (UserGroupHotRecall, Triggers). A group that too few users have clicked in is given the list of the
group that all its attributes but the last make, and so on to the list of all users.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from pairec_cli.domain.errors import InvalidConfig, NotFound, Problem
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node, Publication
from pairec_cli.domain.solution import Form, RecallConfig, Solution
from pairec_cli.domain.tables import Column, TableRole
from pairec_cli.features.columns import Kind, entity_attributes
from pairec_cli.features.script import Target, last_days, literal, number, quoted, sql_node
from pairec_cli.recall.engine_entry import published_recall

UNKNOWN = "NULL"
"""What the engine writes for a property that a user lacks."""
LISTS = "lists"
"""Part of the name of the table with the lists of all groups, wide and narrow."""


class GroupField(Form):
    """One attribute that users are grouped by."""

    column: str
    """Column of the user table: a categorical one, or a numerical one with boundaries."""
    boundaries: tuple[int, ...] = ()
    """Cut points of a number, ascending: up to the first, from one to the next, above the last."""

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if any(low >= high for low, high in pairwise(self.boundaries)):
            raise ValueError("boundaries must rise")
        return self


class GroupHotConfig(RecallConfig):
    """Grouped hot recall."""

    type: Literal["group_hot"] = "group_hot"
    name: str = Field(default="group_hot", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=64)
    """Name in the engine (RecallNames) and in generated tables."""
    groups: tuple[GroupField, ...] = Field(
        default=(GroupField(column="gender"), GroupField(column="age", boundaries=(20, 30, 40, 50))),
        min_length=1,
        max_length=5,
    )
    """Attributes that users are grouped by, the most telling first: small groups are joined over the last."""
    top_n: int = Field(default=200, ge=1, le=10_000)
    """Items in a list; also the engine's recall count."""
    days: int = Field(default=15, ge=1, le=365)
    """Days of behavior that are counted."""
    target_event: str = Field(default="click", min_length=1)
    """Event whose distinct users are counted as click_uv."""
    exposure_event: str = Field(default="expr", min_length=1)
    """Event that is counted as expr."""
    min_users: int = Field(default=20, ge=1)
    """A group that fewer users have clicked in is given the list of the wider group."""
    adj_factor: float = Field(default=10.0, ge=0, le=1e6)
    """Added to the exposures: keeps the denominator above zero and distrusts rates of few exposures."""
    fresh_decay_denom: float = Field(default=90.0, ge=0.001, le=1e5)
    """Days after which an item's score has fallen to 1/e; smaller prefers new items more."""
    max_score: float = Field(default=0.2, ge=0.001, le=1e6)
    """Score of each list's best item; the others in proportion. Personal lists have a best score of 1."""

    @property
    def training_days(self) -> int:
        """Days of behavior that one run reads."""
        return self.days


_ABOUT = """\
Grouped hot recall: the {top_n} hottest items of the last {days} days for each group of {groups}.
The formula may be edited here: click_uv = distinct users of the group with the event {target},
expr = number of its {exposure} events, item_publish_days = days since publication (unknown counts as 0).
A group with fewer than {min_users} such users is given the list of the next wider group, at last of all."""

_GROUPED = """\
SELECT
    group_key,
    {iid},
    users,
    ROUND({max_score} * hot / MAX(hot) OVER (PARTITION BY group_key), 6) AS score,
    ROW_NUMBER() OVER (PARTITION BY group_key ORDER BY hot DESC, {iid}) AS place
FROM (
    SELECT
        counted.group_key,
        counted.{iid},
        sized.users,
        click_uv * click_uv / (expr + {adj_factor}) * EXP(-item_publish_days / {fresh_decay_denom}) AS hot
    FROM (
        SELECT
            met.group_key,
            met.{iid},
            COUNT(DISTINCT IF(met.event = {target}, met.{uid}, NULL)) AS click_uv,
            COUNT(IF(met.event = {exposure}, 1, NULL)) AS expr,
            MAX(i.item_publish_days) AS item_publish_days
        FROM (
{met}
        ) met
        JOIN (
            SELECT {iid}, {age} AS item_publish_days
            FROM {item}
            WHERE ds = '${{bizdate}}'
        ) i
            ON met.{iid} = i.{iid}
        GROUP BY met.group_key, met.{iid}
    ) counted
    JOIN (
        SELECT group_key, COUNT(DISTINCT {uid}) AS users
        FROM (
{met}
        ) met
        WHERE event = {target}
        GROUP BY group_key
    ) sized
        ON counted.group_key = sized.group_key
    WHERE counted.click_uv > 0
) scored"""

_LEVEL = """\
            SELECT {key} AS group_key, b.{uid}, b.{iid}, b.event
            FROM (
                SELECT {uid}, {iid}, event
                FROM {behavior}
                WHERE {window}
                    AND event IN ({target}, {exposure})
            ) b
            {join} (
                SELECT *
                FROM {user}
                WHERE ds = '${{bizdate}}'
            ) u
                ON b.{uid} = u.{uid}"""

_CHOSEN = """\
SELECT
    chosen.trigger_id,
    WM_CONCAT(',', CONCAT(lists.{iid}, '::', lists.score)) WITHIN GROUP (ORDER BY lists.place) AS item_ids
FROM (
    SELECT
        triggers.trigger_id,
        CASE
{cases}
            ELSE triggers.key_0
        END AS group_key
    FROM (
        SELECT DISTINCT
            {trigger} AS trigger_id,
            {keys}
        FROM {user} u
        WHERE u.ds = '${{bizdate}}'
    ) triggers
{joins}
) chosen
JOIN (
    SELECT group_key, {iid}, score, place
    FROM {lists}
    WHERE ds = '${{bizdate}}'
        AND place <= {top_n}
) lists
    ON chosen.group_key = lists.group_key
GROUP BY chosen.trigger_id"""

_SIZE = """\
    LEFT JOIN (
        SELECT group_key, MAX(users) AS users
        FROM {lists}
        WHERE ds = '${{bizdate}}'
        GROUP BY group_key
    ) size_{level}
        ON triggers.key_{level} = size_{level}.group_key"""


class GroupHot:
    """One node with two tables, one view, one UserGroupHotRecall entry."""

    type_name: ClassVar[str] = "group_hot"
    title: ClassVar[str] = "Grouped hot: what is hot among users alike in gender, age, city ..."
    Config: ClassVar[type[RecallConfig]] = GroupHotConfig
    is_fallback: ClassVar[bool] = False

    def nodes(self, config: GroupHotConfig, solution: Solution) -> list[Node]:
        """Raises InvalidConfig for a column that users do not have, and a number without boundaries."""
        _refuse_columns(config, solution)
        names = TableNames(solution)
        lists, target = names.recall(config.name, LISTS), names.recall(config.name)
        lifecycle = solution.data_tables.behavior.lifecycle
        grouped = Target(lists, _list_columns(names.item_id), "Hot lists of groups", lifecycle)
        chosen = Target(target, _COLUMNS, f"Grouped hot recall {config.name}", lifecycle)
        about = _ABOUT.format(
            top_n=config.top_n,
            days=config.days,
            groups=" x ".join(field.column for field in config.groups),
            target=config.target_event,
            exposure=config.exposure_event,
            min_users=config.min_users,
        )
        body = "\n\n".join(
            [
                grouped.filled_by(_grouped(config, solution)),
                chosen.filled_by(_chosen(config, solution)),
            ]
        )
        roles = (TableRole.BEHAVIOR, TableRole.USER, TableRole.ITEM)
        inputs = [names.preprocess(role) for role in roles]
        return [sql_node(solution, target, body, about=about, inputs=inputs, outputs=[lists])]

    def publications(self, config: GroupHotConfig, solution: Solution) -> list[Publication]:
        table = TableNames(solution).recall(config.name)
        return [Publication(table, table, "trigger_id", ("item_ids",))]

    def engine_conf(self, config: GroupHotConfig, solution: Solution) -> Mapping[str, Any]:
        view = TableNames(solution).recall(config.name)
        conf = published_recall(solution, config.name, "UserGroupHotRecall", config.top_n, view)
        conf["Triggers"] = [
            {"TriggerKey": field.column, "DefaultValue": UNKNOWN}
            | ({"Boundaries": list(field.boundaries)} if field.boundaries else {})
            for field in config.groups
        ]
        return conf


_COLUMNS = (
    Column("trigger_id", "STRING", "The user's group, as the engine writes it"),
    Column("item_ids", "STRING", "item::score,item::score,... hottest first"),
)


def _list_columns(item_id: str) -> Sequence[Column]:
    return (
        Column("group_key", "STRING", "Number of attributes, then their values"),
        Column(item_id, "STRING", "Item ID"),
        Column("users", "BIGINT", "Users of the group with the target event"),
        Column("score", "DOUBLE", "In proportion to the group's best"),
        Column("place", "BIGINT", "1 is the hottest"),
    )


def _refuse_columns(config: GroupHotConfig, solution: Solution) -> None:
    kinds = {a.field.name: a.kind for a in entity_attributes(solution, TableRole.USER)}
    problems = []
    for index, field in enumerate(config.groups):
        path = f"recalls.{config.name}.groups[{index}].column"
        if field.column not in kinds:
            problems.append(Problem(path, NotFound("user column", field.column, kinds).message, field.column))
        elif kinds[field.column] is not Kind.CATEGORICAL and not field.boundaries:
            message = "is no categorical column: give boundaries, or name another"
            problems.append(Problem(path, message, field.column))
    if problems:
        raise InvalidConfig("solution", problems, hint="pairec solution validate")


def _part(field: GroupField) -> str:
    """The text that the engine makes of the user's value."""
    column = f"u.{quoted(field.column)}"
    if not field.boundaries:
        return f"COALESCE({column}, '{UNKNOWN}')"
    whole = f"CAST({column} AS BIGINT)"
    first, last = field.boundaries[0], field.boundaries[-1]
    cases = [f"WHEN {column} IS NULL THEN '{UNKNOWN}'", f"WHEN {whole} <= {first} THEN '<={first}'"]
    cases += [f"WHEN {whole} <= {high} THEN '{low}-{high}'" for low, high in pairwise(field.boundaries)]
    return f"CASE {' '.join(cases)} ELSE '>{last}' END"


def _joined(parts: Sequence[str]) -> str:
    return f"CONCAT_WS('_', {', '.join(parts)})" if len(parts) > 1 else parts[0]


def _keys(config: GroupHotConfig) -> list[str]:
    """The key of the group by the first 0, 1, 2 … attributes."""
    parts = [_part(field) for field in config.groups]
    return ["'0'", *(f"CONCAT('{n}:', {_joined(parts[:n])})" for n in range(1, len(parts) + 1))]


def _grouped(config: GroupHotConfig, solution: Solution) -> str:
    names = TableNames(solution)
    published = solution.data_tables.item.pub_time
    texts = {
        "uid": names.user_id,
        "iid": names.item_id,
        "target": literal(config.target_event),
        "exposure": literal(config.exposure_event),
    }
    levels = [
        _LEVEL.format(
            key=key,
            behavior=names.preprocess(TableRole.BEHAVIOR),
            user=names.preprocess(TableRole.USER),
            window=last_days(config.days),
            join="JOIN" if depth else "LEFT JOIN",
            **texts,
        )
        for depth, key in enumerate(_keys(config))
    ]
    return _GROUPED.format(
        met="\n            UNION ALL\n".join(levels),
        item=names.preprocess(TableRole.ITEM),
        age=f"COALESCE({quoted(published)}, 0)" if published else "0",
        adj_factor=number(config.adj_factor),
        fresh_decay_denom=number(config.fresh_decay_denom),
        max_score=number(config.max_score),
        **texts,
    )


def _chosen(config: GroupHotConfig, solution: Solution) -> str:
    names = TableNames(solution)
    lists = names.recall(config.name, LISTS)
    levels = range(len(config.groups), 0, -1)
    return _CHOSEN.format(
        iid=names.item_id,
        cases="\n".join(
            f"            WHEN size_{n}.users >= {config.min_users} THEN triggers.key_{n}" for n in levels
        ),
        trigger=_joined([_part(field) for field in config.groups]),
        keys=",\n            ".join(f"{key} AS key_{n}" for n, key in enumerate(_keys(config))),
        user=names.preprocess(TableRole.USER),
        joins="\n".join(_SIZE.format(lists=lists, level=n) for n in levels),
        lists=lists,
        top_n=config.top_n,
    )
