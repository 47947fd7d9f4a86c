"""etrec u2i recall: items similar to those that a user has met (tutorial step 5.4, "etrec u2i recall").

Three nodes: i2i (PAI's component `pai_etrec` over who met what), triggers, and u2i.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node, Publication
from pairec_cli.domain.solution import Form, Solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.features.script import number, pai_command, sql_node
from pairec_cli.recall import u2i

UserWeight = Literal["none", "log", "inverse"]


class EtrecModel(Form):
    """i2i model settings: the parameters of `pai_etrec`. The defaults are PAI's where PAI publishes them."""

    similarity_type: Literal["wbcosine", "asymcosine", "jaccard"] = "wbcosine"
    """Similarity type."""
    top_n: int = Field(default=100, ge=1, le=10_000)
    """TopN: similar items kept per item. Too many make the candidate set oversized."""
    min_user_behavior: int = Field(default=2, ge=1)
    """Minimum item value: users with fewer items are ignored."""
    max_user_behavior: int = Field(default=500, ge=1)
    """Maximum item value: users with more items are ignored."""
    alpha: float = Field(default=0.5, gt=0, lt=1)
    """Smoothing factor of asymcosine: the exponent of the trigger's popularity; 1 - alpha is the other's."""
    weight: float = Field(default=1.0, gt=0, le=4)
    """Weighting coefficient of asymcosine."""
    user_weight: UserWeight | None = None
    """Weight of a user with n items: none 1, log 1/log2(1+n), inverse 1/n. Unset leaves it to the component:
    log for wbcosine, none otherwise. PAI's component does not know this parameter."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.min_user_behavior > self.max_user_behavior:
            raise ValueError("min_user_behavior may not exceed max_user_behavior")
        if self.similarity_type == "jaccard" and self.user_weight not in (None, "none"):
            raise ValueError("jaccard takes no user_weight")
        return self


class EtrecU2IConfig(u2i.U2IConfig):
    """etrec u2i recall."""

    type: Literal["etrec_u2i"] = "etrec_u2i"
    name: str = Field(default="etrec_u2i", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=64)
    """Name in the engine (RecallNames) and in generated tables."""
    i2i: EtrecModel = EtrecModel()
    """I2I model settings."""


_COMPONENT_WEIGHTING = {"wbcosine": "log", "asymcosine": "none", "jaccard": "none"}
"""What the component does when the command does not say userWeight."""

_ABOUT = """\
Similar items of recall {name}: who met what ({events}) over {days} days, then pai_etrec.
Output: item_id, similar_item_ids as item:score,item:score,... most similar first."""


class EtrecU2I:
    """Three nodes; the lists go online with what explains them; one UserCustomRecall entry."""

    type_name: ClassVar[str] = "etrec_u2i"
    title: ClassVar[str] = "etrec u2i: items that people with the same taste have met"
    Config: ClassVar[type[EtrecU2IConfig]] = EtrecU2IConfig
    is_fallback: ClassVar[bool] = False

    def nodes(self, config: EtrecU2IConfig, solution: Solution) -> list[Node]:
        return [
            _i2i_node(config, solution),
            u2i.trigger_node(config, solution),
            u2i.u2i_node(config, solution),
        ]

    def publications(self, config: EtrecU2IConfig, solution: Solution) -> list[Publication]:
        return u2i.publications(config, solution)

    def engine_conf(self, config: EtrecU2IConfig, solution: Solution) -> Mapping[str, Any]:
        return u2i.engine_conf(config, solution)


def _i2i_node(config: EtrecU2IConfig, solution: Solution) -> Node:
    names = TableNames(solution)
    about = _ABOUT.format(
        name=config.name, events=", ".join(config.trigger_events), days=config.training_days
    )
    body = f"{u2i.interactions(config, solution)}\n\n{_command(config, solution)}"
    return sql_node(
        solution,
        names.recall(config.name, u2i.SIMILAR),
        body,
        about=about,
        inputs=[names.preprocess(TableRole.BEHAVIOR)],
        outputs=[names.recall(config.name, u2i.INTERACTIONS)],
    )


def _command(config: EtrecU2IConfig, solution: Solution) -> str:
    """The PAI command, with PAI's own parameter names; what PAI does not know only when it is asked for."""
    names, model = TableNames(solution), config.i2i
    parameters = {
        "inputTableName": names.recall(config.name, u2i.INTERACTIONS),
        "inputTablePartitions": "ds=${bizdate}",
        "userColName": names.user_id,
        "itemColName": names.item_id,
        "outputTableName": names.recall(config.name, u2i.SIMILAR),
        "outputTablePartition": "ds=${bizdate}",
        "similarityType": model.similarity_type,
        "topN": str(model.top_n),
        "minUserBehavior": str(model.min_user_behavior),
        "maxUserBehavior": str(model.max_user_behavior),
        "itemDelimiter": '","',
        "kvDelimiter": '":"',
    }
    if model.similarity_type == "asymcosine":
        parameters |= {"alpha": number(model.alpha), "weight": number(model.weight)}
    lifecycle = solution.data_tables.behavior.lifecycle
    if lifecycle:
        parameters["lifecycle"] = str(lifecycle)
    own = model.user_weight not in (None, _COMPONENT_WEIGHTING[model.similarity_type])
    ours = {"userWeight": str(model.user_weight)} if own else {}
    return pai_command("pai_etrec", parameters, project="algo_public", ours=ours)
