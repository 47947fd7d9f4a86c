"""DCN-v2 against its equations."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.components.ranking_model_contract import RankingModelContract
from tests.components.ranking_rows import BCE, CROSS, ITEM, SEQUENCE, USER
from tests.components.ranking_twin import Twin


def inputs(twin: Twin) -> NDArray[Any]:
    return np.concatenate([twin.columns(USER + ITEM + CROSS), twin.pooled(SEQUENCE, 11)], 1)


def crossed(twin: Twin, x0: NDArray[Any], layers: int) -> NDArray[Any]:
    x = x0
    for layer in range(layers):
        w = twin.weights[f"cross.up.{layer}.weight"] @ twin.weights[f"cross.down.{layer}.weight"]
        x = x0 * (x @ w.T + twin.weights[f"cross.up.{layer}.bias"]) + x
    return x


class TestCrossBesideDeep(RankingModelContract):
    text = f"""{BCE} dcn_v2 {{ cross {{ cross_num: 2 low_rank: 3 }}
        deep {{ hidden_units: [8, 6] }} final {{ hidden_units: 8 }} }}"""

    def twin(self, twin: Twin) -> dict[str, NDArray[Any]]:
        x = inputs(twin)
        h = np.concatenate([crossed(twin, x, 2), twin.mlp("deep", x)], 1)
        return {"is_click": twin.linear("output", twin.mlp("final", h))[:, 0]}

    def test_the_output_has_no_bias(self) -> None:
        assert self.make().output.bias is None


class TestCrossOnBackbone(RankingModelContract):
    text = f"""{BCE} dcn_v2 {{ backbone {{ hidden_units: 12 }} cross {{ low_rank: 4 }}
        final {{ hidden_units: 8 }} }}"""

    def twin(self, twin: Twin) -> dict[str, NDArray[Any]]:
        h = crossed(twin, twin.mlp("backbone", inputs(twin)), 3)
        return {"is_click": twin.linear("output", twin.mlp("final", h))[:, 0]}
