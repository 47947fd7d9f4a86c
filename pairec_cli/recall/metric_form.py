"""The form of collaborative metric learning i2i."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pairec_cli.domain.solution import Form
from pairec_cli.recall.item_model import ItemModelConfig


class MetricLoss(Form):
    """Loss of metric learning: EasyRec's two, with its parameters' names."""

    type: Literal["circle", "multi_similarity"] = "circle"
    """Which loss."""
    alpha: float = Field(default=2.0, gt=0, le=1000)
    """Multi-similarity: how sharply far positives are picked out."""
    beta: float = Field(default=4.0, gt=0, le=1000)
    """Multi-similarity: how sharply near negatives are. EasyRec's 50 parts neighbours in small logs."""
    lamb: float = Field(default=0.5, ge=0, le=1)
    """Multi-similarity: the similarity around which pairs are weighed; EasyRec's is 1."""
    margin: float = Field(default=0.25, gt=0, lt=1)
    """Circle: positives nearer than 1 - margin and negatives farther than margin are near and far enough."""
    gamma: float = Field(default=4.0, gt=0, le=1000)
    """Circle: scale of the similarities. EasyRec's 32 sees the nearest negatives alone, most of which belong
    there in a small log."""


class CoMetricLearningConfig(ItemModelConfig):
    """Collaborative metric learning i2i recall."""

    type: Literal["co_metric_learning_i2i"] = "co_metric_learning_i2i"
    name: str = Field(default="co_metric_learning_i2i", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=64)
    """Name in the engine (RecallNames) and in generated tables."""
    session: Literal["user", "day", "request"] = "user"
    """What a session is: all that a user clicks in the training days, or in a day, or in a request."""
    max_session_clicks: int = Field(default=500, ge=2, le=100_000)
    """Clicked items of a session that count, the latest ones."""
    unclicked_per_session: int = Field(default=0, ge=0, le=1000)
    """Items that a session was shown and did not click, at most: pushed away from those that it clicked."""
    positive_pairs: Literal["clicked", "same_label"] = "clicked"
    """Pairs that are pulled together: both clicked, or also both unclicked, as EasyRec does."""
    session_size: int = Field(default=16, ge=2, le=1024)
    """Items of one session in a training step; longer sessions are cut, anew in each epoch."""
    loss: MetricLoss = MetricLoss()
    """Loss."""
    hidden_units: tuple[int, ...] = ()
    """Widths of the layers before the vectors."""
    output_dim: int = Field(default=64, ge=4, le=512)
    """Width of the vectors."""
    top_n: int = Field(default=100, ge=1, le=10_000)
    """Similar items kept per item."""
    temperature: float = Field(default=0.1, gt=0, le=10)
    """A similar item's score is exp((cosine - the best)/temperature): the lower, the fewer count."""
    popularity_power: float = Field(default=0.5, ge=0, le=2)
    """A score is multiplied by (sessions that clicked the similar item)^power: the loss pushes items apart as
    often as they meet, so popular ones lie far from all."""
