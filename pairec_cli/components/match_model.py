"""Two towers: users and items as vectors of one space, in which a user lies near what the user will take.

    s(u, i) = <u, i> / temperature        u, i of length 1 where similarity is COSINE

Training shows a user's row the item that was taken among others that were not (a sampled softmax):

    L = mean_b w_b · -log( exp s(u_b, i_b) / (exp s(u_b, i_b) + Σ_{n in N, n ≠ i_b} exp s(u_b, n)) )

N are the sampler's items, the same for all rows of a batch, or with `in_batch_negative` the other rows'
items. After TorchEasyRec, models/match_model.py; there the sampler leaves out all items of the batch, here a
row leaves out its own only, as in a small catalog a batch holds everything that is popular.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pairec_cli.components.batch import Batch
from pairec_cli.components.embedding_tables import EmbeddingTables
from pairec_cli.components.feature_groups import FeatureGroups, Groups
from pairec_cli.components.group_inputs import BatchInputs, Inputs
from pairec_cli.components.joined import Joined
from pairec_cli.components.layers import MLP
from pairec_cli.components.ranking_model import model_config
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.pipeline_config.layers import MLP as MLPConfig
from pairec_cli.domain.pipeline_config.models import Similarity
from pairec_cli.domain.pipeline_config.pipeline import PipelineConfig
from pairec_cli.domain.pipeline_config.towers import Tower

NEVER = -1e30
"""Score of what must not be chosen."""


class MatchModel(nn.Module):
    """Base of DSSM, MIND and DropoutNet. B users, N items, K vectors a user, D their width.

    Raises InvalidInput and NotFound for a config that no model can be built from.
    """

    known_losses: ClassVar[tuple[str, ...]] = ("softmax_cross_entropy",)
    cases: ClassVar[tuple[str, ...]] = ("",)
    """What held-out rows are measured as: "" as they are, others by names that a model gives."""

    def __init__(self, config: PipelineConfig) -> None:
        super().__init__()
        model = model_config(config)
        kinds = {str(loss.which("loss")) for loss in model.losses}
        if not kinds or not kinds <= set(self.known_losses):
            raise InvalidInput(
                f"model {model.which('model')} learns by {' or '.join(self.known_losses)} alone"
            )
        own = getattr(model, model.which("model") or "", None)
        self.temperature = float(getattr(own, "temperature", 1.0))
        self.similarity = getattr(own, "similarity", Similarity.INNER_PRODUCT)
        self.in_batch_negative = bool(getattr(own, "in_batch_negative", False))
        if self.similarity is Similarity.EUCLID or self.temperature <= 0:
            raise InvalidInput("similarity must be COSINE or INNER_PRODUCT, and temperature above 0")
        self.groups = FeatureGroups(config)
        sampler = config.data_config.negative_sampler if config.data_config else None
        self.item_key = sampler.item_id_field if sampler else ""
        """The feature that tells one item from another; only compared, whether or not the model reads it."""
        self.case = ""
        """The one of `cases` that rows are taken for outside training."""

    @property
    def embeddings(self) -> EmbeddingTables:
        """The tables; their gradients are sparse, all others dense."""
        return self.groups.tables

    def items(self, rows: Batch | Inputs) -> Tensor:
        """(N, D)."""
        raise NotImplementedError

    def users(self, rows: Batch | Inputs) -> Tensor:
        """(B, K, D); a vector that a user does not have is zero."""
        raise NotImplementedError

    def attended(self, users: Tensor, items: Tensor) -> Tensor:
        """How near users (B, K, D) are in training to items, (B, N): the same items (N, D) for all, or to
        each user's own (B, N, D)."""
        return (users @ items.mT)[:, 0]

    def nearness(self, users: Tensor, items: Tensor) -> Tensor:
        """Of users (B, K, D) to items (N, D) or (B, N, D): by the nearest of a user's vectors, (B, N)."""
        return near_to_each(users, items).amax(1)

    def loss(self, batch: Batch, negatives: Batch | None, weights: Tensor | None = None) -> Tensor:
        """The batch's share of L, a scalar; without `negatives` the other rows' items are. `weights` (B,)."""
        positive = self.items(batch)
        return weighed(self.sampled_softmax(batch, negatives, self.users(batch), positive), weights)

    def sampled_softmax(
        self, batch: Batch, negatives: Batch | None, users: Tensor, positive: Tensor
    ) -> Tensor:
        """-log of each row's share, (B,), of vectors of users (B, K, D) and their items (B, D)."""
        others = batch if negatives is None else negatives
        against = positive if negatives is None else self.items(negatives)
        own = self.attended(users, positive.unsqueeze(1))
        scores = torch.cat([own, self.attended(users, against)], 1) / self.temperature
        same = batch.id(self.item_key).unsqueeze(1) == others.id(self.item_key)
        scores = torch.where(F.pad(same, (1, 0)), NEVER, scores)
        target = torch.zeros(len(scores), dtype=torch.long, device=scores.device)
        return F.cross_entropy(scores, target, reduction="none")

    def normal(self, vectors: Tensor) -> Tensor:
        """Of length 1 where vectors are compared by their angle."""
        return F.normalize(vectors, dim=-1) if self.similarity is Similarity.COSINE else vectors


def near_to_each(users: Tensor, items: Tensor) -> Tensor:
    """Products of each of a user's vectors (B, K, D) with items, (N, D) or (B, N, D): (B, K, N), NEVER for a
    vector that a user lacks."""
    there = (users != 0).any(2, keepdim=True)
    there[:, 0] = True
    return torch.where(there, users @ items.mT, NEVER)


def weighed(rows: Tensor, weights: Tensor | None) -> Tensor:
    """The mean of a loss by row (B,), each with its weight."""
    return rows.mean() if weights is None else (rows * weights).sum() / weights.sum()


def read(groups: FeatureGroups, rows: Batch | Inputs) -> Groups:
    """The feature groups of some rows."""
    found: Groups = groups(BatchInputs(rows) if isinstance(rows, Batch) else rows)
    return found


class TowerLayer(nn.Module):
    """Linear_out(MLP(x)): the last layer of an MLP has its activation, so that a linear one follows it."""

    def __init__(self, width: int, tower: MLPConfig, output_dim: int) -> None:
        super().__init__()
        self.mlp = MLP(width, tower)
        self.out = nn.Linear(self.mlp.width, output_dim) if output_dim > 0 else nn.Identity()

    def forward(self, x: Tensor | Joined) -> Tensor:
        out: Tensor = self.out(self.mlp(x))
        return out


def tower(groups: FeatureGroups, config: Tower, output_dim: int) -> TowerLayer:
    """Over the group that the tower names."""
    return TowerLayer(groups.vector_group(config.input).width, config.mlp, output_dim)
