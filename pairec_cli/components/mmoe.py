"""MMoE: experts that all tasks share, mixed by a gate per task.

    e_k = MLP_k(x),   g_i = softmax(W_i x), or softmax(W_i MLP_i(x))
    z_i = Σ_k g_ik e_k
    logit_i = w_i · MLP_i(z_i) + b_i

Modeling Task Relationships in Multi-task Learning with Multi-gate Mixture-of-Experts (KDD 2018);
TorchEasyRec, modules/mmoe.py and models/mmoe.py. It reads the first feature group.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pairec_cli.components.feature_groups import Groups
from pairec_cli.components.joined import Joined, Linear
from pairec_cli.components.layers import MLP, mixture
from pairec_cli.components.ranking_model import RankingModel, model_config, own_config
from pairec_cli.domain.pipeline_config.layers import MLP as MLPConfig
from pairec_cli.domain.pipeline_config.pipeline import PipelineConfig


class Experts(nn.Module):
    """x → z_1 … z_tasks, each (N, self.width)."""

    def __init__(self, width: int, expert: MLPConfig, count: int, gate: MLPConfig | None, tasks: int) -> None:
        super().__init__()
        self.experts = nn.ModuleList(MLP(width, expert) for _ in range(count))
        self.gate_mlps = nn.ModuleList(MLP(width, gate) for _ in range(tasks)) if gate else nn.ModuleList()
        gate_width = self.gate_mlps[0].width if gate else width
        self.gates = nn.ModuleList(Linear(gate_width, count) for _ in range(tasks))
        self.width = self.experts[0].width

    def forward(self, x: Tensor | Joined) -> list[Tensor]:
        experts = torch.stack([expert(x) for expert in self.experts], 1)
        seen = [mlp(x) for mlp in self.gate_mlps] or [x] * len(self.gates)
        return [mixture(gate(s), experts) for gate, s in zip(self.gates, seen, strict=True)]


class TaskHead(nn.Module):
    """z → w · MLP(z) + b, the MLP by option: (N, width) → (N, 1)."""

    def __init__(self, width: int, mlp: MLPConfig | None) -> None:
        super().__init__()
        self.mlp = MLP(width, mlp) if mlp else None
        self.output = nn.Linear(self.mlp.width if self.mlp else width, 1)

    def forward(self, z: Tensor) -> Tensor:
        return self.output(self.mlp(z) if self.mlp else z)


class MMoE(RankingModel):
    """`num_expert` experts, a head per task tower."""

    def __init__(self, config: PipelineConfig) -> None:
        super().__init__(config)
        own = own_config(model_config(config).mmoe)
        self.experts = Experts(
            self.first_group.width, own.expert_mlp, own.num_expert, own.gate_mlp, len(self.tasks)
        )
        self.heads = nn.ModuleList(TaskHead(self.experts.width, tower.mlp) for tower in own.task_towers)

    def logits(self, x: Groups) -> dict[str, Tensor]:
        mixed = self.experts(x[self.groups.vector_names[0]])
        return {task.name: head(z) for task, head, z in zip(self.tasks, self.heads, mixed, strict=True)}
