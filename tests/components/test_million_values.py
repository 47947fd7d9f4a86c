"""A categorical input of a million values: as large a table as any gets, of which a step touches few rows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from pairec_cli.components.trainer import train
from pairec_cli.domain.pipeline_config import parse, write
from pairec_cli.ranking.widths import MOST_VALUES, buckets
from tests.components.encoded_tables import FEATURES, columns, pipeline
from tests.components.encoded_tables import write as write_rows

ROWS = buckets(MOST_VALUES)


def test_only_the_rows_of_seen_values_are_trained(tmp_path: Path) -> None:
    text = write(pipeline(train="num_epochs: 1 save_checkpoints_epochs: 1"))
    config = parse(text.replace("num_buckets: 64", f"num_buckets: {ROWS}", 1))  # user_id is the first
    features = tuple(replace(one, num_buckets=ROWS) if one.name == "user_id" else one for one in FEATURES)
    data = columns(500)
    data["user_id"] = data["user_id"] * 30_000 + 7
    assert data["user_id"].max() > MOST_VALUES
    files = [write_rows(tmp_path / "train.parquet", data)], [write_rows(tmp_path / "eval.parquet", data)]
    result = train(config, features, *files, tmp_path / "model", seed=1)
    table = result.model.embeddings.table("user_id_emb")
    assert len(table) == ROWS
    untouched = ROWS**-0.5  # rows are drawn from as small a range as the table is long
    moved = torch.nonzero((table.abs() > untouched).any(1)).squeeze(1).numpy()
    assert moved.tolist() == np.unique(data["user_id"]).tolist()
