"""How well a model predicts."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
import torch

from pairec_cli.components.encoded_rows import RowForm, decode
from pairec_cli.components.model_metrics import determination, measure, metric_names, predictions
from pairec_cli.components.ranking_model import Task
from pairec_cli.components.ranking_models import ranking_model
from tests.components.encoded_tables import DBMTL, FEATURES, columns, pipeline

CLICK, PLAYTIME = Task("is_click", "click", True), Task("ln_playtime", "ln_playtime", False)


def values(*numbers: float) -> np.ndarray:
    return np.array(numbers, np.float32)


def test_metrics_by_target_and_their_mean() -> None:
    logits = {"is_click": values(2, 1, 0, 3), "ln_playtime": values(1, 0, 0, 0)}
    labels = {"click": values(1, 0, 0, 1), "ln_playtime": values(2, 0, 2, 0)}
    quality = measure([CLICK, PLAYTIME], logits, labels, np.array([1, 1, 2, 2]))
    assert quality.value("is_click", "auc") == quality.value("is_click", "grouped_auc") == 1
    losses = [math.log(1 + math.exp(sign * z)) for sign, z in [(-1, 2), (1, 1), (1, 0), (-1, 3)]]
    assert quality.value("is_click", "log_loss") == pytest.approx(sum(losses) / 4)
    assert quality.value("ln_playtime", "mean_squared_error") == pytest.approx(5 / 4)
    assert quality.value("ln_playtime", "mean_absolute_error") == pytest.approx(3 / 4)
    assert quality.score == pytest.approx((1 + (1 - 1.25)) / 2)
    assert quality.undefined == ()
    assert quality.value("is_click", "mean_squared_error") is None


def test_one_class_defines_no_auc() -> None:
    quality = measure([CLICK], {"is_click": values(1, 2)}, {"click": values(0, 0)}, np.array([1, 2]))
    assert [one.metric for one in quality.metrics] == ["log_loss"]
    assert quality.score is None
    assert quality.undefined[0] == "auc of is_click is not defined: the rows hold one class only"


def test_users_are_needed_for_groups() -> None:
    assert metric_names(CLICK, grouped=False) == ("auc", "log_loss")
    assert "grouped_auc" in metric_names(CLICK, grouped=True)
    assert metric_names(PLAYTIME, grouped=True) == ("mean_squared_error", "mean_absolute_error")


def test_determination_by_hand() -> None:
    assert determination(values(0, 2), values(0, 1)) == 0.5
    assert determination(values(1, 1), values(0, 1)) is None


def test_predictions_are_the_model_s_in_the_rows_order() -> None:
    torch.manual_seed(0)
    model = ranking_model(pipeline(DBMTL)).train()
    rows = decode(pa.RecordBatch.from_pydict(columns(10)), RowForm(FEATURES, ("is_click", "ln_playtime")))
    users = np.arange(10)
    batches = [rows.batch(users[:6], users[:6]), rows.batch(users[6:], users[6:])]
    logits, labels, found = predictions(model, batches, torch.device("cpu"))
    assert model.training
    with torch.no_grad():
        whole = model.eval()(rows.batch(users))
    assert logits["ln_playtime"] == pytest.approx(whole["ln_playtime"].numpy(), abs=1e-6)
    assert labels["is_click"].tolist() == columns(10)["is_click"].tolist()
    assert found is not None and found.tolist() == users.tolist()
