"""The item model: its vectors, its loss over a batch, and configs that no model can be built from."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from pairec_cli.components.batch import Batch
from pairec_cli.components.co_metric_learning import CoMetricLearningI2I
from pairec_cli.components.encoded_rows import RowForm, decode
from pairec_cli.components.metric_losses import circle_loss, pairs
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.pipeline_config.losses import CircleLoss
from pairec_cli.domain.pipeline_config.models import PositivePairs
from tests.components.sessions import FEATURES, config, rows


def batch(count: int = 12) -> Batch:
    table = rows(4, 3)
    form = RowForm(FEATURES, ("is_click",))
    return decode(table.combine_chunks().to_batches()[0], form).batch(np.arange(count), np.arange(count) // 3)


def test_vectors_have_length_one_unless_told_otherwise() -> None:
    torch.manual_seed(0)
    given = batch()
    found = CoMetricLearningI2I(config()).items(given)
    assert found.shape == (12, 8)
    assert torch.allclose(found.norm(dim=1), torch.ones(12))
    torch.manual_seed(0)
    raw = CoMetricLearningI2I(config("output_l2_normalized_emb: false")).items(given)
    assert torch.allclose(F.normalize(raw, dim=1), found)
    assert not torch.allclose(raw, found)


def test_the_loss_is_that_of_the_batchs_pairs() -> None:
    torch.manual_seed(0)
    model, given = CoMetricLearningI2I(config("circle_loss { gamma: 4 }")), batch()
    vectors, items = model.items(given), given.id("item_id")
    positive, negative = pairs(given.user, items, given.labels["is_click"], PositivePairs.CLICKED)  # type: ignore
    expected = circle_loss(vectors @ vectors.T, positive, negative, CircleLoss(gamma=4))
    assert model.loss(given, items).item() == pytest.approx(expected.item())


def test_the_last_layer_is_linear() -> None:
    model = CoMetricLearningI2I(config())
    assert model.dnn.inner is not None
    assert model.dnn.out.out_features == 8
    assert bool((model.items(batch()) < 0).any()), "no activation cuts the vectors"


@pytest.mark.parametrize(("fields", "told"), [("session_size: 1", "2 or more")])
def test_a_config_without_pairs_is_refused(fields: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        CoMetricLearningI2I(config(fields))


def test_known_pairs_are_not_pushed_apart() -> None:
    torch.manual_seed(0)
    model, given = CoMetricLearningI2I(config()), batch()
    items, nothing = given.id("item_id"), torch.zeros(12, 12, dtype=torch.bool)
    assert model.loss(given, items, nothing).item() == model.loss(given, items).item()
    assert model.loss(given, items, ~nothing).item() == 0, "no negative is left"
