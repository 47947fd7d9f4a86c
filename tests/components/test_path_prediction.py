"""What the nets tell of rows, as texts."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from pairec_cli.components.path_prediction import predict_paths
from pairec_cli.components.pdn import PDN
from pairec_cli.components.ranking_models import ranking_model
from pairec_cli.domain.errors import DataError
from pairec_cli.domain.model_features import Form, ModelFeature
from tests.components.ranking_rows import BCE, config, group
from tests.components.test_pdn import NETS, SEQUENCES

NAMES = ("click_5_seq__item_id", "click_5_seq__ts", "click_5_seq__share")


def field(name: str) -> ModelFeature:
    form = Form.RAW if name.endswith("share") else Form.ID
    return ModelFeature(
        name, form, "user", (name,), vocabulary="" if form is Form.RAW else name, num_buckets=40,
        sequence="click_5_seq", sequence_length=5,
    )  # fmt: skip


def model() -> PDN:
    torch.manual_seed(0)
    groups = group("user", ("user_id",)) + group("item", ("item_id",)) + SEQUENCES
    found = ranking_model(config(f"{BCE} pdn {{ {NETS} }}", groups))
    assert isinstance(found, PDN)
    return found.eval()


def rows(folder: Path, **columns: list[object]) -> Path:
    table = pa.table(
        {
            "user_id": [1, 2, 3],
            "click_5_seq__item_id": ["4;5", "", "6"],
            "click_5_seq__ts": ["1;2", "", "3"],
            "click_5_seq__share": ["0.5;-1", "", "2"],
            "__user_id__": ["a", "b", "c"],
        }
        | columns
    )
    pq.write_table(table, folder / "rows")
    return folder / "rows"


READ = [
    ModelFeature("user_id", Form.ID, "user", ("user_id",), vocabulary="user", num_buckets=50),
    *map(field, NAMES),
]


def test_each_trigger_has_a_number_in_its_place(tmp_path: Path) -> None:
    found = predict_paths(model(), [rows(tmp_path)], READ, "trigger", "__user_id__")
    assert found.column_names == ["__user_id__", "trigger_out"]
    assert found["__user_id__"].to_pylist() == ["a", "b", "c"]
    texts = found["trigger_out"].to_pylist()
    assert [len(text.split(";")) if text else 0 for text in texts] == [2, 0, 1]
    assert all(float(one) > 0 for text in texts if text for one in text.split(";"))


def test_a_row_is_told_alike_whatever_stands_beside_it(tmp_path: Path) -> None:
    first = predict_paths(model(), [rows(tmp_path)], READ, "trigger", "__user_id__")[
        "trigger_out"
    ].to_pylist()
    same = {
        "user_id": [1, 1, 1],
        **{name: [value] * 3 for name, value in zip(NAMES, ("4;5", "1;2", "0.5;-1"), strict=True)},
    }
    again = predict_paths(model(), [rows(tmp_path, **same)], READ, "trigger", "__user_id__")
    for text in again["trigger_out"].to_pylist():
        assert [float(x) for x in text.split(";")] == pytest.approx([float(x) for x in first[0].split(";")])


def test_no_rows_give_no_rows(tmp_path: Path) -> None:
    path = rows(tmp_path)
    pq.write_table(pq.read_table(path).slice(0, 0), path)
    found = predict_paths(model(), [path], READ, "sim", "__user_id__")
    assert (found.num_rows, found.column_names) == (0, ["__user_id__", "sim_out"])


def test_a_row_without_a_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="NULL"):
        predict_paths(model(), [rows(tmp_path, __user_id__=["a", None, "c"])], READ, "trigger", "__user_id__")
