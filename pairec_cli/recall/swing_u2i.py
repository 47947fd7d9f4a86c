"""Swing u2i recall: what pairs of users met beside the items that a user has met (tutorial step 5.4).

Three nodes: i2i (PAI's component `swing_rec_ext` over each user's items in order), triggers, and u2i.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node, Publication
from pairec_cli.domain.solution import Form, Solution
from pairec_cli.domain.tables import Column, TableRole
from pairec_cli.features.script import Target, last_days, literals, number, pai_command, sql_node
from pairec_cli.recall import u2i

RAW = "swing"
"""Part of the name of the table that the component writes."""


class SwingModel(Form):
    """i2i model settings: the parameters of `swing_rec_ext`; defaults are those of PAI-Rec's sample call."""

    max_click_per_user: int = Field(default=500, ge=2)
    """maxClickPerUser: a user's latest items that count."""
    max_user_per_item: int = Field(default=600, ge=2)
    """maxUserPerItem: users that an item is judged by; of more, so many are drawn."""
    top_k: int = Field(default=100, ge=1, le=10_000)
    """topk: similar items kept per item."""
    alpha1: float = Field(default=5.0, ge=0)
    """Smoothing of the users' activity: a user with n items weighs (n + alpha1) ^ -beta."""
    alpha2: float = Field(default=1.0, ge=0)
    """Smoothing of the overlap: a pair of users that share m items weighs 1 / (alpha2 + m)."""
    beta: float = Field(default=0.3, ge=-4, le=4)
    """How much active users count for less."""
    self_pairs: float = Field(default=0.0, ge=0)
    """What a user's pair with oneself counts: above 0, items that share one user are similar too, as sparse
    logs need. PAI's component does not know this parameter."""


class SwingU2IConfig(u2i.U2IConfig):
    """Swing u2i recall."""

    type: Literal["swing_u2i"] = "swing_u2i"
    name: str = Field(default="swing_u2i", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=64)
    """Name in the engine (RecallNames) and in generated tables."""
    popularity_exponent: float = Field(default=0.3, ge=0, le=2)
    """A similarity is divided by the similar item's number of users to this power: above 0, popular items are
    found less. Swing's sum grows with an item's users, so it takes some."""
    i2i: SwingModel = SwingModel()
    """I2I model settings."""


_ABOUT = """\
Similar items of recall {name}: each user's items in order ({events}, {days} days), then swing_rec_ext.
Output: item_id, similar_item_ids as item:score,item:score,... most similar first."""

_INPUT = """\
SELECT
    {uid} AS user_id,
    WM_CONCAT(';', CONCAT({iid}, ',1,', TO_CHAR(FROM_UNIXTIME(last_time), 'yyyymmddhhmiss')))
        WITHIN GROUP (ORDER BY place) AS item_list
FROM (
    SELECT
        {uid},
        {iid},
        last_time,
        ROW_NUMBER() OVER (PARTITION BY {uid} ORDER BY last_time, {iid}) AS place
    FROM (
        SELECT {uid}, {iid}, MAX(event_unix_time) AS last_time
        FROM {behavior}
        WHERE {window}
            AND event IN ({events})
        GROUP BY {uid}, {iid}
    ) met
) placed
GROUP BY {uid}"""

_LISTS = """\
SELECT
    item_id,
    WM_CONCAT(',', CONCAT(SPLIT_PART(entry, ',', 1), ':', SPLIT_PART(entry, ',', 2)))
        WITHIN GROUP (ORDER BY place) AS similar_item_ids
FROM {raw}
LATERAL VIEW POSEXPLODE(SPLIT(item_list, ';')) entries AS place, entry
WHERE ds = '${{bizdate}}'
GROUP BY item_id"""


class SwingU2I:
    """Three nodes; the lists go online with what explains them; one UserCustomRecall entry."""

    type_name: ClassVar[str] = "swing_u2i"
    title: ClassVar[str] = "Swing u2i: items that the same pairs of people have met"
    Config: ClassVar[type[SwingU2IConfig]] = SwingU2IConfig
    is_fallback: ClassVar[bool] = False

    def nodes(self, config: SwingU2IConfig, solution: Solution) -> list[Node]:
        return [
            _i2i_node(config, solution),
            u2i.trigger_node(config, solution),
            u2i.u2i_node(config, solution),
        ]

    def publications(self, config: SwingU2IConfig, solution: Solution) -> list[Publication]:
        return u2i.publications(config, solution)

    def engine_conf(self, config: SwingU2IConfig, solution: Solution) -> Mapping[str, Any]:
        return u2i.engine_conf(config, solution)


def _i2i_node(config: SwingU2IConfig, solution: Solution) -> Node:
    names = TableNames(solution)
    behavior, raw = names.preprocess(TableRole.BEHAVIOR), names.recall(config.name, RAW)
    pairs, lists = names.recall(config.name, u2i.INTERACTIONS), names.recall(config.name, u2i.SIMILAR)
    in_order = names.recall(config.name, f"{RAW}_input")
    events, window = literals(config.trigger_events), last_days(config.training_days)
    query = _INPUT.format(
        uid=names.user_id, iid=names.item_id, behavior=behavior, window=window, events=events
    )
    steps = [
        _table(in_order, solution, ("user_id", "item_list"), "items in order").filled_by(query),
        _table(raw, solution, ("item_id", "item_list"), "id,score,coccur,ori_score;...").create(),
        _command(config, in_order, raw, solution),
        _table(lists, solution, ("item_id", "similar_item_ids"), "item:score,...").filled_by(
            _LISTS.format(raw=raw)
        ),
    ]
    outputs = [in_order, raw]
    if config.popularity_exponent:
        steps.insert(0, u2i.interactions(config, solution))
        outputs.insert(0, pairs)
    about = _ABOUT.format(
        name=config.name, events=", ".join(config.trigger_events), days=config.training_days
    )
    return sql_node(solution, lists, "\n\n".join(steps), about=about, inputs=[behavior], outputs=outputs)


def _table(table: str, solution: Solution, columns: tuple[str, str], about: str) -> Target:
    key, lists = columns
    listed = (Column(key, "STRING", key.replace("_id", " ID").capitalize()), Column(lists, "STRING", about))
    return Target(table, listed, about.capitalize(), solution.data_tables.behavior.lifecycle)


def _command(config: SwingU2IConfig, source: str, target: str, solution: Solution) -> str:
    """The PAI command, with PAI's own parameter names; what PAI does not know only when it is asked for."""
    model = config.i2i
    parameters = {
        "inputTable": f"{source}/ds=${{bizdate}}",
        "outputTable": f"{target}/ds=${{bizdate}}",
        "maxClickPerUser": str(model.max_click_per_user),
        "maxUserPerItem": str(model.max_user_per_item),
        "topk": str(model.top_k),
        "alpha1": number(model.alpha1),
        "alpha2": number(model.alpha2),
        "beta": number(model.beta),
    }
    if solution.data_tables.behavior.lifecycle:
        parameters["lifecycle"] = str(solution.data_tables.behavior.lifecycle)
    ours = {"selfPairs": number(model.self_pairs)} if model.self_pairs else {}
    return pai_command("swing_rec_ext", parameters, project="algo_public", ours=ours)
