"""DSSM: a tower for the user, history included, and one for the item.

    u = Linear(MLP_u(x_user))        i = Linear(MLP_i(x_item))        s = <u, i> / temperature

Huang et al., "Learning Deep Structured Semantic Models for Web Search using Clickthrough Data", CIKM 2013;
TorchEasyRec, models/dssm.py.
"""

from __future__ import annotations

from torch import Tensor

from pairec_cli.components.batch import Batch
from pairec_cli.components.group_inputs import Inputs
from pairec_cli.components.match_model import MatchModel, read, tower
from pairec_cli.components.ranking_model import model_config, own_config
from pairec_cli.domain.pipeline_config.pipeline import PipelineConfig


class DSSM(MatchModel):
    """One vector a user."""

    def __init__(self, config: PipelineConfig) -> None:
        super().__init__(config)
        own = own_config(model_config(config).dssm)
        self.of_user, self.of_item = own.user_tower.input, own.item_tower.input
        self.user_tower = tower(self.groups, own.user_tower, own.output_dim)
        self.item_tower = tower(self.groups, own.item_tower, own.output_dim)

    def items(self, rows: Batch | Inputs) -> Tensor:
        return self.normal(self.item_tower(read(self.groups, rows)[self.of_item]))

    def users(self, rows: Batch | Inputs) -> Tensor:
        return self.normal(self.user_tower(read(self.groups, rows)[self.of_user])).unsqueeze(1)
