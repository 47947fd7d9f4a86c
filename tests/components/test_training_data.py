"""Files as batches."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pairec_cli.components import training_data
from pairec_cli.components.batch import Batch
from pairec_cli.components.encoded_rows import RowForm
from pairec_cli.components.training_data import TrainingData
from pairec_cli.domain.errors import DataError
from tests.components.encoded_tables import FEATURES, columns, write

FORM = RowForm((*FEATURES,), ("is_click", "row"))


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Two files of 2500 and 500 rows in row groups of 300; label `row` numbers all rows."""
    first = columns(2500) | {"row": np.arange(2500)}
    second = columns(500, seed=1) | {"row": np.arange(2500, 3000)}
    return [
        write(tmp_path / "ds=20260101/a.parquet", first, 300),
        write(tmp_path / "ds=20260102/b.parquet", second, 300),
    ]


@pytest.fixture(params=["kept", "streamed"])
def data(files: list[Path], request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> TrainingData:
    monkeypatch.setattr(training_data, "WINDOW_BYTES", 100_000)
    memory = training_data.MEMORY if request.param == "kept" else 0
    return TrainingData.open(files, FORM, user="__user_id__", memory=memory)


def numbers(batches: Sequence[Batch]) -> list[list[int]]:
    return [batch.labels["row"].int().tolist() for batch in batches]


def test_every_row_once_in_an_order_of_its_own(data: TrainingData) -> None:
    first, again, second, other = (
        numbers(list(data.batches(64, seed=seed, epoch=epoch)))
        for seed, epoch in [(1, 0), (1, 0), (1, 1), (2, 0)]
    )
    assert first == again
    flat = [[row for batch in epoch for row in batch] for epoch in (first, second, other)]
    assert all(sorted(epoch) == list(range(3000)) for epoch in flat)
    assert flat[0] != flat[1] != flat[2] != flat[0]
    assert max(map(len, first)) <= 64 and min(map(len, first)) >= 50, "no small remainder"
    assert len({row // 300 for row in first[0]}) > 1, "a batch holds rows of several row groups"


def test_without_a_seed_in_the_files_order(data: TrainingData) -> None:
    assert [row for batch in numbers(list(data.batches(64))) for row in batch] == list(range(3000))


@pytest.mark.parametrize("skip", [0, 1, 10, 46, 1000])
def test_an_epoch_goes_on_where_it_stopped(data: TrainingData, skip: int) -> None:
    whole = numbers(list(data.batches(64, seed=3, epoch=2)))
    assert numbers(list(data.batches(64, seed=3, epoch=2, skip=skip))) == whole[skip:]


def test_users_have_one_number_in_all_files(data: TrainingData, files: list[Path]) -> None:
    names = [
        name for path in files for name in pq.read_table(path, partitioning=None)["__user_id__"].to_pylist()
    ]
    pairs = set()
    for batch in data.batches(64, seed=1):
        assert batch.user is not None
        rows = batch.labels["row"].int().tolist()
        pairs |= {(names[row], user) for row, user in zip(rows, batch.user.tolist(), strict=True)}
    assert len(pairs) == len(dict(pairs)) == len(set(names)) > 50


def test_streamed_rows_are_those_of_the_file(data: TrainingData) -> None:
    wanted = columns(2500)
    for batch in data.batches(64, seed=1):
        for place, row in enumerate(batch.labels["row"].int().tolist()):
            if row < 2500:
                assert batch.id("item_id")[place] == wanted["item_id"][row]
                assert batch.dense[place, 1] == np.float32(wanted["price"][row])
                ends = batch.lists["tags"].offsets
                tags = batch.lists["tags"].values[ends[place] : ends[place + 1]].tolist()
                assert ",".join(map(str, tags)) == wanted["tags"][row]


def test_memory_decides(files: list[Path]) -> None:
    small, large = TrainingData.open(files, FORM, memory=200_000), TrainingData.open(files, FORM)
    assert small._resident() is None, "the numbers would fit, the lists do not"
    assert large._resident() is large._resident() is not None


def test_a_whole_column(data: TrainingData) -> None:
    assert data.column("row").tolist() == list(range(3000))


def test_bad_numbers_are_counted_over_all_files(tmp_path: Path) -> None:
    bad = [write(tmp_path / f"{n}.parquet", columns(3) | {"age": [1.0, np.nan, np.inf]}) for n in range(2)]
    data = TrainingData.open(bad, RowForm(FEATURES, ("is_click",)))
    with pytest.raises(DataError, match=r"column age holds 4 value\(s\) that are NULL, NaN or infinite"):
        next(data.batches(2))


def test_a_bad_id_is_told_with_its_file(tmp_path: Path) -> None:
    path = write(tmp_path / "ds=20260101/x.parquet", columns(2) | {"day_h": [24, 0]})
    data = TrainingData.open([path], RowForm(FEATURES, ("is_click",)))
    with pytest.raises(
        DataError, match=r"ds=20260101/x.parquet: feature day_h has the id 24, outside 0 … 23"
    ):
        next(data.batches(2))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "no.parquet").write_bytes(b"nothing")
    empty = tmp_path / "empty.parquet"
    pq.write_table(pa.table(columns(1)).slice(0, 0), empty)
    form = RowForm(FEATURES, ("is_click",))
    for files, told in [
        ([], "there are no rows"),
        ([empty], "there are no rows"),
        ([tmp_path / "gone.parquet"], "does not exist"),
        ([tmp_path / "no.parquet"], "is no Parquet file"),
    ]:
        with pytest.raises(DataError, match=told):
            TrainingData.open(files, form)
    path = write(tmp_path / "ds=1/x.parquet", columns(2))
    with pytest.raises(DataError, match=r"ds=1/x.parquet has no column is_bought, gone"):
        TrainingData.open([path], RowForm(FEATURES, ("is_bought",)), user="gone")
