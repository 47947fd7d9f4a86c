"""What the forms of recalls with a model over items share: the sizes of its embeddings, and its features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from pydantic import Field

from pairec_cli.domain.errors import InvalidConfig, Problem, nearest
from pairec_cli.domain.model_features import ModelFeature, Side
from pairec_cli.domain.solution import Names, RecallConfig, Solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.features.columns import entity_attributes
from pairec_cli.ranking.feature_list import UNKNOWN_IDS, UNKNOWN_VALUES
from pairec_cli.ranking.widths import buckets, width
from pairec_cli.recall.sample_encoding import READ, attribute_feature
from pairec_cli.recall.u2i import U2IConfig

SAMPLES, VOCABULARY, TRAIN_ROWS, EVAL_ROWS = "samples", "vocabulary", "fg_encoded", "fg_encoded_eval"
TRAINING = "train"
"""Parts of the tables' names: samples, their vocabulary, the rows that are learned from and held out, and the
training, whose table holds the metrics."""
LABEL = "is_click"

EmbedDimPolicy = Literal["EMB_SQRT4_STEP8", "EMB_SQRT4_STEP4", "EMB_LN_STEP8", "EMB_LN_STEP4"]


class ItemModelConfig(U2IConfig):
    """The fields of the form that recalls with a model over triggers and similar items have besides."""

    embed_dim_policy: EmbedDimPolicy = "EMB_LN_STEP8"
    """Embedding width from the number n of distinct values of an attribute."""
    id_embed_dim: int = Field(default=64, ge=0, le=256)
    """Embedding width of item ids, which carry most of what is learned; 0 means by the policy."""
    item_attributes: Names = ()
    """Attributes of items that the model reads; empty means all categorical and tag attributes."""
    min_count: int = Field(default=1, ge=1)
    """A value in fewer training samples has no embedding of its own."""
    epochs: int = Field(default=20, ge=1, le=1000)
    """Passes over the samples, at most: training ends when two in a row were no better."""
    batch_size: int = Field(default=512, ge=4, le=65_536)
    """Rows of one training step."""


def attributes(
    config: U2IConfig, field: str, solution: Solution, role: TableRole
) -> tuple[ModelFeature, ...]:
    """The attributes of one side that the form's `field` asks for, all of them where it names none.

    Raises InvalidConfig for one that there is not.
    """
    wanted: tuple[str, ...] = getattr(config, field)
    known = {a.field.name: a for a in entity_attributes(solution, role) if a.kind in READ}
    problems = []
    for name in wanted:
        if name not in known:
            close = nearest(name, known)
            told = f"{name!r} is no attribute" + (f"; did you mean {close!r}?" if close else "")
            problems.append(Problem(f"{config.name}.{field}", told, name))
    if problems:
        raise InvalidConfig("recall", problems, hint="name categorical or tag attributes")
    side: Side = "user" if role is TableRole.USER else "item"
    return tuple(
        attribute_feature(attribute, side)
        for name, attribute in known.items()
        if not wanted or name in wanted
    )


def sized(
    feature: ModelFeature, config: ItemModelConfig, item_id: str, sizes: Mapping[str, int]
) -> ModelFeature:
    """The feature with its table's rows and width; `sizes` maps vocabularies to distinct values."""
    if not feature.vocabulary:
        return feature
    is_id = feature.vocabulary == item_id
    count = sizes.get(feature.vocabulary, UNKNOWN_IDS if is_id else UNKNOWN_VALUES)
    dim = config.id_embed_dim if is_id and config.id_embed_dim else width(config.embed_dim_policy, count)
    return replace(feature, num_buckets=buckets(count), embedding_dim=dim)


def model_name(config: RecallConfig, solution: Solution) -> str:
    """`<solution>_<recall>`: the folder of the trained model."""
    return f"{solution.name}_{config.name}"
