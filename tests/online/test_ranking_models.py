"""Models in service."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from pairec_cli.domain.errors import DataError, PairecError
from pairec_cli.online.model_description import ModelDescription
from pairec_cli.online.ranking_models import InService, RankingModel, ServedModel
from pairec_cli.online.snapshot_writing import write_snapshot
from tests.online.model_folders import feature, graph, layout, write_model

FEATURES = [
    feature("user_id", "id", "user"),
    feature("net", "id", "context"),
    feature("day_h", "whole", "context", num_buckets=24),
    feature("cnt", "raw", "item"),
]
VOCABULARIES = {"user_id": ["u1"], "net": ["4_G"]}
NOON = 1_767_571_200 - 12 * 3600  # 2026-01-04 12:00 UTC


def put(folder: Path, ds: str = "20260101", cnt: float = 100, **keys: Any) -> InService:
    """A model of `ds` with one item, in service."""
    description = ModelDescription.read(write_model(folder / ds, FEATURES, VOCABULARIES, **keys))
    service = InService(ds, ds, "Asia/Shanghai", "user_id", "item_id")
    write_snapshot(description, ["a"], lambda name: [cnt], service.snapshot(folder))
    service.write(folder)
    return service


def scores(served: ServedModel) -> list[float]:
    model, _ = served.now()
    return [score.item() for score in model.score("u1", {}, {}, NOON, ["a"]).values()]


class TestOneModel:
    def test_all_that_is_known_goes_in(self, tmp_path: Path) -> None:
        model = RankingModel(tmp_path, put(tmp_path, outputs=["p", "y"]))
        found = model.score("u1", {"user_id": "no"}, {"net": "4:G", "day_h": 1}, NOON, ["a", "b"])
        # user 2, net 2 (as the tables have it), 20 o'clock in Shanghai, the item's 100
        assert {name: values.tolist() for name, values in found.items()} == {"p": [124, 24], "y": [248, 48]}

    def test_nobody_to_score(self, tmp_path: Path) -> None:
        model = RankingModel(tmp_path, put(tmp_path))
        assert model.score("u1", {}, {}, NOON, [])["probs_is_click"].shape == (0,)

    def test_an_input_that_the_graph_does_not_use(self, tmp_path: Path) -> None:
        inputs = {name: names for name, names in layout(FEATURES).items() if name != "user_ids"}
        model = graph(FEATURES, inputs, ["probs_is_click"])
        served = RankingModel(tmp_path, put(tmp_path, model=model))
        assert served.score("u1", {}, {}, NOON, ["a"])["probs_is_click"].tolist() == [100]

    @pytest.mark.parametrize(
        ("cnt", "word"), [(3.4e38, "probs_is_click of model home_rank of 20260101 is not finite")]
    )
    def test_scores_that_are_no_numbers_are_refused(self, cnt: float, word: str, tmp_path: Path) -> None:
        model = RankingModel(tmp_path, put(tmp_path, cnt=cnt, outputs=["y", "probs_is_click"]))
        with pytest.raises(PairecError, match=word):
            model.score("u1", {}, {}, NOON, ["a"])

    def test_a_graph_that_fails_is_told(self, tmp_path: Path) -> None:
        model = RankingModel(tmp_path, put(tmp_path))
        with pytest.raises(PairecError, match="model home_rank of 20260101 failed: "):
            model.run({"user_ids": np.zeros((1, 9)), "item_dense": np.zeros((1, 1))}, 1)
        arrays = model.encoder.encode({}, {}, NOON, ["a"])
        with pytest.raises(PairecError, match=r"is \(1,\), not \(2,\)"):
            model.run(arrays, 2)


def of_another_version() -> onnx.ModelProto:
    nodes = [helper.make_node("Identity", ["item_dense"], ["probs_is_click"])]
    shown = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
        for name in ("item_dense", "probs_is_click")
    ]
    body = helper.make_graph(nodes, "g", shown[:1], shown[1:])
    return helper.make_model(body, opset_imports=[helper.make_opsetid("", 999)], ir_version=9)


def with_another_input() -> onnx.ModelProto:
    return graph(FEATURES, {**layout(FEATURES), "cross_ids": ["net"]}, ["probs_is_click"])


class TestWhatCannotServe:
    def test_nothing_in_service(self, tmp_path: Path) -> None:
        served = ServedModel(tmp_path / "home_rank")
        for _ in range(2):
            with pytest.raises(DataError, match=r"no model is in service in .*home_rank"):
                served.now()

    @pytest.mark.parametrize(
        ("text", "word"),
        [
            ("{", "does not name a model"),
            ('{"model": "1", "items": "1"}', "'timezone'"),
            (
                '{"model": "1", "items": "1", "timezone": "UTC", "user_id": "u", "item_id": "i"}',
                "cannot be read",
            ),
        ],
    )
    def test_another_current_file(self, text: str, word: str, tmp_path: Path) -> None:
        (tmp_path / "current.json").write_text(text)
        with pytest.raises(DataError, match=word):
            ServedModel(tmp_path).now()

    @pytest.mark.parametrize("zone", ["", "Mars/Phobos", "../x"])
    def test_a_time_zone_that_there_is_not(self, zone: str, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="has no time zone"):
            RankingModel(tmp_path, put(tmp_path).replace(timezone=zone))

    @pytest.mark.parametrize(
        ("model", "word"),
        [(of_another_version(), "cannot be run"), (with_another_input(), "other inputs or outputs")],
    )
    def test_another_graph(self, model: onnx.ModelProto, word: str, tmp_path: Path) -> None:
        with pytest.raises(DataError, match=word):
            RankingModel(tmp_path, put(tmp_path, model=model))

    def test_other_outputs(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="other inputs or outputs"):
            RankingModel(tmp_path, put(tmp_path, changes={"outputs": ["y"]}))


class TestSwitching:
    def test_a_new_model_takes_over(self, tmp_path: Path) -> None:
        put(tmp_path)
        served = ServedModel(tmp_path)
        before = scores(served)
        assert served.now()[0] is served.now()[0]
        put(tmp_path, "20260102", 200)
        assert scores(served) == [before[0] + 100]
        assert served.now()[1] == ""

    def test_nobody_waits_for_it(self, tmp_path: Path) -> None:
        put(tmp_path)
        served = ServedModel(tmp_path)
        before = scores(served)
        put(tmp_path, "20260102", 200)
        with served._lock:  # another thread loads it
            assert scores(served) == before
        assert scores(served) == [before[0] + 100]

    def test_many_threads_load_it_once(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        put(tmp_path)
        load, loads = ServedModel._load, []
        monkeypatch.setattr(ServedModel, "_load", lambda self: (loads.append(1), load(self)))
        served = ServedModel(tmp_path)
        with ThreadPoolExecutor(4) as pool:
            models = set(pool.map(lambda _: id(served.now()[0]), range(8)))
        assert (len(models), loads) == (1, [1])

    def test_a_damaged_one_leaves_the_one_before(self, tmp_path: Path) -> None:
        put(tmp_path)
        served = ServedModel(tmp_path)
        before = scores(served)
        put(tmp_path, "20260102", 200)
        (tmp_path / "20260102" / "model.onnx").write_bytes(b"!")
        assert scores(served) == before
        note = served.now()[1]
        assert "model.onnx is damaged" in note
        assert note.endswith("; the model of 20260101 keeps serving")
        put(tmp_path, "20260102", 200)
        assert scores(served) == [before[0] + 100]

    def test_a_folder_that_is_gone_leaves_the_one_before(self, tmp_path: Path) -> None:
        put(tmp_path)
        served = ServedModel(tmp_path)
        before = scores(served)
        (tmp_path / "current.json").unlink()
        assert scores(served) == before
        assert "no model is in service" in served.now()[1]

    def test_a_failure_is_not_tried_again_for_every_request(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put(tmp_path)
        tried = []
        monkeypatch.setattr(ServedModel, "_load", lambda self: tried.append(1))
        served = ServedModel(tmp_path)
        for _ in range(3):
            with pytest.raises(DataError):
                served.now()
        assert tried == [1]
        os.utime(tmp_path / "current.json", (1, 1))
        with pytest.raises(DataError):
            served.now()
        assert tried == [1, 1]


def test_what_is_in_service_is_written_whole(tmp_path: Path) -> None:
    service = put(tmp_path)
    assert InService.read(tmp_path) == service
    assert json.loads((tmp_path / "current.json").read_text()) == {
        "model": "20260101",
        "items": "20260101",
        "timezone": "Asia/Shanghai",
        "user_id": "user_id",
        "item_id": "item_id",
    }
    assert service.snapshot(tmp_path) == tmp_path / "20260101" / "items-20260101"
