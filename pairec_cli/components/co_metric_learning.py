"""Collaborative metric learning of items: those that a session clicks lie near each other.

    e = Linear(MLP(x_item))        of length 1        s(i, j) = <e_i, e_j>

Rows are <session, item, clicked>; the loss is over the pairs of a batch, see `metric_losses`. After EasyRec's
CoMetricLearningI2I (collaborative_metric_learning.py).
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from pairec_cli.components.batch import Batch
from pairec_cli.components.embedding_tables import EmbeddingTables
from pairec_cli.components.feature_groups import FeatureGroups
from pairec_cli.components.group_inputs import BatchInputs, Inputs
from pairec_cli.components.layers import LinearlyEnded
from pairec_cli.components.metric_losses import circle_loss, multi_similarity_loss, pairs
from pairec_cli.components.ranking_model import model_config, own_config
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.pipeline_config.losses import CircleLoss, MultiSimilarityLoss
from pairec_cli.domain.pipeline_config.pipeline import PipelineConfig


class CoMetricLearningI2I(nn.Module):
    """One vector an item. Raises InvalidInput and NotFound for a config that no model can be built from."""

    def __init__(self, config: PipelineConfig) -> None:
        super().__init__()
        own = own_config(model_config(config).metric_learning)
        labels = config.data_config.label_fields if config.data_config else ()
        if not labels:
            raise InvalidInput("pipeline.config names no label_fields in data_config")
        self.label, self.session = labels[0], own.session_id
        self.session_size, self.positives = own.session_size, own.positive_pairs
        if self.session_size < 2:
            raise InvalidInput("metric_learning.session_size must be 2 or more: a pair has two items")
        self.normalised = own.output_l2_normalized_emb
        self.loss_config: CircleLoss | MultiSimilarityLoss = (
            own.multi_similarity_loss or own.circle_loss or CircleLoss()
        )
        self.groups = FeatureGroups(config)
        names = self.groups.vector_names
        self.input = own.input or (names[0] if names else "")
        self.dnn = LinearlyEnded(self.groups.vector_group(self.input).width, own.dnn)

    @property
    def embeddings(self) -> EmbeddingTables:
        """The tables; their gradients are sparse, all others dense."""
        return self.groups.tables

    def items(self, rows: Batch | Inputs) -> Tensor:
        """(N, D)."""
        inputs = BatchInputs(rows) if isinstance(rows, Batch) else rows
        vectors: Tensor = self.dnn(self.groups(inputs)[self.input].whole())
        return F.normalize(vectors, dim=-1) if self.normalised else vectors

    def loss(self, batch: Batch, items: Tensor, known: Tensor | None = None) -> Tensor:
        """The batch's share, a scalar. `batch.user` tells the rows' sessions, `items` (B,) their items, and
        `known` (B, B) where an anchor's session clicked an item that stands there for another session: such a
        pair is not pushed apart."""
        vectors = F.normalize(self.items(batch), dim=-1)
        sessions = batch.user if batch.user is not None else items
        positive, negative = pairs(sessions, items, batch.labels[self.label], self.positives)
        negative = negative if known is None else negative & ~known
        similarity = vectors @ vectors.T
        if isinstance(self.loss_config, CircleLoss):
            return circle_loss(similarity, positive, negative, self.loss_config)
        return multi_similarity_loss(similarity, positive, negative, self.loss_config)
