"""MIND: several vectors a user, one per interest; an item is compared with the one that it lies nearest to.

    p          = MLP_u(x_user)                                    the last layer linear
    z_1 … z_K  = capsules(MLP_h(history))                          the last layer linear, without bias
    interest_k = Linear(MLP_c([p ; z_k]))                          or p + z_k
    training   s(u, i) = <Σ_k softmax_k(simi_pow · <interest_k, i>) interest_k, i> / temperature
    serving    s(u, i) = max_k <interest_k, i> / temperature, training's too from simi_pow 100 on

Li et al., "Multi-Interest Network with Dynamic Routing for Recommendation at Tmall", arXiv 1904.08030;
TorchEasyRec, models/mind.py, where simi_pow multiplies instead of being a power. There the positive alone
picks the interests, and negatives are compared with what it picked: interests are learned that lie far apart,
as the positive always finds its best one, while in serving every item finds its best one. Here every item
picks for itself, negatives too.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pairec_cli.components.batch import Batch
from pairec_cli.components.capsule import Capsules
from pairec_cli.components.group_inputs import Inputs
from pairec_cli.components.joined import Joined, Linear
from pairec_cli.components.layers import MLP
from pairec_cli.components.match_model import MatchModel, TowerLayer, near_to_each, read, tower
from pairec_cli.components.ranking_model import model_config, own_config
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.pipeline_config.layers import MLP as MLPConfig
from pairec_cli.domain.pipeline_config.pipeline import PipelineConfig
from pairec_cli.domain.pipeline_config.towers import UserSeqCombineMethod

HARD = 100.0
"""From this simi_pow on an item is compared with the nearest interest alone, as EasyRec does."""


class MIND(MatchModel):
    """Up to max_k vectors a user."""

    def __init__(self, config: PipelineConfig) -> None:
        super().__init__(config)
        own = own_config(model_config(config).mind)
        self.own, user = own, own.user_tower
        self.user_mlp = LinearMLP(self.groups.vector_group(user.input).width, user.user_mlp)
        history = self.groups.sequence_group(user.history_input).width
        self.history_mlp = LinearMLP(history, user.hist_seq_mlp, bias=False) if user.hist_seq_mlp else None
        self.capsules = Capsules(self.history_mlp.width if self.history_mlp else history, user.capsule_config)
        self.summed = user.user_seq_combine is UserSeqCombineMethod.SUM
        if self.summed and self.user_mlp.width != self.capsules.width:
            raise InvalidInput("user_seq_combine SUM needs user_mlp to end as wide as high_dim")
        width = self.capsules.width + (0 if self.summed else self.user_mlp.width)
        self.interest = TowerLayer(width, user.concat_mlp, own.output_dim)
        self.item_tower = tower(self.groups, own.item_tower, own.output_dim)

    def items(self, rows: Batch | Inputs) -> Tensor:
        return self.normal(self.item_tower(read(self.groups, rows)[self.own.item_tower.input]))

    def users(self, rows: Batch | Inputs) -> Tensor:
        groups, user = read(self.groups, rows), self.own.user_tower
        history = self.groups.sequence_group(user.history_input)
        entries, present = history.entries(groups.inputs, self.capsules.config.max_seq_len)
        z, there = self.capsules(self.history_mlp(entries) if self.history_mlp else entries, present)
        p = self.user_mlp(groups[user.input]).unsqueeze(1).expand(-1, z.shape[1], -1)
        joined = p + z if self.summed else torch.cat([p, z], 2)
        return self.normal(self.interest(joined)) * there.unsqueeze(2)

    def attended(self, users: Tensor, items: Tensor) -> Tensor:
        """By label-aware attention, each item being the label of its own: section 4.4."""
        if self.own.simi_pow >= HARD:
            return self.nearness(users, items)
        near = near_to_each(users, items)
        return (F.softmax(self.own.simi_pow * near, 1) * near).sum(1)


class LinearMLP(nn.Module):
    """An MLP whose last layer is linear, of one layer or more."""

    def __init__(self, width: int, config: MLPConfig, bias: bool = True) -> None:
        super().__init__()
        *hidden, last = config.hidden_units or (0,)
        if not last:
            raise InvalidInput(
                "an mlp has no hidden_units", hint="give at least one layer in pipeline.config"
            )
        inner = config.model_copy(
            update={"hidden_units": tuple(hidden), "dropout_ratio": config.dropout_ratio[: len(hidden)]}
        )
        self.mlp = MLP(width, inner) if hidden else None
        self.last = Linear(self.mlp.width if self.mlp else width, last, bias=bias)
        self.width = int(last)

    def forward(self, x: Tensor | Joined) -> Tensor:
        out: Tensor = self.last(x if self.mlp is None else self.mlp(x))
        return out
