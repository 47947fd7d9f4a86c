"""Vector recall: the form that DSSM and MIND share, and the names of what they make.

A model with two towers learns from what users took (the target) to lay users near items. Per user the
nearest items are searched offline and go online as a list, or they are searched with each request. Tables,
each `<solution>_<recall>_<part>_v1`:

    positives      a user's items in the order in which they were taken
    samples        one row per positive, per user and per item, with attributes and history
    vocabulary     values that have an embedding, and its row
    fg_encoded, fg_encoded_eval, users, items, sampler      the samples as the model reads them
    train          the training; its table holds the metrics
    item_vectors, user_vectors      what the model makes of them
    search         vectors and items taken, which the search reads
    (no part)      each user's nearest items: what the engine reads

In online mode users have no vectors and no lists; the engine computes a user's vectors with the request, from

    history        each user's history and the items taken
"""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import Form, Names, RankingTarget, RecallConfig, Solution

POSITIVES, SAMPLES, VOCABULARY = "positives", "samples", "vocabulary"
TRAIN_ROWS, EVAL_ROWS, USERS, ITEMS, SAMPLER = "fg_encoded", "fg_encoded_eval", "users", "items", "sampler"
TRAINING, ITEM_VECTORS, USER_VECTORS, SEARCH = "train", "item_vectors", "user_vectors", "search"
HISTORY = "history"

EmbedDimPolicy = Literal["EMB_SQRT4_STEP8", "EMB_SQRT4_STEP4", "EMB_LN_STEP8", "EMB_LN_STEP4"]


class VectorTarget(Form):
    """Recall target: what makes an item one that the user took."""

    name: str = Field(default="is_click", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=64)
    """Name of the target: the label's column in the training rows."""
    expression: str = Field(default="max(if(event='click',1,0))", min_length=1)
    """MaxCompute aggregate over the behavior rows of one request, user and item; above 0 is a positive."""


class NegativeSampling(Form):
    """Negative sampler."""

    num_sample: int = Field(default=1024, ge=1, le=100_000)
    """Negatives of one batch, drawn from the catalog; of a smaller catalog all items are."""
    popularity: float = Field(default=0.0, ge=0, le=1)
    """How much more often popular items are drawn: (users of the item)^popularity. 0 draws all alike, and
    leaves popular items their scores; above 0 they are found less."""


class VectorRecallConfig(RecallConfig):
    """The fields of the form that every vector recall has."""

    for_cold_start: ClassVar[bool] = False
    """Whether users who took nothing and items that nobody took have vectors too. The model then also reads
    numbers: a user's attributes, an item's where they are named, and how many users took the item."""

    target: VectorTarget = VectorTarget()
    """Recall target."""
    negative_sampler: NegativeSampling = NegativeSampling()
    """Negative sampling strategy and its number."""
    is_online_mode: bool = False
    """Compute users' vectors at request time, from their features and history, instead of once a day."""
    training_days: int = Field(default=30, ge=1, le=365)
    """train_days: days of behavior logs that are learned from, and that a user's history reaches back."""
    embed_dim_policy: EmbedDimPolicy = "EMB_LN_STEP8"
    """Embedding width from the number n of distinct values of an attribute."""
    id_embed_dim: int = Field(default=64, ge=0, le=256)
    """Embedding width of item ids, which carry most of what is learned; 0 means by the policy."""
    output_dim: int = Field(default=64, ge=4, le=512)
    """Width of the users' and items' vectors."""
    hidden_units: tuple[int, ...] = (128,)
    """Widths of the towers' layers."""
    sequence_length: int = Field(default=50, ge=1, le=500)
    """Items of a user's history that are read, the latest ones."""
    epochs: int = Field(default=10, ge=1, le=1000)
    """Passes over the positives, at most: training ends when four in a row were no better."""
    batch_size: int = Field(default=512, ge=2, le=65_536)
    """Positives of one training step."""
    temperature: float = Field(default=0.1, gt=0, le=10)
    """Cosines are divided by it: the lower, the sharper the model tells near items apart."""
    max_positives: int = Field(default=500, ge=1, le=10_000)
    """Latest items of a user that are learned from."""
    min_count: int = Field(default=1, ge=1)
    """An item taken by fewer users is not recalled; a rarer attribute shares the unknown's embedding."""
    user_attributes: Names = ()
    """Attributes of users that the model reads; empty means all categorical and tag attributes."""
    item_attributes: Names = ()
    """Attributes of items that the model reads; empty means all categorical and tag attributes."""
    index_from: int = Field(default=100_000, ge=1)
    """Items from which on the online search goes by a graph (approximate); fewer are all compared."""
    recall_count: int = Field(default=200, ge=1, le=10_000)
    """Items per user."""
    drop_seen: bool = True
    """Leave out items that the user took within the training days."""

    @model_validator(mode="after")
    def _widths(self) -> Self:
        if min(self.hidden_units, default=1) < 1:
            raise ValueError("hidden_units are numbers above 0")
        return self


def table(config: VectorRecallConfig, solution: Solution, part: str = "") -> str:
    """The bare name of one of the recall's tables."""
    return TableNames(solution).recall(config.name, part)


def label(config: VectorRecallConfig) -> RankingTarget:
    """The target as a label of the samples."""
    return RankingTarget(name=config.target.name, expression=config.target.expression)
