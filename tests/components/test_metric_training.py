"""Training on sessions: neighbours of one kind, the best epoch, the same result whatever the rows' order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from pairec_cli.components.metric_training import MetricResult, predict_items, train_metric
from pairec_cli.domain.errors import DataError
from tests.components.sessions import FEATURES, ITEMS, catalog, config, rows


def write(path: Path, table: pa.Table) -> Path:
    pq.write_table(table, path)
    return path


def trained(
    folder: Path, table: pa.Table, held_out: pa.Table | None = None, epochs: int = 3, fields: str = ""
) -> MetricResult:
    folder.mkdir(exist_ok=True)
    return train_metric(
        config(*([fields] if fields else []), epochs=epochs),
        FEATURES,
        [write(folder / "train", table)],
        [] if held_out is None else [write(folder / "eval", held_out)],
        [write(folder / "items", catalog())],
        "__item_id__",
    )


def neighbours(folder: Path, result: MetricResult) -> dict[int, list[int]]:
    table = predict_items(result.model, [folder / "items"], FEATURES, "__item_id__")
    assert table.column_names == ["__item_id__", "item_tower_emb"]
    vectors = np.array([text.split(",") for text in table["item_tower_emb"].to_pylist()], float)
    names = [int(name[1:]) for name in table["__item_id__"].to_pylist()]
    scores = vectors @ vectors.T - 9 * np.eye(len(vectors))
    return {names[row]: [names[one] for one in np.argsort(-scores[row])[:5]] for row in range(len(names))}


@pytest.mark.parametrize("fields", ["", "circle_loss { gamma: 8 }"])
def test_items_that_sessions_click_together_are_neighbours(tmp_path: Path, fields: str) -> None:
    result = trained(tmp_path, rows(200, 5), epochs=15, fields=fields)
    same = [other % 2 == item % 2 for item, near in neighbours(tmp_path, result).items() for other in near]
    assert np.mean(same) > 0.9


def test_held_out_clicks_choose_the_epoch(tmp_path: Path) -> None:
    table = rows(120, 6)
    last = np.arange(len(table)) % 6 == 5
    result = trained(tmp_path, table.filter(pa.array(~last)), table.filter(pa.array(last)), epochs=40)
    scores = [epoch.metrics[0].value for epoch in result.epochs]
    assert result.epochs[0].metrics[0].metric == "ndcg"
    assert scores[result.best_epoch - 1] == max(scores)
    assert result.stopped_early and len(scores) == result.best_epoch + 2
    chance = float(np.mean(1 / np.log2(2 + np.arange(ITEMS - 5))))
    assert max(scores) > 1.2 * chance


def test_the_order_of_the_rows_changes_nothing(tmp_path: Path) -> None:
    table = rows(40, 4)
    mixed = table.take(pa.array(np.random.default_rng(1).permutation(len(table))))
    first, second = trained(tmp_path / "a", table), trained(tmp_path / "b", mixed)
    for name, weight in first.model.state_dict().items():
        assert torch.equal(weight, second.model.state_dict()[name])


def test_held_out_clicks_of_unknown_sessions_and_items_are_left_out(tmp_path: Path) -> None:
    unknown = rows(1, 1).set_column(3, "session_id", pa.array(["nobody"]))
    assert trained(tmp_path, rows(20, 3), unknown, epochs=1).epochs[0].metrics == ()


def test_sessions_of_one_click_teach_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no session has two clicked items"):
        trained(tmp_path, rows(10, 1))


def test_no_rows_at_all_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no training rows"):
        trained(tmp_path, rows(1, 2).slice(0, 0))


def test_no_items_give_no_vectors(tmp_path: Path) -> None:
    result = trained(tmp_path, rows(20, 3), epochs=1)
    found = predict_items(
        result.model, [write(tmp_path / "none", catalog().slice(0, 0))], FEATURES, "__item_id__"
    )
    assert (found.num_rows, found.column_names) == (0, ["__item_id__", "item_tower_emb"])
