"""Global hot recall: one list of popular items for everybody (tutorial step 5.4, "Global hot recall").

    score = click_uv * click_uv / (expr + adj_factor) * exp(-item_publish_days / fresh_decay_denom)

`click_uv` is the number of distinct users with the target event, `expr` the number of exposures, both over
`days` days. The formula stands on one line of the deployed script, where it may be edited.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node, Publication
from pairec_cli.domain.solution import RecallConfig, Solution
from pairec_cli.domain.tables import Column, TableRole
from pairec_cli.features.script import Target, last_days, literal, number, quoted, sql_node
from pairec_cli.recall.engine_entry import published_recall

TRIGGER = "-1"
"""The key under which the engine looks for the list (UserGlobalHotRecall)."""


class GlobalHotConfig(RecallConfig):
    """Global hot recall."""

    type: Literal["global_hot"] = "global_hot"
    name: str = Field(default="global_hot", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=64)
    """Name in the engine (RecallNames) and in generated tables."""
    top_n: int = Field(default=500, ge=1, le=10_000)
    """Items in the list; also the engine's recall count."""
    days: int = Field(default=15, ge=1, le=365)
    """Days of behavior that are counted."""
    target_event: str = Field(default="click", min_length=1)
    """Event whose distinct users are counted as click_uv."""
    exposure_event: str = Field(default="expr", min_length=1)
    """Event that is counted as expr."""
    adj_factor: float = Field(default=10.0, ge=0, le=1e6)
    """Added to the exposures: keeps the denominator above zero and distrusts rates of few exposures."""
    fresh_decay_denom: float = Field(default=90.0, ge=0.001, le=1e5)
    """Days after which an item's score has fallen to 1/e; smaller prefers new items more."""
    max_score: float = Field(default=0.1, ge=0.001, le=1e6)
    """Score of the best item; the others in proportion. Personal lists have a best score of 1, so hot items
    fill in what those leave when lists are merged by score."""

    @property
    def training_days(self) -> int:
        """Days of behavior that one run reads."""
        return self.days


_ABOUT = """\
Global hot recall: the {top_n} hottest items of the last {days} days as one list under trigger_id {trigger}.
The formula and the target event may be edited here: click_uv = distinct users with the event {target},
expr = number of {exposure} events, item_publish_days = days since publication (unknown counts as 0).
Scores are scaled so that the best item has {max_score}. Items that left the item table are not listed."""

_QUERY = """\
SELECT
    trigger_id,
    WM_CONCAT(',', CONCAT({iid}, '::', score)) WITHIN GROUP (ORDER BY place) AS item_ids
FROM (
    SELECT
        trigger_id,
        {iid},
        ROUND({max_score} * hot / MAX(hot) OVER (PARTITION BY trigger_id), 6) AS score,
        ROW_NUMBER() OVER (PARTITION BY trigger_id ORDER BY hot DESC, {iid}) AS place
    FROM (
        SELECT
            '{trigger}' AS trigger_id,
            {iid},
            click_uv * click_uv / (expr + {adj_factor}) * EXP(-item_publish_days / {fresh_decay_denom}) AS hot
        FROM (
            SELECT
                b.{iid},
                COUNT(DISTINCT IF(b.event = {target}, b.{uid}, NULL)) AS click_uv,
                COUNT(IF(b.event = {exposure}, 1, NULL)) AS expr,
                MAX(i.item_publish_days) AS item_publish_days
            FROM (
                SELECT {uid}, {iid}, event
                FROM {behavior}
                WHERE {window}
                    AND event IN ({target}, {exposure})
            ) b
            JOIN (
                SELECT {iid}, {age} AS item_publish_days
                FROM {item}
                WHERE ds = '${{bizdate}}'
            ) i
                ON b.{iid} = i.{iid}
            GROUP BY b.{iid}
        ) counted
        WHERE click_uv > 0
    ) scored
) ranked
WHERE place <= {top_n}
GROUP BY trigger_id"""


def hot_node(config: GlobalHotConfig, solution: Solution, about: str) -> Node:
    """The node that writes one row: the hottest items under the key of everybody."""
    names = TableNames(solution)
    behavior, item = names.preprocess(TableRole.BEHAVIOR), names.preprocess(TableRole.ITEM)
    published = solution.data_tables.item.pub_time
    query = _QUERY.format(
        trigger=TRIGGER,
        uid=names.user_id,
        iid=names.item_id,
        behavior=behavior,
        item=item,
        age=f"COALESCE({quoted(published)}, 0)" if published else "0",
        window=last_days(config.days),
        target=literal(config.target_event),
        exposure=literal(config.exposure_event),
        adj_factor=number(config.adj_factor),
        fresh_decay_denom=number(config.fresh_decay_denom),
        max_score=number(config.max_score),
        top_n=config.top_n,
    )
    header = about.format(
        top_n=config.top_n,
        days=config.days,
        trigger=TRIGGER,
        target=config.target_event,
        exposure=config.exposure_event,
        max_score=number(config.max_score),
    )
    columns = (
        Column("trigger_id", "STRING", f"Always {TRIGGER}"),
        Column("item_ids", "STRING", "item::score,item::score,... hottest first"),
    )
    target = Target(
        names.recall(config.name),
        columns,
        f"{about.split(':')[0]} {config.name}",
        solution.data_tables.behavior.lifecycle,
    )
    body = target.filled_by(query)
    return sql_node(solution, target.table, body, about=header, inputs=[behavior, item])


class GlobalHot:
    """One node, one view, one UserGlobalHotRecall entry."""

    type_name: ClassVar[str] = "global_hot"
    title: ClassVar[str] = "Global hot: the items with the most clicks per exposure, newer ones first"
    Config: ClassVar[type[RecallConfig]] = GlobalHotConfig
    is_fallback: ClassVar[bool] = False

    def nodes(self, config: GlobalHotConfig, solution: Solution) -> list[Node]:
        return [hot_node(config, solution, _ABOUT)]

    def publications(self, config: GlobalHotConfig, solution: Solution) -> list[Publication]:
        table = TableNames(solution).recall(config.name)
        return [Publication(table, table, "trigger_id", ("item_ids",))]

    def engine_conf(self, config: GlobalHotConfig, solution: Solution) -> Mapping[str, Any]:
        view = TableNames(solution).recall(config.name)
        return published_recall(solution, config.name, "UserGlobalHotRecall", config.top_n, view)
