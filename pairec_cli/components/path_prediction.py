"""What PDN's two nets tell of encoded rows: T of a user's triggers, S of a trigger and an item."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import torch

from pairec_cli.components.encoded_rows import RowForm
from pairec_cli.components.pdn import PDN
from pairec_cli.components.training_data import TrainingData
from pairec_cli.components.vector_prediction import row_keys
from pairec_cli.domain.model_features import ModelFeature

Net = Literal["trigger", "sim"]
BATCH = 4096


def predict_paths(
    model: PDN,
    files: Sequence[Path],
    features: Sequence[ModelFeature],
    net: Net,
    key: str,
    separator: str = ",",
) -> pa.Table:
    """Columns `key` as it is and `<net>_out`: the numbers of the row's triggers in their order, joined by
    `;`. In the order of the rows; no rows give an empty table. `features` are those that the net reads."""
    column = f"{net}_out"
    if not sum(pq.read_metadata(path).num_rows for path in files):
        return pa.table({key: pa.array([], pa.string()), column: pa.array([], pa.string())})
    data = TrainingData.open(files, RowForm(tuple(features), separator=separator))
    texts = []
    model.eval()
    with torch.no_grad():
        for batch in data.batches(BATCH):
            found, present = model.triggers(batch) if net == "trigger" else model.similarities(batch)
            flat = pa.array(found[present].double().numpy()).cast(pa.string())
            ends = np.concatenate([np.zeros(1, np.int32), np.cumsum(present.sum(1).numpy())])
            lists = pa.ListArray.from_arrays(pa.array(ends.astype(np.int32)), flat)
            texts.append(pc.binary_join(lists, ";"))
    return pa.table({key: row_keys(files, key), column: pa.chunked_array(texts)})
