"""MultiTower: an MLP per feature group, their outputs joined.

    h = MLP_final([MLP_1(x_1) ; … ; MLP_G(x_G)])
    logit = w · h + b

TorchEasyRec, models/multi_tower.py.
"""

from __future__ import annotations

from torch import Tensor, nn

from pairec_cli.components.feature_groups import Groups
from pairec_cli.components.layers import MLP
from pairec_cli.components.ranking_model import RankingModel, model_config, own_config
from pairec_cli.domain.pipeline_config.pipeline import PipelineConfig


class MultiTower(RankingModel):
    """A tower per group of `towers`, and `final`."""

    def __init__(self, config: PipelineConfig) -> None:
        super().__init__(config)
        own = own_config(model_config(config).multi_tower)
        self.read = [tower.input for tower in own.towers]
        self.towers = nn.ModuleList(
            MLP(self.groups.vector_group(tower.input).width, tower.mlp) for tower in own.towers
        )
        self.final = MLP(sum(tower.width for tower in self.towers), own.final)
        self.output = nn.Linear(self.final.width, 1)

    def logits(self, x: Groups) -> dict[str, Tensor]:
        towers = [tower(x[group]) for group, tower in zip(self.read, self.towers, strict=True)]
        return {self.task: self.output(self.final(x.join(towers)))}
