"""The training node of PDN, run here."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pyarrow as pa
import pyarrow.parquet as pq

from pairec_cli.components.path_prediction import Net, predict_paths
from pairec_cli.components.trainer import train
from pairec_cli.components.training_report import TrainingResult
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.model_features import ModelFeature
from pairec_cli.domain.pipeline_config import PipelineConfig
from pairec_cli.workflow.dlc import THREADS
from pairec_cli.workflow.ordered_rows import in_order
from pairec_cli.workflow.recall_training import RecallTraining, Trained, TrainingRows

_GROUPS = {"trigger": ("user", "u2i_seq", "i_seq"), "sim": ("item", "i_seq", "i2i_seq")}
"""Feature groups that each net reads."""


class PathTraining(RecallTraining):
    """Trains on paths; `export/trigger` gives T of users' triggers, `export/sim` S of triggers and items."""

    def train(
        self, config: PipelineConfig, features: list[ModelFeature], rows: TrainingRows, folder: Path
    ) -> TrainingResult:
        held_out = rows.held_out if _rows(rows.held_out) else rows.train
        if held_out is rows.train:
            self.log("no user is held out: the model is measured on the rows that it learns from")
        return train(
            config,
            features,
            in_order(rows.train, folder, "train"),
            held_out,
            folder,
            device=self.device,
            threads=THREADS,
            on_progress=self.told(),
        )

    def predict(self, part: str, files: list[Path], key: str, trained: Trained) -> pa.Table:
        if part not in _GROUPS:
            raise InvalidInput(
                f"the model has no part {part!r}", hint="write …/${bizdate}/export/trigger or …/export/sim"
            )
        model = trained.config.model
        groups = model.feature_groups if model else ()
        wanted = {n for group in groups if group.group_name in _GROUPS[part] for n in group.feature_names}
        read = [feature for feature in trained.features if feature.name in wanted]
        rows = in_order(files, trained.folder, part)
        return predict_paths(trained.result.model, rows, read, cast(Net, part), key, trained.separator)


def _rows(files: list[Path]) -> int:
    return sum(pq.read_metadata(path).num_rows for path in files)
