"""Encoded rows in memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pairec_cli.components.encoded_rows import RowForm, Rows, decode
from pairec_cli.domain.errors import DataError
from tests.components.encoded_tables import FEATURES, columns

FORM = RowForm(FEATURES, ("is_click", "ln_playtime"), ("sample_weight",))


def rows_of(data: dict[str, Any], form: RowForm = FORM) -> Rows:
    return decode(pa.RecordBatch.from_pydict(data), form)


def test_a_batch_holds_the_chosen_rows() -> None:
    data = columns(20)
    batch = Rows.joined([rows_of(columns(5, seed=1)), rows_of(data)]).batch(
        np.array([8, 5, 5]), np.array([1, 2, 2])
    )
    chosen = [3, 0, 0]
    assert len(batch) == 3
    assert batch.id("item_id").tolist() == data["item_id"][chosen].tolist()
    assert batch.id_block(["day_h"]).flatten().tolist() == data["day_h"][chosen].tolist()
    assert batch.dense_block(["price", "age"]).numpy() == pytest.approx(
        np.stack([data["price"][chosen], data["age"][chosen]], 1), rel=1e-6
    )
    assert batch.labels["is_click"].tolist() == data["is_click"][chosen].tolist()
    assert batch.weights["sample_weight"].numpy() == pytest.approx(data["sample_weight"][chosen], rel=1e-6)
    assert batch.lists["tags"].values.tolist() == [
        int(x) for row in chosen for x in data["tags"][row].split(",")
    ]
    wanted = [data["click_5_seq__item_id"][row].split(";")[:5] for row in chosen]
    assert batch.lengths["click_5_seq"].tolist() == [len([x for x in one if x]) for one in wanted]
    assert batch.user is not None and batch.user.tolist() == [1, 2, 2]


def test_what_is_read() -> None:
    assert [feature.name for feature in FORM.ids] == ["user_id", "item_id", "day_h"]
    assert FORM.numbers == ("age", "price", "is_click", "ln_playtime", "sample_weight")
    assert FORM.lists == ("tags", "click_5_seq__item_id", "click_5_seq__ts")
    assert set(FORM.columns) < set(columns(1))


def test_a_model_of_numbers_alone() -> None:
    batch = rows_of(columns(4), RowForm((FEATURES[4],))).batch(np.arange(3))
    assert (len(batch), batch.ids.shape, batch.dense.shape) == (3, (3, 0), (3, 1))


@pytest.mark.parametrize(
    ("column", "values", "told"),
    [
        ("item_id", [1, 64, 2], "feature item_id has the id 64, outside 0 … 63"),
        ("item_id", [1, -3, 2], "feature item_id has the id -3, outside"),
        ("item_id", [1, None, 2], r"column item_id holds 1 NULL\(s\) instead of ids"),
        ("item_id", ["1", "2", "3"], "column item_id holds string, not whole numbers"),
        (
            "age",
            [1.0, float("nan"), float("inf")],
            r"column age holds 2 value\(s\) that are NULL, NaN or infinite",
        ),
        ("age", [1.0, None, 1e39], r"column age holds 2 value\(s\)"),
        ("is_click", ["a", "b", "c"], "column is_click holds string, not numbers"),
    ],
)
def test_bad_columns_are_named(column: str, values: list[Any], told: str) -> None:
    with pytest.raises(DataError, match=told):
        rows_of(columns(3) | {column: values})


def test_bytes_are_counted() -> None:
    rows = rows_of(columns(10))
    assert rows.nbytes > rows.ids.nbytes + rows.numbers.nbytes == 10 * 4 * (3 + 5)
