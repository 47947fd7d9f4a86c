"""Training that begins with an earlier model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pairec_cli.components.checkpoints import Checkpoint, save
from pairec_cli.components.optimizers import RowOptimizer
from pairec_cli.components.ranking_model import RankingModel
from pairec_cli.components.ranking_models import ranking_model
from pairec_cli.components.trainer import train
from pairec_cli.components.warm_start import Beginning, begin_with, feature_of, shared_rows
from pairec_cli.domain.errors import DataError
from pairec_cli.domain.model_features import ModelFeature
from pairec_cli.domain.pipeline_config import PipelineConfig, write
from tests.components import encoded_tables
from tests.components.encoded_tables import FEATURES, columns, pipeline

BEFORE = {"user_id": ["a", "b", "c"], "item_id": ["x", "y"], "tags": ["t"]}
NOW = {"user_id": ["new", "c", "a"], "item_id": ["y", "x"], "tags": ["t"]}


def made(config: PipelineConfig, seed: int) -> tuple[RankingModel, RowOptimizer]:
    torch.manual_seed(seed)
    model = ranking_model(config)
    assert config.train_config is not None
    rows = RowOptimizer(config.train_config.sparse_optimizer, model.embeddings.matrices)
    for sums in rows.accumulators.values():
        sums.uniform_(1, 2)
    return model, rows


def written(
    folder: Path, config: PipelineConfig, features: Sequence[ModelFeature] = FEATURES
) -> tuple[RankingModel, RowOptimizer]:
    """A model's folder, as training and export leave it."""
    model, rows = made(config, seed=1)
    tensors = {f"model/{name}": one for name, one in model.state_dict().items()}
    tensors |= {f"rows/{name}": one for name, one in rows.accumulators.items()}
    save(folder / "checkpoint" / "best.npz", Checkpoint(tensors, {}))
    (folder / "pipeline.config").write_text(write(config), "utf-8")
    (folder / "features.json").write_text(json.dumps([one.as_dict() for one in features]), "utf-8")
    paths = {name: f"vocabulary/{name}.json" for name in BEFORE}
    (folder / "vocabulary").mkdir()
    for name, values in BEFORE.items():
        (folder / paths[name]).write_text(json.dumps(values), "utf-8")
    (folder / "model.json").write_text(json.dumps({"vocabularies": paths}), "utf-8")
    return model, rows


def rows_of(pairs: tuple[np.ndarray, np.ndarray] | None) -> list[tuple[int, int]] | None:
    return None if pairs is None else [(int(one), int(two)) for one, two in zip(*pairs, strict=True)]


def beginning(before: Mapping[str, Sequence[str]] = BEFORE) -> Beginning:
    return Beginning(Path("-"), before, NOW)


def test_ids_of_the_same_values() -> None:
    user = FEATURES[0]
    assert rows_of(shared_rows(user, user, beginning())) == [(0, 0), (1, 1), (3, 4), (4, 2)]
    assert shared_rows(user, user, beginning({})) is None
    hour = FEATURES[2]
    assert rows_of(shared_rows(hour, hour, beginning())) == [(number, number) for number in range(24)]
    assert shared_rows(hour, replace(hour, num_buckets=12), beginning()) is None
    binned = FEATURES[-1]
    assert shared_rows(binned, replace(binned, boundaries=(1, 20)), beginning()) is None


def test_rows_go_with_their_values(tmp_path: Path) -> None:
    config = pipeline()
    old, old_rows = written(tmp_path, config)
    model, rows = made(config, seed=2)
    fresh = {name: model.embeddings.table(name).clone() for name in model.embeddings.tables}
    assert begin_with(Beginning.of(tmp_path, NOW), model, rows, FEATURES) == []
    users, users_before = model.embeddings.table("user_id_emb"), old.embeddings.table("user_id_emb")
    assert torch.equal(users[[0, 1, 3, 4]], users_before[[0, 1, 4, 2]])
    assert torch.equal(users[2], fresh["user_id_emb"][2]), "a new value begins anew"
    assert torch.equal(model.embeddings.table("day_h_emb"), old.embeddings.table("day_h_emb"))
    place = model.embeddings.places["item_id_emb"]
    sums, sums_before = rows.accumulators["8"], old_rows.accumulators["8"]
    assert torch.equal(sums[place.first + 2], sums_before[place.first + 3])
    assert torch.equal(model.state_dict()["output.weight"], old.state_dict()["output.weight"])


