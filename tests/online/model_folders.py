"""Tiny models for tests: a graph that adds its inputs up, described as trained ones are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from pairec_cli.domain.model_features import Form, ModelFeature, Side

USER: Side = "user"
INTS, FLOATS = TensorProto.INT64, TensorProto.FLOAT


def feature(name: str, form: Form | str, sides: str, *sources: str, **keys: Any) -> ModelFeature:
    """`sides` is one side, or one per source; columns are named as the sources."""
    each: Any = tuple(sides.split()) if " " in sides else (sides,) * len(sources or (name,))
    side: Any = each[0] if len(set(each)) == 1 else "cross"
    columns = sources or (name,)
    if form in ("id", "tag", "combo"):
        keys.setdefault("vocabulary", name)
    return ModelFeature(name, Form(form), side, columns, sources=columns, sides=each, **keys)


def layout(features: Iterable[ModelFeature]) -> dict[str, list[str]]:
    """The graph's inputs, as models are exported."""
    inputs: dict[str, list[str]] = {}
    for one in features:
        if one.sequence:
            inputs[f"sequence:{one.name}"] = [one.name]
            inputs[f"length:{one.sequence}"] = [one.sequence]
        elif one.form is Form.TAG:
            inputs[f"tag:{one.name}"] = [one.name]
        else:
            side = "user" if one.side == "context" else one.side
            inputs.setdefault(f"{side}_{'dense' if one.is_dense else 'ids'}", []).append(one.name)
    return inputs


def graph(
    features: Sequence[ModelFeature], inputs: Mapping[str, list[str]], outputs: Sequence[str]
) -> onnx.ModelProto:
    """Output k is (k + 1) times the sum of all inputs of the candidate and of the user."""
    dense = {one.name for one in features if one.is_dense}
    nodes, taken, parts = [], [], []
    for number, (name, columns) in enumerate(inputs.items()):
        kind = FLOATS if name.endswith("_dense") or columns[0] in dense else INTS
        shape = [None] if name.startswith("length:") else [None, None]
        taken.append(helper.make_tensor_value_info(name, kind, shape))
        axis = [] if name.startswith("length:") else ["axis"]
        nodes.append(helper.make_node("Cast", [name], [f"cast{number}"], to=FLOATS))
        nodes.append(helper.make_node("ReduceSum", [f"cast{number}", *axis], [f"sum{number}"], keepdims=0))
        parts.append(f"sum{number}")
    constants = [numpy_helper.from_array(np.array([1]), "axis")]
    nodes.append(helper.make_node("Sum", parts, ["all"]))
    for number, name in enumerate(outputs, 1):
        constants.append(numpy_helper.from_array(np.array(number, np.float32), f"factor{number}"))
        nodes.append(helper.make_node("Mul", ["all", f"factor{number}"], [name]))
    given = [helper.make_tensor_value_info(name, FLOATS, [None]) for name in outputs]
    body = helper.make_graph(nodes, "sums", taken, given, constants)
    return helper.make_model(body, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def write_model(
    folder: Path,
    features: Sequence[ModelFeature],
    vocabularies: Mapping[str, Sequence[str]] | None = None,
    *,
    outputs: Sequence[str] = ("probs_is_click",),
    name: str = "home_rank",
    model: onnx.ModelProto | None = None,
    changes: Mapping[str, Any] | None = None,
) -> Path:
    """A model folder. `changes` replace entries of model.json."""
    inputs = layout(features)
    (folder / "vocabulary").mkdir(parents=True, exist_ok=True)
    files = {"model.onnx": (model or graph(features, inputs, outputs)).SerializeToString()}
    named = {one.vocabulary: [] for one in features if one.vocabulary} | dict(vocabularies or {})
    for vocabulary, values in named.items():
        files[f"vocabulary/{quote(vocabulary, safe='')}.json"] = json.dumps(list(values)).encode()
    for path, content in files.items():
        (folder / path).write_bytes(content)
    body = {
        "format": 1,
        "model": name,
        "ds": folder.name,
        "versions": {"onnx_opset": 18},
        "features": [one.as_dict() for one in features],
        "outputs": list(outputs),
        "vocabularies": {vocabulary: f"vocabulary/{quote(vocabulary, safe='')}.json" for vocabulary in named},
        "inputs": inputs,
        "sha256": {path: sha256(content).hexdigest() for path, content in files.items()},
        **(changes or {}),
    }
    (folder / "model.json").write_text(json.dumps(body))
    return folder
