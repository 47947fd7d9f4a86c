"""A trained model as a folder that serves without torch.

    model.onnx                  the graph; inputs as components/request_inputs.py says, outputs float32 (N,)
    model.json                  what it reads and gives
    vocabulary/<name>.json      values; the id of a value is its place + 2

What belongs to the user alone (its row, sequences, towers, its share of a first layer) is computed once in
the graph, whatever N is.
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import file_digest
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

from pairec_cli.components.batch import Batch, Ragged
from pairec_cli.components.model_inputs import model_inputs
from pairec_cli.components.ranking_model import RankingModel
from pairec_cli.components.request_inputs import (
    SEQUENCE,
    TAG,
    Recorded,
    RequestForm,
    RequestInputs,
    is_of_user,
)
from pairec_cli.domain.errors import InvalidInput, NotFound, PairecError
from pairec_cli.domain.model_features import FIRST_KNOWN, ModelFeature
from pairec_cli.domain.pipeline_config.pipeline import PipelineConfig

FORMAT = 1
GRAPH = "model.onnx"
OPSET = 17
TOLERANCE = 1e-5
"""Largest difference to PyTorch, of values beyond 1 relative to them."""
LARGEST = 2**31 - 2**26
"""Bytes of weights: protobuf ends at 2 GiB."""
CHECKED_USERS = 4


class NotTheSameModel(PairecError):
    """The exported graph and the trained model disagree."""


def export(
    model: RankingModel,
    config: PipelineConfig,
    features: Sequence[ModelFeature],
    vocabularies: Mapping[str, Sequence[str]],
    folder: Path,
    *,
    model_name: str,
    ds: str,
    sample: Batch,
) -> None:
    """Writes the model of `ds` into `folder`, which exists and is the caller's to put in place.

    `vocabularies` are values in the order of their ids, `sample` one real row or more to compare graph and
    model with. Raises NotFound for a feature or vocabulary that the model reads and nobody gives,
    InvalidInput where features.json and pipeline.config disagree, for a model that reads nothing of the item
    and for one too large for a file, and NotTheSameModel.
    """
    model, sample = copy.deepcopy(model).cpu().eval(), sample.to("cpu")
    used = features_read(model, config, features, sample)
    form = RequestForm.of(used)
    if not form.of_items:
        raise InvalidInput(
            f"model {model_name} reads nothing of the item", hint="name item features in feature_groups"
        )
    outputs = {task.output: {0: "N"} for task in model.tasks}
    write_graph(_Graph(model, form), form, sample, outputs, folder / GRAPH)
    _compare(model, form, used, sample, folder / GRAPH)
    describe(folder, model_name, ds, form, used, list(outputs), vocabularies)


def describe(
    folder: Path,
    model_name: str,
    ds: str,
    form: RequestForm,
    features: Sequence[ModelFeature],
    outputs: Sequence[str],
    vocabularies: Mapping[str, Sequence[str]],
) -> None:
    """Writes model.json and the vocabularies beside the graph. Raises NotFound and InvalidInput as `export`
    does for vocabularies."""
    files = _write_vocabularies(features, vocabularies, folder)
    body = {
        "format": FORMAT,
        "model": model_name,
        "ds": ds,
        "versions": {"torch": torch.__version__, "onnx_opset": OPSET},
        "features": [feature.as_dict() for feature in features],
        "outputs": list(outputs),
        "vocabularies": files,
        "inputs": {name: list(names) for name, names in form.inputs.items()},
        "sha256": {name: _sha256(folder / name) for name in (GRAPH, *files.values())},
    }
    (folder / "model.json").write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", "utf-8")


class _Graph(nn.Module):
    """The model as a function of the arrays of a request, in the order of `form.inputs`."""

    def __init__(self, model: RankingModel, form: RequestForm) -> None:
        super().__init__()
        self.model, self.form = model, form
        self.eval()

    def forward(self, *arrays: Tensor) -> tuple[Tensor, ...]:
        x = RequestInputs(self.form, dict(zip(self.form.inputs, arrays, strict=True)))
        return tuple(output.expand(x.rows) for output in self.model.predict(x).values())


def features_read(
    read: Callable[[Recorded], object],
    config: PipelineConfig,
    features: Sequence[ModelFeature],
    sample: Batch,
) -> list[ModelFeature]:
    """Those of the features that `read`, a model or a part of one, reads of its inputs. Raises NotFound and
    InvalidInput as `export` does for features."""
    recorded, configured = Recorded(sample), model_inputs(config.feature_configs)
    with torch.no_grad():
        read(recorded)
    found = {feature.name: feature for feature in features if feature.name in recorded.seen}
    for name in sorted(recorded.seen):
        if name not in found:
            raise NotFound("feature of features.json", name, (feature.name for feature in features))
        table = configured[name].table
        if (table.rows if table else 0) < found[name].num_buckets:
            raise InvalidInput(
                f"feature {name} has {found[name].num_buckets} buckets in features.json and "
                f"{table.rows if table else 0} in pipeline.config",
                hint="make num_buckets the same in both",
            )
    return list(found.values())


def write_graph(
    graph: nn.Module,
    form: RequestForm,
    sample: Batch,
    outputs: Mapping[str, Mapping[int, str]],
    path: Path,
) -> None:
    """`graph` is a function of the arrays of a request; `outputs` names what it gives, and the axes of it
    that have no fixed length. Raises InvalidInput for weights too large for a file."""
    size = sum(p.numel() * p.element_size() for p in graph.parameters())
    if size > LARGEST:
        raise InvalidInput(
            f"the model's weights take {size / 2**30:.1f} GiB, an ONNX file ends at 2 GiB",
            hint="choose narrower embeddings, or fewer buckets",
        )
    arrays = form.arrays(sample, 0, slice(0, 1))
    traced = tuple(_traceable(array, 1 if name in form.of_user else 2) for name, array in arrays.items())
    with _quiet(), torch.no_grad():
        graph(*traced)  # what is computed once only, such as the places of tables, is no part of the graph
        torch.onnx.export(
            graph,
            traced,
            path,
            dynamo=False,
            opset_version=OPSET,
            input_names=list(arrays),
            output_names=list(outputs),
            dynamic_axes={name: _dynamic(name, form) for name in form.inputs}
            | {name: dict(axes) for name, axes in outputs.items()},
        )


def _traceable(array: Tensor, rows: int) -> Tensor:
    """The row `rows` times, and no empty lists: the exporter takes axes of one and of none for constant."""
    if array.dim() == 2 and array.shape[1] == 0:
        array = torch.zeros((1, 1), dtype=array.dtype)
    return array.repeat(rows, *[1] * (array.dim() - 1))


def _dynamic(name: str, form: RequestForm) -> dict[int, str]:
    axes = {} if name in form.of_user else {0: "N"}
    if name.startswith((TAG, SEQUENCE)):
        axes[1] = f"entries of {name}"
    return axes


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without what the exporter says of its own age, and without its progress lines."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.filterwarnings("ignore", "You are using the legacy TorchScript", DeprecationWarning)
        warnings.filterwarnings("ignore", "The feature will be removed", DeprecationWarning)
        yield


def _compare(
    model: RankingModel, form: RequestForm, features: Sequence[ModelFeature], sample: Batch, path: Path
) -> None:
    """Some rows' users with the items of all rows, each user also with its own item alone."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    count = len(sample)
    for user in sorted({round(place) for place in np.linspace(0, count - 1, CHECKED_USERS)}):
        with torch.no_grad():
            expected = model.predict(_of_one_user(sample, user, features))
        for items in (slice(0, count), slice(user, user + 1)):
            arrays = {name: array.numpy() for name, array in form.arrays(sample, user, items).items()}
            for name, found in zip(expected, session.run(list(expected), arrays), strict=True):
                expect_equal(name, found, expected[name][items].numpy())


