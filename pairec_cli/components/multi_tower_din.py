"""MultiTowerDIN: MultiTower, and target attention over sequences.

    h = MLP_final([MLP_1(x_1) ; … ; MLP_G(x_G) ; DIN_1(q_1, s_1) ; … ; DIN_S(q_S, s_S)])
    logit = w · h + b

with q the item and s the user's sequence. Deep Interest Network (arXiv 1706.06978); TorchEasyRec,
models/multi_tower_din.py.
"""

from __future__ import annotations

from torch import Tensor, nn

from pairec_cli.components.feature_groups import Groups
from pairec_cli.components.layers import MLP
from pairec_cli.components.ranking_model import RankingModel, model_config, own_config
from pairec_cli.components.sequence_encoders import DinEncoder
from pairec_cli.domain.pipeline_config.pipeline import PipelineConfig


class MultiTowerDIN(RankingModel):
    """A tower per group of `towers`, an attention per SEQUENCE group of `din_towers`, and `final`."""

    def __init__(self, config: PipelineConfig) -> None:
        super().__init__(config)
        own = own_config(model_config(config).multi_tower_din)
        self.read = [tower.input for tower in own.towers]
        self.towers = nn.ModuleList(
            MLP(self.groups.vector_group(tower.input).width, tower.mlp) for tower in own.towers
        )
        self.attended = [tower.input for tower in own.din_towers]
        sequences = [self.groups.sequence_group(name) for name in self.attended]
        self.attentions = nn.ModuleList(
            DinEncoder(group.query.width, group.width, tower.attn_mlp)
            for group, tower in zip(sequences, own.din_towers, strict=True)
        )
        self.final = MLP(sum(part.width for part in (*self.towers, *self.attentions)), own.final)
        self.output = nn.Linear(self.final.width, 1)

    def logits(self, x: Groups) -> dict[str, Tensor]:
        towers = [tower(x[group]) for group, tower in zip(self.read, self.towers, strict=True)]
        interests = [
            attention(*x.sequence(group))
            for group, attention in zip(self.attended, self.attentions, strict=True)
        ]
        return {self.task: self.output(self.final(x.join([*towers, *interests])))}
