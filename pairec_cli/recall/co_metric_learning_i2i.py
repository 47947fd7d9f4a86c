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
from typing import Any, ClassVar

from pairec_cli.domain.model_features import ModelFeature
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node, Publication
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.recall import u2i
from pairec_cli.recall.item_model import attributes, sized
from pairec_cli.recall.metric_form import CoMetricLearningConfig
from pairec_cli.recall.metric_training import package_files, train_node
from pairec_cli.recall.sample_encoding import id_feature
from pairec_cli.recall.session_samples import session_nodes
from pairec_cli.recall.similar_vectors import similar_node


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