def test_what_does_not_fit_begins_anew_and_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, pipeline())
    wider = encoded_tables.INPUTS.replace(
        "num_buckets: 24 embedding_dim: 4", "num_buckets: 24 embedding_dim: 6"
    )
    monkeypatch.setattr(encoded_tables, "INPUTS", wider)
    model, rows = made(pipeline(), seed=2)
    told = begin_with(Beginning.of(tmp_path, NOW), model, rows, FEATURES)
    assert told == ["embedding day_h_emb begins anew", "weight towers.0.layers.0.linear.weight begins anew"]


def test_more_buckets_than_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, _ = written(tmp_path, pipeline())
    more = encoded_tables.INPUTS.replace('"user:user_id" num_buckets: 64', '"user:user_id" num_buckets: 128')
    monkeypatch.setattr(encoded_tables, "INPUTS", more)
    model, rows = made(pipeline(), seed=2)
    assert begin_with(Beginning.of(tmp_path, NOW), model, rows, FEATURES) == []
    for table, now, before in [("user_id_emb", 4, 2), ("item_id_emb", 2, 3), ("tags_emb", 2, 2)]:
        assert torch.equal(model.embeddings.table(table)[now], old.embeddings.table(table)[before])


def test_tables_of_a_group_s_own_have_the_ids_of_the_shared_one() -> None:
    wide = 'feature_groups { group_name: "wide" group_type: WIDE feature_names: "item_id" }'
    model = ranking_model(pipeline(wide + encoded_tables.MULTI_TOWER))
    own = [
        name for name in model.embeddings.tables if name != "item_id_emb" and name.startswith("item_id_emb")
    ]
    assert [feature_of(name, model, FEATURES) for name in own] == [FEATURES[1]]
    assert feature_of("gone_emb", model, FEATURES) is None


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no model to begin with"):
        Beginning.of(tmp_path, NOW)
    model, rows = made(pipeline(), seed=2)
    with pytest.raises(DataError, match="there is no checkpoint"):
        begin_with(Beginning(tmp_path, BEFORE, NOW), model, rows, FEATURES)
    written(tmp_path, pipeline())
    (tmp_path / "pipeline.config").write_text("model_dir: 5", "utf-8")
    with pytest.raises(DataError, match="holds no model to begin with"):
        begin_with(Beginning(tmp_path, BEFORE, NOW), model, rows, FEATURES)


def test_a_day_more_goes_on_from_the_day_before(tmp_path: Path) -> None:
    """With vocabularies that moved, one step of training after three epochs is better than one step alone."""
    torch.set_num_threads(1)
    values = [str(value) for value in range(2, 64)]
    moved = [values[-1], *values[:-1]]
    first, second = columns(3000, 1), columns(300, 2)
    held_out = columns(1000, 3)
    for rows in (second, held_out):
        rows["user_id"], rows["item_id"] = rows["user_id"] + 1, rows["item_id"] + 1
    files = {
        name: encoded_tables.write(tmp_path / name / "part.parquet", rows)
        for name, rows in [("first", first), ("second", second), ("held_out", held_out)]
    }
    yesterday = tmp_path / "yesterday"
    long, short = pipeline(train="num_epochs: 3"), pipeline(train="num_steps: 1")
    train(long, FEATURES, [files["first"]], [files["first"]], yesterday)
    (yesterday / "pipeline.config").write_text(write(long), "utf-8")
    (yesterday / "features.json").write_text(json.dumps([one.as_dict() for one in FEATURES]), "utf-8")
    names = ("user_id", "item_id", "tags")
    begin = Beginning(
        yesterday, dict.fromkeys(names, values), {**dict.fromkeys(names, moved), "tags": values}
    )
    aucs = []
    for given in (begin, None):
        folder = tmp_path / f"today-{given is None}"
        result = train(short, FEATURES, [files["second"]], [files["held_out"]], folder, beginning=given)
        aucs.append(next(one.value for one in result.best.metrics if one.metric == "auc"))
    assert aucs[0] > 0.85 > 0.7 > aucs[1]
