"""PLE against its equations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pairec_cli.components.ranking_models import ranking_model
from pairec_cli.domain.errors import InvalidInput
from tests.components.ranking_model_contract import RankingModelContract
from tests.components.ranking_rows import BCE, CROSS, ITEM, L2, SEQUENCE, USER, config
from tests.components.ranking_twin import Twin, mixed

TASKS = f"""
  task_towers {{ tower_name: "click" label_name: "is_click" {BCE} mlp {{ hidden_units: 6 }} }}
  task_towers {{ tower_name: "play" label_name: "ln_playtime" {L2} }}"""


def network(name: str, own: int, shared: int, units: str) -> str:
    return f"""extraction_networks {{ network_name: "{name}" expert_num_per_task: {own} share_num: {shared}
        task_expert_net {{ hidden_units: {units} }} share_expert_net {{ hidden_units: {units} }} }}"""


class TestPLE(RankingModelContract):
    text = f"ple {{ {network('a', 1, 2, '[9, 8]')} {network('b', 2, 1, '7')} {TASKS} }}"

    def twin(self, twin: Twin) -> dict[str, NDArray[Any]]:
        x = np.concatenate([twin.columns(USER + ITEM + CROSS), twin.pooled(SEQUENCE, 11)], 1)
        shared = [twin.mlp(f"levels.0.shared.{k}", x) for k in range(2)]
        own = [[twin.mlp(f"levels.0.own.{i}.0", x)] for i in range(2)]
        z = [mixed(twin.linear(f"levels.0.gates.{i}", x), own[i] + shared) for i in range(2)]
        z_shared = mixed(twin.linear("levels.0.shared_gate", x), own[0] + own[1] + shared)
        last = [twin.mlp("levels.1.shared.0", z_shared)]
        for i in range(2):
            experts = [twin.mlp(f"levels.1.own.{i}.{k}", z[i]) for k in range(2)] + last
            z[i] = mixed(twin.linear(f"levels.1.gates.{i}", z[i]), experts)
        return {
            "click": twin.linear("heads.0.output", twin.mlp("heads.0.mlp", z[0]))[:, 0],
            "play": twin.linear("heads.1.output", z[1])[:, 0],
        }


class TestWithoutSharedExperts(RankingModelContract):
    text = f"ple {{ {network('a', 2, 0, '8')} {TASKS} }}"

    def twin(self, twin: Twin) -> dict[str, NDArray[Any]]:
        x = np.concatenate([twin.columns(USER + ITEM + CROSS), twin.pooled(SEQUENCE, 11)], 1)
        own = [[twin.mlp(f"levels.0.own.{i}.{k}", x) for k in range(2)] for i in range(2)]
        z = [mixed(twin.linear(f"levels.0.gates.{i}", x), own[i]) for i in range(2)]
        return {
            "click": twin.linear("heads.0.output", twin.mlp("heads.0.mlp", z[0]))[:, 0],
            "play": twin.linear("heads.1.output", z[1])[:, 0],
        }


def test_experts_of_different_widths_are_refused() -> None:
    wrong = network("a", 1, 1, "8").replace(
        "share_expert_net { hidden_units: 8", "share_expert_net { hidden_units: 9"
    )
    with pytest.raises(InvalidInput, match="network 'a' end in different widths"):
        ranking_model(config(f"ple {{ {wrong} {TASKS} }}"))


def test_it_needs_a_level() -> None:
    with pytest.raises(InvalidInput, match="no extraction_networks"):
        ranking_model(config(f"ple {{ {TASKS} }}"))
