"""MMoE against its equations."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.components.ranking_model_contract import RankingModelContract
from tests.components.ranking_rows import BCE, CROSS, ITEM, L2, SEQUENCE, USER
from tests.components.ranking_twin import Twin, mixed

TASKS = f"""
  task_towers {{ tower_name: "click" label_name: "is_click" {BCE} mlp {{ hidden_units: 6 }} }}
  task_towers {{ tower_name: "play" label_name: "ln_playtime" {L2} }}"""


def inputs(twin: Twin) -> NDArray[Any]:
    return np.concatenate([twin.columns(USER + ITEM + CROSS), twin.pooled(SEQUENCE, 11)], 1)


class TestMMoE(RankingModelContract):
    text = f"mmoe {{ expert_mlp {{ hidden_units: [9, 8] }} num_expert: 3 {TASKS} }}"

    def twin(self, twin: Twin) -> dict[str, NDArray[Any]]:
        x = inputs(twin)
        experts = [twin.mlp(f"experts.experts.{k}", x) for k in range(3)]
        z = [mixed(twin.linear(f"experts.gates.{i}", x), experts) for i in range(2)]
        return {
            "click": twin.linear("heads.0.output", twin.mlp("heads.0.mlp", z[0]))[:, 0],
            "play": twin.linear("heads.1.output", z[1])[:, 0],
        }

    def test_outputs_are_named_after_towers_and_losses(self) -> None:
        assert [task.output for task in self.make().tasks] == ["probs_click", "y_play"]
        assert [task.label for task in self.make().tasks] == ["is_click", "ln_playtime"]


class TestGatesWithLayers(RankingModelContract):
    text = f"""mmoe {{ expert_mlp {{ hidden_units: 8 }} gate_mlp {{ hidden_units: 5 }}
        num_expert: 2 {TASKS} }}"""

    def twin(self, twin: Twin) -> dict[str, NDArray[Any]]:
        x = inputs(twin)
        experts = [twin.mlp(f"experts.experts.{k}", x) for k in range(2)]
        gates = [twin.linear(f"experts.gates.{i}", twin.mlp(f"experts.gate_mlps.{i}", x)) for i in range(2)]
        return {
            "click": twin.linear("heads.0.output", twin.mlp("heads.0.mlp", mixed(gates[0], experts)))[:, 0],
            "play": twin.linear("heads.1.output", mixed(gates[1], experts))[:, 0],
        }
