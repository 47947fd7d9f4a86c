"""Vectors as texts, read back by the search."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from pairec_cli.components.match_models import match_model
from pairec_cli.components.vector_prediction import predict_vectors
from pairec_cli.components.vector_search import vectors
from tests.components.test_match_model import batch
from tests.components.towers import FEATURES, config, rows, write


@pytest.mark.parametrize("kind", ["dssm", "mind"])
def test_texts_are_the_vectors_of_the_model(tmp_path: Path, kind: str) -> None:
    torch.manual_seed(0)
    model = match_model(config(kind)).eval()
    file = write(tmp_path / "users.parquet", rows(7, 1))
    of_user = [feature for feature in FEATURES if feature.side == "user"]
    found = predict_vectors(model, [file], of_user, "user", "__user_id__")
    assert found["__user_id__"].to_pylist() == [f"u{place}" for place in range(7)]
    matrix, starts = vectors(found["user_tower_emb"].combine_chunks())
    with torch.no_grad():
        expected = model.users(batch(7, 1)).numpy()
    for row, own in enumerate(expected):
        there = own[np.abs(own).sum(1) > 0]
        assert matrix[starts[row] : starts[row + 1]] == pytest.approx(there, abs=1e-6)


def test_items_have_one_vector(tmp_path: Path) -> None:
    model = match_model(config()).eval()
    file = write(tmp_path / "items.parquet", rows(5, 1))
    of_item = [feature for feature in FEATURES if feature.side == "item"]
    found = predict_vectors(model, [file], of_item, "item", "__user_id__")
    matrix, starts = vectors(found["item_tower_emb"].combine_chunks())
    assert matrix.shape == (5, 8)
    assert starts.tolist() == list(range(6))


def test_no_rows_give_no_vectors(tmp_path: Path) -> None:
    file = write(tmp_path / "none.parquet", rows(0, 1))
    found = predict_vectors(match_model(config()), [file], FEATURES[:1], "user", "__user_id__")
    assert (found.num_rows, found.column_names) == (0, ["__user_id__", "user_tower_emb"])
