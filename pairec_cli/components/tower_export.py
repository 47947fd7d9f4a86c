"""The user tower of a model with two towers, as a folder that serves without torch.

    model.onnx, model.json, vocabulary/     as in onnx_export; inputs are the user's alone, each of one row
    user_tower_emb                          float32 (1, K, D); a vector that the user does not have is zero
    items/                                  the catalog's items as entries of a history, see online/histories

The folder is what TorchEasyRec's export writes as export/user.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

from pairec_cli.components.batch import Batch
from pairec_cli.components.match_model import MatchModel
from pairec_cli.components.onnx_export import (
    CHECKED_USERS,
    GRAPH,
    describe,
    expect_equal,
    features_read,
    write_graph,
)
from pairec_cli.components.request_inputs import RequestForm, RequestInputs
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.model_features import ModelFeature
from pairec_cli.domain.pipeline_config.pipeline import PipelineConfig

OUTPUT = "user_tower_emb"


def export_user_tower(
    model: MatchModel,
    config: PipelineConfig,
    features: Sequence[ModelFeature],
    vocabularies: Mapping[str, Sequence[str]],
    folder: Path,
    *,
    model_name: str,
    ds: str,
    sample: Batch,
) -> None:
    """Writes the tower into `folder`, which exists. Of `sample`, real rows, some are compared with the model.

    Raises what `onnx_export.export` raises, and InvalidInput for a tower that reads more than the user.
    """
    model, sample = copy.deepcopy(model).cpu().eval(), sample.to("cpu")
    used = features_read(model.users, config, features, sample)
    form = RequestForm.of(used)
    if form.of_items:
        raise InvalidInput(
            f"the user tower of model {model_name} reads {form.of_items[0]}",
            hint="name features of users alone in its feature group",
        )
    write_graph(_UserTower(model, form), form, sample, {OUTPUT: {}}, folder / GRAPH)
    _compare(model, form, sample, folder / GRAPH)
    describe(folder, model_name, ds, form, used, [OUTPUT], vocabularies)


class _UserTower(nn.Module):
    """The tower as a function of one user's arrays, in the order of `form.inputs`."""

    def __init__(self, model: MatchModel, form: RequestForm) -> None:
        super().__init__()
        self.model, self.form = model, form
        self.eval()

    def forward(self, *arrays: Tensor) -> Tensor:
        return self.model.users(RequestInputs(self.form, dict(zip(self.form.inputs, arrays, strict=True))))


def _compare(model: MatchModel, form: RequestForm, sample: Batch, path: Path) -> None:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    taken = {one.name for one in session.get_inputs()}
    with torch.no_grad():
        expected = model.users(sample).numpy()
    count = len(sample)
    for user in sorted({round(place) for place in np.linspace(0, count - 1, CHECKED_USERS)}):
        arrays = form.arrays(sample, user, slice(user, user + 1))
        given = {name: array.numpy() for name, array in arrays.items() if name in taken}
        (found,) = session.run([OUTPUT], given)
        expect_equal(OUTPUT, found, expected[user : user + 1])
