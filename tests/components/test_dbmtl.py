"""DBMTL against its equations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from pairec_cli.components.ranking_models import ranking_model
from pairec_cli.domain.errors import InvalidInput, NotFound
from tests.components.ranking_model_contract import RankingModelContract
from tests.components.ranking_rows import ATTENDED, BCE, CROSS, ITEM, L2, SEQUENCE, USER, config, group, rows
from tests.components.ranking_twin import Twin, mixed

CHAIN = f"""
  task_towers {{ tower_name: "is_click" label_name: "is_click" {BCE} mlp {{ hidden_units: 6 }} }}
  task_towers {{ tower_name: "ln_playtime" label_name: "ln_playtime" {L2} mlp {{ hidden_units: [7, 5] }}
    relation_tower_names: "is_click" relation_mlp {{ hidden_units: 6 }} }}
  task_towers {{ tower_name: "is_praise" label_name: "is_praise" {BCE}
    relation_tower_names: "is_click" relation_tower_names: "ln_playtime"
    relation_mlp {{ hidden_units: 4 }} }}"""
PLAIN = group("all", USER + ITEM + CROSS)


def chain(twin: Twin, z: list[NDArray[Any]]) -> dict[str, NDArray[Any]]:
    click = twin.mlp("towers.0.mlp", z[0])
    play = twin.mlp("towers.1.relation", np.concatenate([twin.mlp("towers.1.mlp", z[1]), click], 1))
    praise = twin.mlp("towers.2.relation", np.concatenate([z[2], click, play], 1))
    return {
        name: twin.linear(f"towers.{place}.output", r)[:, 0]
        for place, (name, r) in enumerate(
            {"is_click": click, "ln_playtime": play, "is_praise": praise}.items()
        )
    }


class TestSharedBottom(RankingModelContract):
    text, groups = f"dbmtl {{ bottom_mlp {{ hidden_units: [12, 8] }} {CHAIN} }}", PLAIN

    def twin(self, twin: Twin) -> dict[str, NDArray[Any]]:
        z = twin.mlp("bottom", twin.columns(USER + ITEM + CROSS))
        return chain(twin, [z, z, z])

    def test_what_an_earlier_task_learns_comes_from_the_later_one_too(self) -> None:
        model = self.make()
        model(rows(50))["ln_playtime"].sum().backward()
        assert model.towers[0].mlp.layers[0].linear.weight.grad.any()
        assert model.towers[0].output.weight.grad is None


class TestExpertsAndAttention(RankingModelContract):
    """The user's history is attended to by the item, within the one group."""

    groups = group("all", USER + ITEM + CROSS, ATTENDED)
    text = f"""dbmtl {{ bottom_mlp {{ hidden_units: 12 }} expert_mlp {{ hidden_units: 8 }} num_expert: 2
        gate_mlp {{ hidden_units: 3 activation: "nn.ReLU" }} {CHAIN} }}"""

    def twin(self, twin: Twin) -> dict[str, NDArray[Any]]:
        attended = twin.attended("item_id", SEQUENCE, 11, "groups.vectors.0.encoders.0.attention")
        z = twin.mlp("bottom", np.concatenate([twin.columns(USER + ITEM + CROSS), attended], 1))
        experts = [twin.mlp(f"experts.experts.{k}", z) for k in range(2)]
        gates = [twin.linear(f"experts.gates.{i}", twin.mlp(f"experts.gate_mlps.{i}", z)) for i in range(3)]
        return chain(twin, [mixed(gate, experts) for gate in gates])


class TestNothingShared(RankingModelContract):
    """Without a bottom, towers read the features themselves."""

    text, groups = f"dbmtl {{ {CHAIN} }}", PLAIN

    def twin(self, twin: Twin) -> dict[str, NDArray[Any]]:
        return chain(twin, [twin.columns(USER + ITEM + CROSS)] * 3)


def test_a_relation_without_layers_is_none() -> None:
    """As in TorchEasyRec: relation_tower_names need a relation_mlp."""
    text = f"""dbmtl {{ bottom_mlp {{ hidden_units: 4 }}
      task_towers {{ tower_name: "a" label_name: "is_click" {BCE} }}
      task_towers {{ tower_name: "b" label_name: "is_click" {BCE} relation_tower_names: "a" }} }}"""
    torch.manual_seed(0)
    model, batch = ranking_model(config(text)), rows(5)
    before = model(batch)["b"]
    with torch.no_grad():
        model.towers[0].output.weight.add_(1)
    assert torch.equal(model(batch)["b"], before)


def test_a_relation_to_a_later_tower_is_refused() -> None:
    text = f"""dbmtl {{
      task_towers {{ tower_name: "a" label_name: "is_click" {BCE} relation_tower_names: "b"
        relation_mlp {{ hidden_units: 3 }} }}
      task_towers {{ tower_name: "b" label_name: "is_click" {BCE} }} }}"""
    with pytest.raises(NotFound, match="tower before 'a' 'b' does not exist"):
        ranking_model(config(text))


def test_a_mask_net_is_refused() -> None:
    text = f"dbmtl {{ mask_net {{ n_mask_blocks: 1 mask_block {{ hidden_dim: 4 }} }} {CHAIN} }}"
    with pytest.raises(InvalidInput, match="mask_net"):
        ranking_model(config(text))
