"""A user tower in service for tests: its vector is (boost + history, history), its items lie in a plane."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from pairec_cli.online.histories import write_entries
from pairec_cli.online.in_service import InService
from pairec_cli.online.model_description import ModelDescription
from pairec_cli.online.snapshot_writing import write_snapshot
from pairec_cli.online.user_towers import EXPORT, ITEMS, TOWER
from pairec_cli.online.vectors import Vectors
from tests.online.model_folders import feature, write_model

FEATURES = [
    feature("boost", "raw", "user"),
    feature("h__item_id", "id", "user", vocabulary="item_id", sequence="h", sequence_length=3),
]
CATALOG = {"a": (1.0, 0.0), "b": (0.0, 1.0), "c": (1.0, 1.0), "d": (-1.0, 0.0)}
"""Item → vector; as entries of a history the items are 2, 3, 4, 5."""


def _none(name: str) -> Sequence[object]:
    raise KeyError(name)


def tower(width: int = 2, factor: float = 1.0) -> onnx.ModelProto:
    """user_tower_emb (1, 2, width): (boost + Σ history, factor · Σ history, 0 …) and a vector of zeros."""
    ints, floats = TensorProto.INT64, TensorProto.FLOAT
    taken = [
        helper.make_tensor_value_info("user_dense", floats, [1, 1]),
        helper.make_tensor_value_info("sequence:h__item_id", ints, [1, None]),
        helper.make_tensor_value_info("length:h", ints, [1]),
    ]
    project = np.zeros((2, 2 * width), np.float32)
    project[0, 0], project[1, 0], project[1, 1] = 1, 1, factor
    constants = [
        numpy_helper.from_array(np.array([1]), "axis"),
        numpy_helper.from_array(project, "project"),
        numpy_helper.from_array(np.array([1, 2, width]), "shape"),
        numpy_helper.from_array(np.zeros((1, 1), np.float32), "nothing"),
    ]
    nodes = [
        helper.make_node("Cast", ["sequence:h__item_id"], ["ids"], to=floats),
        helper.make_node("ReduceSum", ["ids", "axis"], ["history"], keepdims=1),
        helper.make_node("Cast", ["length:h"], ["length"], to=floats),
        helper.make_node("Mul", ["length", "nothing"], ["zero"]),
        helper.make_node("Add", ["history", "zero"], ["all"]),
        helper.make_node("Concat", ["user_dense", "all"], ["both"], axis=1),
        helper.make_node("MatMul", ["both", "project"], ["flat"]),
        helper.make_node("Reshape", ["flat", "shape"], ["user_tower_emb"]),
    ]
    given = [helper.make_tensor_value_info("user_tower_emb", floats, [1, 2, width])]
    body = helper.make_graph(nodes, "tower", taken, given, constants)
    return helper.make_model(body, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def serve_tower(
    models: Path,
    name: str = "home_dssm",
    ds: str = "20260101",
    *,
    width: int = 2,
    factor: float = 1.0,
    timezone: str = "UTC",
) -> InService:
    """The model of one day, put into service."""
    place = models / name / ds / EXPORT
    path = write_model(
        place / TOWER, FEATURES, {"item_id": list(CATALOG)}, outputs=["user_tower_emb"], name=name,
        model=tower(width, factor), changes={"ds": ds},
    )  # fmt: skip
    description = ModelDescription.read(path)
    items = write_snapshot(description, list(CATALOG), _none, place / TOWER / ITEMS)
    write_entries(items, FEATURES[1:], [np.arange(2, 6)], "item_id")
    Vectors(place).publish(ITEMS, list(CATALOG), np.array(list(CATALOG.values()), np.float32))
    service = InService(ds, ds, timezone, "user_id", "item_id")
    service.write(models / name)
    return service
