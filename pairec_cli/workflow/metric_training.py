"""The training node of collaborative metric learning, run here."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from pairec_cli.components.metric_training import MetricResult, predict_items, train_metric
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.model_features import ModelFeature
from pairec_cli.domain.pipeline_config import PipelineConfig
from pairec_cli.workflow.recall_training import RecallTraining, Trained, TrainingRows


class MetricTraining(RecallTraining):
    """Trains on sessions; `export/item` gives the items' vectors."""

    def train(
        self, config: PipelineConfig, features: list[ModelFeature], rows: TrainingRows, folder: Path
    ) -> MetricResult:
        return train_metric(
            config,
            features,
            rows.train,
            rows.held_out,
            rows.first,
            rows.key,
            device=self.device,
            on_progress=self.told(),
        )

    def predict(self, part: str, files: list[Path], key: str, trained: Trained) -> pa.Table:
        if part != "item":
            raise InvalidInput(f"the model has no part {part!r}", hint="write …/${bizdate}/export/item")
        return predict_items(trained.result.model, files, trained.features, key, trained.separator)
