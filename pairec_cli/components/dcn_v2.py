"""DCN-v2: explicit crosses of a bounded degree beside an MLP.

    c = Cross(x), or Cross(MLP_backbone(x))
    h = MLP_final([c ; MLP_deep(x)])
    logit = w · h

DCN V2 (arXiv 2008.13535), low-rank crosses; TorchEasyRec, models/dcn_v2.py. It reads the first feature group.
"""

from __future__ import annotations

from torch import Tensor, nn

from pairec_cli.components.feature_groups import Groups
from pairec_cli.components.layers import MLP, LowRankCross
from pairec_cli.components.ranking_model import RankingModel, model_config, own_config
from pairec_cli.domain.pipeline_config.pipeline import PipelineConfig


class CrossNetwork(RankingModel):
    """`backbone` and `deep` are optional."""

    def __init__(self, config: PipelineConfig) -> None:
        super().__init__(config)
        own = own_config(model_config(config).dcn_v2)
        width = self.first_group.width
        self.backbone = MLP(width, own.backbone) if own.backbone else None
        self.cross = LowRankCross(
            self.backbone.width if self.backbone else width, own.cross.cross_num, own.cross.low_rank
        )
        self.deep = MLP(width, own.deep) if own.deep else None
        self.final = MLP(self.cross.width + (self.deep.width if self.deep else 0), own.final)
        self.output = nn.Linear(self.final.width, 1, bias=False)

    def logits(self, x: Groups) -> dict[str, Tensor]:
        x0 = x[self.groups.vector_names[0]]
        crossed = [self.cross(self.backbone(x0) if self.backbone else x0.whole())]
        deep = [self.deep(x0)] if self.deep else []
        return {self.task: self.output(self.final(x.join([*crossed, *deep])))}
