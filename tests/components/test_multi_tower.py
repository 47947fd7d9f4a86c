"""MultiTower against its equations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pairec_cli.components.ranking_models import ranking_model
from pairec_cli.components.request_inputs import RequestForm, RequestInputs
from pairec_cli.domain.errors import NotFound
from tests.components.ranking_model_contract import RankingModelContract
from tests.components.ranking_rows import (
    BCE,
    CROSS,
    FEATURES,
    ITEM,
    POOLED,
    SEQUENCE,
    USER,
    config,
    group,
    rows,
)
from tests.components.ranking_twin import Twin

GROUPS = group("user", USER, POOLED) + group("item", ITEM + CROSS)
TEXT = f"""{BCE} multi_tower {{
  towers {{ input: "user" mlp {{ hidden_units: [8, 6] }} }}
  towers {{ input: "item" mlp {{ hidden_units: 7 }} }}
  final {{ hidden_units: [8, 5] }} }}"""


class TestMultiTower(RankingModelContract):
    text, groups = TEXT, GROUPS

    def twin(self, twin: Twin) -> dict[str, NDArray[Any]]:
        user = np.concatenate([twin.columns(USER), twin.pooled(SEQUENCE, 11)], 1)
        towers = [twin.mlp("towers.0", user), twin.mlp("towers.1", twin.columns(ITEM + CROSS))]
        return {"is_click": twin.linear("output", twin.mlp("final", np.concatenate(towers, 1)))[:, 0]}

    def test_a_request_runs_the_user_tower_on_one_row(self) -> None:
        model = self.make().eval()
        seen: list[int] = []
        model.towers[0].layers[0].rest.register_forward_hook(lambda _m, _i, out: seen.append(len(out)))
        form = RequestForm.of(FEATURES)
        model(RequestInputs(form, form.arrays(rows(9, users=1), 0, slice(0, 9))))
        assert seen == [1]


def test_a_tower_over_a_group_that_there_is_not_is_named() -> None:
    with pytest.raises(NotFound, match="feature group 'usr' does not exist; did you mean 'user'"):
        ranking_model(config(TEXT.replace('"user"', '"usr"'), GROUPS))
