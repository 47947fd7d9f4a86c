"""The vectors of encoded rows, as texts: `0.1,-2.5,…`, several of one user joined by `|`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import torch

from pairec_cli.components.encoded_rows import RowForm
from pairec_cli.components.match_model import MatchModel
from pairec_cli.components.training_data import TrainingData
from pairec_cli.domain.errors import DataError
from pairec_cli.domain.model_features import ModelFeature

Side = Literal["user", "item"]
BATCH = 4096


def predict_vectors(
    model: MatchModel,
    files: Sequence[Path],
    features: Sequence[ModelFeature],
    side: Side,
    key: str,
    separator: str = ",",
) -> pa.Table:
    """Columns `key` as it is and `<side>_tower_emb`, in the order of the rows; no rows give an empty table.

    `features` are those of the side. Raises DataError as `TrainingData` does.
    """
    column = f"{side}_tower_emb"
    if not sum(pq.read_metadata(path).num_rows for path in files):
        return pa.table({key: pa.array([], pa.string()), column: pa.array([], pa.string())})
    data = TrainingData.open(files, RowForm(tuple(features), separator=separator))
    texts = []
    model.eval()
    with torch.no_grad():
        for batch in data.batches(BATCH):
            found = model.users(batch) if side == "user" else model.items(batch).unsqueeze(1)
            texts.append(vector_texts(found.cpu().numpy()))
    return pa.table({key: row_keys(files, key), column: pa.chunked_array(texts)})


def row_keys(files: Sequence[Path], key: str) -> pa.ChunkedArray:
    """A column of ids as they are, in the order of the rows. Raises DataError for NULL."""
    keys = [pq.read_table(path, columns=[key], partitioning=None).column(0) for path in files]
    ids = pa.chunked_array([chunk for one in keys for chunk in one.chunks]).cast(pa.string())
    if ids.null_count:
        raise DataError(f"column {key} holds {ids.null_count} NULL(s)")
    return ids


def vector_texts(vectors: npt.NDArray[np.float32]) -> pa.Array:
    """(B, K, D) → one text a row, of the first vector and those others that are not zero."""
    width = vectors.shape[2]
    there = np.abs(vectors).sum(2) > 0
    there[:, 0] = True
    flat = pa.array(vectors[there].reshape(-1)).cast(pa.string())
    each = pc.binary_join(_lists(flat, np.full(int(there.sum()), width)), ",")
    return pc.binary_join(_lists(each, there.sum(1)), "|")


def _lists(values: pa.Array, sizes: npt.NDArray[Any]) -> pa.ListArray:
    offsets = np.concatenate([np.zeros(1, np.int32), np.cumsum(sizes)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), values)