def expect_equal(name: str, found: np.ndarray[Any, Any], expected: np.ndarray[Any, Any]) -> None:
    """Raises NotTheSameModel for numbers of the graph that are not the model's."""
    largest = float(np.max(np.abs(found - expected) / np.maximum(1, np.abs(expected)), initial=0))
    if not largest <= TOLERANCE:
        raise NotTheSameModel(
            f"output {name} of the exported graph differs from the model by {largest:.2g}, "
            f"more than {TOLERANCE:g}",
            hint="the model of the day before keeps serving; look for NaN or infinite weights",
        )


def _of_one_user(batch: Batch, user: int, features: Sequence[ModelFeature]) -> Batch:
    """The items of all rows for the user of one."""
    rows, of_user = len(batch), {feature.name for feature in features if is_of_user(feature)}

    def matrix(values: Tensor, names: Sequence[str]) -> Tensor:
        shared = [place for place, name in enumerate(names) if name in of_user]
        values = values.clone()
        values[:, shared] = values[user, shared]
        return values

    def ragged(name: str, lists: Ragged) -> Ragged:
        if name not in of_user:
            return lists
        own = lists.values[lists.offsets[user] : lists.offsets[user + 1]]
        return Ragged(own.repeat(rows), torch.arange(rows + 1) * len(own))

    return Batch(
        ids=matrix(batch.ids, batch.id_names),
        id_names=batch.id_names,
        dense=matrix(batch.dense, batch.dense_names),
        dense_names=batch.dense_names,
        lists={name: ragged(name, lists) for name, lists in batch.lists.items()},
        sequences={name: one[user].expand(rows, -1) for name, one in batch.sequences.items()},
        lengths={name: one[user].expand(rows) for name, one in batch.lengths.items()},
    )


def _write_vocabularies(
    features: Sequence[ModelFeature], vocabularies: Mapping[str, Sequence[str]], folder: Path
) -> dict[str, str]:
    """Vocabulary → its file, of those that the features use."""
    (folder / "vocabulary").mkdir(exist_ok=True)
    files: dict[str, str] = {}
    for feature in features:
        name = feature.vocabulary
        if not name or name in files:
            continue
        if name not in vocabularies:
            raise NotFound("vocabulary", name, vocabularies)
        values = list(vocabularies[name])
        if len(values) + FIRST_KNOWN > feature.num_buckets:
            raise InvalidInput(
                f"vocabulary {name} has {len(values)} values, feature {feature.name} has room for "
                f"{feature.num_buckets - FIRST_KNOWN}",
                hint="pairec script generate sizes the features anew",
            )
        files[name] = f"vocabulary/{quote(name, safe='')}.json"
        (folder / files[name]).write_text(json.dumps(values, ensure_ascii=False) + "\n", "utf-8")
    return files


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
