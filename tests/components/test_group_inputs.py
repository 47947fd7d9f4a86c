"""Batches as feature groups read them."""

from __future__ import annotations

import pytest
import torch

from pairec_cli.components.batch import Batch
from pairec_cli.components.group_inputs import BatchInputs
from pairec_cli.domain.errors import DataError
from tests.components.ranking_rows import rows


def test_blocks_have_all_rows_and_the_columns_asked_for() -> None:
    batch = rows(4)
    inputs = BatchInputs(batch)
    ((ids, columns),) = inputs.ids(["item_id", "age"])
    assert torch.equal(ids, torch.stack([batch.id("item_id"), batch.id("age")], 1))
    assert columns == [0, 1]
    ((numbers, _),) = inputs.numbers(["kv"])
    assert torch.equal(numbers, batch.dense_block(["kv"]))
    assert inputs.rows is None
    assert inputs.is_single("age")
    assert not inputs.is_single("tags")


def test_entries_of_a_sequence_with_and_without_padding() -> None:
    batch = Batch.of(
        {"i": torch.zeros(3, dtype=torch.int64)},
        sequences={"s__a": torch.tensor([[5, 6], [0, 0], [7, 0]])},
        lengths={"s": torch.tensor([2, 0, 1])},
    )
    inputs = BatchInputs(batch)
    assert inputs.entries("s__a", "s").present.tolist() == [[True, True], [False, False], [True, False]]
    found = inputs.pooled_entries("s__a", "s")
    assert (found.values.tolist(), found.offsets.tolist()) == ([5, 6, 7], [0, 2, 2, 3])


def test_a_length_beyond_the_batch_counts_what_there_is() -> None:
    batch = Batch.of(
        {"i": torch.zeros(1, dtype=torch.int64)},
        sequences={"s__a": torch.tensor([[5, 6]])},
        lengths={"s": torch.tensor([9])},
    )
    assert BatchInputs(batch).pooled_entries("s__a", "s").offsets.tolist() == [0, 2]


@pytest.mark.parametrize("read", ["several", "numbers", "entries"])
def test_a_feature_that_the_rows_lack_is_named(read: str) -> None:
    inputs = BatchInputs(rows(2))
    with pytest.raises(DataError, match="'nothing'"):
        {
            "several": lambda: inputs.several("nothing"),
            "numbers": lambda: inputs.numbers(["nothing"]),
            "entries": lambda: inputs.entries("nothing", "click_5_seq"),
        }[read]()
