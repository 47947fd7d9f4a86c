"""Training finds what was planted: users take items of one parity, their history says of which."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from pairec_cli.components.vector_training import PATIENCE, VectorResult, train_vectors
from pairec_cli.domain.errors import DataError, InvalidConfig
from pairec_cli.domain.pipeline_config import PipelineConfig, parse
from pairec_cli.domain.pipeline_config import write as write_config
from tests.components.towers import FEATURES, catalog, config, rows, text_of, write


def trained(folder: Path, of: PipelineConfig, held_out: int = 100) -> VectorResult:
    files = [write(folder / "train.parquet", rows(600, 1))]
    others = [write(folder / "eval.parquet", rows(held_out, 2))]
    return train_vectors(of, FEATURES, files, others, catalog(of))


def quick(kind: str) -> PipelineConfig:
    """One that learns within three epochs: DropoutNet wider, and with less of what it has to do without."""
    text = text_of(kind).replace("dropout_rate: 0.5", "dropout_rate: 0.2")
    return parse(text.replace("hidden_units: 8 }", "hidden_units: 32 }") if kind == "dropoutnet" else text)


@pytest.mark.parametrize("kind", ["dssm", "mind", "dropoutnet"])
def test_items_of_the_users_kind_come_first(tmp_path: Path, kind: str) -> None:
    result = trained(tmp_path, quick(kind))
    assert not result.model.training
    metrics = {metric.metric: metric.value for metric in result.epochs[result.best_epoch - 1].metrics}
    by_chance = float(np.mean(1 / np.log2(2 + np.arange(20))))
    assert metrics["ndcg"] > by_chance + 0.05
    assert metrics["recall_at_20"] == 1.0
    assert result.epochs[-1].loss < result.epochs[0].loss


def test_the_best_epoch_is_kept_and_a_seed_repeats_it(tmp_path: Path) -> None:
    first, second = trained(tmp_path, config(epochs=4)), trained(tmp_path, config(epochs=4))
    scores = [epoch.score or 0 for epoch in first.epochs]
    assert first.best_epoch == 1 + int(np.argmax(scores))
    for name, weight in first.model.state_dict().items():
        assert torch.equal(weight, second.model.state_dict()[name])


def test_training_ends_when_it_gets_no_better(tmp_path: Path) -> None:
    result = trained(tmp_path, config(epochs=50))
    assert result.stopped_early
    assert len(result.epochs) == result.best_epoch + PATIENCE


def test_without_held_out_rows_all_epochs_are_taken(tmp_path: Path) -> None:
    result = trained(tmp_path, config(epochs=2), held_out=0)
    assert (len(result.epochs), result.best_epoch, result.epochs[0].metrics) == (2, 2, ())


def test_nothing_to_learn_from_is_told(tmp_path: Path) -> None:
    of = config()
    with pytest.raises(DataError, match="no training rows"):
        train_vectors(of, FEATURES, [write(tmp_path / "t.parquet", rows(0, 1))], [], catalog(of))


def test_a_field_that_is_not_honoured_is_refused(tmp_path: Path) -> None:
    text = write_config(config())
    assert "shuffle: true" in text
    other = parse(text.replace("shuffle: true", "shuffle: true batch_cost_size: 5"))
    with pytest.raises(InvalidConfig, match="batch_cost_size"):
        trained(tmp_path, other)


def test_a_model_for_new_users_and_items_is_measured_as_one_meets_them(tmp_path: Path) -> None:
    result = trained(tmp_path, quick("dropoutnet"))
    best = result.epochs[result.best_epoch - 1]
    found = {metric.metric: metric.value for metric in best.metrics}
    cases = [found["ndcg"], found["ndcg_new_user"], found["ndcg_new_item"]]
    assert len(set(cases)) == 3
    assert best.score == pytest.approx(np.mean(cases))
    assert result.model.case == ""


def test_masks_make_another_model_and_a_seed_repeats_it(tmp_path: Path) -> None:
    text = write_config(config("dropoutnet", epochs=1))
    masked = text.replace("shuffle: true", "shuffle: true sample_mask_prob: 0.5")
    masked = masked.replace('feature_name: "gender"', 'feature_name: "gender" use_mask: true')
    plain, first, second = (
        trained(tmp_path, parse(one)).model.embeddings.table("gender_emb") for one in (text, masked, masked)
    )
    assert torch.equal(first, second)
    assert not torch.equal(plain, first)

    assert (first[0] - plain[0]).abs().max() > 1e-3
