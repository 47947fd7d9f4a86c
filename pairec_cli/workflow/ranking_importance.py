"""Permutation importance of a trained model's inputs, on the rows of its last day."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from pairec_cli.components.encoded_rows import RowForm
from pairec_cli.components.importance import Importance, permutation_importance
from pairec_cli.components.trainer import torch_state
from pairec_cli.components.training_data import TrainingData
from pairec_cli.components.warm_start import Earlier
from pairec_cli.domain.errors import DataError
from pairec_cli.workflow.trained_models import TrainedRanking
from pairec_cli.workflow.workspace import Workspace

SEED, THREADS = 0, 1
"""A batch's layers are too small to be shared: on a busy machine two threads mostly wait for each other."""


def importances(
    workspace: Workspace, ranking: TrainedRanking, ds: str | None = None, *, rows: int = 4096
) -> Iterator[Importance]:
    """Input by input, for a sample of at most `rows` rows. Raises NotFound without a model, DataError without
    its held-out rows."""
    folder = ranking.folder(ds)
    earlier = Earlier.read(folder)
    table = ranking.table("fg_encoded_eval")
    files = workspace.warehouse.files(table, [folder.name])
    if not files:
        raise DataError(f"{table} has no partition ds={folder.name}", hint="pairec backfill run")
    labels = tuple(dict.fromkeys(task.label for task in earlier.model.tasks))
    data = earlier.config.data_config
    form = RowForm(tuple(earlier.features), labels, (), data.fg_encoded_multival_sep if data else ",")
    batch = next(TrainingData.open(files, form).batches(rows, seed=SEED))
    with torch_state(SEED, THREADS, torch.device("cpu")):
        yield from permutation_importance(earlier.model.eval(), batch, earlier.features, seed=SEED)
