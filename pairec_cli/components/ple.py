"""PLE: levels of experts, some a task's own and some shared.

At each level, with x_i the task's input, x_s the shared one, E_i and E_s the outputs of their experts:

    z_i = softmax(W_i x_i) · [E_i ; E_s]
    z_s = softmax(W_s x_s) · [E_1 ; … ; E_tasks ; E_s]        not at the last level

z_i and z_s are the next level's inputs; logit_i = w_i · MLP_i(z_i) + b_i of the last.

Progressive Layered Extraction (RecSys 2020), section 4.2; TorchEasyRec, modules/extraction_net.py and
models/ple.py. It reads the first feature group.
"""

from __future__ import annotations

from typing import TypeAlias

import torch
from torch import Tensor, nn

from pairec_cli.components.feature_groups import Groups
from pairec_cli.components.joined import Joined, Linear
from pairec_cli.components.layers import MLP, mixture
from pairec_cli.components.mmoe import TaskHead
from pairec_cli.components.ranking_model import RankingModel, model_config, own_config
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.pipeline_config.layers import ExtractionNetwork
from pairec_cli.domain.pipeline_config.pipeline import PipelineConfig

Input: TypeAlias = Tensor | Joined


class Extraction(nn.Module):
    """One level. Raises InvalidInput where own and shared experts differ in width."""

    def __init__(self, width: int, config: ExtractionNetwork, tasks: int, is_last: bool) -> None:
        super().__init__()
        shared, own = config.share_num or 0, config.expert_num_per_task
        self.own = nn.ModuleList(
            nn.ModuleList(MLP(width, config.task_expert_net) for _ in range(own)) for _ in range(tasks)
        )
        self.shared = nn.ModuleList(
            MLP(width, config.share_expert_net or config.task_expert_net) for _ in range(shared)
        )
        self.width = config.task_expert_net.hidden_units[-1]
        if any(expert.width != self.width for expert in self.shared):
            raise InvalidInput(
                f"the experts of extraction network {config.network_name!r} end in different widths",
                hint="task_expert_net and share_expert_net need the same last hidden_units",
            )
        self.gates = nn.ModuleList(Linear(width, own + shared) for _ in range(tasks))
        self.shared_gate = None if is_last else Linear(width, tasks * own + shared)

    def forward(self, x: list[Input], x_shared: Input) -> tuple[list[Input], Input]:
        shared = [expert(x_shared) for expert in self.shared]
        own = [[expert(x_i) for expert in experts] for experts, x_i in zip(self.own, x, strict=True)]
        z: list[Input] = [
            mixture(gate(x_i), torch.stack([*own_i, *shared], 1))
            for gate, x_i, own_i in zip(self.gates, x, own, strict=True)
        ]
        if self.shared_gate is None:
            return z, x_shared
        everyone = [e for own_i in own for e in own_i] + shared
        return z, mixture(self.shared_gate(x_shared), torch.stack(everyone, 1))


class PLE(RankingModel):
    """A level per extraction network, a head per task tower."""

    def __init__(self, config: PipelineConfig) -> None:
        super().__init__(config)
        own = own_config(model_config(config).ple)
        if not own.extraction_networks:
            raise InvalidInput("ple of pipeline.config has no extraction_networks")
        width, last = self.first_group.width, len(own.extraction_networks) - 1
        self.levels = nn.ModuleList()
        for place, network in enumerate(own.extraction_networks):
            self.levels.append(Extraction(width, network, len(self.tasks), place == last))
            width = self.levels[-1].width
        self.heads = nn.ModuleList(TaskHead(width, tower.mlp) for tower in own.task_towers)

    def logits(self, x: Groups) -> dict[str, Tensor]:
        shared: Input = x[self.groups.vector_names[0]]
        z: list[Input] = [shared] * len(self.tasks)
        for level in self.levels:
            z, shared = level(z, shared)
        return {task.name: head(z_i) for task, head, z_i in zip(self.tasks, self.heads, z, strict=True)}
