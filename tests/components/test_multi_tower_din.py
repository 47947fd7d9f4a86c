"""MultiTowerDIN against its equations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pairec_cli.components.ranking_models import ranking_model
from pairec_cli.domain.errors import NotFound
from tests.components.ranking_model_contract import RankingModelContract
from tests.components.ranking_rows import BCE, CROSS, ITEM, SEQUENCE, USER, config, group
from tests.components.ranking_twin import Twin

GROUPS = (
    group("user", USER)
    + group("item", ITEM + CROSS)
    + group("history", ("item_id", *SEQUENCE), "group_type: SEQUENCE")
)
TEXT = f"""{BCE} multi_tower_din {{
  towers {{ input: "user" mlp {{ hidden_units: [8, 6] }} }}
  towers {{ input: "item" mlp {{ hidden_units: 7 }} }}
  din_towers {{ input: "history" attn_mlp {{ hidden_units: 4 activation: "nn.Tanh" }} }}
  final {{ hidden_units: [8, 5] }} }}"""


class TestMultiTowerDIN(RankingModelContract):
    text, groups = TEXT, GROUPS

    def twin(self, twin: Twin) -> dict[str, NDArray[Any]]:
        parts = [
            twin.mlp("towers.0", twin.columns(USER)),
            twin.mlp("towers.1", twin.columns(ITEM + CROSS)),
            twin.attended("item_id", SEQUENCE, 11, "attentions.0"),
        ]
        return {"is_click": twin.linear("output", twin.mlp("final", np.concatenate(parts, 1)))[:, 0]}


def test_target_attention_needs_a_group_of_type_sequence() -> None:
    with pytest.raises(NotFound, match="sequence group 'user' does not exist; known: history"):
        ranking_model(config(TEXT.replace('"history"', '"user"'), GROUPS))
