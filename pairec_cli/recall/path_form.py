"""The form of PDN recall, and the inputs of its model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, Self

from pydantic import Field, model_validator

from pairec_cli.domain.model_features import Form, ModelFeature
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import Names, Solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.recall.item_model import ItemModelConfig, attributes, sized
from pairec_cli.recall.sample_encoding import id_feature

SEQUENCE = "trigger_seq"
"""The triggers' sequence; a field's column is `trigger_seq__<field>`."""


class PDNRecallConfig(ItemModelConfig):
    """PDN recall."""

    type: Literal["pdn"] = "pdn"
    name: str = Field(default="pdn", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=64)
    """Name in the engine (RecallNames) and in generated tables."""
    normalize_trigger_lists: bool = False
    """Divide each trigger's similarities by their sum; the similarity net knows that share already."""
    popularity_exponent: float = Field(default=0.0, ge=0, le=0)
    """0: what popularity is worth, the similarity net learns."""
    label_days: int = Field(default=3, ge=1, le=90)
    """Last days of the training days, from which labels are taken; triggers and paths are of those before."""
    negatives: int = Field(default=10, ge=1, le=1000)
    """Unclicked items within a user's reach for each clicked one."""
    top_n: int = Field(default=100, ge=1, le=10_000)
    """Similar items of a trigger that paths lead to."""
    id_embed_dim: int = Field(default=16, ge=0, le=256)
    """Embedding width of item ids; 0 means by the policy."""
    epochs: int = Field(default=10, ge=1, le=1000)
    """Passes over the samples, at most: training ends when two in a row were no better."""
    user_attributes: Names = ()
    """Attributes of users that the model reads; empty means all categorical and tag attributes."""
    hidden_units: tuple[int, ...] = Field(default=(32,), min_length=1)
    """Widths of each net's layers before its end."""
    direct_net: bool = True
    """Whether training has a direct net, of user and item without a path."""
    bias_net: bool = True
    """Whether training has a bias net, over the item's features."""

    @model_validator(mode="after")
    def _days_fit(self) -> Self:
        if self.label_days >= self.training_days:
            raise ValueError(
                "label_days must be below training_days: paths are of the days before the labels"
            )
        if self.behavior_window_days + self.label_days > self.training_days:
            raise ValueError("behavior_window_days and label_days together may not exceed training_days")
        return self


@dataclass(frozen=True)
class PathFeatures:
    """The model's inputs, by the group that they stand in."""

    user: tuple[ModelFeature, ...]
    item: tuple[ModelFeature, ...]
    """The id first."""
    trigger: tuple[ModelFeature, ...]
    """Fields of the triggers' sequence: id and attributes."""
    u2i: tuple[ModelFeature, ...]
    """How the user met the trigger."""
    i2i: tuple[ModelFeature, ...]
    """How alike trigger and item are."""

    @property
    def sequence(self) -> tuple[ModelFeature, ...]:
        return (*self.trigger, *self.u2i, *self.i2i)

    @property
    def all(self) -> tuple[ModelFeature, ...]:
        return (*self.user, *self.item, *self.sequence)

    @property
    def of_trigger_net(self) -> tuple[ModelFeature, ...]:
        return (*self.user, *self.trigger, *self.u2i)

    @property
    def of_similarity_net(self) -> tuple[ModelFeature, ...]:
        return (*self.item, *self.trigger, *self.i2i)


def features(config: PDNRecallConfig, solution: Solution, sizes: Mapping[str, int]) -> PathFeatures:
    """The inputs. Raises InvalidConfig for an attribute that there is not."""
    item_id = TableNames(solution).item_id
    users = attributes(config, "user_attributes", solution, TableRole.USER)
    items = (
        id_feature(item_id, "item"),
        *attributes(config, "item_attributes", solution, TableRole.ITEM),
    )
    trigger = (trigger_field(f.name, f.sources[0], Form.ID, f.vocabulary) for f in items if f.form is Form.ID)
    found = PathFeatures(
        users,
        items,
        tuple(trigger),
        tuple(trigger_field(name, name, Form.RAW) for name in ("weight", "age")),
        tuple(trigger_field(name, name, Form.RAW) for name in ("similarity", "share")),
    )

    def ready(one: ModelFeature) -> ModelFeature:
        limit = config.trigger_count if one.sequence else 0
        return replace(sized(one, config, item_id, sizes), sequence_length=limit)

    return PathFeatures(
        *(tuple(map(ready, part)) for part in (found.user, found.item, found.trigger, found.u2i, found.i2i))
    )


def trigger_field(name: str, source: str, form: Form, vocabulary: str = "") -> ModelFeature:
    """A field of the triggers' sequence."""
    return ModelFeature(
        f"{SEQUENCE}__{name}",
        form,
        "user",
        (f"{SEQUENCE}__{name}",),
        sources=(source,),
        sides=("user",),
        vocabulary=vocabulary,
        sequence=SEQUENCE,
    )
