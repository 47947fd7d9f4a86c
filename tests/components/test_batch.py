"""Rows in the form that models read."""

from __future__ import annotations

import pytest
import torch

from pairec_cli.components.batch import Batch, Ragged, block


def one() -> Batch:
    return Batch.of(
        {"a": torch.tensor([1, 2]), "b": torch.tensor([3, 4]), "c": torch.tensor([5, 6])},
        {"x": torch.tensor([0.5, 1.5])},
        lists={"tags": Ragged(torch.tensor([7, 8, 9]), torch.tensor([0, 2, 3]))},
        labels={"is_click": torch.tensor([1.0, 0.0])},
        user=torch.tensor([4, 4]),
    )


def test_columns_by_name() -> None:
    batch = one()
    assert len(batch) == 2
    assert batch.id("b").tolist() == [3, 4]
    assert batch.id_block(["b", "c"]).tolist() == [[3, 5], [4, 6]]
    assert batch.id_block(["c", "a"]).tolist() == [[5, 1], [6, 2]]
    assert batch.dense_block(["x"]).tolist() == [[0.5], [1.5]]
    assert batch.dense_block([]).shape == (2, 0)
    with pytest.raises(ValueError, match="not in"):
        batch.id("nothing")


def test_neighbouring_columns_are_not_copied() -> None:
    matrix = torch.arange(12).reshape(3, 4)
    assert block(matrix, [1, 2]).data_ptr() == matrix[:, 1:].data_ptr()
    assert block(matrix, [2, 1]).data_ptr() != matrix[:, 2:].data_ptr()


def test_rows_are_counted_without_single_ids() -> None:
    lists = {"tags": Ragged(torch.tensor([7, 8, 9]), torch.tensor([0, 2, 2, 3]))}
    assert len(Batch.of(lists=lists)) == 3
    assert len(Batch.of(sequences={"s__x": torch.zeros((5, 2))})) == 5


def test_moving_keeps_every_part() -> None:
    moved = one().to("meta")
    assert moved.ids.device.type == moved.lists["tags"].values.device.type == "meta"
    assert moved.labels["is_click"].device.type == "meta"
    assert moved.user is not None and moved.user.device.type == "meta"
    assert moved.id_names == ("a", "b", "c")
