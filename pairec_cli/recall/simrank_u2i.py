"""SimRank++ u2i recall: items whose users are similar beside the items that a user has met.

Three nodes: i2i (our component `simrank_plus_plus` over who met what, and how much), triggers, and u2i.
PAI-Rec names SimRank among its collaborative recalls.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node, Publication
from pairec_cli.domain.solution import Form, Solution
from pairec_cli.domain.tables import Column, TableRole
from pairec_cli.features.script import Target, last_days, literal, literals, number, pai_command, sql_node
from pairec_cli.recall import u2i


class SimRankModel(Form):
    """i2i model settings: the parameters of `simrank_plus_plus`."""

    top_n: int = Field(default=400, ge=1, le=10_000)
    """Similar items kept per item: many, as rare ones come first and popularity_exponent sets that right."""
    decay: float = Field(default=0.8, gt=0, le=1)
    """C: how much a similarity counts one step further."""
    iterations: int = Field(default=3, ge=1, le=100)
    """Steps of the recursion; 1 looks at common users alone."""
    neighbours: int = Field(default=200, ge=1, le=10_000)
    """Similar users, and similar items, that a node keeps from one step to the next."""


class SimRankU2IConfig(u2i.U2IConfig):
    """SimRank++ u2i recall."""

    type: Literal["simrank_u2i"] = "simrank_u2i"
    name: str = Field(default="simrank_u2i", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=64)
    """Name in the engine (RecallNames) and in generated tables."""
    popularity_exponent: float = Field(default=-1.0, ge=-2, le=2)
    """A similarity is divided by the similar item's number of users to this power. SimRank++ divides by the
    weights of both items' edges, so that items of few users come first: below 0 gives that back."""
    i2i: SimRankModel = SimRankModel()
    """I2I model settings."""


_ABOUT = """\
Similar items of recall {name}: who met what ({events}) over {days} days, then simrank_plus_plus.
An edge weighs as the strongest of its events, the strongest of all events as 1.
Output: item_id, similar_item_ids as item:score,item:score,... most similar first."""

_EDGES = """\
SELECT {uid}, {iid}, MAX(CASE event {cases} ELSE 0 END) AS weight
FROM {behavior}
WHERE {window}
    AND event IN ({events})
GROUP BY {uid}, {iid}"""


class SimRankU2I:
    """Three nodes; the lists go online with what explains them; one UserCustomRecall entry."""

    type_name: ClassVar[str] = "simrank_u2i"
    title: ClassVar[str] = "SimRank++ u2i: items that similar people have met"
    Config: ClassVar[type[SimRankU2IConfig]] = SimRankU2IConfig
    is_fallback: ClassVar[bool] = False

    def nodes(self, config: SimRankU2IConfig, solution: Solution) -> list[Node]:
        return [
            _i2i_node(config, solution),
            u2i.trigger_node(config, solution),
            u2i.u2i_node(config, solution),
        ]

    def publications(self, config: SimRankU2IConfig, solution: Solution) -> list[Publication]:
        return u2i.publications(config, solution)

    def engine_conf(self, config: SimRankU2IConfig, solution: Solution) -> Mapping[str, Any]:
        return u2i.engine_conf(config, solution)


def _i2i_node(config: SimRankU2IConfig, solution: Solution) -> Node:
    names = TableNames(solution)
    behavior, edges = names.preprocess(TableRole.BEHAVIOR), names.recall(config.name, u2i.INTERACTIONS)
    strongest = max(config.weights.values())
    weights = {event: number(weight / strongest) for event, weight in config.weights.items()}
    query = _EDGES.format(
        uid=names.user_id,
        iid=names.item_id,
        cases=" ".join(f"WHEN {literal(event)} THEN {weight}" for event, weight in weights.items()),
        behavior=behavior,
        window=last_days(config.training_days),
        events=literals(weights),
    )
    columns = (
        Column(names.user_id, "STRING", "User ID"),
        Column(names.item_id, "STRING", "Item ID"),
        Column("weight", "DOUBLE", "Weight of the strongest event, up to 1"),
    )
    about = f"Recall {config.name}: items that users have met"
    target = Target(edges, columns, about, solution.data_tables.behavior.lifecycle)
    told = _ABOUT.format(name=config.name, events=", ".join(weights), days=config.training_days)
    return sql_node(
        solution,
        names.recall(config.name, u2i.SIMILAR),
        f"{target.filled_by(query)}\n\n{_command(config, solution)}",
        about=told,
        inputs=[behavior],
        outputs=[edges],
    )


def _command(config: SimRankU2IConfig, solution: Solution) -> str:
    names, model = TableNames(solution), config.i2i
    parameters = {
        "inputTableName": names.recall(config.name, u2i.INTERACTIONS),
        "inputTablePartitions": "ds=${bizdate}",
        "userColName": names.user_id,
        "itemColName": names.item_id,
        "weightColName": "weight",
        "outputTableName": names.recall(config.name, u2i.SIMILAR),
        "outputTablePartition": "ds=${bizdate}",
        "topN": str(model.top_n),
        "decay": number(model.decay),
        "iterations": str(model.iterations),
        "neighbours": str(model.neighbours),
    }
    lifecycle = solution.data_tables.behavior.lifecycle
    if lifecycle:
        parameters["lifecycle"] = str(lifecycle)
    note = "-- simrank_plus_plus is a component of pairec; PAI has none of this name."
    return f"{note}\n{pai_command('simrank_plus_plus', parameters)}"
