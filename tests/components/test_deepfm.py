"""DeepFM against its equations."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pairec_cli.components.ranking_models import ranking_model
from pairec_cli.domain.errors import InvalidInput, NotFound
from tests.components.ranking_model_contract import RankingModelContract
from tests.components.ranking_rows import BCE, CROSS, ITEM, USER, config, group
from tests.components.ranking_twin import Twin

PAIRED = ("user_id", "item_id", "age_x_item", "tags")
WIDE = group("wide", USER + ITEM, "group_type: WIDE")
GROUPS = WIDE + group("deep", USER + ITEM + CROSS) + group("fm", PAIRED)


def pairs(twin: Twin) -> NDArray[Any]:
    """Σ_{f<g} e_f ∘ e_g, pair by pair."""
    fields = twin.columns(PAIRED).reshape(-1, len(PAIRED), 6)
    return np.asarray(sum(fields[:, f] * fields[:, g] for f, g in combinations(range(len(PAIRED)), 2)))


def wide(twin: Twin) -> NDArray[Any]:
    return np.asarray(twin.columns(USER + ITEM, "_wide").sum(1, keepdims=True))


class TestDeepFM(RankingModelContract):
    text, groups = f"{BCE} deepfm {{ wide_embedding_dim: 3 deep {{ hidden_units: [8, 6] }} }}", GROUPS

    def twin(self, twin: Twin) -> dict[str, NDArray[Any]]:
        deep = twin.linear("output", twin.mlp("deep", twin.columns(USER + ITEM + CROSS)))
        return {"is_click": (wide(twin) + pairs(twin).sum(1, keepdims=True) + deep)[:, 0]}


class TestDeepFMWithFinal(RankingModelContract):
    text, groups = f"{BCE} deepfm {{ deep {{ hidden_units: 8 }} final {{ hidden_units: 8 }} }}", GROUPS

    def twin(self, twin: Twin) -> dict[str, NDArray[Any]]:
        deep = twin.mlp("deep", twin.columns(USER + ITEM + CROSS))
        h = twin.mlp("final", np.concatenate([wide(twin), pairs(twin), deep], 1))
        return {"is_click": twin.linear("output", h)[:, 0]}


class TestDeepFMOfOneWidth(RankingModelContract):
    """Without a group `fm`, the features of `deep` are paired."""

    text = f"{BCE} deepfm {{ deep {{ hidden_units: [8, 6] }} }}"
    groups = WIDE + group("deep", PAIRED)

    def twin(self, twin: Twin) -> dict[str, NDArray[Any]]:
        deep = twin.linear("output", twin.mlp("deep", twin.columns(PAIRED)))
        return {"is_click": (wide(twin) + pairs(twin).sum(1, keepdims=True) + deep)[:, 0]}


def test_pairs_of_different_widths_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"group 'deep', whose widths are \[1, 4, 6\]"):
        ranking_model(config(TestDeepFM.text, WIDE + group("deep", USER)))


def test_it_needs_a_wide_group() -> None:
    with pytest.raises(NotFound, match="feature group 'wide' does not exist"):
        ranking_model(config(TestDeepFM.text, group("deep", PAIRED)))
