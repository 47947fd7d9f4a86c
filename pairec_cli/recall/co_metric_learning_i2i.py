"""Collaborative metric learning i2i recall: items that sessions click together lie near each other (tutorial
step 5.4; EasyRec's CoMetricLearningI2I).

Tables, each `<solution>_<recall>_<part>_v1`:

    sessions, samples, vocabulary, fg_encoded, fg_encoded_eval, items      see session_samples.py
    train, item_vectors      the training: its metrics, and the vectors of the clicked items
    search, found            what the search for similar items reads and writes
    i2i, trigger, (no part)  similar items, triggers, and the users' lists, as those of every u2i recall
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from pairec_cli.domain.model_features import ModelFeature
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node, Publication
from pairec_cli.domain.solution import Form, Solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.recall import u2i
from pairec_cli.recall.item_model import ItemModelConfig, attributes, sized
from pairec_cli.recall.metric_training import package_files, train_node
from pairec_cli.recall.sample_encoding import id_feature
from pairec_cli.recall.session_samples import session_nodes
from pairec_cli.recall.similar_vectors import similar_node


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


class CoMetricLearningI2I:
    """Sessions to item vectors to similar items; lists and what explains them go online; UserCustomRecall."""

    type_name: ClassVar[str] = "co_metric_learning_i2i"
    title: ClassVar[str] = "Collaborative metric learning i2i: items near those that a user has met"
    Config: ClassVar[type[CoMetricLearningConfig]] = CoMetricLearningConfig
    is_fallback: ClassVar[bool] = False
    trainer: ClassVar[str] = "metric"

    def nodes(self, config: CoMetricLearningConfig, solution: Solution) -> list[Node]:
        return self.sized_nodes(config, solution, {})

    def sized_nodes(
        self, config: CoMetricLearningConfig, solution: Solution, sizes: Mapping[str, int]
    ) -> list[Node]:
        return [
            *session_nodes(config, solution, features(config, solution, sizes)),
            train_node(config, solution),
            similar_node(config, solution),
            u2i.trigger_node(config, solution),
            u2i.u2i_node(config, solution),
        ]

    def package_files(
        self, config: CoMetricLearningConfig, solution: Solution, sizes: Mapping[str, int]
    ) -> dict[str, str]:
        return package_files(config, solution, features(config, solution, sizes))

    def publications(self, config: CoMetricLearningConfig, solution: Solution) -> list[Publication]:
        return u2i.publications(config, solution)

    def engine_conf(self, config: CoMetricLearningConfig, solution: Solution) -> Mapping[str, Any]:
        return u2i.engine_conf(config, solution)


def features(
    config: CoMetricLearningConfig, solution: Solution, sizes: Mapping[str, int]
) -> tuple[ModelFeature, ...]:
    """The item's id, then its attributes. Raises InvalidConfig for an attribute that there is not."""
    item_id = TableNames(solution).item_id
    read = attributes(config, "item_attributes", solution, TableRole.ITEM)
    return tuple(sized(one, config, item_id, sizes) for one in (id_feature(item_id, "item"), *read))
