"""DBMTL: tasks that read each other along a Bayesian network (click → play time, click → praise).

    z = MLP_bottom(x)
    z_i = Σ_k softmax(W_i z)_k MLP_k(z) with experts, else z
    t_i = MLP_i(z_i)
    r_i = MLP_relation_i([t_i ; r_j for the towers j that i relates to])
    logit_i = w_i · r_i + b_i

Every part but the last line is optional; without relation MLP r_i = t_i. A tower reads the last hidden vector
of another, not its probability, and gradients flow through it.

Deep Bayesian Multi-Target Learning (arXiv 1902.09154); TorchEasyRec, models/dbmtl.py. It reads the first
feature group.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pairec_cli.components.feature_groups import Groups
from pairec_cli.components.joined import Joined
from pairec_cli.components.layers import MLP
from pairec_cli.components.mmoe import Experts
from pairec_cli.components.ranking_model import RankingModel, model_config, own_config
from pairec_cli.domain.errors import InvalidInput, NotFound
from pairec_cli.domain.pipeline_config.pipeline import PipelineConfig
from pairec_cli.domain.pipeline_config.towers import BayesTaskTower


class Tower(nn.Module):
    """t_i, r_i and the logit of one task. `related` are the widths of the towers that it reads."""

    def __init__(self, width: int, config: BayesTaskTower, related: list[int]) -> None:
        super().__init__()
        self.mlp = MLP(width, config.mlp) if config.mlp else None
        self.width = self.mlp.width if self.mlp else width
        self.reads = list(config.relation_tower_names) if config.relation_mlp else []
        self.relation = None
        if config.relation_mlp:
            self.relation = MLP(self.width + sum(related), config.relation_mlp)
            self.width = self.relation.width
        self.output = nn.Linear(self.width, 1)

    def forward(self, z: Tensor, r: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """z_i (N, width) and the r_j so far → r_i (N, self.width) and the logit (N, 1)."""
        r_i = self.mlp(z) if self.mlp else z
        if self.relation:
            r_i = self.relation(torch.cat([r_i, *(r[name] for name in self.reads)], 1))
        return r_i, self.output(r_i)


class DBMTL(RankingModel):
    """Raises NotFound for a relation to a tower that does not stand before, and InvalidInput for a mask_net,
    which is not trained here."""

    def __init__(self, config: PipelineConfig) -> None:
        super().__init__(config)
        own = own_config(model_config(config).dbmtl)
        if own.mask_net:
            raise InvalidInput("mask_net of dbmtl in pipeline.config is not known to the local trainer")
        width = self.first_group.width
        self.bottom = MLP(width, own.bottom_mlp) if own.bottom_mlp else None
        width = self.bottom.width if self.bottom else width
        self.experts = None
        if own.expert_mlp:
            self.experts = Experts(width, own.expert_mlp, own.num_expert, own.gate_mlp, len(self.tasks))
            width = self.experts.width
        self.towers = nn.ModuleList()
        widths: dict[str, int] = {}
        for tower in own.task_towers:
            for name in tower.relation_tower_names:
                if name not in widths:
                    raise NotFound(f"tower before {tower.tower_name!r}", name, widths)
            related = [widths[name] for name in tower.relation_tower_names]
            self.towers.append(Tower(width, tower, related))
            widths[tower.tower_name] = self.towers[-1].width

    def logits(self, x: Groups) -> dict[str, Tensor]:
        z: Tensor | Joined = x[self.groups.vector_names[0]]
        if self.bottom:
            z = self.bottom(z)
        if self.experts:
            z_of = self.experts(z)
        else:
            z_of = [z if isinstance(z, Tensor) else z.whole()] * len(self.tasks)
        r: dict[str, Tensor] = {}
        logit: dict[str, Tensor] = {}
        for task, tower, z_i in zip(self.tasks, self.towers, z_of, strict=True):
            r[task.name], logit[task.name] = tower(z_i, r)
        return logit
